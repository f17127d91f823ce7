from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, EmailStr, Field, TypeAdapter  # noqa: F401

from ergos.sim.loopback.schema_values import said, value_for

SAID = said("What is the weather in Lisbon and in New-York for 3 days, or 7.5 euros?", "s")


def test_names_and_numbers_come_from_the_words() -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    }
    value = value_for(schema, SAID)
    assert isinstance(value, dict)
    assert value["city"] in {"Lisbon", "New-York"}
    assert value["days"] in {3, 8}


def test_names_differ_from_turn_to_turn() -> None:
    words = "weather in Lisbon and in Oslo"
    assert {value_for({"type": "string"}, said(words, "s", turn)) for turn in (0, 1)} == {"Lisbon", "Oslo"}


def test_the_same_is_the_same() -> None:
    assert value_for({"type": "number"}, said("x", "1")) == value_for({"type": "number"}, said("x", "1"))


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"const": 5}, lambda v: v == 5),
        ({"enum": ["a", "LISBON"]}, lambda v: v == "LISBON"),
        ({"enum": [1, None]}, lambda v: v in (1, None)),
        ({"type": ["null", "boolean"]}, lambda v: isinstance(v, bool)),
        ({"type": "null"}, lambda v: v is None),
        ({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 50}]}, lambda v: isinstance(v, int) and v >= 50),
        ({"oneOf": [{"type": "array", "items": {"type": "integer"}, "minItems": 2}]}, lambda v: len(v) >= 2),
        ({"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                    {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]},
         lambda v: isinstance(v["a"], str) and isinstance(v["b"], int)),
        ({"type": "integer", "exclusiveMinimum": 10, "exclusiveMaximum": 12}, lambda v: v == 11),
        ({"type": "integer", "multipleOf": 5, "minimum": 1}, lambda v: v % 5 == 0 and v >= 1),
        ({"type": "number", "minimum": 0.1, "maximum": 0.2}, lambda v: 0.1 <= v <= 0.2),
        ({"type": "string", "minLength": 40, "maxLength": 44}, lambda v: 40 <= len(v) <= 44),
        ({"type": "string", "maxLength": 2}, lambda v: len(v) <= 2),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, lambda v: re.search("^[A-Z]{3}$", v)),
        ({"type": "string", "format": "date"}, lambda v: re.fullmatch(r"\d{4}-\d\d-\d\d", v)),
        ({"type": "string", "pattern": "("}, lambda v: isinstance(v, str)),
        ({"type": "array", "maxItems": 0}, lambda v: v == []),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]},
         lambda v: isinstance(v[0], int) and isinstance(v[1], str)),
        ({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
         lambda v: len(v) == 2 and all(isinstance(x, int) for x in v.values())),
        ({"properties": {"a": {}}, "required": ["a", "b"]}, lambda v: set(v) == {"a", "b"}),
        ({"$ref": "#/$defs/missing"}, lambda v: v is not None),
        (True, lambda v: v is not None),
        ({}, lambda v: v is not None),
    ],
)  # fmt: skip
def test_a_value_fits_its_schema(schema: object, fits: object) -> None:
    assert fits(value_for(schema, SAID)), value_for(schema, SAID)  # type: ignore[operator]


class Leg(BaseModel):
    to: str = Field(min_length=2)
    km: float = Field(gt=0, le=500)


class Tree(BaseModel):
    name: str
    children: list[Tree]
    parent: Tree | None
    first: Leg
    legs: list[Leg] = Field(min_length=2, max_length=3)
    sizes: dict[str, int]
    kind: str = Field(pattern=r"^[a-z]+$")


def test_a_recursive_model_of_pydantic_is_filled() -> None:
    value = value_for(Tree.model_json_schema(), SAID)
    tree = Tree.model_validate(value)
    assert len(tree.legs) >= 2


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}]},
        {"allOf": [{"$ref": "#"}]},
        {"type": "object", "properties": {name: {"$ref": "#"} for name in "abcde"}, "required": list("abcde")},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 9},
    ],
)
def test_a_schema_without_end_comes_to_one(schema: object) -> None:
    value_for(schema, SAID)


SCHEMAS = st.recursive(
    st.one_of(
        st.builds(
            lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
            st.integers(-(10**6), 10**6),
            st.integers(0, 10**4),
        ),
        st.builds(
            lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span},
            st.integers(0, 50),
            st.integers(0, 9),
        ),
        st.just({"type": "boolean"}),
        st.builds(lambda options: {"enum": options}, st.lists(st.integers(), min_size=1)),
    ),
    lambda inner: st.one_of(
        st.builds(
            lambda items, low: {"type": "array", "items": items, "minItems": low, "maxItems": low + 2},
            inner,
            st.integers(0, 3),
        ),
        st.builds(
            lambda parts: {"type": "object", "properties": parts, "required": list(parts)},
            st.dictionaries(st.text(max_size=5), inner, max_size=4),
        ),
    ),
    max_leaves=8,
)


def fits(value: object, schema: dict[str, object]) -> bool:
    if "enum" in schema:
        return value in schema["enum"]  # type: ignore[operator]
    match schema["type"]:
        case "integer":
            return isinstance(value, int) and schema["minimum"] <= value <= schema["maximum"]  # type: ignore[operator]
        case "string":
            return isinstance(value, str) and schema["minLength"] <= len(value) <= schema["maxLength"]  # type: ignore[operator]
        case "boolean":
            return isinstance(value, bool)
        case "array":
            right = isinstance(value, list) and schema["minItems"] <= len(value) <= schema["maxItems"]  # type: ignore[operator]
            return right and all(fits(item, schema["items"]) for item in value)  # type: ignore[union-attr,arg-type]
        case _:
            parts: dict[str, dict[str, object]] = schema["properties"]  # type: ignore[assignment]
            return (
                isinstance(value, dict)
                and value.keys() == parts.keys()
                and all(fits(value[k], parts[k]) for k in parts)
            )


@given(SCHEMAS, st.text(max_size=60))
def test_whatever_the_schema_the_value_fits(schema: dict[str, object], words: str) -> None:
    value = value_for(schema, said(words, "s"))
    assert fits(value, schema), (schema, value)
    assert not isinstance(value, float) or math.isfinite(value)
