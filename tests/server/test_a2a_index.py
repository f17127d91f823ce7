"""The index finds a peer's tasks and nobody else's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ergos.base.errors import StoreError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import Query
from ergos.server.a2a_index import TaskIndex, TaskRow


def _row(pid: int, peer: str = "acme", **more: object) -> TaskRow:
    values: dict[str, object] = {
        "pid": Pid(pid), "peer": peer, "agent": "news", "context": "c", "repeat": f"r{pid}", "made_ns": pid, "changed_ns": pid, "state": "working", **more,
    }  # fmt: skip
    return TaskRow(**values)  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path) -> TaskIndex:
    return TaskIndex(tmp_path / "a2a.db")


def test_the_file_is_its_owners_alone_and_outlives_the_kernel(tmp_path: Path):
    index = TaskIndex(tmp_path / "a2a.db")
    index.put(_row(1))
    index.close()
    assert stat.S_IMODE((tmp_path / "a2a.db").stat().st_mode) == 0o600
    again = TaskIndex(tmp_path / "a2a.db")
    assert again.noted(Pid(1)) == _row(1)
    again.close()
    (tmp_path / "bad").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    with pytest.raises(StoreError):
        TaskIndex(tmp_path / "bad")


def test_a_task_is_found_by_its_peer_and_agent_only(index: TaskIndex):
    index.put(_row(1))
    assert index.task(Pid(1), "acme", "news") == _row(1)
    for peer, agent in (("globex", "news"), ("acme", "other"), ("", "")):
        assert index.task(Pid(1), peer, agent) is None
        assert index.repeated(peer, agent, "r1", 0) is None
    assert index.repeated("acme", "news", "r1", 0) == _row(1)
    assert index.repeated("acme", "news", "r1", 2) is None
    index.close()


def test_what_is_noted_twice_stays_as_it_became(index: TaskIndex):
    index.put(_row(1))
    index.change(Pid(1), "completed", 9, 5, hidden=True)
    index.put(_row(1))
    found = index.noted(Pid(1))
    assert found is not None
    assert (found.state, found.changed_ns, found.told, found.hidden) == ("completed", 9, 5, True)
    assert index.open_tasks() == []
    index.close()


def test_pages_are_in_order_without_gaps_whatever_changes_between(index: TaskIndex):
    for pid in range(1, 8):
        index.put(_row(pid, changed_ns=100))  # all at the same time
    index.put(_row(50, peer="globex"))
    query = Query(size=3)
    first, total = index.page("acme", "news", query, None)
    assert total == 7
    assert [row.pid for row in first[:3]] == [7, 6, 5]
    index.put(_row(60, changed_ns=200))
    second, _ = index.page("acme", "news", query, (100, 5))
    assert [row.pid for row in second[:3]] == [4, 3, 2]
    assert index.page("acme", "news", Query(state="completed"), None) == ([], 0)
    assert index.page("acme", "news", Query(changed_after_ns=100), None)[1] == 1
    index.close()


def test_what_began_today_or_goes_on_counts(index: TaskIndex):
    index.put(_row(1, made_ns=10, state="working"))
    index.put(_row(2, made_ns=10))
    index.change(Pid(2), "completed", 11, 1, hidden=False)
    index.put(_row(3, made_ns=100))
    assert sorted(row.pid for row in index.since("acme", 50)) == [1, 3]
    index.close()


def test_marks_are_kept(index: TaskIndex):
    assert index.mark("pid") == 0
    index.put_mark("pid", 7)
    assert index.mark("pid") == 7
    index.close()


def test_a_statement_that_fails_is_an_error_of_the_store(index: TaskIndex):
    index.close()
    with pytest.raises(StoreError):
        index.mark("pid")
