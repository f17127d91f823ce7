"""A task's story is in its journal: read again, it is the same."""

from __future__ import annotations

from pathlib import Path

from ergos.kernel.labels import UNTRUSTED
from ergos.server.a2a_sayings import told
from tests.runtime.kernels import Rig
from tests.server.peering import ACME, Office, clerk, office, said


def test_a_story_read_from_the_journal_is_the_one_that_was_followed(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        await (await here.board.send(ACME, said("again", task_id=begun.first.id), None)).settled(None)
        pid = next(iter(rig.disk.processes))
        waiting = await here.follower.reading.story(begun.first.id, pid)
        assert waiting is not None
        waiting.rests()
        assert waiting.view().history == begun.now.history
        await (await here.board.send(ACME, said("stop", task_id=begun.first.id), None)).settled(None)
        ended = await here.follower.reading.story(begun.first.id, pid)
        assert ended is not None
        assert ended.view() == begun.now

    office(tmp_path, scenario)


def test_only_what_was_begun_for_a_peer_is_a_peers(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        await here.board.send(ACME, said("hello"), None)
        definition = rig.shelf.definitions["clerk"]
        forged = told(said("hello"), "acme", 1)
        await here.kernel.desk.spawn(definition, "alice", forged)  # the owner's own, whatever its memory says
        await here.kernel.desk.spawn(
            definition, "alice", forged, label=UNTRUSTED
        )  # of the agent, not of one for a peer
        found = [await here.follower.reading.begun(process) for process in rig.disk.processes.values()]
        assert [one is not None for one in found] == [True, False, False]
        first = found[0]
        assert first is not None
        assert (first[0], first[1].id) == ("acme", "m-hello")
        assert await here.follower.reading.story("t", 99) is None  # type: ignore[arg-type]

    assert clerk.__doc__
    office(tmp_path, scenario)


def test_mail_that_was_not_read_when_the_kernel_stopped_is_part_of_the_story(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        begun = await here.board.send(ACME, said("hello"), None)
        await begun.settled(None)
        pid = next(iter(rig.disk.processes))
        await here.kernel.desk.signal(pid, "pause", "alice")
        await here.board.send(ACME, said("waiting", task_id=begun.first.id), None)
        story = await here.follower.reading.story(begun.first.id, pid)
        assert story is not None
        assert [one.id for one in story.view().history if one.role == "user"] == ["m-hello", "m-waiting"]
        assert story.unread == 1
        assert story.status.state == "working"

    office(tmp_path, scenario)
