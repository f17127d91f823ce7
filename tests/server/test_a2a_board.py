"""A task is a process: begun once, gone on with, listed, stopped; and another peer's is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.buses.a2a.ports import Query, StatusMoved, TaskRefused
from ergos.kernel.peers import PeerSettings
from tests.runtime.kernels import Rig
from tests.server.peering import ACME, GLOBEX, Known, Office, office, said


def test_a_task_is_a_process_of_its_own_under_the_owner_and_untrusted(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        following = await here.board.send(ACME, said("hello"), None)
        view = await following.settled(None)
        assert view.status.state == "input-required"  # type: ignore[union-attr]
        (process,) = rig.disk.processes.values()
        assert (process.owner, process.agent, process.label.integrity) == ("alice", "clerk@acme", "untrusted")
        ended = await (await here.board.send(ACME, said("stop", task_id=following.first.id), None)).settled(None)
        assert ended.status.state == "completed"  # type: ignore[union-attr]
        assert len(rig.disk.processes) == 1

    office(tmp_path, scenario)


def test_the_same_message_begins_one_task(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        first = await here.board.send(ACME, said("hello"), None)
        again = await here.board.send(ACME, said("hello"), None)
        assert again.first.id == first.first.id
        assert (await here.board.send(GLOBEX, said("hello"), None)).first.id != first.first.id
        assert (await here.board.send(ACME, said("hello", context_id="other"), None)).first.id != first.first.id
        assert len(rig.disk.processes) == 3

    office(tmp_path, scenario)


def test_where_it_is_said_so_the_same_message_begins_another(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        assert (await here.board.send(ACME, said("a"), None)).first.id != (
            await here.board.send(ACME, said("a"), None)
        ).first.id

    office(tmp_path, scenario, repeats=False)


def test_another_peers_task_is_not_there(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        task = (await here.board.send(ACME, said("hello"), None)).first.id
        assert await here.board.get(GLOBEX, task) is None
        assert (await here.board.list(GLOBEX, Query())).tasks == ()
        for asking in (here.board.cancel, here.board.follow):
            with pytest.raises(TaskRefused) as refused:
                await asking(GLOBEX, task)
            assert refused.value.why == "no-task"
        with pytest.raises(TaskRefused) as refused:
            await here.board.send(GLOBEX, said("x", task_id=task), None)
        assert refused.value.why == "no-task"

    office(tmp_path, scenario)


def test_a_stopped_task_is_stopped_and_stays_so(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        task = (await here.board.send(ACME, said("hello"), None)).first.id
        assert (await here.board.cancel(ACME, task)).status.state == "canceled"
        with pytest.raises(TaskRefused) as refused:
            await here.board.cancel(ACME, task)
        assert refused.value.why == "not-cancelable"
        with pytest.raises(TaskRefused) as refused:
            await here.board.send(ACME, said("x", task_id=task), None)
        assert refused.value.why == "unsupported"

    office(tmp_path, scenario)


def test_who_streams_hears_everything_from_where_it_stood(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        late = await here.board.follow(ACME, begun.first.id)
        await here.board.send(ACME, said("stop", task_id=begun.first.id), None)
        for following, first in ((begun, "submitted"), (late, "input-required")):
            assert following.first.status.state == first
            states = [one.status.state async for one in following.events() if isinstance(one, StatusMoved)]
            assert states[-1] == "completed"
            assert states.count("completed") == 1

    office(tmp_path, scenario)


def test_what_a_peer_may_not_is_refused_before_anything_begins(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        await here.board.send(ACME, said("one"), None)
        with pytest.raises(TaskRefused, match="under way"):
            await here.board.send(ACME, said("two"), None)
        with pytest.raises(TaskRefused, match="no peer"):
            await here.board.send(here_nobody, said("x"), None)
        assert len(rig.disk.processes) == 1
        assert (await here.board.allowance(ACME)) == {"tasksAtOnce": 1}

    from ergos.buses.a2a.ports import Caller

    here_nobody = Caller("nobody")
    office(tmp_path, scenario, Known(acme=PeerSettings(name="acme", tasks_max=1)))


def test_a_mailbox_takes_so_many_messages_of_a_peer(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        await here.kernel.desk.signal(next(iter(rig.disk.processes)), "pause", "alice")
        for number in range(32):
            await here.board.send(ACME, said(f"n{number}", task_id=begun.first.id), None)
        with pytest.raises(TaskRefused, match="not read"):
            await here.board.send(ACME, said("one more", task_id=begun.first.id), None)

    office(tmp_path, scenario)


def test_tokens_of_pages_are_read_or_refused(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        ids = [(await here.board.send(ACME, said(f"t{number}"), None)).first.id for number in range(3)]
        first = await here.board.list(ACME, Query(size=2))
        second = await here.board.list(ACME, Query(size=2, after=first.next))
        assert {view.id for view in (*first.tasks, *second.tasks)} == set(ids)
        assert second.next == ""
        with pytest.raises(TaskRefused):
            await here.board.list(ACME, Query(after="x"))

    office(tmp_path, scenario)
