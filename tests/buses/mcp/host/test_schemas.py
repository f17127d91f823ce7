"""Schemas of strangers: what is sound is applied as the standard has it, what is an attack ends in time."""

from __future__ import annotations

import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import ToolDefinitionError
from ergos.buses.mcp.host.schemas import SCHEMA_BYTES_MAX, SCHEMA_NODES_MAX, Schema

OBJECT = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "pattern": r"^\p{L}+$"},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "kind": {"enum": ["a", "b"]},
        "more": {"$ref": "#/$defs/more"},
    },
    "patternProperties": {"^x-": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {
        "more": {
            "type": "object",
            "properties": {"next": {"$ref": "#/$defs/more"}},
            "additionalProperties": {"type": "null"},
        }
    },
}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"name": "é"}, ""),
        (
            {"name": "a", "age": 3, "tags": ["x"], "kind": "a", "x-y": "z", "more": {"next": {"next": {}}, "q": None}},
            "",
        ),
        ({"name": "a", "age": 3.0}, ""),
        ({}, "'name' is a required property"),
        ({"name": 1}, "name: 1 is not of type 'string'"),
        ({"name": ""}, "name: "),
        ({"name": "a1"}, "does not match"),
        ({"name": "a", "age": True}, "age: True is not of type 'integer'"),
        ({"name": "a", "age": -1}, "age: "),
        ({"name": "a", "tags": ["x", "x"]}, "tags: it has an item twice"),
        ({"name": "a", "tags": [1]}, "tags[0]: "),
        ({"name": "a", "kind": "c"}, "kind: "),
        ({"name": "a", "other": 1}, "'other' is not one of its properties"),
        ({"name": "a", "x-y": 1}, "x-y: "),
        ({"name": "a", "more": {"next": 1}}, "more.next: "),
        ({"name": "a", "more": {"q": 1}}, "more.q: "),
        ([], "is not of type 'object'"),
        (None, "is not of type 'object'"),
        ("text", "is not of type 'object'"),
    ],
)
def test_a_value_fits_or_is_told_why_not(value: Plain, words: str) -> None:
    found = Schema(OBJECT, "a tool").misfit(value)
    assert words in found
    assert bool(found) == bool(words)


@pytest.mark.parametrize(
    ("items", "twice"),
    [([1, 1.0], True), ([1, True], False), ([0, False], False), ([{"a": 1}, {"a": 1.0}], True), ([[1], [2]], False)],
)
def test_items_are_equal_as_json_has_it(items: list[Plain], twice: bool) -> None:
    assert bool(Schema({"uniqueItems": True}, "a tool").misfit(items)) == twice


@pytest.mark.parametrize(
    "dialect",
    [
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ],
)
def test_each_dialect_that_servers_write_is_read(dialect: str) -> None:
    found = Schema(
        {
            "$schema": dialect,
            "definitions": {"n": {"type": "integer"}},
            "properties": {"a": {"$ref": "#/definitions/n"}},
        },
        "a tool",
    )
    assert not found.misfit({"a": 1})
    assert found.misfit({"a": "x"})


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (None, "is no object"),
        ([], "is no object"),
        ("x", "is no object"),
        ({"$schema": 3}, "$schema that is no text"),
        ({"$schema": "http://example.com/x"}, "dialect 'http://example.com/x'"),
        ({"$ref": "http://127.0.0.1/x"}, "outside of it; nothing is fetched"),
        ({"$ref": "other.json#/a"}, "outside of it"),
        ({"$ref": "file:///etc/passwd"}, "outside of it"),
        ({"$dynamicRef": "https://a.example/#x"}, "outside of it"),
        ({"properties": {"a": {"items": {"$ref": "//a.example/x"}}}}, "outside of it"),
        ({"$ref": "#/nowhere"}, "that is not there"),
        ({"$ref": "#anchor"}, "that is not there"),
        ({"$ref": 3}, "'$ref' of the wrong kind"),
        ({"type": "strong"}, "'type' of the wrong kind"),
        ({"type": []}, "'type' of the wrong kind"),
        ({"type": ["string", 3]}, "'type' of the wrong kind"),
        ({"properties": []}, "'properties' that is no object"),
        ({"properties": {"a": 3}}, "neither an object nor true or false"),
        ({"required": "a"}, "'required' that is no list"),
        ({"required": [1]}, "'required' of the wrong kind"),
        ({"enum": 3}, "'enum' that is no list"),
        ({"minLength": -1}, "'minLength' of the wrong kind"),
        ({"maximum": "9"}, "'maximum' of the wrong kind"),
        ({"maximum": True}, "'maximum' of the wrong kind"),
        ({"multipleOf": 0}, "'multipleOf' of the wrong kind"),
        ({"pattern": "("}, "pattern that cannot be read"),
        ({"pattern": "a" * 3_000}, "a pattern of 3,000 characters"),
        ({"patternProperties": {"(": True}}, "pattern that cannot be read"),
        ({"uniqueItems": "yes"}, "'uniqueItems' of the wrong kind"),
        ({"dependentRequired": {"a": 1}}, "'dependentRequired' of the wrong kind"),
        ({"allOf": {}}, "'allOf' that is no list"),
        ({"not": 1}, "neither an object nor true or false"),
        ({"patternProperties": {"a": True}, "unevaluatedProperties": False}, "combines patternProperties"),
        ({"description": "x" * SCHEMA_BYTES_MAX}, "bytes; at most"),
        ({"allOf": [{}] * (SCHEMA_NODES_MAX + 1)}, "more than 10,000 parts"),
        ({"maximum": float("nan")}, "is not plain data"),
        ({1: True}, "is not plain data"),
    ],
)
def test_a_schema_that_is_not_sound_is_refused_with_a_reason(schema: object, words: str) -> None:
    with pytest.raises(ToolDefinitionError) as caught:
        Schema(schema, "a tool")
    assert words in caught.value.what


