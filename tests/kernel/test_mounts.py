"""What was approved of a server, how an offer differs from it, and how a stranger's words are shown."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import ValueShapeError
from ergos.kernel.mounts import (
    DIFFERENCES_MAX,
    Difference,
    Offer,
    Pin,
    ServerSettings,
    ToolDefinition,
    changes,
    harmless,
    pin_of,
)

SCHEMA = {"type": "object", "properties": {"to": {"type": "string", "description": "Whom."}}}
SEND = ToolDefinition(name="send", description="Sends.", input=SCHEMA)
READ = ToolDefinition(name="read", annotations={"readOnlyHint": True})
MAIL = ServerSettings(name="mail", command="/usr/bin/mail-server", args=("--all",))

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def pin(*tools: ToolDefinition) -> Pin:
    return Pin(server="mail", identity=MAIL.identity, tools=tools)


def test_a_pin_is_the_same_in_any_order_and_another_after_any_change() -> None:
    assert pin(SEND, READ).digest == pin(READ, SEND).digest
    others = [
        pin(SEND),
        pin(SEND, READ, ToolDefinition(name="x")),
        pin(SEND, msgspec.structs.replace(READ, annotations={})),
        pin(SEND, msgspec.structs.replace(READ, title="Read")),
        pin(SEND, msgspec.structs.replace(READ, output={})),
        pin(msgspec.structs.replace(SEND, description="Sends!"), READ),
        pin(msgspec.structs.replace(SEND, input={}), READ),
        msgspec.structs.replace(
            pin(SEND, READ), identity=ServerSettings(name="mail", url="https://a.example").identity
        ),
    ]
    assert len({one.digest for one in [pin(SEND, READ), *others]}) == 1 + len(others)


def test_a_server_is_known_by_its_command_line_or_address_alone() -> None:
    assert MAIL.identity == msgspec.structs.replace(MAIL, name="post", env={"A": "b"}, reads=("/x",)).identity
    assert MAIL.identity != msgspec.structs.replace(MAIL, args=("--some",)).identity
    assert (
        ServerSettings(name="a", url="https://a.example").identity
        != ServerSettings(name="a", url="https://b.example").identity
    )


def test_a_server_is_enclosed_by_its_sandbox_and_not_by_its_words() -> None:
    assert MAIL.enclosed
    assert not msgspec.structs.replace(MAIL, hosts=("a.example",)).enclosed
    assert not msgspec.structs.replace(MAIL, sandbox=False).enclosed
    assert not ServerSettings(name="a", url="https://a.example", trusted=True).enclosed


def test_a_pin_comes_back_from_the_journal_as_it_was() -> None:
    whole = pin(SEND, READ)
    assert pin_of(json.loads(json.dumps(whole.plain))) == whole
    for broken in (None, 3, [], {}, {"server": "mail"}, {"server": "mail", "identity": "", "tools": [{"nam": 1}]}):
        with pytest.raises(ValueShapeError):
            pin_of(broken)


def test_changes_are_told_field_by_field() -> None:
    now = {
        "type": "object",
        "properties": {"to": {"type": "string", "description": "Everybody."}, "bcc": {"type": "string"}},
    }
    after = pin(msgspec.structs.replace(SEND, input=now, description="Sends."), ToolDefinition(name="more"))
    found = changes(pin(SEND, READ), after)
    assert [(one.tool, one.kind) for one in found] == [("more", "added"), ("read", "removed"), ("send", "changed")]
    assert found[2].differences == (
        Difference("input.properties.bcc", None, {"type": "string"}),
        Difference("input.properties.to.description", "Whom.", "Everybody."),
    )
    assert changes(pin(SEND, READ), pin(READ, SEND)) == ()
    assert [one.kind for one in changes(None, pin(SEND))] == ["added"]


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (0, False), ([1], [True]), ({"a": 1}, {"a": True}), ([1], [1, 2])]
)
def test_what_python_takes_for_equal_is_a_difference_all_the_same(before: Plain, after: Plain) -> None:
    old = ToolDefinition(name="t", input={"default": before})
    new = ToolDefinition(name="t", input={"default": after})
    (change,) = changes(pin(old), pin(new))
    assert change.differences


@given(st.dictionaries(st.text(max_size=3), plain, max_size=4), st.dictionaries(st.text(max_size=3), plain, max_size=4))
def test_there_is_a_difference_wherever_the_digest_is_another(
    before: dict[str, object], after: dict[str, object]
) -> None:
    old, new = ToolDefinition(name="t", input=before), ToolDefinition(name="t", input=after)
    found = changes(pin(old), pin(new))
    assert bool(found) == (old.digest != new.digest)
    assert all(one.differences for one in found)


def test_a_tool_that_was_rewritten_is_not_listed_without_end() -> None:
    many = {str(n): n for n in range(10_000)}
    (change,) = changes(
        pin(ToolDefinition(name="t", input={"a": [0]})), pin(ToolDefinition(name="t", input={"a": [0], **many}))
    )
    assert len(change.differences) == DIFFERENCES_MAX
    assert change.cut


def test_an_offer_says_whether_there_is_something_to_approve() -> None:
    assert Offer(pin=pin(SEND), names={}).same
    assert not Offer(pin=pin(SEND), names={}, first=True).same
    assert not Offer(pin=pin(SEND), names={}, moved=True).same
    assert Offer(pin=pin(SEND), names={}).digest == pin(SEND).digest


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 文字 é\nnext", "plain 文字 é\nnext"),
        ("a\x1b[31mred\x07", "a[31mred"),
        ("left\u202eright\u2066", "leftright"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("x" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey"), "x"),
        ("\ud800\ue000\u2028", ""),
        ("x" * 50, "x" * 9 + "…"),
    ],
)
def test_what_a_stranger_wrote_is_shown_without_what_cannot_be_seen(text: str, shown: str) -> None:
    assert harmless(text, 10 if text.startswith("xxx") else 100) == shown


@given(st.text(), st.integers(1, 50))
def test_a_shown_text_has_its_length_and_nothing_hidden(text: str, most: int) -> None:
    shown = harmless(text, most)
    assert len(shown) <= most
    assert harmless(shown, most) == shown
    assert all(letter == "\n" or letter.isprintable() or letter.isspace() for letter in shown)
