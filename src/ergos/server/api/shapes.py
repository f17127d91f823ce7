"""Shapes that several operations share: numbers, names and times as they stand in requests and answers.

Rules: times are RFC 3339 in UTC, to the millisecond; money is whole microdollars; numbers stay within what every JSON
reader keeps exact (2**53 - 1). Text of programs, tools, peers and strangers is data.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from ergos.app.catalogue import moment
from ergos.base.clock import SECOND
from ergos.base.limits import MIB, NAME_CHARS_MAX
from ergos.kernel.calls import Failure
from ergos.server.api.operation import Takes

NUMBER_MAX: Final = 2**53 - 1  # the largest whole number that every JSON reader keeps exact
ROWS: Final = 50  # rows of a list where nothing else is asked for
ROWS_MAX: Final = 200  # rows of one list
ANSWER_BYTES_MAX: Final = 8 * MIB  # bytes of values in one list; larger ones are read one by one
DAY_S: Final = 86_400  # seconds
_EPOCH: Final = datetime.date(1970, 1, 1)

PidNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX, description="Number of a process.")]
SeqNumber: TypeAlias = Annotated[
    int, msgspec.Meta(ge=0, le=NUMBER_MAX, description="Place of a record in the journal.")
]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX, description="At most so many rows.")]
Name: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=NAME_CHARS_MAX,
        pattern=r"^[^\W_][\w.\-]*$",
        description="Letters, digits, '.', '-' and '_'.",
    ),
]
IN_PATH: Final = r"^[^\u0000-\u001f\u007f/\\%.][^\u0000-\u001f\u007f/\\%]*$"
"""What a part of a path may be that can be read in one way only."""
AnyName: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX, pattern=IN_PATH)]
"""What names something that may or may not be there."""
Digits: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal.")]
Seen: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=12, max_length=64, pattern="^[0-9a-f]*$", description="The digest that was shown.")
]
Moment: TypeAlias = Annotated[
    str, msgspec.Meta(description="RFC 3339, UTC.", extra_json_schema={"format": "date-time"})
]
Micro: TypeAlias = Annotated[int, msgspec.Meta(description="Microdollars.")]
Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=100_000)]
Plain: TypeAlias = Annotated[Any, msgspec.Meta(description="Any JSON.")]


class Nothing(Takes, frozen=True):
    """No parameters."""


class OfProcess(Takes, frozen=True):
    """One process."""

    pid: PidNumber


class OfAgent(Takes, frozen=True):
    """One agent."""

    agent: AnyName


class Page(Takes, frozen=True):
    """A part of a list, the newest first."""

    limit: Limit = ROWS
    before: Annotated[
        int, msgspec.Meta(ge=0, le=NUMBER_MAX, description="Only below this number; 0: from the end.")
    ] = 0


class Since(Takes, frozen=True):
    """From a day on."""

    since: Annotated[datetime.date, msgspec.Meta(description="Day, UTC.")] | msgspec.UnsetType = msgspec.UNSET


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Done, durably."""

    notes: tuple[str, ...] = ()
    """What the owner should know about it."""


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What stands there."""

    value: Plain


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why something failed."""

    code: str
    what: str
    remedy: str


class Room:
    """What an answer may still hold: values of programs are large, and many of them stand in one list."""

    def __init__(self, left_bytes: int = ANSWER_BYTES_MAX) -> None:
        self._left = left_bytes

    def fits(self, value: object) -> bool:
        """Whether a value has room; what has none takes none. Cost: O(size of the value)."""
        size = len(msgspec.json.encode(value))
        if size > self._left:
            return False
        self._left -= size
        return True


def fault(failure: Failure | None) -> Fault | None:
    """A failure as it is shown."""
    return None if failure is None else Fault(code=failure.code, what=failure.what, remedy=failure.remedy)


def at(at_ns: int | None) -> str | None:
    """An instant as it is shown."""
    return None if at_ns is None else moment(at_ns)


def day_of(since: datetime.date | msgspec.UnsetType) -> int:
    """Days since 1970; 0 where nothing was said."""
    return 0 if since is msgspec.UNSET else max(0, (since - _EPOCH).days)


def ns_of(day: datetime.date) -> int:
    """The beginning of a day, UTC."""
    return (day - _EPOCH).days * DAY_S * SECOND
