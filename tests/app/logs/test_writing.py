"""The log follows the journal, holds no secret of the vault, and never stands in anybody's way."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ergos.app.home import Home, home_at, kernel_on, programs_of
from ergos.app.logs import writing
from ergos.app.logs.lines import Event
from ergos.app.logs.writing import Log, logging
from ergos.app.pulse import Pulse
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.base.world_errors import SecretError
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault.home_vault import HomeVault

CRASHER = """
from ergos.lib.agent import Context, agent


@agent()
async def crasher(ctx: Context):
    raise ValueError("the word is " + str((await ctx.receive()).body))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "crasher.py").write_text(CRASHER)
    return home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


def vault_of(home: Home) -> HomeVault:
    home.make()
    return HomeVault(home.folder, FileSigner(home.key), HostEntropy(), ring=lambda: None)


def played(home: Home, log: Log, word: str) -> None:
    async def play() -> None:
        programs = programs_of(home)
        async with kernel_on(home, programs) as kernel:

            async def head() -> int:
                await kernel.machine.store.flush()
                return (await kernel.machine.store.head()).seq

            pulse = Pulse(kernel, head)
            async with logging(home, log, pulse.moved):
                pid = await kernel.desk.spawn(programs.load(home.folder.parent / "crasher.py"), "me")
                await kernel.desk.send(pid, word)
                await asyncio.wait_for(kernel.desk.end_of(Pid(1)), 10)
                await asyncio.sleep(0.4)
            pulse.close()

    asyncio.run(play())


def test_what_happens_is_logged_line_by_line_and_no_secret_with_it(home: Home):
    vault, written = vault_of(home), list[str]()
    log = Log(written.append, "json", vault, home.folder / "secrets")
    vault.set("word", "open-sesame-1001")  # after the log began
    played(home, log, "open-sesame-1001")
    found = [json.loads(line) for line in written]
    assert {"process.started", "process.restarted", "process.failed"} <= {event["event"] for event in found}
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in written)
    assert not [line for line in written if "sesame" in line]
    assert "the word is [secret]" in found[-1]["what"]


def test_a_log_that_cannot_be_written_stops_nothing(home: Home):
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    played(home, Log(full, "text", vault_of(home), home.folder / "secrets"), "x")


def test_lines_for_which_there_is_no_room_are_counted_and_said(home: Home):
    room, written = [False], list[str]()

    def write(line: str) -> bool:
        if room[0]:
            written.append(line)
        return room[0]

    log = Log(write, "text", vault_of(home), home.folder / "secrets")
    for _ in range(3):
        log.say(Event(at_ns=0, level="info", event="x"))
    room[0] = True
    log.say(Event(at_ns=0, level="info", event="y"))
    assert [line.split()[2:] for line in written] == [["log.lost", "lines=3"], ["y"]]


def test_a_secret_that_cannot_be_read_stops_nothing():
    class Locked:
        def names(self) -> tuple[str, ...]:
            return ("a", "b")

        def get(self, name: str) -> str:
            if name == "a":
                raise SecretError("locked")
            return "value-of-b"

    written: list[str] = []
    log = Log(written.append, "text", Locked(), Path("/nonexistent"))
    log.say(Event(at_ns=0, level="info", event="x", fields={"what": "it is value-of-b"}))
    assert "value-of-b" not in written[0]

    class Broken(Locked):
        def names(self) -> tuple[str, ...]:
            raise ErgosError

    Log(written.append, "text", Broken(), Path("/nonexistent")).say(Event(at_ns=0, level="info", event="y"))
    assert written[1].endswith(" info y\n")


def test_what_is_too_far_behind_is_left_out_and_said(home: Home, monkeypatch: pytest.MonkeyPatch):
    from ergos.app.home import reading

    played(home, Log(lambda _: None, "text", vault_of(home), home.folder / "secrets"), "x")
    monkeypatch.setattr(writing, "BEHIND_MAX", 2)
    written: list[str] = []
    log = Log(written.append, "text", vault_of(home), home.folder / "secrets")

    async def play() -> None:
        async with reading(home) as reads:
            head = (await reads.head()).seq

            async def moved(after: int, _: float) -> int:
                if after >= head:
                    raise asyncio.CancelledError
                return head

            with pytest.raises(asyncio.CancelledError):
                await writing.Following(reads, log, moved, 0).run()

    asyncio.run(play())
    assert "log.left_out" in written[0]
