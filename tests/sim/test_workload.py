"""The simulated agents use everything there is to use, or the simulation proves less than it says."""

from __future__ import annotations

from collections import Counter

from ergos.base.entropy import SeededEntropy
from ergos.kernel.calls import Call
from ergos.kernel.events import Called, Intended, decode_body
from ergos.kernel.syscalls import TABLE
from ergos.sim.explore import History, random_plan


def kinds(seeds: range) -> tuple[Counter[str], Counter[str]]:
    """Records by kind and calls by kind over some histories."""
    records: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for seed in seeds:
        history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
        history.run()
        for record in history.disk.journal:
            body = decode_body(record.body)
            records[type(body).__name__] += 1
            call = body.call if isinstance(body, Called | Intended) else None
            if isinstance(call, Call):
                calls[call.kind] += 1
    return records, calls


def test_every_system_call_and_nearly_every_record_occurs_within_a_few_hundred_seeds() -> None:
    records, calls = kinds(range(1, 401))
    assert set(calls) == set(TABLE)
    wanted = {"Spawned", "Woken", "Intended", "Resulted", "Called", "Refused", "Repeated", "Doubted", "Asked"}
    wanted |= {"Answered", "Committed", "Exited", "Restarted", "Signalled", "Halted", "Booted", "Attached", "Replayed"}
    assert wanted <= set(records), wanted - set(records)
