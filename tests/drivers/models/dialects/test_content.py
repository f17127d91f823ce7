"""Media, efforts and schemas mean the same in every format."""

from __future__ import annotations

import base64

import pytest

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.dialects.content import arguments, effort, media, object_of, schema, thinking
from ergos.kernel.models import Media, ToolCall


@pytest.mark.parametrize(
    ("where", "media_type", "found"),
    [
        ("data:image/png;base64,AAAA", "", Media(kind="image", media_type="image/png", data="AAAA")),
        ("data:image/png;name=x.png;base64,AAAA", "", Media(kind="image", media_type="image/png", data="AAAA")),
        ("data:;base64,AAAA", "image/gif", Media(kind="image", media_type="image/gif", data="AAAA")),
        (
            "data:image/svg+xml,%3Csvg%3E",
            "",
            Media(kind="image", media_type="image/svg+xml", data=base64.b64encode(b"<svg>").decode()),
        ),
        ("https://a.b/c", "", Media(kind="image", url="https://a.b/c")),
        ("AAAA", "image/png", Media(kind="image", media_type="image/png", data="AAAA")),
    ],
)
def test_media_are_their_bytes_or_where_they_are(where: str, media_type: str, found: Media) -> None:
    assert media("image", where, "x", media_type=media_type) == found


@pytest.mark.parametrize("where", ["", "data:image/png", "file:///etc/passwd", "AAAA", "javascript:x"])
def test_what_is_neither_is_refused(where: str) -> None:
    with pytest.raises(ValueShapeError):
        media("image", where, "x")


def test_efforts_and_budgets_are_levels() -> None:
    assert [effort(word, "x") for word in (None, "none", "minimal", "medium", "xhigh")] == [
        "",
        "off",
        "low",
        "medium",
        "high",
    ]
    assert thinking({"type": "disabled"}, "x") == "off"
    assert thinking({"type": "adaptive"}, "x") == ""
    assert [thinking({"type": "enabled", "budget_tokens": n}, "x") for n in (1024, 8000, 60_000)] == [
        "low",
        "medium",
        "high",
    ]
    for value in ("much", 3):
        with pytest.raises(ValueShapeError):
            effort(value, "x")
    with pytest.raises(ValueShapeError):
        thinking({"type": "sometimes"}, "x")


def test_arguments_stay_what_the_model_wrote() -> None:
    assert arguments("{broken", "x") == "{broken"
    assert arguments({"a": 1}, "x") == '{"a":1}'
    assert object_of(ToolCall("c", "f", " ")) == {}
    assert object_of(ToolCall("c", "f", "[]")) is None
    assert schema(None, "x") == {"type": "object", "properties": {}}
    with pytest.raises(ValueShapeError):
        schema({"a": object()}, "x")
