"""Versions of files, against what was seen of them; and against a model that keeps everything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import encode
from ergos.base.errors import ValueShapeError
from ergos.drivers.watchers.file_cursor import GONE_MAX, HAPPENINGS_MAX, beginning, compare, is_empty
from ergos.drivers.watchers.file_scan import Standing

S = 10**9
NOW = 1_900_000_000 * S
ALL = ("created", "changed", "deleted")


def file(name: str, size: int = 1, at: int = NOW - 100 * S, inode: int = 0, changed: int = 0) -> Standing:
    return Standing(tuple(name.split("/")), size, at, changed or at, inode or int.from_bytes(name.encode()[:6], "big"))


def told(
    cursor: Any, found: list[Standing], events: Any = ALL, now: int = NOW, settle: int = 2 * S
) -> tuple[list[tuple[str, str]], Any, int | None]:
    compared = compare(cursor, found, events, settle, now)
    return (
        [(event.event, "/".join(event.parts)) for event in compared.events],
        compared.cursor,
        compared.again_ns,
    )


def test_a_file_is_created_changed_and_deleted_once_each() -> None:
    cursor = beginning([], ALL)
    assert is_empty(cursor)
    events, cursor, _ = told(cursor, [file("a")])
    assert events == [("created", "a")]
    assert not is_empty(cursor)
    events, cursor, _ = told(cursor, [file("a")])
    assert events == []
    events, cursor, _ = told(cursor, [file("a", size=2)])
    assert events == [("changed", "a")]
    events, cursor, again = told(cursor, [])
    assert events == []  # it may be on its way back, as when an editor saves
    assert again == NOW + 2 * S
    events, cursor, _ = told(cursor, [], now=NOW + 2 * S)
    assert events == [("deleted", "a")]
    assert told(cursor, [], now=NOW + 9 * S)[0] == []


def test_a_file_put_in_the_place_of_another_with_its_size_and_time_has_changed() -> None:
    cursor = beginning([file("a", inode=1)], ALL)
    events, cursor, _ = told(cursor, [file("a", inode=2, changed=NOW - 50 * S)])
    assert events == [("changed", "a")]


def test_numbers_given_out_anew_are_no_change() -> None:
    files = [file("a", inode=1), file("b", inode=2, at=NOW - 90 * S)]
    cursor = beginning(files, ALL)
    events, cursor, _ = told(cursor, [file("a", inode=11), file("b", inode=12, at=NOW - 90 * S)])
    assert ("changed", "a") not in events
    assert told(cursor, [file("a", inode=11), file("b", inode=12, at=NOW - 90 * S)])[0] == []


def test_a_file_with_an_old_date_that_came_is_created() -> None:
    cursor = beginning([file("a")], ALL)
    assert told(cursor, [file("a"), file("b", at=10 * S, changed=NOW - 5 * S)])[0] == [("created", "b")]


def test_a_file_renamed_is_not_created_again() -> None:
    cursor = beginning([file("a", inode=5)], ALL)
    compared = compare(cursor, [file("b", inode=5)], ALL, 2 * S, NOW)
    assert [(event.event, event.parts, event.was) for event in compared.events] == [("changed", ("b",), ("a",))]
    assert told(cursor, [file("b", inode=5)], events=("created",))[0] == []
    assert told(compared.cursor, [file("b", inode=5)], now=NOW + 9 * S)[0] == []


def test_a_file_renamed_into_the_pattern_is_created() -> None:
    cursor = beginning([], ("created",))
    assert told(cursor, [file("a.pdf", inode=5, changed=NOW - 3 * S)], events=("created",))[0] == [("created", "a.pdf")]


def test_a_disk_that_was_away_brings_nothing_anew() -> None:
    files = [file("a"), file("b")]
    cursor = beginning(files, ("created",))
    _, cursor, _ = told(cursor, [], events=("created",), now=NOW + S)
    _, cursor, _ = told(cursor, [], events=("created",), now=NOW + 9 * S)
    events, cursor, _ = told(cursor, files, events=("created",), now=NOW + 20 * S)
    assert events == []
    assert told(cursor, [*files, file("c")], events=("created",), now=NOW + 30 * S)[0] == [("created", "c")]


def test_a_file_that_came_back_with_other_content_is_created() -> None:
    cursor = beginning([file("a")], ("created",))
    _, cursor, _ = told(cursor, [], events=("created",))
    _, cursor, _ = told(cursor, [], events=("created",), now=NOW + 9 * S)
    again = file("a", size=7, at=NOW + 10 * S)
    assert told(cursor, [again], events=("created",), now=NOW + 20 * S)[0] == [("created", "a")]


def test_a_file_counts_once_it_rests() -> None:
    cursor = beginning([], ALL)
    for second in range(5):
        growing = file("a", size=second + 1, at=NOW + second * S)
        events, cursor, again = told(cursor, [growing], now=NOW + second * S)
        assert events == []
        assert again == NOW + (second + 2) * S
    events, cursor, _ = told(cursor, [file("a", size=5, at=NOW + 4 * S)], now=NOW + 6 * S)
    assert events == [("created", "a")]


@pytest.mark.parametrize("date", [NOW + 10**6 * S, 4_000_000_000 * S])
def test_a_file_dated_in_the_future_counts_once_it_was_the_same_twice(date: int) -> None:
    cursor = beginning([], ALL)
    ahead = file("a", at=date)
    events, cursor, again = told(cursor, [ahead])
    assert events == []
    assert again == NOW + 2 * S
    assert told(cursor, [ahead], now=NOW + 2 * S)[0] == [("created", "a")]


def test_a_clock_set_back_lets_files_rest_all_the_same() -> None:
    cursor = beginning([], ALL)
    _, cursor, _ = told(cursor, [file("a", at=NOW)], now=NOW)
    _, cursor, again = told(cursor, [file("a", at=NOW)], now=NOW - 3_600 * S)
    assert again == NOW - 3_598 * S
    assert told(cursor, [file("a", at=NOW)], now=NOW - 3_598 * S)[0] == [("created", "a")]


def test_a_file_that_went_before_it_rested_never_was() -> None:
    cursor = beginning([], ALL)
    _, cursor, _ = told(cursor, [file("a", at=NOW)])
    assert told(cursor, [], now=NOW + 60 * S)[0] == []


def test_more_than_one_look_may_tell_is_told_by_the_next() -> None:
    files = [file(f"f{number:04}", inode=number + 1) for number in range(HAPPENINGS_MAX + 7)]
    cursor = beginning([], ("created",))
    first, cursor, again = told(cursor, files, events=("created",))
    assert len(first) == HAPPENINGS_MAX
    assert again == NOW
    second, cursor, again = told(cursor, files, events=("created",))
    assert len(second) == 7
    assert again is None
    assert not set(first) & set(second)
    assert told(cursor, files, events=("created",))[0] == []


def test_a_cursor_of_ten_thousand_files_is_small_and_of_what_is_gone_bounded() -> None:
    files = [file(f"some longer name of a file {number}", inode=number + 1) for number in range(10_000)]
    cursor = beginning(files, ("created",))
    assert len(encode(cursor)) < 22 * 10_000
    many = [file(f"x{number}", inode=number + 1) for number in range(GONE_MAX + 500)]
    _, cursor, _ = told(beginning(many, ("created",)), [], events=("created",))
    _, cursor, _ = told(cursor, [], events=("created",), now=NOW + 60 * S)
    assert len(encode(cursor)) < 22 * GONE_MAX + 200


@pytest.mark.parametrize("cursor", [{"here": "QQ=="}, {"here": "%"}, {"names": "QQ=="}, {"waiting": 3}, 7, [], "x"])
def test_a_cursor_that_is_none_is_refused(cursor: Any) -> None:
    with pytest.raises(ValueShapeError):
        compare(cursor, [], ALL, 0, NOW)


ACTS = st.lists(
    st.tuples(st.sampled_from(["write", "remove", "look", "look", "wait"]), st.sampled_from("abcd"), st.integers(1, 3)),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_whatever_happens_each_version_that_rested_is_told_once(acts: list[tuple[str, str, int]]) -> None:
    """A model that keeps every version whole says the same."""
    there: dict[str, Standing] = {}
    known: dict[str, Standing] = {}
    cursor: Any = beginning([], ("created", "changed"))
    now, inode = NOW, 0
    heard: list[tuple[str, int]] = []
    expected: list[tuple[str, int]] = []
    for act, name, size in acts:
        now += S
        if act == "write":
            inode += 1
            there[name] = file(name, size=size, at=now, inode=inode)
        elif act == "remove":
            there.pop(name, None)
        elif act == "wait":
            now += 10 * S
        else:
            compared = compare(cursor, list(there.values()), ("created", "changed"), 2 * S, now)
            cursor = compared.cursor
            heard += [(event.parts[0], event.standing.inode) for event in compared.events if event.standing]
            for one in there.values():
                if now - one.modified_ns >= 2 * S and known.get(one.parts[0]) != one:
                    known[one.parts[0]] = one
                    expected.append((one.parts[0], one.inode))
    assert sorted(heard) == sorted(expected)
    assert len(set(heard)) == len(heard)
