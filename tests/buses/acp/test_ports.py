"""What passes between an editor's face and the house is plain, frozen data that survives a file."""

from __future__ import annotations

import msgspec
import pytest

from ergos.buses.acp.ports import Choice, Rest, Session, Step, Wish, Words


@pytest.mark.parametrize(
    "one",
    [
        Session(id="s", cwd="/", pid=3, title="t", at_ns=5),
        Words(who="agent", text="hi"),
        Step(id="1", title="t", work="read", status="pending", first=True, given={"a": 1}),
        Wish(
            number=1,
            kind="approval",
            text="?",
            call={"a": [1]},
            digest="d",
            choices=(Choice(id="a", text="A", yes=True),),
        ),
        Rest(why="idle"),
    ],
)
def test_a_record_is_frozen_and_reads_back_as_it_was(one: msgspec.Struct):
    assert msgspec.json.decode(msgspec.json.encode(one)) == msgspec.json.decode(
        msgspec.json.encode(msgspec.to_builtins(one))
    )
    with pytest.raises(AttributeError):
        one.text = "changed"  # type: ignore[attr-defined]
