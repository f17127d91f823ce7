"""A name can be part of a path."""

from __future__ import annotations

import pytest

from ergos.base.errors import ValueShapeError
from ergos.base.ids import name
from ergos.base.limits import NAME_CHARS_MAX


@pytest.mark.parametrize("text", ["a", "mail.send", "记者", "a-b_c.9", "9", "x" * NAME_CHARS_MAX])
def test_names_of_any_script_are_names(text: str) -> None:
    assert name(text, what="an agent") == text


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a/b", "/a", "a b", "-a", "_a", "a\n", "a\0", "x" * (NAME_CHARS_MAX + 1), "a*", "\u202ea"]
)
def test_what_could_mislead_a_path_or_a_reader_is_not_a_name(text: str) -> None:
    with pytest.raises(ValueShapeError):
        name(text, what="an agent")
