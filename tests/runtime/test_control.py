"""Requests survive their own encoding."""

from __future__ import annotations

import msgspec
import pytest

from ergos.app.client import raised
from ergos.base.error_tree import every_error
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.runtime.control import (
    Answer,
    AnyRequest,
    Confirm,
    EndOf,
    Halt,
    Pin,
    Processes,
    Refusal,
    Revoke,
    Send,
    Sign,
    Signal,
    Spawn,
    StatusOf,
    Stop,
)

REQUESTS = [
    StatusOf(),
    Spawn(path="/x", owner="me", settings={"a": [1, {"b": None}]}),
    EndOf(pid=Pid(1)),
    Processes(),
    Signal(pid=Pid(1), name="pause", by="me"),
    Answer(number=1, verdict="answer", by="me", value={"深": 1}),
    Halt(on=True, by="me"),
    Send(pid=Pid(1), body="你好"),
    Confirm(owner="me", grant=Grant(agent="a", verb="act", name="b", args={"c": Matcher("range", (0, 1))}), by="me"),
    Revoke(owner="me", grant="0123456789ab", by="me"),
    Pin(name="server", digest="0" * 64, definitions={"a": [1]}, by="me"),
    Sign(),
    Stop(),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_survives_the_wire(request_: AnyRequest):
    assert msgspec.json.decode(msgspec.json.encode(request_), type=AnyRequest) == request_


def test_every_error_is_raised_at_the_other_end_as_what_it_is():
    for error in every_error():
        back = raised(Refusal(code=error.code, what="what", remedy="do"))
        assert (type(back), back.what, back.what_to_do) == (error, "what", "do")
    assert type(raised(Refusal(code="E999", what="new", remedy="x"))) is ErgosError
