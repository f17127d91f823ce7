"""The stage of a dry run: tools that do nothing, and a record of every call."""

from __future__ import annotations

import asyncio
from typing import Any

from ergos.app.dry_answers import Recording
from ergos.app.dry_stage import CALLS_SHOWN_MAX, DryMounts, DryOptions, QuietWatchers, Stage
from ergos.base.errors import DeniedError
from ergos.base.ids import Pid
from ergos.drivers.tools.catalogue import BuiltinMounts
from ergos.kernel.packages import Absent, Errand
from ergos.kernel.syscalls import Answer, Request
from ergos.kernel.triggers import Feed, Watching
from ergos.lib.tool import tool
from ergos.lib.work import NO_WORK
from tests.lib.driving import failed

ERRAND = Errand(pid=Pid(1), owner="a", agent="b", idempotency_key="", deadline_ns=0, now_ns=0)
DONE: list[str] = []


@tool(effect="pure", reach="read")
def look(at: str) -> str:
    """Looks."""
    DONE.append(f"look {at}")
    return f"seen {at}"


@tool(effect="irreversible")
def send(text: str) -> str:
    """Sends."""
    DONE.append(f"send {text}")
    return "sent"


def stage(*, read: bool = False, found: tuple[Recording, ...] = ()) -> Stage:
    return Stage(DryOptions(now_ns=0, read=read), found, NO_WORK)


def run(made: Stage, name: str, args: dict[str, Any]) -> Any:
    found = DryMounts(BuiltinMounts({"look": look, "send": send}), made).tool(name)
    assert found is not None
    assert not found.misfit(args)
    return asyncio.run(found.run(args, ERRAND)).value


def test_nothing_is_done_but_reading_where_that_was_asked_for() -> None:
    DONE.clear()
    for read in (False, True):
        made = stage(read=read)
        run(made, "look", {"at": "x"})
        run(made, "send", {"text": "y"})
    assert DONE == ["look x"]
    assert run(stage(found=(Recording(tool="send", value="as recorded"),)), "send", {"text": "y"}) == "as recorded"


def test_a_tool_looks_to_the_policy_as_it_is() -> None:
    mounts = DryMounts(BuiltinMounts({"send": send}), stage())
    found = mounts.tool("send")
    assert found is not None
    assert (found.spec, found.digest, mounts.names()) == (send.spec, send.digest, ("send",))
    assert isinstance(asyncio.run(found.probe({}, ERRAND)), Absent)
    assert mounts.tool("other") is None


def test_calls_are_kept_with_what_came_of_them() -> None:
    made = stage()
    run(made, "send", {"text": "y"})
    made.asked.append(("send", "you approve every send"))
    made.note(Request(kind="act", name="send", args={"text": "y"}), Answer("ok"))
    made.note(Request(kind="act", name="send", args={"text": "y"}), failed(DeniedError("no grant")))
    made.note(Request(kind="receive", name="mail"), Answer())
    made.note(Request(kind="think", name="t", args={"inputs": 5}), Answer(1, faults=("wrong",), solver="s"))
    assert [(one.name, one.decision, one.how, one.why) for one in made.calls] == [
        ("send", "asked", "simulated", "you approve every send"), ("send", "denied", "", "no grant"), ("t", "allowed", "", "wrong"),
    ]  # fmt: skip


def test_more_calls_than_are_kept_are_counted() -> None:
    made = stage()
    for _ in range(CALLS_SHOWN_MAX + 3):
        made.note(Request(kind="remember", name="x"), Answer())
    assert (len(made.calls), made.left_out) == (CALLS_SHOWN_MAX, 3)


def test_nothing_happens_to_who_watches() -> None:
    quiet, watching = QuietWatchers(), Watching(pid=Pid(1), owner="a", agent="b", now_ns=0)
    trigger = Feed(name="f", url="https://x/")
    assert asyncio.run(quiet.look(trigger, None, watching)).happenings == ()
    quiet.attend(trigger, watching)
    quiet.leave(Pid(1), "f")
