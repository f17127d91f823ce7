"""The corpus: requests with what is expected of them.

Rules: a request is read strictly, so that a slip of the corpus is found by reading it, not by a wrong figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

CORPUS: Final = Path(__file__).parent / "corpus"
PARTS: Final = ("dev", "sealed")
LANGUAGES: Final = ("en", "zh")

LISTS: Final = (
    "triggers", "sources", "actions", "fields", "conditions", "targets", "budget", "approvals", "forbidden",
    "milestones", "tools", "asks", "errors",
)  # fmt: skip
"""Fields whose value is a list of texts."""
TEXTS: Final = ("timezone", "form", "output_language", "format", "quiet", "escalation", "until", "report")
COUNTS: Final = ("pages", "words", "items")
FIELDS: Final = (*LISTS, *TEXTS, *COUNTS, "cited")


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody typed, where and when, and its program as `NOTATION.md` writes it."""

    id: str
    language: Literal["en", "zh"]
    text: str
    now: str
    """Local time of `timezone`."""
    timezone: str
    folder: str
    expect: dict[str, Any]

    def alternatives(self, field: str) -> tuple[Any, ...]:
        """Every value of a field that is right; its empty value where the field is absent."""
        value = self.expect.get(field)
        if isinstance(value, dict):
            return tuple(_empty(field) if one in (None, "") else one for one in value["any_of"])
        return (_empty(field) if value is None else value,)


def read(parts: tuple[str, ...] = PARTS, languages: tuple[str, ...] = LANGUAGES) -> tuple[Request, ...]:
    """The requests of these parts and languages, in order. Raises: ValidationError."""
    return tuple(one for part in parts for language in languages for one in _file(CORPUS / f"{part}-{language}.jsonl"))


def _file(path: Path) -> Iterator[Request]:
    for line in path.read_text("utf-8").splitlines():
        yield msgspec.convert(json.loads(line), Request)


def _empty(field: str) -> object:
    if field in LISTS:
        return []
    if field in COUNTS:
        return None
    return False if field == "cited" else ""
