"""Records as events: each call opened once, each step closed, nothing lost of what a model said."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import (
    Asked,
    Body,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Resulted,
    Signalled,
    Spawned,
    Woken,
    encode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.models import Reply, Text
from ergos.server.api.agui_events import RunFinished, RunStarted, Success
from ergos.server.api.agui_run import Unrolled
from tests.server.api.run_rules import check_run

PAY = Call(key="k", kind="act", name="pay", args={"to": msgspec.Raw(b'"bob"')}, effect="irreversible")
THINK = Call(key="t", kind="think", name="model.x", args={})


async def unpack(value: Any) -> Any:
    return msgspec.json.decode(value)


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def unrolled(bodies: list[tuple[int, Body]], known: list[tuple[int, Body]] | None = None) -> list[dict[str, Any]]:
    """The whole run of a process with these records, by turn."""

    def sealed(number: int, turn: int, body: Body) -> Sealed:
        return Sealed(
            seq=number, pid=Pid(7), turn=turn, at_ns=number * 10**6, body=encode_body(body), seal=b""
        )  # fmt: skip

    async def played() -> list[Any]:
        run = Unrolled(unpack, 7, "demo")
        run.knows(tuple(sealed(n, turn, body) for n, (turn, body) in enumerate(known or [], 1)))
        found: list[Any] = [RunStarted(thread_id="t", run_id="r"), run.beginning("ready", 0)]
        for number, (turn, body) in enumerate(bodies, 100):
            found += await run.of(sealed(number, turn, body))
        return [*found, *run.closing(), RunFinished(thread_id="t", run_id="r", outcome=Success())]

    return [msgspec.to_builtins(event) for event in asyncio.run(played())]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events if not event["type"].startswith(("STATE", "RUN"))]


def test_a_tool_call_is_opened_once_and_answered() -> None:
    asked = Asked(key="k", item=1, what="approval", digest=Digest("d"), expires_ns=1, call=PAY)
    events = unrolled(
        [(1, Woken("start")), (1, asked), (1, Intended(PAY)), (1, Resulted("k", raw("paid"))), (1, Exited("done"))]
    )
    check_run(events)
    assert kinds(events) == [
        "STEP_STARTED", "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_RESULT", "STEP_FINISHED",
    ]  # fmt: skip
    args = next(event for event in events if event["type"] == "TOOL_CALL_ARGS")
    assert args["delta"] == '{"to":"bob"}'
    assert next(event for event in events if event["type"] == "TOOL_CALL_RESULT")["content"] == "paid"


def test_what_an_earlier_run_opened_is_answered_without_being_opened_again() -> None:
    known: list[tuple[int, Body]] = [
        (1, Asked(key="k", item=1, what="approval", digest=Digest("d"), expires_ns=1, call=PAY))
    ]
    events = unrolled([(1, Intended(PAY)), (1, Resulted("k", raw({"ok": 1})))], known)
    check_run(events)
    assert kinds(events) == ["TOOL_CALL_RESULT"]


def test_failures_and_refusals_are_results_that_say_so() -> None:
    no = Failure("E301", "no grant")
    for bodies in (
        [(1, Refused(PAY, no))],
        [(1, Intended(PAY)), (1, Resulted("k", failure=no))],
        [(1, Called(PAY, failure=no))],
    ):
        events = unrolled(bodies)
        check_run(events)
        assert next(event for event in events if event["type"] == "TOOL_CALL_RESULT")["content"] == "[E301] no grant"


def test_what_a_model_said_is_a_message() -> None:
    reply = raw(msgspec.to_builtins(Reply(parts=(Text("hello "), Text("you")))))
    events = unrolled([(1, Woken("start")), (1, Intended(THINK)), (1, Resulted("t", reply))])
    check_run(events)
    assert [event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT"] == ["hello you"]
    assert "TEXT_MESSAGE_START" not in kinds(unrolled([(1, Intended(THINK)), (1, Resulted("t", raw({"typed": 1})))]))


BODIES: list[Body] = [
    Spawned(owner="a", agent="demo", definition=Digest("d"), parent=Pid(0)), Woken("start"), Woken("mail"),
    Intended(PAY), Intended(THINK), Resulted("k", raw("x")), Resulted("t", raw("said")), Resulted("none"),
    Called(PAY, raw(1)), Refused(PAY, Failure("E1", "x")), Committed(raw(None)), Exited("done"), Exited("failed"),
    Asked(key="k", item=1, what="approval", digest=Digest("d"), expires_ns=1, call=PAY), Doubted("k", 2, "lost"),
    Asked(key="q", item=1, what="question", digest=Digest("d"), expires_ns=1, call=PAY), Signalled("pause", "a"),
]  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(BODIES)), max_size=30))
def test_whatever_the_journal_holds_the_run_is_in_order(bodies: list[tuple[int, Body]]) -> None:
    check_run(unrolled(bodies))
