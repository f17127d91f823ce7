"""A team as a person sees it, and when nothing will happen without one."""

from __future__ import annotations

import pytest

from ergos.app.team import Member, joined
from ergos.base.ids import Digest, Pid
from ergos.kernel.process import Process, State
from ergos.runtime.control import Live, LiveProcess


@pytest.mark.parametrize(
    ("state", "waits", "wake_at_ns", "at_rest"),
    [
        (State.READY, "", None, False),
        (State.RUNNING, "", None, False),
        (State.WAITING, "timer", 5, False),
        (State.WAITING, "mail", 5, False),
        (State.WAITING, "mail", None, True),
        (State.WAITING, "owner", 5, True),
        (State.WAITING, "child", None, True),
        (State.PAUSED, "", None, True),
        (State.PARKED, "owner", None, True),
        (State.DONE, "", None, True),
    ],
)
def test_only_what_moves_by_itself_is_not_at_rest(state: State, waits: str, wake_at_ns: int | None, at_rest: bool):
    member = Member(
        pid=Pid(1), parent=Pid(0), owner="me", agent="a", state=state, turn=1, waits=waits, wake_at_ns=wake_at_ns
    )
    assert member.at_rest is at_rest


@pytest.mark.parametrize(
    ("stored", "live", "seen"),
    [
        (State.READY, State.RUNNING, State.RUNNING),
        (State.WAITING, State.READY, State.READY),
        (State.READY, State.DONE, State.RUNNING),
        (State.READY, State.FAILED, State.RUNNING),
        (State.DONE, State.RUNNING, State.DONE),
        (State.DONE, State.DONE, State.DONE),
        (State.READY, None, State.READY),
    ],
)
def test_an_end_counts_only_once_it_is_durable(stored: State, live: State | None, seen: State):
    row = Process(pid=Pid(1), owner="me", agent="a", definition=Digest(""), parent=Pid(0), depth=0, state=stored)
    found = [LiveProcess(pid=Pid(1), parent=Pid(0), owner="me", agent="a", state=live, turn=1)] if live else []
    (member,) = joined((row,), Live(halted=False, processes=tuple(found)))
    assert member.state is seen
