"""Which sendings a hold covers, and what becomes of a call whose sendings outlive it."""

from __future__ import annotations

import asyncio

from ergos.base.clock import SECOND
from ergos.base.money import Amount
from ergos.base.world_errors import ModelError
from ergos.drivers.memory_reads import MemoryReads
from ergos.drivers.store_memory import MemoryStore
from ergos.kernel.events import Repeated, Resulted
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.models import Limits
from ergos.kernel.process import State
from ergos.kernel.scheduler.wants import Rules
from ergos.runtime.audit import audit
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts

from .kernels import CutStore, Rig, becomes, play, until
from .providers import Behaviour, Provider, an_endpoint
from .test_dispatcher import caller, charges, held_first
from .test_guests import enter, say

REPLICAS = tuple(
    an_endpoint(name, replica_of="house", local=True, limits=Limits(slots=slots))
    for name, slots in (("house/a", 1), ("house/b", 1))
)
EAGER = Rules(hedge_share=1.0, hedge_samples_min=1)


async def eager(rig: Rig, commit_s: float = 0.0) -> Kernel:
    """A kernel that sends a second time as soon as it may, on a disk that takes its time."""
    store = MemoryStore(rig.disk, commit_after_s=(lambda: commit_s) if commit_s else None)
    kernel = await rig.boot(store)
    parts = kernel.machine.parts
    await kernel.stop()
    again = Kernel(
        Parts(
            store=MemoryStore(rig.disk, commit_after_s=(lambda: commit_s) if commit_s else None),
            clock=parts.clock,
            entropy=parts.entropy,
            programs=parts.programs,
            models=parts.models,
            rules=EAGER,
            watchdog=False,
        )
    )
    rig.kernels.append(again)
    await again.start()
    return again


def slow_at(number: int, slow_s: float = 50.0) -> Provider:
    """Replicas of which every sending is quick but one."""
    return Provider(*REPLICAS, behave=lambda at, _: Behaviour(before_s=slow_s if at == number else 0.1))


async def sound(rig: Rig) -> None:
    """Nothing is left set aside, and the books follow from the records."""
    found = await audit(MemoryReads(rig.disk))
    assert found.sound, found.problem
    assert found.holds_open == 0


def test_a_second_sending_beside_the_first_has_a_hold_of_its_own():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = slow_at(4)
        kernel = await eager(rig)
        pid = await kernel.desk.spawn(rig.put(caller("a", "b", "c", "d", model="house")), "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["well."] * 4
        assert len(provider.sent) == 5
        repeats = [body for body in rig.bodies(pid) if isinstance(body, Repeated)]
        assert [body.charge for body in repeats] == [held_first(rig.bodies(pid))]
        assert repeats[0].hold is not None
        await kernel.stop()
        await sound(rig)

    play(scenario)


def test_a_call_sent_twice_waited_until_it_was_sent_to_the_endpoint_that_answered():
    async def scenario(rig: Rig) -> None:
        for slow_s in ((50.0, 0.1), (30.0, 100.0)):
            inner = Rig(rig.loop)
            took = dict(enumerate(slow_s, 4))
            provider = inner.models = Provider(
                *REPLICAS, behave=lambda at, _, took=took: Behaviour(before_s=took.get(at, 0.1))
            )
            kernel = await eager(inner)
            pid = await kernel.desk.spawn(inner.put(caller("a", "b", "c", "d", model="house")), "alice")
            await kernel.desk.end_of(pid)
            assert len(provider.sent) == 5
            bodies = inner.bodies(pid)
            assert [body.sent_again for body in bodies if isinstance(body, Repeated)] == [True]
            waited = [body.queued_ns for body in bodies if isinstance(body, Resulted)]
            assert max(waited[:3]) < SECOND // 100
            if slow_s[0] > slow_s[1]:
                assert waited[3] > SECOND // 10, "the second one answered"
            else:
                assert waited[3] < SECOND // 100, "the first one answered"
            await kernel.stop()

    play(scenario)


def test_where_nothing_covers_a_second_sending_the_first_goes_on():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = slow_at(4)
        kernel = await eager(rig)
        caps = Caps(process=Amount(3 * 20 + 300, UNCAPPED))
        pid = await kernel.desk.spawn(rig.put(caller("a", "b", "c", "d", caps=caps, model="house")), "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["well."] * 4
        assert len(provider.sent) == 4
        assert charges(rig, pid) == [Amount(20, 15)] * 4
        await kernel.stop()
        await sound(rig)

    play(scenario)


def test_a_second_sending_that_is_not_needed_any_more_is_not_made():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = slow_at(4, slow_s=15.0)
        kernel = await eager(rig, commit_s=60.0)
        pid = await kernel.desk.spawn(rig.put(caller("a", "b", "c", "d", model="house")), "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["well."] * 4
        await asyncio.sleep(100)
        assert len(provider.sent) == 4  # the answer came while the second hold was being written
        assert any(isinstance(body, Repeated) for body in rig.bodies(pid))
        assert kernel.reactor.dispatcher.grid.snapshot().running == 0
        await kernel.stop()
        await sound(rig)

    play(scenario)


def test_a_call_that_ends_while_its_next_hold_is_written_is_not_sent_again():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(error=ModelError("the connection broke")))
        kernel = await rig.boot(MemoryStore(rig.disk, commit_after_s=lambda: 2.0))
        pid = await kernel.desk.spawn(rig.put(caller("a")), "alice")
        await until(lambda: kernel.machine.table[pid].flying and provider.sent, "the call to break")
        await until(
            lambda: any(pending.past.repeated for pending in kernel.machine.table[pid].turn.pending.values()),
            "the next hold to be asked for",
        )
        await kernel.desk.signal(pid, "kill", "alice")
        await asyncio.sleep(100)
        await kernel.machine.store.flush()
        assert len(provider.sent) == 1
        results = [body for body in rig.bodies(pid) if isinstance(body, Resulted)]
        assert [body.charge for body in results] == [Amount(0, 0)]  # the broken sending was charged before
        assert charges(rig, pid)[0] == held_first(rig.bodies(pid))
        assert kernel.reactor.dispatcher.grid.snapshot().running == 0
        await kernel.stop()
        await sound(rig)

    play(scenario)


def test_a_program_that_leaves_as_its_call_begins_leaves_no_hold_behind_whatever_the_kernel_does():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(behave=lambda *_: Behaviour(before_s=50))
        cut = asyncio.Event()
        kernel = await rig.boot(CutStore(rig.disk, "exit", "after", cut))
        visitor = await enter(kernel)
        asked = asyncio.ensure_future(say(kernel, visitor, "x"))
        left = asyncio.ensure_future(kernel.desk.leave(visitor.pid, visitor.life, 0))
        await cut.wait()
        assert rig.tags(visitor.pid)[-2:] == ["intent", "exit"]
        kernel = await rig.again(kernel)
        await becomes(kernel, visitor.pid, State.DONE)
        await kernel.stop()
        await sound(rig)
        asked.cancel()
        left.cancel()

    play(scenario)
