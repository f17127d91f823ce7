"""Whether a version can go on with a home is said without changing a byte of it."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

from ergos.app.checkup import Finding
from ergos.app.client import order
from ergos.app.upgrade import hurdles
from ergos.runtime.control import Spawn
from tests.app.backup_rig import Rig

ENVIRON: Mapping[str, str] = {"HOME": "/nonexistent", "ERGOS_OWNER": "me"}


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def looked(rig: Rig) -> dict[str, Finding]:
    return {finding.subject: finding for finding in asyncio.run(hurdles(rig.home.folder, ENVIRON))}


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_a_sound_home_is_fit_and_stays_as_it_was(rig: Rig):
    asyncio.run(rig.begin())
    before = bytes_of(rig.home.folder)
    found = looked(rig)
    assert {name for name, finding in found.items() if finding.verdict == "bad"} == set()
    assert found["processes"].found.startswith("1 live, 1 open turns replayed")
    assert bytes_of(rig.home.folder) == before


def test_a_home_where_nothing_was_run_is_fit(rig: Rig):
    assert all(finding.verdict != "bad" for finding in looked(rig).values())
    assert not rig.home.folder.exists()


@pytest.mark.parametrize(
    ("statement", "subject", "said"),
    [
        ("PRAGMA user_version = 3", "schema", "3; this version knows 2"),
        ("PRAGMA application_id = 1", "schema", "another program"),
        ("""UPDATE journal SET body = CAST('{"k":"levitate"}' AS BLOB) WHERE seq = 3""", "journal", "1 levitate of"),
        ("UPDATE journal SET body = CAST('[[[' AS BLOB) WHERE seq = 3", "journal", "1 unreadable of"),
        ("DELETE FROM blob", "agent shooter", "its definition is missing"),
    ],
)
def test_what_this_version_cannot_read_is_said(rig: Rig, statement: str, subject: str, said: str):
    asyncio.run(rig.begin())
    connection = sqlite3.connect(rig.home.store, isolation_level=None)
    connection.execute(statement)
    connection.close()
    found = looked(rig)[subject]
    assert found.verdict == "bad"
    assert said in found.found
    assert found.remedy


def test_an_older_schema_is_no_hurdle_but_a_note(rig: Rig):
    asyncio.run(rig.begin())
    connection = sqlite3.connect(rig.home.store, isolation_level=None)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert looked(rig)["schema"].verdict == "note"


def test_agents_whose_files_are_gone_or_broken_are_named_with_their_processes(rig: Rig, listener: Path):
    asyncio.run(rig.begin())
    asyncio.run(order(rig.home, Spawn(path=str(listener), owner="me")))
    (rig.folder / "shooter.py").write_text("this is no Python")
    listener.unlink()
    found = looked(rig)
    assert "process 1" in found["agent shooter"].found
    assert "process 2" in found["agent listener"].found
    assert {found["agent shooter"].verdict, found["agent listener"].verdict} == {"bad"}


def test_changed_files_are_told(rig: Rig):
    asyncio.run(rig.begin())
    path = rig.folder / "shooter.py"
    path.write_text(path.read_text() + "\n# another version\n")
    assert looked(rig)["agent shooter"].verdict == "note"


def test_settings_that_are_not_known_are_all_named(rig: Rig):
    rig.home.folder.mkdir()
    (rig.home.folder / "settings.toml").write_text("levitation = 1\nwings = 2\n")
    found = [one for one in asyncio.run(hurdles(rig.home.folder, ENVIRON)) if one.subject == "settings"]
    assert [("levitation" in one.found, "wings" in one.found) for one in found] == [(True, False), (False, True)]
    (rig.home.folder / "settings.toml").write_text('[budget]\nper_day = "much"\n')
    assert looked(rig)["settings"].verdict == "bad"


def test_missing_packages_are_named(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    from ergos.app import upgrade

    monkeypatch.setattr(upgrade, "requires", lambda _: ["nowhere-to-be-found>=1", "msgspec>=99", "x; extra == 'y'"])
    found = looked(rig)["packages"].found
    assert "nowhere-to-be-found is missing" in found
    assert f"msgspec is {metadata.version('msgspec')}" in found
    monkeypatch.setattr(upgrade, "requires", lambda _: ["msgspec>=0.19,<99", "typer"])
    assert looked(rig)["packages"].verdict == "good"
