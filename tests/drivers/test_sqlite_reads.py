"""The end of a prefix, whatever its letters."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import CorruptStoreError
from ergos.drivers.sqlite_open import Database
from ergos.drivers.sqlite_reads import COUNTER_MAIL, FLOOR_ITEM, FLOOR_PID, SqliteReads, past_prefix

TEXT = st.text(
    st.sampled_from(["a", "b", "\ud7ff", "\ue000", "\U0010ffff", "\0"]) | st.characters(exclude_categories=["Cs"]),
    max_size=4,
)


@given(TEXT, TEXT)
def test_a_text_has_the_prefix_exactly_if_it_lies_between_both_ends(prefix: str, text: str) -> None:
    end = past_prefix(prefix)
    for one in (text, prefix + text):
        inside = prefix.encode() <= one.encode() and (end is None or one.encode() < end.encode())
        assert inside is one.startswith(prefix)


def test_the_last_letters_have_no_end() -> None:
    assert past_prefix("") is None
    assert past_prefix("\U0010ffff") is None
    assert past_prefix("a\U0010ffff") == "b"
    assert past_prefix("\ud7ff") == "\ue000"


def test_numbers_of_a_history_that_is_gone_are_not_given_out_again(tmp_path: Path) -> None:
    Database(tmp_path / "ergos.db").close()
    connection = sqlite3.connect(tmp_path / "ergos.db", isolation_level=None)
    for name, number in ((FLOOR_PID, 70), (COUNTER_MAIL, 80), (FLOOR_ITEM, 90)):
        connection.execute("INSERT INTO meta VALUES (?, ?)", (name, str(number)))
    reads = SqliteReads.open(tmp_path / "ergos.db")
    assert asyncio.run(reads.highest()) == (70, 80, 90)
    connection.execute("UPDATE meta SET value = 'many' WHERE name = ?", (FLOOR_PID,))
    with pytest.raises(CorruptStoreError, match="floor_pid"):
        asyncio.run(reads.highest())
    asyncio.run(reads.close())
    connection.close()
