"""Keys: one request is done once, however often it is sent, also after a kill; nobody's key is another's."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import StoreError
from ergos.server.api import repeats
from ergos.server.api.repeats import First, Known, Repeats

ANSWER = (201, {"location": "/x"}, b'{"pid":1}')


def at(folder: Path, clock: ManualClock | None = None) -> Repeats:
    return Repeats(folder, clock or ManualClock(10**18))


def begun(made: Repeats, key: str = "k", who: str = "alice", digest: str = "d") -> First:
    found = made.begin(who, key, digest)
    assert isinstance(found, First)
    return found


def test_nothing_is_made_before_the_first_key(tmp_path: Path) -> None:
    at(tmp_path).close()
    assert not list(tmp_path.iterdir())


def test_a_second_time_gets_the_first_answer_also_after_a_restart(tmp_path: Path) -> None:
    made = at(tmp_path)
    made.end(begun(made), *ANSWER)
    assert made.begin("alice", "k", "d") == Known(*ANSWER)
    made.close()
    later = at(tmp_path)
    assert later.begin("alice", "k", "d") == Known(*ANSWER)
    assert later.begin("alice", "k", "another") == "other"
    assert isinstance(later.begin("bob", "k", "d"), First)
    assert stat.S_IMODE((tmp_path / repeats.FILE).stat().st_mode) == 0o600


def test_while_it_is_under_way_it_is_not_done_again(tmp_path: Path) -> None:
    made = at(tmp_path)
    first = begun(made)
    assert made.begin("alice", "k", "d") == "running"
    assert made.begin("alice", "k", "another") == "other"
    made.drop(first)
    assert isinstance(made.begin("alice", "k", "d"), First)


def test_after_a_kill_in_between_nobody_claims_to_know(tmp_path: Path) -> None:
    begun(at(tmp_path))
    assert at(tmp_path).begin("alice", "k", "d") == "lost"


def test_keys_are_forgotten_after_a_day_and_the_oldest_of_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(10**18)
    made = at(tmp_path, clock)
    made.end(begun(made), *ANSWER)
    clock.advance(repeats.KEPT_S * SECOND + 1)
    made.end(begun(made), *ANSWER)
    monkeypatch.setattr(repeats, "KEYS_MAX", 3)
    for number in range(5):
        clock.advance(1)
        made.end(begun(made, f"n{number}"), *ANSWER)
    assert isinstance(made.begin("alice", "n0", "d"), First)
    assert made.begin("alice", "n4", "d") == Known(*ANSWER)


def test_an_answer_too_large_to_keep_is_not_done_again_either(tmp_path: Path) -> None:
    made = at(tmp_path)
    made.end(begun(made), 200, {}, b"x" * (repeats.ANSWER_BYTES_MAX + 1))
    assert made.begin("alice", "k", "d") == "lost"


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / repeats.FILE).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=r"api\.db"):
        at(tmp_path).begin("alice", "k", "d")


def test_what_is_noted_is_durable(tmp_path: Path) -> None:
    made = at(tmp_path)
    begun(made)
    with sqlite3.connect(tmp_path / repeats.FILE) as other:
        assert other.execute("SELECT who, key, status FROM repeat").fetchall() == [("alice", "k", 0)]
    other.close()
    made.close()
