"""Pieces that several wire formats write alike: media, schemas, how much to think; and their neutral counterparts.

Rules: pure; a stranger's mistake is a ValueShapeError with the field named; what an identifier of a vendor's own
store stands for cannot be known here, so it is refused.
"""

from __future__ import annotations

import base64
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from ergos.drivers.models.dialects.fields import integer, record, shown, words, words_or, wrong
from ergos.kernel.models import Media, MediaKind, ToolCall

Level = Literal["", "off", "low", "medium", "high"]

LOW_BUDGET_TOKENS: Final = 2_048  # tokens of thinking up to which a budget counts as low
MEDIUM_BUDGET_TOKENS: Final = 12_288  # tokens of thinking up to which a budget counts as medium
ANY_OBJECT: Final[dict[str, object]] = {"type": "object"}
"""Schema of an answer that is to be some JSON object."""
LEVELS: Final[dict[str, Level]] = {
    "none": "off",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""Efforts by the vendors' words; ours has three."""
_STORED: Final = "a file in a vendor's own store cannot be handed to another model; send its bytes or its URL"


def media(kind: MediaKind, where: str, path: str, *, media_type: str = "", name: str = "") -> Media:
    """Media by a URL, a data: URL or bare base64 (then `media_type` should say what it is). Raises: ValueShapeError."""
    if not where:
        raise wrong(path, "empty")
    if where.startswith("data:"):
        head, comma, data = where.removeprefix("data:").partition(",")
        if not comma:
            raise wrong(path, "a data: URL without data")
        found, *marks = head.split(";")
        if "base64" not in marks:
            data = base64.b64encode(unquote_to_bytes(data)).decode("ascii")
        return Media(kind=kind, media_type=found or media_type or "text/plain", data=data, name=name)
    if where.startswith(("http://", "https://", "gs://", "s3://")):
        return Media(kind=kind, media_type=media_type, url=where, name=name)
    if media_type:
        return Media(kind=kind, media_type=media_type, data=where, name=name)
    raise wrong(path, f"{shown(where)} is neither a URL nor a data: URL")


def stored(path: str) -> Exception:
    """The refusal of a reference into a vendor's own store."""
    return wrong(path, _STORED)


def effort(value: object, path: str) -> Level:
    """How much to think, by one of the vendors' words. Raises: ValueShapeError."""
    if value is None:
        return ""
    level = LEVELS.get(words(value, path))
    if level is None:
        raise wrong(path, f"{shown(value)} is none of {', '.join(LEVELS)}")
    return level


def thinking(value: object, path: str) -> Level:
    """How much to think, by a budget: {"type": "enabled" | "disabled" | "adaptive", "budget_tokens"}."""
    if value is None:
        return ""
    found = record(value, path)
    kind = words_or(found.get("type"), f"{path}.type", "adaptive")
    if kind == "disabled":
        return "off"
    if kind not in {"enabled", "adaptive"}:
        raise wrong(f"{path}.type", f"{shown(kind)} is none of enabled, disabled, adaptive")
    budget = integer(found.get("budget_tokens"), f"{path}.budget_tokens", least=1)
    if budget is None:
        return ""
    return "low" if budget <= LOW_BUDGET_TOKENS else "medium" if budget <= MEDIUM_BUDGET_TOKENS else "high"


def schema(value: object, path: str) -> dict[str, object]:
    """A JSON schema; absent: of a tool without arguments. Raises: ValueShapeError."""
    if value is None:
        return {"type": "object", "properties": {}}
    found = record(value, path)
    json_text(found, path)
    return found


def arguments(value: object, path: str) -> str:
    """The arguments of a tool call as text; an object is written down. Raises: ValueShapeError."""
    if value is None:
        return ""
    return value if type(value) is str else json_text(record(value, path), path)


def json_text(value: object, path: str) -> str:
    """JSON of plain data. Raises: ValueShapeError."""
    try:
        return msgspec.json.encode(value).decode("utf-8")
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise wrong(path, f"this is not plain data: {error}") from error


def object_of(call: ToolCall) -> dict[str, object] | None:
    """A call's arguments as an object; None if the model wrote something else."""
    if not call.arguments.strip():
        return {}
    try:
        return msgspec.json.decode(call.arguments, type=dict[str, object])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
