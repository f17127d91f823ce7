"""The one way to write: what belongs together is one transaction; what is let go of was durable and at rest."""

from __future__ import annotations

import pytest

from ergos.base.clock import ManualClock, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DiskFullError, ErgosError
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.drivers.store_memory import Batch, MemoryDisk, MemoryStore
from ergos.kernel.ledger import Caps
from ergos.kernel.own_events import Halted
from ergos.kernel.packages import Definition
from ergos.kernel.process import Process, State
from ergos.kernel.values import Blob
from ergos.runtime.machine import Machine, Parts
from ergos.runtime.residents import Resident, Rows

from .kernels import Rig, Shelf, play


class Watched(MemoryStore):
    """Keeps the size of every change."""

    def __init__(self, disk: MemoryDisk) -> None:
        super().__init__(disk)
        self.sizes: list[int] = []
        self.broken = False

    def _before_commit(self, batch: Batch) -> None:
        if self.broken:
            raise DiskFullError
        self.sizes += [len(change.entries) for change, _ in batch if change is not None]


def machine_on(rig: Rig, caps: dict[str, Caps] | None = None) -> tuple[Machine, Watched]:
    store = Watched(rig.disk)
    parts = Parts(
        store=store, clock=Monotone(ManualClock(7)), entropy=SeededEntropy(0), programs=Shelf(), owner_caps=caps or {}
    )
    return Machine(parts), store


def a_process(pid: int, state: State = State.WAITING) -> Process:
    return Process(pid=Pid(pid), owner="alice", agent="a", definition=Digest("d"), parent=Pid(0), depth=0, state=state)


STOP = Halted(True, "alice")


def test_what_is_submitted_together_is_one_transaction_with_the_last_of_each_row():
    async def scenario(rig: Rig) -> None:
        machine, store = machine_on(rig)
        told: list[object] = []
        resident = Resident(a_process(1), ())
        with machine.together():
            machine.submit(None, (STOP,), Rows(processes=(a_process(1),)), lambda _: told.append("first"))
            with machine.together():
                machine.submit(resident, (STOP, STOP), Rows(processes=(a_process(1, State.PAUSED),)))
            machine.submit(None, (), Rows(facts=(("a", "1"),)), lambda _: told.append("second"))
            assert store.sizes == []
        await store.flush()
        assert store.sizes == [3]
        assert store.durable == 1 == resident.ticket
        assert rig.disk.processes[Pid(1)].state is State.PAUSED
        assert told == ["first", "second"]

    play(scenario)


def test_what_is_submitted_apart_is_several_and_an_empty_togetherness_none():
    async def scenario(rig: Rig) -> None:
        machine, store = machine_on(rig)
        with machine.together():
            pass
        machine.submit(None, (STOP,))
        machine.submit(None, (STOP,))
        await store.flush()
        assert store.sizes == [1, 1]

    play(scenario)


def test_records_carry_the_time_of_the_last_tick_and_the_turn_of_their_process():
    async def scenario(rig: Rig) -> None:
        machine, store = machine_on(rig)
        machine.tick()
        machine.submit(Resident(a_process(3), ()), (STOP,))
        await store.flush()
        (record,) = rig.disk.journal
        assert (record.pid, record.turn, record.at_ns) == (3, 0, 7)

    play(scenario)


def test_a_failed_commit_is_told_even_if_nobody_asked():
    async def scenario(rig: Rig) -> None:
        machine, store = machine_on(rig)
        faults: list[ErgosError] = []
        machine.on_failure = faults.append
        store.broken = True
        machine.submit(None, (STOP,))
        with pytest.raises(DiskFullError):
            await store.flush()
        assert [type(fault) for fault in faults] == [DiskFullError]

    play(scenario)


def test_only_what_rests_and_is_durable_is_let_go_of():
    async def scenario(rig: Rig) -> None:
        machine, store = machine_on(rig)
        for pid, state in enumerate((State.WAITING, State.RUNNING, State.PARKED, State.DONE, State.READY), 1):
            machine.table[Pid(pid)] = Resident(a_process(pid, state), ())
        busy, fresh = Resident(a_process(6), ()), Resident(a_process(7), ())
        busy.errands = 1
        machine.table[Pid(6)], machine.table[Pid(7)] = busy, fresh
        machine.submit(fresh, (STOP,))
        machine.evict(keep=0)
        assert sorted(machine.table) == [2, 5, 6, 7]
        await store.flush()
        machine.evict(keep=0)
        assert sorted(machine.table) == [2, 5, 6]

    play(scenario)


def test_nothing_is_let_go_of_within_the_bound():
    async def scenario(rig: Rig) -> None:
        machine, _ = machine_on(rig)
        for pid in range(1, 4):
            machine.table[Pid(pid)] = Resident(a_process(pid), ())
        machine.evict(keep=3)
        assert len(machine.table) == 3

    play(scenario)


@pytest.mark.parametrize(
    ("mine", "theirs", "lower"),
    [
        (None, Amount(5, 5), Amount(5, 5)),
        (Amount(5, 5), None, Amount(5, 5)),
        (Amount(5, 50), Amount(50, 5), Amount(5, 5)),
        (Amount(-1, 5), Amount(7, -1), Amount(7, 5)),
        (Amount(-1, -1), Amount(-1, 3), Amount(-1, 3)),
        (Amount(0, 0), Amount(9, 9), Amount(0, 0)),
    ],
)
def test_of_two_ceilings_the_lower_one_counts(mine: Amount | None, theirs: Amount | None, lower: Amount):
    async def scenario(rig: Rig) -> None:
        machine, _ = machine_on(rig, {"alice": Caps(day=theirs), "*": Caps(day=Amount(0, 0))})
        resident = Resident(a_process(1), ())
        resident.definition = Definition(agent="a", program="a", caps=Caps(day=mine))
        assert machine.caps(resident).day == lower

    play(scenario)


def test_an_owner_without_ceilings_of_their_own_has_those_of_everybody():
    async def scenario(rig: Rig) -> None:
        machine, _ = machine_on(rig, {"bob": Caps(day=Amount(1, 1)), "*": Caps(day=Amount(2, 2))})
        resident = Resident(a_process(1), ())
        resident.definition = Definition(agent="a", program="a")
        assert machine.caps(resident).day == Amount(2, 2)

    play(scenario)


def test_numbers_go_on_after_those_that_were_given_out():
    async def scenario(rig: Rig) -> None:
        machine, _ = machine_on(rig)
        machine.restore((Pid(5), 6, 7))
        assert (machine.next_pid(), machine.next_mail(), machine.next_item()) == (6, 7, 8)

    play(scenario)


def test_blobs_that_were_submitted_are_known_and_not_offered_again():
    async def scenario(rig: Rig) -> None:
        machine, _ = machine_on(rig)
        packed, blobs = machine.vault.pack("x" * 1_000)
        assert [type(blob) for blob in blobs] == [Blob]
        machine.submit(None, (), Rows(blobs=blobs))
        assert machine.vault.pack("x" * 1_000) == (packed, ())

    play(scenario)
