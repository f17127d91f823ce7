"""Histories of three shells, as they write them; anything else is lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.mining.history import COMMAND_CHARS_MAX, Seen, history, read_history
from ergos.base.clock import SECOND
from ergos.base.errors import SourceError


def at(seconds: int, text: str, took_s: int | None = None) -> Seen:
    return Seen(text=text, at_ns=seconds * SECOND, took_s=took_s)


def test_bash_with_and_without_times() -> None:
    raw = b"before\n#1700000000\nmake\n#1700000060\nfor x in 1 2; do\n  echo $x\ndone\n#1700000120\n\n"
    assert history(raw) == (
        Seen(text="before"),
        at(1700000000, "make"),
        at(1700000060, "for x in 1 2; do\n  echo $x\ndone"),
    )
    assert history(b"ls\n# a comment\nmake\n") == (Seen(text="ls"), Seen(text="# a comment"), Seen(text="make"))


def test_zsh_with_durations_lines_that_go_on_and_its_own_bytes() -> None:
    raw = b": 1700000000:12;make all\n: 1700000100:0;echo a\\\nb\n: 1700000200:0;echo \xe4\xb8\xad\n"
    assert history(raw) == (
        at(1700000000, "make all", 12),
        at(1700000100, "echo a\nb", 0),
        at(1700000200, "echo 中", 0),
    )
    metafied = b": 1700000000:0;echo \xe2\x83\xa0\xa6\n"
    assert history(metafied) == (at(1700000000, "echo …"[:5] + "\u2026"[:0] + bytes([0xE2, 0x80, 0xA6]).decode(), 0),)


def test_fish_with_its_escapes() -> None:
    raw = b"- cmd: make\n  when: 1700000000\n- cmd: echo a\\nb\n  when: 1700000060\n  paths:\n    - x\n- cmd: last\n"
    assert history(raw) == (at(1700000000, "make"), at(1700000060, "echo a\nb"), Seen(text="last"))


@given(st.binary(max_size=300))
def test_any_bytes_are_commands_or_none(raw: bytes) -> None:
    for prefix in (b"", b": 1700000000:0;x\n", b"#1700000000\n", b"- cmd: x\n"):
        for one in history(prefix + raw):
            assert 0 < len(one.text) <= COMMAND_CHARS_MAX


def test_a_history_that_is_not_there_is_said_and_a_long_one_is_read_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError):
        read_history(tmp_path / "gone")
    with pytest.raises(SourceError):
        read_history(tmp_path)
    monkeypatch.setattr("ergos.app.mining.history.HISTORY_BYTES_MAX", 100)
    path = tmp_path / "h"
    path.write_text("".join(f"#17000{n:05}\ncommand {n}\n" for n in range(50)))
    found = read_history(path)
    assert found[-1].text == "command 49"
    assert len(found) < 6


def test_a_file_that_is_no_text_is_no_history(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(b"ls\n\0\1\2")
    with pytest.raises(SourceError, match="no text"):
        read_history(path)
