"""What was shown is what is decided: the seal covers all of it; answers are what the form says, by its fields."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ergos.app.inbox import Waiting
from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.console.frame.forms import Form
from ergos.console.inbox.deciding import answer_of, comment_of, seal_of
from ergos.kernel.rights import Case
from ergos.kernel.rows import Item

ITEM = Item(
    id=1, pid=Pid(2), key="act:pay:1", owner="alice", kind="approval", asked_ns=1, expires_ns=9, text="wants to pay",
    call=msgspec.Raw(b'{"tool":"pay","arguments":{"amount":5}}'), digest="d" * 64,
)  # fmt: skip


def question(call: Plain = None) -> Waiting:
    item = msgspec.structs.replace(ITEM, kind="question", call=msgspec.Raw(msgspec.json.encode(call)))
    return Waiting(item=item, shown={"call": call}, case=Case(owner="alice", agent="a", kind="question"))


def said(one: Waiting, *fields: tuple[str, str]) -> Plain:
    return answer_of(one, Form(list(fields)), "en")


@pytest.mark.parametrize(
    "change",
    [{"text": "x"}, {"call": msgspec.Raw(b"{}")}, {"digest": "e" * 64}, {"key": "k"}, {"pid": Pid(3)}, {"id": 2},
     {"kind": "doubt"}],
)  # fmt: skip
def test_another_item_has_another_seal(change: dict[str, Any]) -> None:
    assert seal_of(ITEM) == seal_of(msgspec.structs.replace(ITEM, asked_ns=7))
    assert seal_of(msgspec.structs.replace(ITEM, **change)) != seal_of(ITEM)


def test_a_choice_is_the_value_that_was_offered_whatever_its_type() -> None:
    one = question(["green", 7, {"a": 1}])
    assert said(one, ("choice", "1")) == 7
    assert said(one, ("choice", "2")) == {"a": 1}
    assert said(one, ("choice", "3"), ("answer", "else")) == "else"
    with pytest.raises(UsageError):
        said(one, ("choice", "99"))


def test_words_are_kept_as_they_are_and_json_is_read() -> None:
    assert said(question(), ("answer", " yes ")) == "yes"
    assert said(question(), ("answer", "[1]")) == "[1]"
    assert said(question(), ("answer", "[1]"), ("as", "json")) == [1]
    for wrong in ("{", "[" * 50_000, "x" * 200_000, "\ud800"):
        with pytest.raises(UsageError):
            said(question(), ("answer", wrong), ("as", "json"))
    with pytest.raises(UsageError):
        said(question(), ("answer", "  "))


def test_a_servers_form_gives_each_field_as_its_schema_says() -> None:
    fields: Plain = {
        "fields": {
            "name": {"type": "string"}, "age": {"type": "integer"}, "rate": {"type": "number"},
            "sure": {"type": "boolean"}, "tags": {"type": "array"}, "left": {"type": "string"},
        }
    }  # fmt: skip
    one = question(fields)
    given = (
        ("field.name", "Ada"),
        ("field.age", "36"),
        ("field.rate", "0.5"),
        ("field.sure", "1"),
        ("field.tags", "[1]"),
    )
    assert said(one, *given) == {"name": "Ada", "age": 36, "rate": 0.5, "sure": True, "tags": [1]}
    assert said(one, ("decline", "1")) == "decline"
    with pytest.raises(UsageError):
        said(one, ("field.age", "old"))


def test_a_reason_is_short() -> None:
    assert comment_of(Form([("why", "  no ")])) == "no"
    assert comment_of(Form([])) is None
    with pytest.raises(UsageError):
        comment_of(Form([("why", "字" * 300)]))
