"""A part of what words say about time: a recurrence, times of a day, a limit; and how tokens are walked.

Rules: plain frozen data; positions are those of the prose.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from ergos.compile.times.days import Day
from ergos.compile.times.token import Token

PREPOSITIONS: Final = frozenset({"the", "on", "at", "in", "of"})
SKIPPED_MAX: Final = 4  # prepositions and connectors passed over at once: ', and on the'
CONNECTORS: Final = frozenset({"and", "or", "comma"})


class Part(NamedTuple):
    """One of them; which fields say something depends on the kind."""

    kind: str
    """repeat, days, monthdays, nth, months, times, total; clocks, window, part; day, in; until, start, for, due,
    except, quiet, zone, unknown; or sep, what stands between."""
    start: int
    end: int
    unit: str = ""
    """Of repeat and times; of monthdays and nth the period they are of ('month', 'quarter', '' where none was said)."""
    number: int = 1
    """Interval or count."""
    days: tuple[int, ...] = ()
    """Weekdays."""
    numbers: tuple[int, ...] = ()
    """Days of a month, months, ordinals."""
    clocks: tuple[Token, ...] = ()
    """Times of day; of a window two."""
    day: Day | None = None
    inner: tuple[Part, ...] = ()
    """Of except: what is left out."""
    name: str = ""
    """Part of the day, zone, kind of separator."""
    flag: str = ""


class Text(NamedTuple):
    """Tokens with the prose they are of and the day on which they are read."""

    prose: str
    tokens: Sequence[Token]
    today: date

    def kind(self, place: int) -> str:
        """Kind of a token; '' beyond the end."""
        return self.tokens[place].kind if 0 <= place < len(self.tokens) else ""

    def past(self, place: int, kinds: frozenset[str]) -> int:
        """The first place from here on whose kind is not one of these; looks at a few tokens only."""
        for _ in range(SKIPPED_MAX):
            if place >= len(self.tokens) or self.tokens[place].kind not in kinds:
                break
            place += 1
        return place


Found = tuple[Part, int] | None
"""A part and the place after it."""
