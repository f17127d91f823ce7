"""One process, one event: the step stays within the table whatever happens."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ergos.base.errors import IllegalTransitionError
from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Failure
from ergos.kernel.events import Doubted, Exited
from ergos.kernel.labels import USER
from ergos.kernel.process import ENDED, TRANSITIONS, Process, State
from ergos.kernel.step import (
    Activate,
    Announce,
    Crash,
    Doubt,
    EndTurn,
    Event,
    Fail,
    Finish,
    Queue,
    Resolve,
    Signal,
    Step,
    Store,
    Suspend,
    Wake,
    Write,
    step,
)
from ergos.kernel.supervisor import Supervision
from ergos.kernel.values import NULL

FAILURE = Failure("E403", "it broke")

EVENTS = st.one_of(
    st.just(Activate()),
    st.builds(Suspend, st.sampled_from(["mail", "timer", "owner", "child"]), st.none() | st.integers(0, 9)),
    st.builds(EndTurn, st.just(NULL), st.none() | st.integers(0, 9), st.just(USER)),
    st.just(Finish(NULL)),
    st.builds(Crash, st.just(FAILURE), st.builds(Supervision, restarts=st.integers(0, 2)), st.integers(0, 10**10)),
    st.just(Fail(FAILURE)),
    st.builds(Wake, st.sampled_from(["mail", "timer", "owner", "child"])),
    st.just(Doubt(Doubted("k", 1, "why"))),
    st.just(Resolve()),
    st.builds(Signal, st.sampled_from(["pause", "resume", "stop", "kill"]), st.just("alice")),
)


def new(**other: object) -> Process:
    first = Process(
        pid=Pid(1), owner="a", agent="b", definition=Digest("0" * 64), parent=Pid(0), depth=0, state=State.READY
    )
    return msgspec.structs.replace(first, turn=1, turn_open=True, **other)


class Walk(RuleBasedStateMachine):
    """Any events in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.process = new()
        self.exits = 0

    @rule(event=EVENTS)
    def happen(self, event: Event) -> None:
        before = self.process
        kept = msgspec.structs.asdict(before)
        try:
            after, effects = step(before, event)
        except IllegalTransitionError:
            assert msgspec.structs.asdict(before) == kept
            return
        again = step(before, event)
        assert again.process.state is after.state
        assert len(again.effects) == len(effects)
        moves = {TRANSITIONS[key] for key in TRANSITIONS if key[0] is before.state}
        assert after.state in moves or (before.state is State.PAUSED and after.state is State.WAITING)
        assert before.state not in ENDED
        written = [effect.body for effect in effects if isinstance(effect, Write)]
        exits = sum(isinstance(body, Exited) for body in written)
        assert exits == (after.state in ENDED) == sum(isinstance(effect, Announce) for effect in effects)
        self.exits += exits
        if written:  # what is written is stored with the process, and before anything is done about it
            kinds = [type(effect) for effect in effects]
            assert kinds.index(Store) > max(n for n, kind in enumerate(kinds) if kind is Write)
        assert after.turn - before.turn in (0, 1)
        self.process = after

    @invariant()
    def is_consistent(self) -> None:
        process = self.process
        assert self.exits == (process.state in ENDED)
        if process.state in ENDED:
            assert not process.turn_open
            assert process.wake_at_ns is None
        if process.state in (State.READY, State.RUNNING, State.PARKED):
            assert process.turn_open


TestWalk = Walk.TestCase


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.KILLED])
def test_a_finished_process_takes_no_event(state: State) -> None:
    for event in (Activate(), Finish(NULL), Signal("kill", "alice"), Wake("mail")):
        with pytest.raises(IllegalTransitionError):
            step(new(state=state), event)


def test_a_crash_is_a_restart_until_the_intensity_is_reached() -> None:
    process = new(state=State.RUNNING)
    crash = Crash(FAILURE, Supervision(restarts=2), 1)
    for _ in range(2):
        process, effects = step(process, crash)
        assert process.state is State.READY
        assert any(isinstance(effect, Queue) and effect.after_ns > 0 for effect in effects)
        process, _ = step(process, Activate())
    process, _ = step(process, crash)
    assert process.state is State.FAILED
    assert process.failure is not None
    assert "3 times" in process.failure.what


def test_a_committed_turn_forgets_its_restarts_and_the_next_one_has_the_next_number() -> None:
    process = new(state=State.RUNNING, restarts=(1, 2))
    ended = step(process, EndTurn(msgspec.Raw(b"7"), None, USER))
    assert isinstance(ended, Step)
    assert ended.process.restarts == ()
    assert bytes(ended.process.memory) == b"7"
    woken = step(ended.process, Wake("mail")).process
    assert (woken.turn, woken.turn_open, woken.state) == (2, True, State.READY)


def test_a_paused_process_between_turns_idles_again_when_resumed() -> None:
    idle = step(new(state=State.RUNNING), EndTurn(NULL, 55, USER)).process
    paused = step(idle, Signal("pause", "a")).process
    resumed = step(paused, Signal("resume", "a")).process
    assert (resumed.state, resumed.waits, resumed.wake_at_ns) == (State.WAITING, "mail", 55)
