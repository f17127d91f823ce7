"""What an owner is to be told, and when: what came up, what is held back by quiet hours, what may be told now.

Entries wait until nothing is quiet and until a few seconds have gathered what belongs together; then all of them go in
one notice, and no more than so many notices go in an hour. Marks are the whole state as plain data: what was written
down before a notice left is never told again.

Rules: pure; everything is bounded, and what does not fit is counted; no entry holds more of a stranger's text than one
short line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from ergos.base.clock import DAY, SECOND
from ergos.runtime.owner_settings import Quiet

GATHER_S: Final = 5  # seconds in which what belongs together is gathered, and a person at a terminal may have answered
WAITING_MAX: Final = 500  # entries kept until they are told; of more, how many there were
TOLD_MAX: Final = 500  # keys of what was told last, against telling it again after a crash
MARKED_MAX: Final = 20_000  # marks of one kind: one for each open item or hosted agent
LAST_CALL_NS: Final = DAY  # nanoseconds before the end of an item when it is put again
LAST_CALL_SHARE: Final = 10  # of a short life, the last so-manieth part
HOUR_NS: Final = 3_600 * SECOND
QUIET_STEPS_MAX: Final = 96  # half hours looked back for the beginning of quiet hours: two days

EntryKind = Literal["item", "reminder", "expired", "delivery", "failed", "said", "stalled", "spend", "report"]

QuietUntil = Callable[[Quiet | None, str, int], int | None]
"""When quiet hours end that hold an instant, or None: hours, zone, instant."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to be told."""

    key: str
    """What tells it from every other; of one key there is one notice."""
    kind: EntryKind
    at_ns: int
    """When it came up."""
    after_ns: int = 0
    """Its agent's quiet hours hold it until then."""
    pid: int = 0
    agent: str = ""
    number: int = 0
    """Of an inbox item."""
    item: str = ""
    """'approval', 'question' or 'doubt'."""
    text: str = ""
    expires_ns: int = 0


class Marks(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What has to survive a restart."""

    cursor: int = 0
    """Every record up to here was looked at."""
    item: int = 0
    """Every item up to this number came up."""
    waiting: list[Entry] = []
    more: int = 0
    """Entries that did not fit."""
    told: list[str] = []
    """Keys told last."""
    sent_ns: list[int] = []
    """When the notices of the last hour left."""
    reminded: dict[str, int] = {}
    """By open item: reminders that have come up; EXPIRED: its end has."""
    said: dict[str, int] = {}
    """By hosted process: up to when what it said has come up."""
    stalled: dict[str, int] = {}
    """By hosted process: the stall that has come up."""
    spend: dict[str, float] = {}
    """By meter: the share that has come up."""
    reports: dict[str, int] = {}
    """By report: up to when it was made."""
    undelivered: int = 0
    """Notices that could not be delivered since the last that could."""


EXPIRED: Final = 1_000_000


def marks_of(text: str) -> Marks:
    """Marks as they were written; fresh ones, where they cannot be read."""
    try:
        return msgspec.json.decode(text, type=Marks) if text else Marks()
    except msgspec.MsgspecError:
        return Marks()


def text_of(marks: Marks) -> str:
    """Marks to be written; the oldest of too many are dropped."""
    marks.told = marks.told[-TOLD_MAX:]
    for kind in (marks.reminded, marks.said, marks.stalled, marks.spend, marks.reports):
        for key in list(kind)[: max(0, len(kind) - MARKED_MAX)]:
            del kind[key]
    return msgspec.json.encode(marks).decode()


def come_up(marks: Marks, entry: Entry) -> None:
    """Something is to be told, unless it was or will be."""
    if entry.key in marks.told or any(one.key == entry.key for one in marks.waiting):
        return
    if len(marks.waiting) >= WAITING_MAX:
        marks.more += 1
        marks.told.append(entry.key)
    else:
        marks.waiting.append(entry)


def withdraw(marks: Marks, number: int) -> None:
    """An item needs no answer any more."""
    marks.waiting = [one for one in marks.waiting if one.number != number or one.kind == "expired"]


def due_ns(marks: Marks, quiet_until: Callable[[int], int | None], per_hour: int, now_ns: int) -> int | None:
    """When the next notice may leave; None: nothing waits. `quiet_until`: of the home's own quiet hours."""
    if not marks.waiting and not marks.more:
        return None
    at_ns = min((max(one.at_ns + GATHER_S * SECOND, one.after_ns) for one in marks.waiting), default=now_ns)
    marks.sent_ns = [sent for sent in marks.sent_ns if sent > now_ns - HOUR_NS]
    if len(marks.sent_ns) >= per_hour:
        at_ns = max(at_ns, marks.sent_ns[-per_hour] + HOUR_NS)
    at_ns = max(at_ns, now_ns)
    return quiet_until(at_ns) or at_ns


def taken(marks: Marks, now_ns: int) -> tuple[tuple[Entry, ...], int]:
    """What is told now, and how many more there are; it is marked as told. The order is that of what came up."""
    now = tuple(one for one in marks.waiting if one.after_ns <= now_ns)
    more, marks.more = marks.more, 0
    marks.waiting = [one for one in marks.waiting if one.after_ns > now_ns]
    marks.told = [*marks.told, *(one.key for one in now)][-TOLD_MAX:]
    return now, more


def reminders_ns(asked_ns: int, expires_ns: int | None, reminders_s: Sequence[int]) -> tuple[int, ...]:
    """When an item is put again, ascending: at growing times, and once before it ends."""
    times = {asked_ns + seconds * SECOND for seconds in reminders_s}
    if expires_ns is not None and reminders_s:
        last_ns = expires_ns - min(LAST_CALL_NS, (expires_ns - asked_ns) // LAST_CALL_SHARE)
        times = {at_ns for at_ns in times if at_ns < last_ns} | {last_ns}
    return tuple(sorted(times))


def before_quiet(at_ns: int, expires_ns: int, quiet_until: Callable[[int], int | None]) -> int:
    """An instant at which its owner can still be reached before something ends: earlier, if quiet hours outlast it."""
    until_ns = quiet_until(at_ns)
    if until_ns is None or until_ns < expires_ns:
        return at_ns
    for step in range(1, QUIET_STEPS_MAX + 1):
        earlier = at_ns - step * HOUR_NS // 2
        if quiet_until(earlier) is None:
            return earlier
    return at_ns
