"""Every request is performed, and its answer survives the wire."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from ergos.app.home import facts_of, home_at, kernel_on, load_with
from ergos.base.errors import ErgosError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.process import State
from ergos.lib.folder import FolderPrograms
from ergos.runtime.control import (
    Answer,
    AnyReply,
    AnyRequest,
    EndOf,
    Fine,
    Live,
    Processes,
    QueueView,
    Schedule,
    Scheduling,
    Send,
    Sign,
    Signal,
    Signed,
    Spawn,
    Standing,
    Status,
    StatusOf,
    Stop,
)
from ergos.runtime.operations import Operations

AGENT = """
from ergos.lib.agent import Context, agent


@agent()
async def clerk(ctx: Context):
    said = await ctx.receive()
    name = await ctx.ask("who?")
    return [said.body, name]
"""


def test_a_process_is_started_told_answered_and_ends(tmp_path: Path):
    (tmp_path / "clerk.py").write_text(AGENT)
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})

    async def play() -> list[AnyReply]:
        programs = FolderPrograms()
        async with kernel_on(home, programs) as kernel:
            stopped: list[bool] = []
            operations = Operations(kernel, load_with(programs), facts_of(kernel), lambda: stopped.append(True))

            async def perform(request: AnyRequest) -> AnyReply:
                reply = await operations.perform(request)
                return msgspec.json.decode(msgspec.json.encode(reply), type=AnyReply)

            replies = [await perform(Spawn(path=str(tmp_path / "clerk.py"), owner="me"))]
            replies.append(await perform(Send(pid=Pid(1), body="hello")))
            for _ in range(500):
                if await kernel.machine.store.items(None, 9):
                    break
                await asyncio.sleep(0.01)
            replies.append(await perform(Processes()))
            replies.append(await perform(StatusOf()))
            replies.append(await perform(Answer(number=1, verdict="answer", by="me", value="bob")))
            replies.append(await perform(EndOf(pid=Pid(1))))
            replies.append(await perform(Sign()))
            replies.append(await perform(Stop()))
            with pytest.raises(UnknownProcessError):
                await perform(EndOf(pid=Pid(99)))
            with pytest.raises(UsageError):
                await perform(Answer(number=1, verdict="answer", by="me"))
            assert stopped == [True]
            operations.close()
            return replies

    spawned, sent, live, status, answered, ended, signed, stop = asyncio.run(play())
    assert (spawned, sent, answered, stop) == (Fine(pid=Pid(1)), Fine(pid=Pid(1)), Fine(pid=Pid(1)), Fine())
    assert isinstance(live, Live)
    assert live.processes[0].calls == ("ask owner",)
    assert isinstance(status, Status)
    assert status.states == {"waiting": 1}
    assert ended == Standing(pid=Pid(1), state=State.DONE, ended=True)
    assert isinstance(signed, Signed)
    assert signed.seq > 0


def test_code_that_raises_anything_while_it_is_loaded_is_a_definition_error(tmp_path: Path):
    load = load_with(FolderPrograms())
    for number, line in enumerate(
        ("1 / 0", "raise SystemExit(3)", "def", "import nope", "raise BaseException" + "Group('x', [Exception()])")
    ):
        (tmp_path / f"a{number}.py").write_text(line)
        with pytest.raises(ErgosError) as caught:
            load(tmp_path / f"a{number}.py", {})
        assert caught.value.code.startswith("E2")


LOAF = """
import asyncio

from ergos.lib.agent import Context, agent
from ergos.lib.tool import tool


@tool(effect="pure", queue="ovens")
async def bake() -> str:
    await asyncio.sleep(3600)
    return "bread"


@agent(grants=[may("act", "bake")])
async def baker(ctx: Context):
    return await ctx.act("bake")
"""


def test_what_runs_and_waits_in_a_queue_of_tools_is_told(tmp_path: Path):
    (tmp_path / "baker.py").write_text(LOAF.replace("Context, agent", "Context, agent, may"))
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})
    home = msgspec.structs.replace(home, settings=msgspec.structs.replace(home.settings, concurrency={"ovens": 2}))

    async def play() -> AnyReply:
        programs = FolderPrograms()
        async with kernel_on(home, programs) as kernel:
            operations = Operations(kernel, load_with(programs), facts_of(kernel), lambda: None)
            for _ in range(5):
                await operations.perform(Spawn(path=str(tmp_path / "baker.py"), owner="me"))
            reply = await operations.perform(Scheduling())
            for _ in range(500):
                assert isinstance(reply, Schedule)
                if [one.waiting for one in reply.tools] == [3]:
                    break
                await asyncio.sleep(0.01)
                reply = await operations.perform(Scheduling())
            for number in range(1, 6):
                await operations.perform(Signal(pid=Pid(number), name="kill", by="me"))
            operations.close()
            return msgspec.json.decode(msgspec.json.encode(reply), type=AnyReply)

    found = asyncio.run(play())
    assert isinstance(found, Schedule)
    assert found.tools == (QueueView(queue="ovens", running=2, waiting=3, concurrency=2),)
    assert (found.models.running, found.models.endpoints) == (0, ())


def test_what_is_not_the_owners_word_is_a_strangers(tmp_path: Path):
    (tmp_path / "clerk.py").write_text(AGENT)
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})

    async def play() -> list[str]:
        programs = FolderPrograms()
        async with kernel_on(home, programs, drive=False) as kernel:
            operations = Operations(kernel, load_with(programs), facts_of(kernel), lambda: None)
            spawn = Spawn(path=str(tmp_path / "clerk.py"), owner="me", memory="x")
            await operations.perform(msgspec.structs.replace(spawn, owners_word=False))
            await operations.perform(spawn)
            for pid, own in ((1, False), (1, True), (2, True)):
                await operations.perform(Send(pid=Pid(pid), body="pay", owners_word=own))
            operations.close()
            loaded = await kernel.machine.store.load((Pid(1), Pid(2)))
            found = [mail.label.integrity for one in loaded for mail in one.mail]
            return [*found, *(one.process.label.integrity for one in loaded)]

    assert asyncio.run(play()) == ["untrusted", "user", "user", "untrusted", "user"]
