"""Records: read field by field; each fault is shown where it stands."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest

from ergos.base.errors import AgentFileError
from ergos.lib.frontmatter import Field, Matter
from ergos.lib.records import either, items, near, record, several


class Thing(msgspec.Struct, frozen=True, kw_only=True, rename={"when": "if"}):
    name: str
    size: float = 1.0
    kind: Literal["a", "b"] = "a"
    when: tuple[str, ...] = ()
    what: Any = None


def field(value: object) -> Field:
    if isinstance(value, dict):
        return Field({key: field(item) for key, item in value.items()}, 2, 1, (2, 1))
    if isinstance(value, list):
        return Field([field(item) for item in value], 2, 1, (2, 1))
    return Field(value, 2, 1, (2, 1))  # type: ignore[arg-type]


MATTER = Matter({"things": field(["a", "b", "c"])}, "", "AGENT.md")


def test_a_record_has_what_is_said_and_else_what_it_has_by_itself() -> None:
    assert record(field({"name": "x"}), Thing, MATTER, "part") == Thing(name="x")
    full = {"name": "x", "size": 2, "kind": "b", "if": ["a", "b"], "what": {"deep": [1, None]}}
    assert record(field(full), Thing, MATTER, "part") == Thing(
        name="x", size=2.0, kind="b", when=("a", "b"), what={"deep": [1, None]}
    )


def test_a_single_text_will_do_for_a_list_and_for_a_record_that_is_a_name() -> None:
    assert record(field({"name": "x", "if": "a"}), Thing, MATTER, "part").when == ("a",)
    assert record(field("x"), Thing, MATTER, "part", bare="name") == Thing(name="x")


@pytest.mark.parametrize(
    ("value", "what", "hint"),
    [
        ({}, "'name' is missing", "`name: …`"),
        ({"name": ""}, "name is empty", "text"),
        ({"name": 5}, "name: Expected `str`", "text"),
        ({"name": "x", "size": "big"}, "size: Expected `float`", "a number"),
        ({"name": "x", "kind": "c"}, "kind: Invalid enum value 'c'", "one of a, b"),
        ({"name": "x", "sice": 1}, "'sice' is no part", "'size'"),
        ({"name": "x", "when": "y"}, "'when' is no part", "one of name"),
        ("x", "is not a mapping", "`name: value` lines"),
    ],
)
def test_a_fault_is_shown_where_it_stands(value: object, what: str, hint: str) -> None:
    with pytest.raises(AgentFileError) as raised:
        record(field(value), Thing, MATTER, "part")
    assert raised.value.what.startswith("AGENT.md, line 2, column 1: ")
    assert what in raised.value.what
    assert hint in raised.value.what_to_do


def test_more_items_than_there_may_be_are_refused_at_the_first_too_many() -> None:
    assert len(items(MATTER, "things", 3)) == 3
    with pytest.raises(AgentFileError, match="there are 3 things"):
        items(MATTER, "things", 2)
    assert items(MATTER, "others", 2) == []


def test_what_is_expected_is_the_nearest_name_or_all_of_them() -> None:
    assert near("colur", ["colour", "size"]) == "'colour'"
    assert near("xyz", ["colour", "size"]) == either(["colour", "size"]) == "one of colour, size"
    assert several(None) == []
    assert [one.value for one in several(field("a"))] == ["a"]
