"""The document says what is checked: every parameter, bound, body, answer and refusal of every row."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest

from ergos.server.api.document import encoded, openapi, page, reference, statuses_of
from ergos.server.api.operation import Operation, Takes
from ergos.server.api.table import TABLE

DOCUMENT: dict[str, Any] = json.loads(encoded(TABLE))


def resolved(schema: Any) -> Any:
    """A schema with what it refers to beside it."""
    return {**schema, "components": DOCUMENT["components"]}


def of(row: Operation) -> dict[str, Any]:
    return DOCUMENT["paths"][row.path][row.method.lower()]


def test_every_row_stands_in_it_once() -> None:
    ids = [said["operationId"] for methods in DOCUMENT["paths"].values() for said in methods.values()]
    assert sorted(ids) == sorted(row.id for row in TABLE)
    assert {row.tag for row in TABLE} == {tag["name"] for tag in DOCUMENT["tags"]}


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    for kind in ("schemas", "responses"):
        for part in text.split(f'"#/components/{kind}/')[1:]:
            assert part.partition('"')[0] in DOCUMENT["components"][kind]


@pytest.mark.parametrize("row", [row for row in TABLE if row.example is not None], ids=lambda row: row.id)
def test_an_example_is_what_the_schema_and_the_reader_take(row: Operation) -> None:
    content = of(row)["requestBody"]["content"]["application/json"]
    jsonschema.Draft202012Validator(resolved(content["schema"])).validate(content["example"])
    msgspec.convert(row.example, row.body)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_a_row_is_described_with_all_its_parameters_and_refusals(row: Operation) -> None:
    said = of(row)
    names = {one["name"] for one in said["parameters"] if one["in"] != "header"}
    assert names == {field.encode_name for field in msgspec.structs.fields(row.takes)}
    assert {one["name"] for one in said["parameters"] if one["in"] == "path"} == set(row.in_path)
    assert {str(status) for status in (row.status, *statuses_of(row))} <= set(said["responses"])
    assert said["x-ergos-role"] == row.role
    assert ("requestBody" in said) == (row.body is not None)


def test_every_list_and_text_that_is_sent_is_bounded() -> None:
    """A parameter has a bound, a pattern, a choice or a format."""
    bounds = {"maxLength", "pattern", "enum", "maximum", "format", "maxItems", "const"}
    for row in TABLE:
        for one in of(row)["parameters"]:
            schema = one["schema"]
            assert bounds & set(schema) or schema.get("type") == "boolean" or one["name"] == "If-None-Match", (
                row.id,
                one,
            )


def test_a_row_of_ones_own_is_described_too() -> None:
    class Which(Takes, frozen=True):
        name: str

    async def run(*_: object) -> None:
        """Does nothing."""

    row = Operation(
        id="one", method="DELETE", path="/x/{name}", tag="kernel", summary="<b>.", run=run, takes=Which, status=204
    )
    found = openapi((row,))["paths"]["/x/{name}"]["delete"]
    assert found["parameters"] == [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]
    assert "&lt;b&gt;." in page((row,))


def test_the_reference_has_a_line_for_every_row_and_the_document_says_its_limits() -> None:
    assert len(reference(TABLE).splitlines()) == len(TABLE) + 2
    assert "at most 16 MiB" in DOCUMENT["info"]["description"]
    assert "2,000 times at once" in DOCUMENT["info"]["description"]
