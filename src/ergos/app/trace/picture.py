"""Spans as bars on a line of time, in units of a thousandth of its length.

Rules: pure; nothing is drawn outside the line; what is very short is `LEAST` units, so that it can be seen; more
spans than a page has rows are drawn as groups of neighbours, none is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from ergos.app.trace.spans import Lap, Span, Why
from ergos.base.money import ZERO, Amount
from ergos.kernel.labels import Label, join

UNITS: Final = 1_000  # units of a line
LEAST: Final = 3  # units of the shortest bar
ROWS_MAX: Final = 120  # rows of a picture; more spans are drawn in groups
GROUPS: Final = 60  # groups, where there are more spans than rows
ZOOM: Final = 2  # by how much a step goes closer

Kind: TypeAlias = Literal["run", "queue", "owner", "mail", "timer", "child", "group"]


class Bar(msgspec.Struct, frozen=True):
    """A piece of time."""

    kind: Kind
    x: int
    width: int


class Line(msgspec.Struct, frozen=True):
    """A line of time."""

    from_ns: int
    to_ns: int

    @property
    def length_ns(self) -> int:
        """Never 0."""
        return max(1, self.to_ns - self.from_ns)

    def bar(self, kind: Kind, from_ns: int, to_ns: int) -> Bar | None:
        """The part of a time that lies on it; None: it lies outside."""
        if to_ns < self.from_ns or from_ns > self.to_ns:
            return None
        x = (max(from_ns, self.from_ns) - self.from_ns) * UNITS // self.length_ns
        end = (min(to_ns, self.to_ns) - self.from_ns) * UNITS // self.length_ns
        x = min(x, UNITS - LEAST)
        return Bar(kind, x, max(LEAST, min(end, UNITS) - x))

    def around(self, from_ns: int, to_ns: int) -> bool:
        """Whether any of that time lies on it."""
        return from_ns <= self.to_ns and to_ns >= self.from_ns


class Views(msgspec.Struct, frozen=True):
    """Where one can go from a line: closer, further, to either side. None: no further."""

    closer: Line | None
    wider: Line | None
    earlier: Line | None
    later: Line | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a call, or neighbours that are too many for rows of their own."""

    bars: tuple[Bar, ...]
    span: Span | None = None
    count: int = 1
    first_seq: int = 0
    from_ns: int = 0
    to_ns: int = 0
    names: tuple[str, ...] = ()
    """Of a group: what was called most."""
    waits: tuple[tuple[Why, int], ...] = ()
    """Of a call that did more than one thing with its time: what, and for how many nanoseconds."""
    failures: int = 0
    charge: Amount = ZERO
    label: Label | None = None


def line_of(spans: Sequence[Span], lap: Lap | None, now_ns: int) -> Line:
    """From the beginning of a turn, or of the first call shown, to the end."""
    began = min([span.began_ns for span in spans] + ([lap.began_ns] if lap is not None else []), default=now_ns)
    ends = [now_ns if span.ended_ns is None else span.ended_ns for span in spans]
    if lap is not None:
        ends.append(lap.ended_ns if lap.ended_ns is not None else max(ends, default=lap.began_ns))
    return Line(began, max([*ends, began + 1]))


def views(line: Line, whole: Line) -> Views:
    """The neighbours of a line within the whole."""
    length = line.length_ns
    middle = line.from_ns + length // 2
    narrow = length // ZOOM
    shift = max(1, length // 2)
    return Views(
        closer=Line(middle - narrow // 2, middle + narrow // 2) if narrow > UNITS else None,
        wider=_within(Line(middle - length * ZOOM // 2, middle + length * ZOOM // 2), whole) if line != whole else None,
        earlier=_within(Line(line.from_ns - shift, line.to_ns - shift), whole)
        if line.from_ns > whole.from_ns
        else None,
        later=_within(Line(line.from_ns + shift, line.to_ns + shift), whole) if line.to_ns < whole.to_ns else None,
    )


def rows(spans: Sequence[Span], line: Line, now_ns: int) -> tuple[Row, ...]:
    """The calls of a time, each in a row, or in groups."""
    here = [span for span in spans if line.around(span.began_ns, now_ns if span.ended_ns is None else span.ended_ns)]
    if len(here) <= ROWS_MAX:
        return tuple(_row(span, line, now_ns) for span in here)
    size = -(-len(here) // GROUPS)
    return tuple(_group(here[at : at + size], line, now_ns) for at in range(0, len(here), size))


def bars_of(span: Span, line: Line, now_ns: int) -> tuple[Bar, ...]:
    """What a call did with its time."""
    pieces: list[tuple[Kind, int, int]] = [
        (piece.why, piece.from_ns, now_ns if piece.to_ns is None else piece.to_ns) for piece in span.pieces
    ]
    if not pieces:
        pieces = [("run", span.began_ns, now_ns if span.ended_ns is None else span.ended_ns)]
    drawn = [line.bar(why, from_ns, to_ns) for why, from_ns, to_ns in pieces]
    return tuple(bar for bar in drawn if bar is not None)


def waited_ns(span: Span, now_ns: int) -> dict[Why, int]:
    """How long it waited for what, and how long it was performed."""
    found: dict[Why, int] = {}
    for piece in span.pieces:
        end = now_ns if piece.to_ns is None else piece.to_ns
        found[piece.why] = found.get(piece.why, 0) + max(0, end - piece.from_ns)
    return found


def _row(span: Span, line: Line, now_ns: int) -> Row:
    waits = tuple(waited_ns(span, now_ns).items())
    return Row(
        bars=bars_of(span, line, now_ns),
        span=span,
        first_seq=span.seq,
        from_ns=span.began_ns,
        to_ns=now_ns if span.ended_ns is None else span.ended_ns,
        waits=waits if len(waits) > 1 else (),
        failures=int(span.failure is not None),
        charge=span.charge,
        label=span.label if span.answered else None,
    )


def _group(spans: Sequence[Span], line: Line, now_ns: int) -> Row:
    from_ns = min(span.began_ns for span in spans)
    to_ns = max(now_ns if span.ended_ns is None else span.ended_ns for span in spans)
    counts: dict[str, int] = {}
    charge, label = ZERO, None
    for span in spans:
        name = f"{span.call.kind} {span.call.name}"
        counts[name] = counts.get(name, 0) + 1
        charge += span.charge
        if span.answered:
            label = span.label if label is None else join(label, span.label)
    bar = line.bar("group", from_ns, to_ns)
    most = sorted(counts, key=lambda name: (-counts[name], name))[:3]
    return Row(
        bars=(bar,) if bar is not None else (),
        count=len(spans),
        first_seq=spans[0].seq,
        from_ns=from_ns,
        to_ns=to_ns,
        names=tuple(most),
        failures=sum(span.failure is not None for span in spans),
        charge=charge,
        label=label,
    )


def _within(line: Line, whole: Line) -> Line:
    """A line of at most the length of the whole, moved into it."""
    length = min(line.length_ns, whole.length_ns)
    start = min(max(line.from_ns, whole.from_ns), whole.to_ns - length)
    return Line(start, start + length)
