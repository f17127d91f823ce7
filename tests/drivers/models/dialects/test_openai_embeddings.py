"""Texts to embed are read, and OpenAI's own library reads their vectors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.dialects.openai_embeddings import parse, render
from ergos.kernel.models import Usage

from .. import sdk
from ..upstream import JSON
from .fuzz import ANYTHING, understood


@pytest.mark.parametrize("packed", [False, True])
def test_vectors_read_as_they_were_given(packed: bool) -> None:
    asked = parse(
        {"model": "e", "input": ["a", "b"], "encoding_format": "base64" if packed else "float", "dimensions": 2}
    )
    assert (asked.texts, asked.dimensions, asked.packed) == (("a", "b"), 2, packed)
    answer = render([[0.5, -1.0], [0.25, 2.0]], asked, "e-1", Usage(input_tokens=4)).decode()
    [found] = sdk.pieces("openai.embeddings", answer, JSON, stream=False)
    assert [one["embedding"] for one in found["data"]] == [[0.5, -1.0], [0.25, 2.0]]
    assert (found["model"], found["usage"]["prompt_tokens"]) == ("e-1", 4)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": []},
        {"input": [1, 2]},
        {"input": [[1]]},
        {"input": "x", "encoding_format": "hex"},
        {"input": "x", "dimensions": 0},
        {"input": "x", "other": 1},
    ],
)
def test_what_cannot_be_embedded_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValueShapeError):
        parse(body)


@given(st.dictionaries(st.sampled_from("input model dimensions encoding_format user".split()), ANYTHING))
def test_nothing_but_a_named_field_comes_out_of_a_spoiled_body(body: dict[str, Any]) -> None:
    assert understood(parse, body)
