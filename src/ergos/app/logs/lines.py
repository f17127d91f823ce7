"""One event of a kernel as one line: JSON for programs, words for people.

    {"at":"2026-11-26T06:00:00.000Z","level":"error","event":"process.failed","pid":7,"agent":"shop","code":"E403"}
    2026-11-26T06:00:00.000Z error process.failed pid=7 agent=shop code=E403

Rules: one event, one line, whatever its texts hold; every text passes the redactor before it is written; what does not
show is taken out, so that a line cannot steer a terminal or pass for two.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from ergos.app.catalogue import moment
from ergos.app.logs.redaction import Redactor
from ergos.lib.visible import one_line

TEXT_CHARS_MAX: Final = 500  # characters of one text in a line
READ_CHARS_MAX: Final = (
    16_384  # characters of it that are looked at; far more than are shown, blanks and marks taken out
)
Level: TypeAlias = Literal["debug", "info", "warn", "error"]
LogFormat: TypeAlias = Literal["json", "text"]
FORMATS: Final = ("json", "text")
Field: TypeAlias = "str | int | float | bool"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is logged."""

    at_ns: int
    level: Level
    event: str
    """'process.failed'; chosen by us."""
    fields: dict[str, Field] = {}


class Lines:
    """Makes lines of one format."""

    def __init__(self, log_format: LogFormat, redactor: Redactor) -> None:
        self._format: Final[LogFormat] = log_format
        self.redactor = redactor

    def line(self, event: Event) -> str:
        """The line, without its end."""
        fields = {name: self._shown(value) for name, value in event.fields.items() if value != ""}
        if self._format == "json":
            document = {"at": moment(event.at_ns), "level": event.level, "event": event.event, **fields}
            return msgspec.json.encode(document).decode()
        rest = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())
        return f"{moment(event.at_ns)} {event.level} {event.event} {rest}".rstrip()

    def _shown(self, value: Field) -> Field:
        """A value as it may be written: redacted as a whole, before it is cut."""
        if not isinstance(value, str):
            return value
        shown = one_line(self.redactor(value[:READ_CHARS_MAX]), TEXT_CHARS_MAX)
        return self.redactor(shown)  # what does not show may have stood within a secret


def _quoted(value: Field) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if text and not set(text) & set(" \"'=\\") and text.isprintable():
        return text
    return msgspec.json.encode(text).decode()
