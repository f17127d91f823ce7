"""Sessions are remembered over editors, within bounds, and a file that is none is no session."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.editor import sessions
from ergos.app.editor.sessions import FILE, SessionFile
from ergos.buses.acp.ports import Session


def test_a_session_is_remembered_as_it_is_now(tmp_path: Path):
    kept = SessionFile(tmp_path)
    kept.put(Session(id="a", cwd="/"))
    kept.put(Session(id="b", cwd="/"))
    kept.put(Session(id="a", cwd="/", pid=7))
    assert {one.id: one.pid for one in SessionFile(tmp_path).all().values()} == {"a": 7, "b": 0}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sessions, "SESSIONS_MAX", 3)
    kept = SessionFile(tmp_path)
    for number in range(5):
        kept.put(Session(id=str(number), cwd="/"))
    kept.put(Session(id="2", cwd="/again"))
    assert list(kept.all()) == ["3", "4", "2"]


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff", b'[{"id":"a"}]'])
def test_a_file_that_is_none_is_no_session(tmp_path: Path, raw: bytes):
    (tmp_path / FILE).write_bytes(raw)
    kept = SessionFile(tmp_path)
    assert kept.all() == {}
    kept.put(Session(id="a", cwd="/"))
    assert list(kept.all()) == ["a"]
