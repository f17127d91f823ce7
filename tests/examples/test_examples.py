"""Every example runs through the real kernel and does what its first line says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ergos.base.clock import Monotone
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.events import Body, Called, Exited, Intended, Refused, Resulted, decode_body
from ergos.kernel.process import State
from ergos.lib.folder import FolderPrograms
from ergos.runtime.desk import Ended
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted(path.name for path in EXAMPLES.glob("*.py"))


def run(name: str, folder: Path, answer: str | None = None) -> tuple[Ended, list[Body]]:
    """The outcome of an example and everything the journal says."""

    async def work() -> tuple[Ended, list[Body]]:
        programs = FolderPrograms()
        store = SqliteStore(folder / "ergos.db")
        parts = Parts(store=store, clock=Monotone(HostClock()), entropy=HostEntropy(), programs=programs)
        async with Kernel(parts) as kernel:
            pid = await kernel.desk.spawn(programs.load(EXAMPLES / name), "alice")
            end = asyncio.ensure_future(kernel.desk.end_of(pid))
            while answer is not None and not end.done():
                await asyncio.sleep(0.01)
                for item in await store.items("alice", 10):
                    await kernel.desk.answer(item.id, answer, "alice")  # type: ignore[arg-type]
            ended = await end
            return ended, [decode_body(record.body) async for record in store.records()]

    return asyncio.run(asyncio.wait_for(work(), 60))


def outcome(name: str, folder: Path, answer: str | None = None) -> object:
    """What an example returned; it must have ended well."""
    ended, _ = run(name, folder, answer)
    assert ended.process.state is State.DONE, ended.process.failure
    return ended.outcome


EXPECTED: dict[str, Callable[[object], bool]] = {
    "hello.py": lambda said: said == "HELLO ALICE!",
    "effects.py": lambda said: said == ["nothing", "on", "booked", "announced"],
    "mailbox.py": lambda said: said == 42,
    "team.py": lambda said: said == {"readers": 3, "words": 6},
    "solve.py": lambda said: said == 42,
    "memory.py": lambda said: (
        said == {"before": ["likes/music", "likes/tea"], "after": {"likes/tea": "green"}}
    ),
    "loop.py": lambda said: said == "failed: E402",
    "budget.py": lambda said: (
        isinstance(said, dict) and len(said["done"]) == 2 and "process cap of $1.00" in said["refused"]
    ),
    "approval.py": lambda said: said == ["5000 is more than the grant allows", "refunded 20 for A-17"],
}


@pytest.mark.parametrize("name", FILES)
def test_an_example_does_what_it_says(name: str, tmp_path: Path) -> None:
    assert EXPECTED[name](outcome(name, tmp_path, "approve" if name == "approval.py" else None))


def test_a_denied_refund_is_never_paid(tmp_path: Path) -> None:
    ended, records = run("approval.py", tmp_path, "deny")
    assert ended.outcome == ["5000 is more than the grant allows", "the owner did not want to refund 20"]
    assert not any(isinstance(record, Intended) for record in records)
    assert sum(isinstance(record, Refused) for record in records) == 2


def test_a_refused_call_costs_nothing_and_a_made_one_its_price(tmp_path: Path) -> None:
    _, records = run("budget.py", tmp_path)
    assert [record.charge.microusd for record in records if isinstance(record, Resulted)] == [400_000, 400_000]


def test_a_rejected_answer_is_paid_and_handed_to_the_next_solver(tmp_path: Path) -> None:
    _, records = run("solve.py", tmp_path)
    attempts = [record for record in records if isinstance(record, Resulted)]
    assert [bool(attempt.faults) for attempt in attempts] == [True, False]
    assert [record.call.solver for record in records if isinstance(record, Intended)] == ["careless", "careful"]


def test_the_breaker_ends_a_loop_after_its_limit(tmp_path: Path) -> None:
    _, records = run("loop.py", tmp_path)
    assert sum(isinstance(record, Called) and record.call.name == "is_done" for record in records) == 10
    assert any(isinstance(record, Exited) and record.state == "failed" for record in records)
