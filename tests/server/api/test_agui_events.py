"""AG-UI on the wire: what we send is what the protocol's own models read, and a run's input is read as they write it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from ag_ui.core import Event, RunAgentInput, UserMessage
from pydantic import TypeAdapter

from ergos.server.api import agui_events as ours
from ergos.server.api.agui_events import Interrupt, Interrupted, RunFinished, RunInput, framed, said_in

THEIRS = TypeAdapter(Event)
SENT: tuple[ours.AnyEvent, ...] = (
    ours.RunStarted(thread_id="t", run_id="r"),
    ours.RunStarted(thread_id="t", run_id="r", parent_run_id="p", timestamp=5),
    RunFinished(thread_id="t", run_id="r", outcome=ours.Success(), result={"a": None}),
    RunFinished(thread_id="t", run_id="r", outcome=ours.Cancelled()),
    RunFinished(thread_id="t", run_id="r", outcome=Interrupted(interrupts=(Interrupt(id="1", reason="tool_call"),))),
    ours.RunError(message="no", code="E403"),
    ours.StepStarted(step_name="turn 1"),
    ours.StepFinished(step_name="turn 1"),
    ours.TextMessageStart(message_id="m"),
    ours.TextMessageContent(message_id="m", delta="hi"),
    ours.TextMessageEnd(message_id="m"),
    ours.ToolCallStart(tool_call_id="c", tool_call_name="pay"),
    ours.ToolCallArgs(tool_call_id="c", delta="{}"),
    ours.ToolCallEnd(tool_call_id="c"),
    ours.ToolCallResult(message_id="m", tool_call_id="c", content="done"),
    ours.StateSnapshot(snapshot={"state": "ready"}),
    ours.StateDelta(delta=({"op": "replace", "path": "/state", "value": "done"},)),
)


def on_the_wire(event: ours.AnyEvent) -> Any:
    frame = framed(event)
    assert frame.startswith(b"data: ")
    assert frame.endswith(b"\n\n")
    return msgspec.json.decode(frame[6:])


@pytest.mark.parametrize("event", SENT, ids=lambda event: type(event).__name__)
def test_the_protocols_own_models_read_every_event_and_know_every_field(event: ours.AnyEvent) -> None:
    sent = on_the_wire(event)
    read = THEIRS.validate_python(sent)
    assert not (read.model_extra or {})
    assert read.model_dump(by_alias=True, mode="json") == sent


def test_what_has_no_value_is_left_out() -> None:
    assert on_the_wire(SENT[0]) == {
        "type": "RUN_STARTED", "threadId": "t", "runId": "r", "protocolVersion": "1.0",
    }  # fmt: skip
    assert on_the_wire(SENT[2])["result"] == {"a": None}


def test_a_runs_input_is_read_as_the_protocols_library_writes_it() -> None:
    written = RunAgentInput(
        thread_id="t", run_id="r", messages=[UserMessage(id="1", content="hello")], tools=[], context=[], state={"a": 1},
        forwarded_props={}, resume=[{"interruptId": "3:abc", "status": "resolved", "payload": {"approved": True}}],
    )  # fmt: skip
    read = msgspec.json.decode(written.model_dump_json(by_alias=True), type=RunInput)
    assert (read.thread_id, read.run_id, said_in(read.messages)) == ("t", "r", "hello")
    assert read.resume is not None
    assert read.resume[0].payload == {"approved": True}


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ((), None),
        (({"role": "assistant", "content": "x"},), None),
        (({"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant"}), "b"),
        (
            (
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}],
                },
            ),
            "a\nb",
        ),
        (({"role": "user", "content": 5},), None),
    ],
)
def test_what_counts_is_what_the_user_said_last(messages: Any, said: str | None) -> None:
    assert said_in(messages) == said
