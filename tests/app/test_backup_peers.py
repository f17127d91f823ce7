"""What peers were promised is in a backup, and what was revoked stays so."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ergos.app.backup_peers import INDEX, REVOKED, all_revoked, check_index, copy_index
from ergos.base.errors import VerificationError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import PushConfig
from ergos.server.a2a_index import FILE, TaskIndex, TaskRow
from ergos.server.a2a_outbox import Outbox
from tests.app.backup_rig import Rig

ROW = TaskRow(pid=Pid(1), peer="p", agent="a", context="c", repeat="", made_ns=1, changed_ns=1, state="working")


def _filled(path: Path) -> TaskIndex:
    index = TaskIndex(path)
    index.put(ROW)
    Outbox(index).put_push(Pid(1), PushConfig(id="x", url="https://example.org/hook"))
    return index


def test_where_peers_want_to_be_told_is_copied_while_it_is_written(tmp_path: Path):
    index = _filled(tmp_path / FILE)
    assert FILE == INDEX
    assert copy_index(tmp_path / FILE, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("copy")] == ["copy"]
    check_index(tmp_path / "copy")
    index.put(TaskRow(pid=Pid(2), peer="p", agent="a", context="", repeat="", made_ns=1, changed_ns=1, state="working"))
    index.close()
    copied = TaskIndex(tmp_path / "copy")
    assert [row.pid for row in copied.open_tasks()] == [1]
    assert [one.url for one in Outbox(copied).pushes(Pid(1))] == ["https://example.org/hook"]
    copied.close()
    assert not copy_index(tmp_path / "none", tmp_path / "other")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER t AFTER INSERT ON task BEGIN DELETE FROM push; END",
        "CREATE VIEW v AS SELECT * FROM task",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
    ],
)
def test_an_index_with_something_that_runs_is_not_restored(tmp_path: Path, sql: str):
    _filled(tmp_path / FILE).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as base:
        base.execute(sql)
        base.commit()
    with pytest.raises(VerificationError):
        check_index(tmp_path / FILE)
    (tmp_path / "garbage").write_bytes(b"x" * 5_000)
    with pytest.raises(VerificationError):
        check_index(tmp_path / "garbage")
    check_index(tmp_path / "none")


def test_what_either_revoked_is_revoked():
    assert all_revoked(None, None) is None
    assert all_revoked(b'{"revoked":{"a":1}}', None) == b'{"revoked":{"a":1}}'
    both = all_revoked(b'{"revoked":{"a":1,"b":9}}', b'{"revoked":{"b":2,"c":3}}')
    assert both is not None
    assert json.loads(both)["revoked"] == {"a": 1, "b": 9, "c": 3}
    assert all_revoked(b'{"revoked":{"a":1}}', b"garbage") == b"garbage"


def test_a_restored_home_knows_its_peers_and_lets_no_revoked_token_in(tmp_path: Path):
    rig = Rig(tmp_path)

    async def play() -> None:
        await rig.begin()
        folder = rig.home.folder
        _filled(folder / INDEX).close()
        (folder / REVOKED).write_text('{"revoked":{"early":9}}')
        (folder / "access.json").write_text('{"then":1}')
        (folder / "views.db").write_text("made anew any time")
        made = await rig.keep()
        assert {part.name for part in made.manifest.parts} == {"ergos.db", INDEX, REVOKED}
        assert [path.name for path in rig.folder.iterdir() if "draft" in path.name] == []
        (folder / INDEX).unlink()
        (folder / REVOKED).write_text('{"revoked":{"late":9}}')
        (folder / "access.json").write_text('{"now":1}')
        await rig.bring_back(replace=True)
        index = TaskIndex(folder / INDEX)
        assert [one.url for one in Outbox(index).pushes(Pid(1))] == ["https://example.org/hook"]
        index.close()
        assert json.loads((folder / REVOKED).read_text())["revoked"] == {"early": 9, "late": 9}
        assert (folder / "access.json").read_text() == '{"now":1}'
        shutil.rmtree(folder)
        await rig.bring_back()
        assert json.loads((folder / REVOKED).read_text())["revoked"] == {"early": 9}
        assert not (folder / "access.json").exists()

    asyncio.run(play())
