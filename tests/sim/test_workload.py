"""The simulated agents use everything there is to use, or the simulation proves less than it says."""

from __future__ import annotations

from collections import Counter

from ergos.base.entropy import SeededEntropy
from ergos.kernel.calls import Call
from ergos.kernel.events import Called, Intended, decode_body
from ergos.kernel.syscalls import TABLE
from ergos.sim.explore import History, random_plan

WANTED = frozenset(
    {
        "Spawned", "Woken", "Intended", "Resulted", "Called", "Refused", "Repeated", "Doubted", "Asked",
        "Answered", "Committed", "Exited", "Restarted", "Signalled", "Halted", "Booted", "Attached", "Replayed",
    }
)  # fmt: skip


def count(seed: int, records: Counter[str], calls: Counter[str]) -> None:
    """Add the records by kind and the calls by kind of one history."""
    history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
    history.run()
    for record in history.disk.journal:
        body = decode_body(record.body)
        records[type(body).__name__] += 1
        call = body.call if isinstance(body, Called | Intended) else None
        if isinstance(call, Call):
            calls[call.kind] += 1


def test_every_system_call_and_nearly_every_record_occurs_within_a_few_hundred_seeds() -> None:
    records: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for seed in range(1, 401):
        count(seed, records, calls)
        if set(TABLE) <= set(calls) and set(records) >= WANTED:
            break  # it is shown: whatever follows adds nothing to it
    assert set(calls) == set(TABLE)
    assert set(records) >= WANTED, WANTED - set(records)
