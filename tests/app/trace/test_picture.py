"""Bars stay on their line, nothing is too short to be seen, and no call is dropped from a picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.app.trace.picture import LEAST, ROWS_MAX, UNITS, Line, bars_of, line_of, rows, views
from ergos.app.trace.spans import Piece, Span
from ergos.kernel.calls import Call


def span(at: int, took: int | None, name: str = "x") -> Span:
    call = Call(key=f"{name}{at}", kind="act", name=name, args={})
    end = None if took is None else at + took
    return Span(turn=1, call=call, seq=at, began_ns=at, ended_ns=end, pieces=[Piece("run", at, end)])


@given(st.integers(0, 10**18), st.integers(1, 10**18), st.integers(0, 2 * 10**18), st.integers(0, 10**18))
def test_a_bar_lies_on_its_line(start: int, length: int, began: int, took: int) -> None:
    bar = Line(start, start + length).bar("run", began, began + took)
    if bar is not None:
        assert 0 <= bar.x <= UNITS - LEAST
        assert bar.width >= LEAST
        assert bar.x + bar.width <= UNITS


def test_a_row_says_in_numbers_what_its_bars_show():
    waited = span(0, 100)
    waited.pieces = [Piece("owner", 0, 20), Piece("queue", 20, 50), Piece("run", 50, 100)]
    (row,) = rows([waited], Line(0, 100), 100)
    assert [(bar.kind, bar.x, bar.width) for bar in row.bars] == [
        ("owner", 0, 200), ("queue", 200, 300), ("run", 500, 500),
    ]  # fmt: skip
    assert row.waits == (("owner", 20), ("queue", 30), ("run", 50))
    assert rows([span(0, 100)], Line(0, 100), 100)[0].waits == (), "how long it took says it all"


def test_what_is_not_over_goes_on_to_now():
    (bar,) = bars_of(span(0, None), Line(0, 100), 50)
    assert (bar.x, bar.width) == (0, 500)


def test_too_many_calls_are_drawn_as_groups_that_hold_all_of_them():
    spans = [span(at, 1, f"t{at % 7}") for at in range(10_000)]
    drawn = rows(spans, line_of(spans, None, 0), 0)
    assert len(drawn) <= ROWS_MAX
    assert sum(row.count for row in drawn) == 10_000
    assert all(len(row.names) == 3 for row in drawn)
    first = drawn[0]
    closer = rows(spans, Line(first.from_ns, first.to_ns), 0)
    assert sum(row.count for row in closer) >= first.count


def test_zooming_stays_within_the_whole():
    whole = Line(1_000_000, 2_000_000)
    near = views(Line(1_900_000, 2_000_000), whole)
    assert near.later is None
    assert near.wider is not None
    assert (near.wider.from_ns, near.wider.to_ns) == (1_800_000, 2_000_000)
    assert near.earlier is not None
    assert near.earlier.from_ns >= whole.from_ns
    assert views(whole, whole).wider is None
    assert views(Line(0, 10), whole).closer is None
