"""Budgets under attack: whatever calls, vendors, owners and crashes do, no cap is passed and nothing is sent uncovered.

Every sending is held against the durable journal at the moment it reaches the vendor, and every record against the
caps, by a fold of its own (`sim/billing.py`). The provider here does what Hypothesis says.
"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import DeadlineError, DiskFullError, ErgosError
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.memory_reads import MemoryReads
from ergos.kernel.events import decode_body
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.models import EndpointSpec, Hints, Limits, ModelPrice, Usage
from ergos.kernel.ports import ModelCame
from ergos.kernel.process import ENDED, State
from ergos.runtime.audit import audit
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.sim.billing import Bills, BrokenError
from ergos.sim.faults import Fault, FaultyStore, Where
from ergos.sim.provider import Sending

from .kernels import Rig, play
from .providers import Behaviour, Provider, an_endpoint, chat, last_words
from .test_dispatcher import caller

ENDPOINTS: tuple[EndpointSpec, ...] = (
    an_endpoint("house/a", replica_of="house", local=True, limits=Limits(slots=2), output_tokens_max=30),
    an_endpoint("house/b", replica_of="house", price=ModelPrice(input=3_000_000, output=9_000_000, per_call=7)),
    an_endpoint("cloud/c", price=None),
)
BEHAVIOURS = {
    "well": Behaviour(before_s=0.5),
    "slow": Behaviour(before_s=30.0),
    "in pieces": Behaviour(pieces=3, between_s=2.0),
    "silent of usage": Behaviour(usage=None),
    "says nothing was used": Behaviour(usage=Usage()),
    "says less than nothing": Behaviour(usage=Usage(input_tokens=5, output_tokens=-(10**6))),
    "says too much": Behaviour(usage=Usage(input_tokens=10**9, output_tokens=10**9)),
    "says the impossible": Behaviour(usage=Usage(input_tokens=10**400, output_tokens=1)),
    "limited": Behaviour(error=RateLimitedError("slow down", status=429, retry_after_s=3), bills=0),
    "limited for ever": Behaviour(error=RateLimitedError("slow down", status=429, retry_after_s=float("inf")), bills=0),
    "down": Behaviour(error=ModelError("overloaded", status=503), bills=0),
    "refuses": Behaviour(error=ModelRequestError("wrong", status=400), bills=0),
    "breaks": Behaviour(error=ModelError("the connection broke"), before_s=1.0),
    "breaks in the middle": Behaviour(pieces=3, breaks_after=1, error=ModelError("the connection broke")),
    "garbled": Behaviour(error=ModelReplyError("no answer")),
    "gives up": Behaviour(error=DeadlineError("too long"), before_s=9.0),
    "hangs": Behaviour(before_s=5_000.0),
}


class Attacked(Provider):
    """A vendor whose every sending is judged as it arrives."""

    def __init__(self, rig: Rig, names: list[str], owner_caps: dict[str, Caps]) -> None:
        super().__init__(*ENDPOINTS, behave=lambda number, _: BEHAVIOURS[self.mood(number)])
        self._rig, self._names = rig, names
        self.bills = Bills(lambda name: rig.disk.blobs[Digest(name)], lambda _, owner: owner_caps.get(owner, Caps()))
        self._read = 0
        self.calm = False
        self.broken: BrokenError | None = None

    def mood(self, number: int) -> str:
        return "well" if self.calm else self._names[number % len(self._names)]

    def follow(self) -> Bills:
        """Judge what became durable since the last time."""
        for record in self._rig.disk.journal[self._read :]:
            self._read += 1
            self.bills.take(record.pid, record.turn, decode_body(record.body))
        return self.bills

    async def perform(self, endpoint: str, args: dict[str, Plain], *, hints: Hints, **more: object) -> ModelCame:  # type: ignore[override]
        spec = next(one for one in ENDPOINTS if one.name == endpoint)
        body = args["body"]
        assert isinstance(body, dict)
        worst = self.outline(args).worst(spec) if spec.price is not None else Amount()
        behaviour = BEHAVIOURS[self.mood(len(self.sent) + 1)]
        free = behaviour.bills == 0
        # An honest vendor bills at most the worst case; what it says of its usage may be a lie all the same.
        billed = 0 if free else min(worst.microusd, behaviour.bills)
        sending = Sending(len(self.sent) + 1, int(hints.session), last_words(body), endpoint, worst, billed=billed)
        try:
            self.follow().sends(sending)
        except BrokenError as broken:
            self.broken = self.broken or broken
        try:
            came = await super().perform(endpoint, args, hints=hints, **more)  # type: ignore[arg-type]
        finally:
            sending.under_way = False
            sending.fate = "down" if free else "breaks"
        if came.usage == Usage(input_tokens=10, output_tokens=5):
            sending.billed = spec.price.of(came.usage) if spec.price is not None else 0
        return came


class Scene:
    """Processes, their programs and their owners, over several lives of a kernel."""

    def __init__(self, rig: Rig, plan: dict[str, list], owner_caps: dict[str, Caps]) -> None:
        self.rig, self.plan, self.owner_caps = rig, plan, owner_caps
        self.vendor = rig.models = Attacked(rig, plan["moods"], owner_caps)
        self.pids: dict[int, Pid] = {}

    async def life(self, fault: Fault | None) -> None:
        """Until the power is cut, or until everything has ended."""
        cut = asyncio.Event()
        store = FaultyStore(self.rig.disk, fault, cut.set, 0.01)
        self.vendor.calm = fault is None
        booting = asyncio.ensure_future(self._live(store, fault))
        gone = asyncio.ensure_future(cut.wait())
        await asyncio.wait((booting, gone), return_when=asyncio.FIRST_COMPLETED)
        error = booting.exception() if booting.done() else None
        if error is not None and not (isinstance(error, DiskFullError) and fault is not None):
            raise error
        booting.cancel()
        gone.cancel()
        for kernel in self.rig.kernels:
            await self.rig.crash(kernel)
        await asyncio.gather(booting, return_exceptions=True)
        if self.vendor.broken is not None:
            raise self.vendor.broken

    async def _live(self, store: FaultyStore, fault: Fault | None) -> None:
        kernel = await self.rig.boot(store, owner_caps=self.owner_caps)
        for number, (owner, words, budget, foreign) in enumerate(self.plan["processes"]):
            if number not in self.pids:
                caps = Caps(process=Amount(budget, UNCAPPED), agent=Amount(5_000, UNCAPPED))
                made = self.rig.put(caller(*words, caps=caps, name=f"agent-{number}", max_tokens=20))
                if foreign:
                    made = foreign_definition(
                        f"agent-{number}", resumable=True, command=("run",), budget=Amount(budget, UNCAPPED)
                    )
                    self.pids[number] = await kernel.desk.host(made, owner)
                else:
                    self.pids[number] = await kernel.desk.spawn(made, owner)
        programs = [
            asyncio.ensure_future(self._program(kernel, self.pids[number], words))
            for number, (_, words, _, foreign) in enumerate(self.plan["processes"])
            if foreign
        ]
        try:
            if fault is not None:
                await self._owner(kernel)
                await asyncio.sleep(3_000)
            else:
                await self._calm(kernel)
                await asyncio.sleep(1_000)
            await kernel.stop()
        finally:
            for program in programs:
                program.cancel()

    async def _program(self, kernel: Kernel, pid: Pid, words: list[str]) -> None:
        """A program elsewhere: asks everything at once, some of it twice, goes away from some of it."""
        try:
            visitor = (await kernel.desk.enter(pid, ())).visitor
            asked = [
                asyncio.ensure_future(
                    kernel.reactor.guests.call(
                        visitor, "openai.chat", chat(word, stream=at % 2 == 0), model="auto", sink=lambda _: None
                    )
                )
                for at, word in enumerate((*words, words[0]))
            ]
            await asyncio.wait(asked[:1], timeout=0.3)
            asked[0].cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            if self.vendor.calm:
                await kernel.desk.leave(pid, visitor.life, 0)
        except ErgosError:
            return  # it was killed, or the kernel is going

    async def _owner(self, kernel: Kernel) -> None:
        for after_s, act, number in self.plan["acts"]:
            await asyncio.sleep(after_s)
            pid = self.pids[number % len(self.pids)]
            try:
                if act in ("stop", "go"):
                    await kernel.desk.halt("alice", on=act == "stop")
                else:
                    await kernel.desk.signal(pid, act, "alice")
            except ErgosError:
                continue

    async def _calm(self, kernel: Kernel) -> None:
        """Lift, resume, and wait until every process has ended."""
        await kernel.desk.halt("alice", on=False)
        for _ in range(300):
            live = await kernel.machine.store.processes()
            if not live:
                return
            for process in live:
                orphan = process.pid not in self.pids.values() and process.state is State.WAITING
                if process.state is State.PAUSED or orphan:
                    await kernel.desk.signal(process.pid, "kill" if orphan else "resume", "alice")
            await asyncio.sleep(60)
        raise AssertionError(f"stuck: {[(row.pid, str(row.state), row.waits) for row in live]}")

    async def judge(self) -> None:
        """Everything is over."""
        disk = self.rig.disk
        self.vendor.follow().squared()
        found = await audit(MemoryReads(disk))
        assert found.sound, found.problem
        assert found.holds_open == 0
        assert all(row.state in ENDED for row in disk.processes.values())
        for number, (owner, _, budget, _) in enumerate(self.plan["processes"]):
            meter = disk.meters.get(f"process/{self.pids[number]}")
            assert meter is None or meter.spent.microusd <= budget
            spent = disk.meters.get(f"owner/{owner}")
            cap = self.owner_caps.get(owner, Caps()).owner
            assert cap is None or spent is None or spent.spent.microusd <= cap.microusd
        paid = sum(balance.microusd for name, balance in disk.accounts.items() if name.startswith("paid/"))
        assert paid >= sum(one.billed for asked in self.vendor.bills.asked.values() for one in asked.sendings)


WORDS = st.lists(st.sampled_from(("a", "b", "c", "d")), min_size=1, max_size=3)
PROCESSES = st.tuples(
    st.sampled_from(("alice", "bob")), WORDS, st.sampled_from((60, 150, 400, 1_500, 10_000)), st.booleans()
)
ACTS = st.tuples(
    st.sampled_from((0.0, 0.1, 1.0, 7.0, 40.0)),
    st.sampled_from(("kill", "pause", "resume", "stop", "go")),
    st.integers(0, 3),
)
FAULTS = st.builds(Fault, st.integers(1, 40), st.sampled_from(("before", "after", "torn", "full")), st.integers(0, 5))
PLANS = st.fixed_dictionaries(
    {
        "processes": st.lists(PROCESSES, min_size=1, max_size=4),
        "moods": st.lists(st.sampled_from(sorted(BEHAVIOURS)), min_size=1, max_size=6),
        "acts": st.lists(ACTS, max_size=4),
        "faults": st.lists(FAULTS, max_size=3),
    }
)
CEILINGS = st.sampled_from((None, 200, 900, 4_000))


def attack(plan: dict[str, list], owner: int | None, day: int | None) -> None:
    """Play one plan to its end. Raises: whatever does not hold."""

    def ceiling(most: int | None) -> Amount | None:
        return Amount(most, UNCAPPED) if most is not None else None

    async def scenario(rig: Rig) -> None:
        caps = Caps(owner=ceiling(owner), day=ceiling(day))
        scene = Scene(rig, plan, {"alice": caps, "bob": replace_owner(caps)})
        for fault in (*plan["faults"], None):
            await scene.life(fault)
        await scene.judge()

    play(scenario)


def replace_owner(caps: Caps) -> Caps:
    """Of the second owner only the day is capped."""
    return Caps(day=caps.day)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PLANS, CEILINGS, CEILINGS)
@example(
    plan={
        "processes": [("alice", ["a"], 400, False)],
        "moods": ["says less than nothing"],
        "acts": [],
        "faults": [Fault(40, "before")],
    },
    owner=None,
    day=None,
)
def test_no_schedule_of_calls_crashes_and_lies_passes_a_cap_or_is_sent_uncovered(plan, owner, day) -> None:
    attack(plan, owner, day)


@pytest.mark.parametrize("mood", sorted(BEHAVIOURS))
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_crash_at_any_commit_of_calls_at_once_passes_no_cap(mood: str, where: Where) -> None:
    processes = [("alice", ["a", "b"], 400, False), ("alice", ["a", "b", "c"], 400, True)]
    for commit in range(1, 24, 2):
        plan = {"processes": processes, "moods": [mood, "well"], "acts": [], "faults": [Fault(commit, where)]}
        attack(plan, 900, None)


def test_the_scene_notices_a_sending_that_nothing_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    from ergos.runtime import journeys

    monkeypatch.setattr(journeys.Journey, "spoken_for", property(lambda self: False))
    plan = {
        "processes": [("alice", ["a"], 10_000, False)],
        "moods": ["breaks"],
        "acts": [],
        "faults": [Fault(40, "before")],
    }
    with pytest.raises(BrokenError):
        attack(plan, None, None)