def test_a_reference_that_is_data_is_no_reference() -> None:
    found = Schema(
        {"properties": {"$ref": {"const": {"$ref": "http://a.example"}}}, "default": {"$ref": "x"}}, "a tool"
    )
    assert not found.misfit({"$ref": {"$ref": "http://a.example"}})


def nested(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {"type": "string"}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


def test_a_schema_has_a_depth() -> None:
    assert not Schema(nested(35), "a tool").misfit({})
    for levels in (45, 500, 5_000):
        with pytest.raises(ToolDefinitionError, match=r"nested deeper|plain data"):
            Schema(nested(levels), "a tool")


def doubling(levels: int) -> dict[str, object]:
    parts: dict[str, object] = {f"n{n}": {"anyOf": [{"$ref": f"#/$defs/n{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/n0", "$defs": {**parts, f"n{levels}": False}}


WIDE: dict[str, Plain] = {f"key{n}": "x" * 50 for n in range(40_000)}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (doubling(60), 1),
        ({"$ref": "#"}, 1),
        ({"allOf": [{"$ref": "#"}]}, 1),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, {"a": 1}),
        ({"pattern": r"^(([a-z])+.)+[A-Z]([a-z])+$"}, "a" * 200),
        ({"pattern": r"(?:a|aa)+(?:a|aa)+b$"}, "a" * 5_000),
        ({"patternProperties": {r"^(a+)+\1x$": True}, "additionalProperties": False}, {"a" * 100: 1}),
        ({"propertyNames": {"pattern": r"^(\w+\s?)*\1\$$"}}, {"a" * 60 + "!": 1}),
        ({"anyOf": [{"minProperties": 10**9}] * 9_000}, WIDE),
        ({"additionalProperties": {"enum": list(range(20_000))}}, WIDE),
        ({"items": {"type": "integer"}}, list(range(200_000))),
    ],
    ids=[
        "doubling",
        "loop",
        "loop-all",
        "loop-property",
        "backtracking",
        "backtracking-long",
        "pattern-properties",
        "names",
        "repeated",
        "enum",
        "long",
    ],
)
def test_an_evaluation_without_end_is_ended(schema: dict[str, object], value: Plain) -> None:
    found = Schema(schema, "a tool")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert found.misfit(value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 6, "seconds of CPU, not of the clock"


def test_a_complaint_is_short_however_long_the_value_is() -> None:
    assert len(Schema({"type": "integer"}, "a tool").misfit("x" * 1_000_000)) <= 400


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "$ref",
                    "anyOf",
                    "pattern",
                    "enum",
                    "required",
                    "not",
                    "$defs",
                    "if",
                    "minLength",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(json, json)
def test_any_schema_is_applied_or_refused_and_never_breaks(schema: object, value: Plain) -> None:
    try:
        found = Schema(schema, "a tool")
    except ToolDefinitionError:
        return
    assert isinstance(found.misfit(value), str)
    assert found.misfit(value) == found.misfit(value)
