"""The table of transitions, walked."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import IllegalTransitionError
from ergos.base.ids import Digest, Pid
from ergos.kernel.process import ENDED, TRANSITIONS, Cause, Process, State, moved


def process(state: State) -> Process:
    return Process(pid=Pid(1), owner="a", agent="b", definition=Digest("0" * 64), parent=Pid(0), depth=0, state=state)


@pytest.mark.parametrize("state", sorted(ENDED))
@pytest.mark.parametrize("cause", list(Cause))
def test_a_finished_process_never_moves(state: State, cause: Cause) -> None:
    with pytest.raises(IllegalTransitionError):
        moved(process(state), cause)


@given(st.lists(st.sampled_from(list(Cause)), max_size=60))
def test_a_walk_over_the_table_ends_at_most_once_and_stays_there(causes: list[Cause]) -> None:
    state = State.READY
    ended = False
    for cause in causes:
        try:
            state = moved(process(state), cause)
        except IllegalTransitionError:
            assert (state, cause) not in TRANSITIONS
            continue
        assert not ended
        ended = state in ENDED


@pytest.mark.parametrize("state", [state for state in State if state not in ENDED])
def test_every_live_process_can_be_killed(state: State) -> None:
    assert moved(process(state), Cause.KILL) is State.KILLED


def test_only_running_processes_finish_doubt_or_crash() -> None:
    for cause in (Cause.EXIT, Cause.DOUBT, Cause.CRASH, Cause.WAIT):
        assert {state for state, found in TRANSITIONS if found is cause} == {State.RUNNING}


def test_every_state_is_reached_and_every_live_one_is_left() -> None:
    reached = {State.READY}
    while True:
        more = {after for (state, _), after in TRANSITIONS.items() if state in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(State)
    assert {state for state, _ in TRANSITIONS} == set(State) - ENDED


def test_the_error_names_the_process_its_state_and_the_cause() -> None:
    with pytest.raises(IllegalTransitionError, match="process 1 is done; it cannot pause"):
        moved(process(State.DONE), Cause.PAUSE)


def test_a_process_is_immutable() -> None:
    with pytest.raises(AttributeError):
        process(State.READY).turn = 3  # type: ignore[misc]
    assert msgspec.structs.replace(process(State.READY), turn=3).turn == 3
