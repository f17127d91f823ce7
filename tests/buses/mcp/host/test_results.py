"""What a tool brings back becomes plain data of one shape, within its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.results import complaint, plain_result


@pytest.mark.parametrize(
    ("came", "plain"),
    [
        ({"content": []}, {"text": ""}),
        ({}, {"text": ""}),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b\x1b"}]}, {"text": "a\nb\x1b"}),
        (
            {"content": [{"type": "text", "text": '{"a": 1}'}], "structuredContent": {"a": 1}},
            {"text": "", "structured": {"a": 1}},
        ),
        (
            {"content": [{"type": "text", "text": "else"}], "structuredContent": None},
            {"text": "else", "structured": None},
        ),
        (
            {"content": [{"type": "image", "mimeType": "image/png", "data": "AA=="}]},
            {"text": "", "blocks": [{"type": "image", "mime": "image/png", "data": "AA=="}]},
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "a:b", "mimeType": "text/x", "text": "t"}}]},
            {"text": "", "blocks": [{"type": "resource", "uri": "a:b", "mime": "text/x", "text": "t"}]},
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "a:b", "blob": "AA=="}}]},
            {"text": "", "blocks": [{"type": "resource", "uri": "a:b", "mime": "", "data": "AA=="}]},
        ),
        (
            {"content": [{"type": "resource_link", "uri": "a:b", "name": "n", "_meta": {"x": 1}}]},
            {"text": "", "blocks": [{"type": "resource_link", "uri": "a:b", "name": "n"}]},
        ),
    ],
)
def test_a_result_has_one_shape(came: dict[str, Any], plain: object) -> None:
    assert plain_result(came, "srv") == plain


def deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ({"content": [{"type": "text", "text": "x"}] * 1_001}, "1,001 pieces of content"),
        ({"content": [{"type": "text", "text": "x" * 9_000_000}]}, "at most 8,388,608 are taken"),
        ({"structuredContent": deep(200)}, "no plain data"),
        ({"structuredContent": float("inf")}, "no plain data"),
    ],
)
def test_a_result_beyond_its_bounds_is_refused(came: dict[str, Any], words: str) -> None:
    with pytest.raises(BusError, match=words):
        plain_result(came, "srv")


def test_a_complaint_is_a_strangers_words_made_harmless() -> None:
    assert complaint({"content": [{"type": "text", "text": "no\x1b[2J such"}, {"type": "image"}]}) == "no[2J such"
    assert complaint({}) == "it gave no reason"
    assert len(complaint({"content": [{"type": "text", "text": "x" * 10_000}]})) == 1_500
