from __future__ import annotations

import msgspec

from ergos.kernel.models import Message, ModelRequest, Reasoning, Reply, Text, ToolCall, Usage
from ergos.sim.loopback.frames_responses import frames, id_of, snapshot
from ergos.sim.loopback.wires import Asked

ASKED = Asked(request=ModelRequest(messages=(Message("user", (Text("x"),)),)), model="m", echo={"instructions": "be"})
REPLY = Reply(
    parts=(Reasoning("thinking"), Text("some words here"), ToolCall("i", "f", '{"a":1}')),
    stop="tools",
    usage=Usage(input_tokens=3, output_tokens=9),
    id="abc",
)


def test_a_frame_waits_for_its_tokens_and_never_for_more_than_all() -> None:
    written = [frame.tokens for frame in frames(ASKED, REPLY, 1)]
    assert written[0] == 0
    assert written[-1] == 9
    assert written == sorted(written)


def test_every_frame_names_its_event() -> None:
    for frame in frames(ASKED, REPLY, 2):
        name, line, *rest = frame.content.split(b"\n")
        assert rest == [b"", b""]
        assert msgspec.json.decode(line.removeprefix(b"data: "))["type"] == name.removeprefix(b"event: ").decode()


def test_a_response_is_empty_at_its_beginning_and_whole_at_its_end() -> None:
    start, end = snapshot(ASKED, REPLY, done=False), snapshot(ASKED, REPLY, done=True)
    assert (start["status"], start["output"], start["usage"]) == ("in_progress", [], None)
    assert end["status"] == "completed"
    assert len(end["output"]) == 3  # type: ignore[arg-type]
    assert start["id"] == end["id"] == id_of(REPLY)
    assert start["instructions"] == "be"
