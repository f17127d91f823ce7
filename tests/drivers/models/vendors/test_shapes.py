from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.vendors import shapes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "text", "thinking", "x"]), inner, max_size=4)
    ),
)


@given(VALUES)
def test_no_value_breaks_a_reader(value: object) -> None:
    assert isinstance(shapes.spoken(value), str)
    assert isinstance(shapes.thought(value), str)
    assert isinstance(shapes.text(value), str)
    assert isinstance(shapes.argument_text(value), str)
    assert shapes.count(value) >= 0
    assert all(isinstance(item, dict) for item in shapes.objects(value))


@pytest.mark.parametrize("body", ["", "{", "nope", "[" * 100_000, "1" * 10_000, b"\xff\xfe"])
def test_what_is_no_json_is_a_clear_error(body: str | bytes) -> None:
    with pytest.raises(ModelReplyError, match="no JSON"):
        shapes.decode(body)


def test_half_a_surrogate_pair_cannot_enter() -> None:
    value = shapes.decode(r'{"a": ["\ud83d", "\ud83d\ude00"], "\udc00": 1}')
    assert value == {"a": ["\ufffd", "😀"], "\ufffd": 1}


def test_content_is_read_as_a_string_a_list_or_a_part() -> None:
    assert shapes.spoken("a") == "a"
    assert (
        shapes.spoken(["a", {"type": "text", "text": "b"}, {"type": "reference", "text": "no"}, {"text": "c"}]) == "abc"
    )
    assert shapes.spoken({"type": "output_text", "text": "d"}) == "d"
    assert shapes.spoken(None) == ""


def test_reasoning_is_found_inside_a_list_of_parts() -> None:
    assert (
        shapes.thought(
            [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "no"}]
        )
        == "hm"
    )


def test_arguments_given_as_an_object_become_text() -> None:
    assert shapes.argument_text({"city": "Zürich"}) == '{"city": "Zürich"}'
    assert shapes.argument_text('{"a": ') == '{"a": '
    assert shapes.argument_text(None) == ""


def test_a_count_is_never_negative_nor_endless() -> None:
    assert [shapes.count(value) for value in (3, 3.9, -1, True, "3", float("inf"), float("nan"), 10**30)] == [
        3,
        3,
        0,
        0,
        0,
        0,
        0,
        0,
    ]
