"""A stranger's fields are read with their types, and an error begins with the field it speaks of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.dialects import fields


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.record, []),
        (fields.record, None),
        (fields.listing, {}),
        (fields.listing, "text"),
        (fields.records, [{}, 1]),
        (fields.words, 3),
        (fields.words, None),
        (fields.integer, True),
        (fields.integer, 1.5),
        (fields.integer, -1),
        (fields.integer, "3"),
        (fields.integer, float("inf")),
        (fields.number, True),
        (fields.number, "0.5"),
        (fields.number, 10**400),
        (fields.flag, 1),
        (fields.flag, "true"),
    ],
)
def test_another_type_is_an_error_that_names_the_field(read: Callable[[object, str], object], value: object) -> None:
    with pytest.raises(ValueShapeError) as caught:
        read(value, "a.b[3]")
    assert caught.value.what.startswith("a.b[3]")


def test_what_fits_is_given_as_it_is() -> None:
    assert fields.integer(3.0, "x") == 3
    assert fields.integer(None, "x") is None
    assert fields.number(1, "x") == 1.0
    assert fields.flag(None, "x") is False
    assert fields.words_or(None, "x", "else") == "else"


def test_unknown_fields_are_refused_unless_they_say_nothing() -> None:
    fields.refuse_others({"a": 1, "b": None, "c": [], "d": {}}, {"a"}, "here")
    with pytest.raises(ValueShapeError, match=r"here\.z"):
        fields.refuse_others({"a": 1, "z": 0}, {"a"}, "here")
    with pytest.raises(ValueShapeError, match=r"\] z:"):
        fields.refuse_others({"z": False}, (), "")


def test_a_field_may_ask_for_what_happens_anyway() -> None:
    fields.refuse_unless({"n": 1, "m": None}, "", {"n": (1,), "m": (True,)})
    with pytest.raises(ValueShapeError, match=r"\] n: 2"):
        fields.refuse_unless({"n": 2}, "", {"n": (1,)})
    with pytest.raises(ValueShapeError, match=r"\] n:"):
        fields.refuse_unless({"n": {"x": 1}}, "", {"n": (1,)})


def test_a_long_value_is_shown_short() -> None:
    assert len(fields.shown("x" * 10_000)) < 100
