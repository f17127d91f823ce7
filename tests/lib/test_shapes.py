"""Shapes of values: a value is of the shape, or an error says where it stands and what was expected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ergos.base.errors import AgentFileError, ValueShapeError
from ergos.lib import shapes
from ergos.lib.frontmatter import Field, Matter

MATTER = Matter({"word": Field("red", 4, 7)}, "", "AGENT.md")
TEXT, NUMBER, NOTHING, LIST = Field("x", 2, 3), Field(5, 2, 3), Field(None, 2, 3), Field([Field(1, 3, 5)], 2, 3)


def test_a_value_of_the_shape_is_taken() -> None:
    assert shapes.text_of(TEXT, MATTER, "text") == "x"
    assert shapes.count(NUMBER, MATTER) == 5
    assert shapes.atom(TEXT, MATTER) == "x"
    assert shapes.listed(LIST, MATTER) == LIST.value
    assert shapes.listed(None, MATTER) == shapes.listed(NOTHING, MATTER) == []
    assert shapes.mapping(Field({"a": TEXT}, 2, 3), MATTER, "lines") == {"a": TEXT}
    assert shapes.optional_text(MATTER, "word", "") == shapes.choice(MATTER, "word", ("red", "blue"), "blue") == "red"
    assert shapes.choice(MATTER, "other", ("red", "blue"), "blue") == "blue"
    assert shapes.called(Field("mail.*", 2, 3), MATTER, "a tool", prefix=True) == "mail.*"
    assert shapes.short(LIST) == "[1]"


@pytest.mark.parametrize(
    "read",
    [
        lambda: shapes.text_of(NUMBER, MATTER, "text"),
        lambda: shapes.text_of(Field(" ", 2, 3), MATTER, "text"),
        lambda: shapes.count(TEXT, MATTER),
        lambda: shapes.count(Field(-1, 2, 3), MATTER),
        lambda: shapes.count(Field(True, 2, 3), MATTER),
        lambda: shapes.atom(LIST, MATTER),
        lambda: shapes.listed(TEXT, MATTER),
        lambda: shapes.mapping(TEXT, MATTER, "lines"),
        lambda: shapes.called(Field("mail.*", 2, 3), MATTER, "a tool"),
        lambda: shapes.known({"clour": Field(1, 9, 9, (2, 3))}, ("colour",), MATTER, "field"),
        lambda: shapes.checked(_refuses, TEXT, MATTER, "something else"),
    ],
)
def test_a_value_of_another_shape_is_an_error_at_its_place(read: Callable[[], object]) -> None:
    with pytest.raises(AgentFileError, match=r"AGENT\.md, line 2, column 3: "):
        read()


def _refuses() -> None:
    raise ValueShapeError("no")


def test_a_word_that_is_none_of_several_names_them() -> None:
    with pytest.raises(AgentFileError) as raised:
        shapes.choice(MATTER, "word", ("blue", "green"), "blue")
    assert (raised.value.what, raised.value.what_to_do) == (
        "AGENT.md, line 4, column 7: word is 'red'", "expected blue or green",
    )  # fmt: skip
