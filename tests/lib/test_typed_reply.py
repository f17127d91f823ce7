"""A reply is forgiven its wrapping and nothing else."""

from __future__ import annotations

import json
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ToolDefinitionError
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import Reasoning, Reply, StopReason, Text
from ergos.lib.typed_reply import REPLY_CHARS_MAX, Typed, json_in


class City(msgspec.Struct):
    name: str
    people: int
    rank: Literal["first", "second"] = "first"


class Tree(msgspec.Struct):
    name: str
    below: list[Tree] = []


GOOD = '{"name": "Hangzhou", "people": 12}'


def reply(text: str, stop: StopReason = "stop") -> Reply:
    return Reply(parts=(Reasoning('{"name": "thought", "people": 1}'), Text(text)), stop=stop)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  \ufeff{GOOD}\n",
        f"\ufeff{GOOD}",
        f"Here you are:\n\n```json\n{GOOD}\n```\nIs there more?",
        f"~~~\n{GOOD}\n~~~",
        f"```\n{GOOD}",
        f'First I thought of\n```json\n{{"name": "x", "people": 1}}\n```\nbut rather\n```json\n{GOOD}\n```',
        f"The city is {GOOD}, as far as I know.",
        f"{GOOD}\n{GOOD}",
        '{"name": "Hangzhou", "people": 12,}',
        '<think>{"name": "no", "people": 0}</think>\n' + GOOD,
        'A set is written {a, b}. {"name": "Hangzhou", "people": 12}',
        'Use { to open: {"name": "Hangzhou", "people": 12}',
        '{"name": "Hangzhou", "people": 12, "extra": null}',
    ],
)
def test_the_value_is_found_however_it_is_wrapped(text: str) -> None:
    assert Typed(City).value(reply(text.strip(" "))) == City("Hangzhou", 12)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no JSON"),
        ("I cannot say.", "no JSON"),
        ('{"name": "a", "people": 1} or {"name": "b", "people": 2}', "2 different JSON objects"),
        ('{"name": "a", "people": "many"}', "Expected `int`, got `str`"),
        ('{"name": "a", "people": "12"}', "Expected `int`, got `str`"),
        ('{"name": "a"}', "people"),
        ('{"name": "a", "people": 1, "rank": "third"}', "third"),
        ('{"name": "a", "name": "b", "people": 1}', "no JSON"),
        ('{"name": "a", "people": NaN}', "no JSON"),
        ("[1, 2]", "Expected `object`"),
        ('{"name": "a", "peop', "no JSON"),
        ("{'name': 'a', 'people': 1}", "no JSON"),
        ('{"name": "a", "people": ' + "1" * 5000 + "}", "no JSON"),
        ('{"name": "a", "people": ' + "[" * 50_000, "no JSON"),
        ('{"a":' * 20_000, "no JSON"),
        ("x" * (REPLY_CHARS_MAX + 1), "characters"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_reason(text: str, wrong: str) -> None:
    with pytest.raises(ModelReplyError, match=wrong):
        Typed(City).value(reply(text))


def test_an_answer_that_was_cut_off_says_so_and_one_that_is_whole_counts() -> None:
    assert Typed(City).value(reply(GOOD, "length")) == City("Hangzhou", 12)
    with pytest.raises(ModelReplyError, match="cut off at the output limit"):
        Typed(City).value(reply(GOOD[:-5], "length"))


def test_a_refusal_is_no_answer_even_with_json_in_it() -> None:
    with pytest.raises(ModelReplyError, match="refused"):
        Typed(City).value(reply(GOOD, "refusal"))


def test_a_type_that_is_no_object_is_asked_for_in_one_and_read_with_or_without_it() -> None:
    typed = Typed(list[int])
    assert typed.schema["type"] == "object"
    assert typed.schema["required"] == ["answer"]
    assert typed.value(reply('{"answer": [1, 2]}')) == [1, 2]
    assert typed.value(reply("[1, 2]")) == [1, 2]
    with pytest.raises(ModelReplyError):
        typed.value(reply('{"answer": [1], "more": 2}'))


@pytest.mark.parametrize("kind", [City, Tree, list[Tree], dict[str, int], City | None, str, int])
def test_every_schema_has_an_object_at_its_root_and_no_reference_that_leads_nowhere(kind: type) -> None:
    schema = Typed(kind).schema
    assert schema["type"] == "object"
    text = json.dumps(schema)
    named = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert named <= set(schema.get("$defs", {}))  # type: ignore[call-overload]


def test_objects_of_a_schema_allow_no_further_property() -> None:
    assert Typed(City).schema["additionalProperties"] is False
    assert Typed(list[City]).schema["$defs"]["City"]["additionalProperties"] is False  # type: ignore[index]


def test_a_type_without_a_schema_is_refused_where_it_is_declared() -> None:
    with pytest.raises(ToolDefinitionError, match="schema"):
        Typed(complex)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), plain, min_size=1, max_size=3))
def test_whatever_object_a_model_writes_comes_back_from_prose_and_fences(value: dict[str, object]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert json_in(text) == value
    assert json_in(f"Sure!\n```json\n{text}\n```\n") == value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        json_in(text)
    except ModelReplyError:
        pass
