"""calendar.add: an event as a calendar file in the workspace, which every calendar program reads.

Rules: the event's identity comes from the call's key, so writing it again replaces it; times are written in UTC.
Whoever attends is named in the file and told nothing: sending the file is another call.
Source: RFC 5545.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

import msgspec

from ergos.base.canonical import Plain, digest
from ergos.base.clock import SECOND
from ergos.base.errors import ValueShapeError
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.inside import files_out
from ergos.drivers.tools.letter import address
from ergos.drivers.tools.paths import file_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.packages import Errand

LINE_BYTES_MAX: Final = 73  # bytes of a line before it is folded; the standard says 75 with the fold
MINUTES_MAX: Final = 60 * 24 * 31
ATTENDEES_MAX: Final = 100

_WORDS: Final = re.compile(r"[\W_]+")


class AddEvent(Arguments, frozen=True):
    """Arguments of calendar.add."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    start: Annotated[str, msgspec.Meta(min_length=10, max_length=40)]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MINUTES_MAX)] = 60
    place: Annotated[str, msgspec.Meta(max_length=500)] = ""
    notes: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    attendees: Annotated[list[str], msgspec.Meta(max_length=ATTENDEES_MAX)] = []
    path: str = ""


class CalendarTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces: Final = workspaces

    def tools(self) -> tuple[Builtin[AddEvent]]:
        """calendar.add."""
        return (
            Builtin(
                "calendar.add", AddEvent, self._add, effect="idempotent", reach="own", check=_checked,
                roles={
                    "title": "text", "start": "target", "minutes": "plain", "place": "text", "notes": "text",
                    "attendees": "recipient", "path": "target",
                },
            ),
        )  # fmt: skip

    async def _add(self, asked: AddEvent, errand: Errand) -> dict[str, Plain]:
        """Write an event as a calendar file (.ics) into the workspace; `start` is ISO 8601 with an offset, or a day."""
        uid = f"{digest(errand.idempotency_key.encode())[:40]}@ergos.invalid"
        path = asked.path or f"calendar/{asked.start[:10]}-{_slug(asked.title)}-{uid[:6]}.ics"
        body = event(asked, uid, errand.now_ns).encode()
        await asyncio.to_thread(files_out, self._workspaces, errand, {path: body}, uid[:32])
        return {"path": file_of(path).text, "uid": uid}


def event(asked: AddEvent, uid: str, now_ns: int) -> str:
    """The calendar file's text."""
    begin = _begin(asked.start)
    if isinstance(begin, datetime):
        times = [f"DTSTART:{_utc(begin)}", f"DTEND:{_utc(begin + timedelta(minutes=asked.minutes))}"]
    else:
        days = max(1, round(asked.minutes / (60 * 24)))
        end = begin + timedelta(days=days)
        times = [f"DTSTART;VALUE=DATE:{begin:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ErgOS//calendar.add//EN", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += [f"DTSTAMP:{_utc(datetime.fromtimestamp(now_ns // SECOND, tz=UTC))}", *times]
    for name, text in (("SUMMARY", asked.title), ("LOCATION", asked.place), ("DESCRIPTION", asked.notes)):
        if text:
            lines.append(f"{name}:{_escaped(text)}")
    lines += [f"ATTENDEE;RSVP=TRUE:mailto:{one}" for one in asked.attendees]
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _begin(text: str) -> datetime | date:
    """Raises: ValueShapeError."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueShapeError(f"{text[:40]!r} is no time such as 2031-07-04T15:30+02:00") from error
    if found.tzinfo is None:
        raise ValueShapeError(f"{text[:40]!r} says no offset; write 2031-07-04T15:30+02:00, or ...Z for UTC")
    return found


def _checked(asked: AddEvent) -> None:
    begin = _begin(asked.start)
    if not 1971 <= begin.year <= 9_000:
        raise ValueShapeError(f"the year {begin.year} is in no calendar")
    for one in asked.attendees:
        address(one)
    if asked.path and not file_of(asked.path).parts[-1].endswith(".ics"):
        raise ValueShapeError("a calendar file's name ends in .ics")
    for text in (asked.title, asked.place, asked.notes):
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in text) or "\x7f" in text:
            raise ValueShapeError("the event holds a control character")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueShapeError("the event holds bytes that are no text") from error


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for letter, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(letter, written)
    return text


def _folded(line: str) -> str:
    """Lines of at most 75 bytes, never cut within a character."""
    pieces: list[str] = [""]
    size = 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LINE_BYTES_MAX:
            pieces.append("")
            size = 0
        pieces[-1] += letter
        size += width
    return "\r\n ".join(pieces)


def _slug(title: str) -> str:
    return _WORDS.sub("-", title.lower()).strip("-")[:40] or "event"
