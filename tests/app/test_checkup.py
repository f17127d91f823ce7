"""The checkup: every finding that is not good says what to do."""

from __future__ import annotations

import asyncio

from ergos.app.checkup import checkup
from ergos.app.client import bring_down
from ergos.app.daemon import launch
from ergos.app.home import Home, kernel_on
from ergos.base.clock import SECOND
from ergos.lib.folder import FolderPrograms


def test_a_good_machine_is_found_good_and_nothing_is_left_behind(home: Home):
    findings = {finding.subject: finding for finding in checkup(home)}
    assert findings["sqlite"].verdict == "good"
    assert "WAL" in findings["sqlite"].found
    assert not home.folder.exists()
    assert [path.name for path in home.folder.parent.iterdir()] == []
    for finding in findings.values():
        assert finding.verdict == "good" or finding.remedy or finding.subject == "home"


def test_a_kernel_that_does_not_answer_is_found(home: Home):
    async def play() -> None:
        async with kernel_on(home, FolderPrograms()):
            findings = await asyncio.to_thread(checkup, home)
        (kernel,) = [finding for finding in findings if finding.subject == "kernel"]
        assert kernel.verdict == "bad"
        assert kernel.remedy

    asyncio.run(play())


def test_a_running_kernel_is_named(home: Home):
    launch(home)
    (kernel,) = [finding for finding in checkup(home) if finding.subject == "kernel"]
    asyncio.run(bring_down(home))
    assert kernel.verdict == "good"
    assert "process" in kernel.found


def test_an_open_socket_or_home_is_found(home: Home):
    home.make()
    home.folder.chmod(0o755)
    home.socket.touch(mode=0o666)
    home.socket.chmod(0o666)
    found = {finding.subject: finding.verdict for finding in checkup(home)}
    assert (found["home"], found["socket"]) == ("note", "bad")


def test_a_clock_that_was_far_ahead_is_found(home: Home):
    async def ahead() -> None:
        async with kernel_on(home, FolderPrograms()) as kernel:
            kernel.machine.parts.clock.not_before(kernel.machine.tick() + 86_400 * SECOND)
            await kernel.desk.halt("alice", on=True)

    asyncio.run(ahead())
    (clock,) = [finding for finding in checkup(home) if finding.subject == "clock"]
    assert clock.verdict == "bad"
    assert "behind the newest record" in clock.found
