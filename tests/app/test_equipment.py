"""The tools of a real kernel: nothing is opened before it is needed, STOP ends what runs, servers ask their owner."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from ergos.app.equipment import Equipment, JoinedMounts, _given, _Ways
from ergos.app.home import Home, home_at, kernel_on, load_with, reading
from ergos.base.canonical import Plain
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import UsageError, WorldError
from ergos.base.ids import Digest, Pid
from ergos.drivers.host import FileSigner
from ergos.drivers.sandbox.sandboxes import NoSandboxes, open_sandboxes
from ergos.kernel.egress import EgressRule, EgressRules
from ergos.kernel.mounts import Declined, Given, Offer, Question
from ergos.kernel.process import State
from ergos.kernel.rows import Item
from ergos.lib.folder import FolderPrograms
from ergos.runtime.kernel import Kernel

T = TypeVar("T")

SERVER = """
import json, sys

TOOL = {"name": "ask", "description": "Asks.", "inputSchema": {"type": "object", "properties": {}},
        "annotations": {"readOnlyHint": True}}
ASKED = {"message": "Which colour?", "requestedSchema":
         {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}}

def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

print("no message", file=sys.stderr, flush=True)
for line in sys.stdin:
    said = json.loads(line)
    method, number = said.get("method"), said.get("id")
    if method == "initialize":
        say(id=number, result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                               "serverInfo": {"name": "ours", "version": "1"}})
    elif method == "tools/list":
        say(id=number, result={"tools": [TOOL]})
    elif method == "tools/call":
        say(id="q", method="elicitation/create", params=ASKED)
        call = number
    elif method is None and number == "q":
        say(id=call, result={"content": [{"type": "text", "text": json.dumps(said["result"])}]})
    elif number is not None:
        say(id=number, error={"code": -32601, "message": "unknown"})
"""
ASKER = """
from ergos.lib.agent import Context, agent, may


@agent(grants=[may("act", "ours.ask")])
async def asker(ctx: Context):
    return await ctx.act("ours.ask")
"""
SLEEPER = """
from ergos.lib.agent import Context, agent, may


@agent(grants=[may("act", "shell.run")])
async def sleeper(ctx: Context):
    return await ctx.act("shell.run", command="echo begun; sleep 1000")
"""


@pytest.fixture(autouse=True)
def able(tmp_path: Path) -> None:
    """A sandbox, or nothing to test."""
    found = open_sandboxes(tmp_path / "trial")
    found.close()
    if isinstance(found, NoSandboxes):
        pytest.skip(f"this machine has no sandbox: {found.why}")


def served(tmp_path: Path) -> Home:
    """A home with our little server."""
    (tmp_path / "server").mkdir(exist_ok=True)
    (tmp_path / "server" / "ours.py").write_text(SERVER)
    folder = tmp_path / "home"
    folder.mkdir(exist_ok=True)
    reads = sorted({str(tmp_path / "server"), sys.prefix, str(Path(sys.executable).resolve().parent.parent)})
    (folder / "settings.toml").write_text(
        f"[mcp.servers.ours]\ncommand = {json.dumps(sys.executable)}\n"
        f"args = [{json.dumps(str(tmp_path / 'server' / 'ours.py'))}]\nreads = {json.dumps(reads)}\n"
    )
    return home_at(folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look until there is something."""
    for _ in range(3_000):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited for {what} in vain")


async def item_of(kernel: Kernel) -> Item:
    """What waits for a person, once something does."""

    async def look() -> Item | None:
        found = await kernel.machine.store.items(None, 9)
        return found[0] if found else None

    return await until(look, "an inbox item")


async def spawned(kernel: Kernel, programs: FolderPrograms, folder: Path, source: str) -> Pid:
    path = folder / "agent.py"
    path.write_text(source)
    return await kernel.desk.spawn(load_with(programs)(path, {}), "me")


async def approved(kernel: Kernel) -> Offer:
    """Our server's definitions, looked at and pinned."""
    servers = kernel.machine.parts.servers
    assert servers is not None
    offer = msgspec.convert(await servers.look("ours"), Offer)
    await kernel.desk.pin("ours", offer.pin.digest, offer.pin.plain, "me")
    return offer


def test_a_kernel_that_needs_no_tool_opens_none_of_it(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, os, sys
        from pathlib import Path
        from ergos.app.home import home_at, kernel_on, load_with
        from ergos.lib.folder import FolderPrograms
        folder = Path(sys.argv[1])
        (folder / "hello.py").write_text('''
        from ergos.lib.agent import Context, agent
        @agent()
        async def hello(ctx: Context):
            return "hello"
        '''.replace(chr(10) + " " * 8, chr(10)))
        async def play():
            programs = FolderPrograms()
            async with kernel_on(home_at(folder / "home", {"HOME": str(folder)}), programs) as kernel:
                pid = await kernel.desk.spawn(load_with(programs)(folder / "hello.py", {}), "me")
                ended = await kernel.desk.end_of(pid)
                below = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
                return ended.outcome, below
        outcome, below = asyncio.run(play())
        heavy = [name for name in ("mcp", "pydantic", "httpx", "cedarpy", "keyring", "duckdb") if name in sys.modules]
        print(outcome, below, heavy, (folder / "home" / "scratch").exists())
    """)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "hello [] [] False", done.stderr


def test_two_kernels_of_one_process_have_their_own(tmp_path: Path) -> None:
    async def play() -> None:
        homes = [home_at(tmp_path / name, {"HOME": str(tmp_path)}) for name in ("one", "two")]
        first, second = FolderPrograms(), FolderPrograms()
        (tmp_path / "one").mkdir()
        async with kernel_on(homes[0], first) as one, kernel_on(homes[1], second) as two:
            slow = await spawned(one, first, tmp_path, SLEEPER)
            await until(lambda: _flying(one, slow), "the shell of the first")
            await two.desk.halt("me", on=True)
            assert await _flying(one, slow)
            await one.desk.halt("me", on=True)

    asyncio.run(play())


async def _flying(kernel: Kernel, pid: Pid) -> bool:
    """Whether a job of this process runs."""
    sandboxes = kernel.machine.parts.sandboxes
    found = getattr(sandboxes, "_found", None)
    return found is not None and any(job.pid == pid for job in found._jobs)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_owners_word_ends_a_running_shell_and_the_outcome_says_so(tmp_path: Path, how: str) -> None:
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})

    async def play() -> None:
        programs = FolderPrograms()
        async with kernel_on(home, programs) as kernel:
            pid = await spawned(kernel, programs, tmp_path, SLEEPER)
            await until(lambda: _flying(kernel, pid), "the shell")
            if how == "stop":
                await kernel.desk.halt("me", on=True)
            else:
                await kernel.desk.signal(pid, "kill", "me")

            async def gone() -> bool:
                return not await _flying(kernel, pid)

            await asyncio.wait_for(until(gone, "the end of the shell"), 30)
            if how == "stop":
                assert not await _flying(kernel, pid)
                await kernel.desk.signal(pid, "kill", "me")
            ended = await asyncio.wait_for(kernel.desk.end_of(pid), 30)
            assert ended.process.state is State.KILLED
        async with reading(home) as reads:
            bodies = [record.body.decode() async for record in reads.records(pid=pid)]
        results = [body for body in bodies if '"k":"result"' in body]
        if how == "stop":  # it is known what became of it, and it was not begun again while STOP was in force
            assert len(results) == 1
            assert "ended from outside" in results[0]
            assert sum('"k":"intent"' in body or '"k":"repeat"' in body for body in bodies) == 1

    asyncio.run(play())


def test_a_server_asks_its_owner_in_the_inbox_and_hears_the_answer(tmp_path: Path) -> None:
    home = served(tmp_path)

    async def play() -> tuple[Item, Plain, tuple[str, ...]]:
        programs = FolderPrograms()
        async with kernel_on(home, programs) as kernel:
            assert kernel.machine.parts.mounts is not None
            assert kernel.machine.parts.mounts.tool("ours.ask") is None
            await approved(kernel)
            pid = await spawned(kernel, programs, tmp_path, ASKER)
            item = await item_of(kernel)
            await kernel.desk.answer(item.id, "answer", "me", "blue")
            ended = await asyncio.wait_for(kernel.desk.end_of(pid), 60)
            with pytest.raises(UsageError, match="nothing open"):
                await kernel.desk.answer(item.id, "answer", "me", "red")
            assert kernel.machine.parts.servers is not None
            return item, ended.outcome, kernel.machine.parts.servers.log("ours")

    item, outcome, log = asyncio.run(play())
    assert item.kind == "question"
    assert item.owner == "me"
    assert "ours asks, in the middle of" in item.text
    assert "Which colour?" in item.text
    assert "blue" in json.dumps(outcome)
    assert "accept" in json.dumps(outcome)
    assert isinstance(log, tuple)


def test_an_owner_is_taken_to_where_they_sign_in_and_says_where_they_were_sent_back_to(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})

    async def play() -> None:
        async with kernel_on(home, FolderPrograms()) as kernel:
            found = kernel.machine.parts.servers
            assert isinstance(found, Equipment)
            visiting = asyncio.ensure_future(found.visit("hub", "https://sign.in/?state=1"))
            item = await item_of(kernel)
            assert (item.kind, item.owner, item.pid) == ("question", "me", Pid(0))
            assert "https://sign.in/?state=1" in item.text
            await kernel.desk.answer(item.id, "answer", "me", "http://127.0.0.1:8765/callback?code=2")
            assert await visiting == "http://127.0.0.1:8765/callback?code=2"
            left = asyncio.ensure_future(found.visit("hub", "https://sign.in/?state=2"))
            await item_of(kernel)
            left.cancel()
            await asyncio.wait({left})
            await kernel.machine.store.flush()
            assert await kernel.machine.store.items(None, 9) == ()

    asyncio.run(play())


def test_what_was_approved_is_there_again_before_the_first_process_runs(tmp_path: Path) -> None:
    home = served(tmp_path)

    async def play() -> None:
        async with kernel_on(home, FolderPrograms()) as kernel:
            await approved(kernel)
        async with kernel_on(home, FolderPrograms(), drive=False) as kernel:
            mounts = kernel.machine.parts.mounts
            assert mounts is not None
            assert "ours.ask" in mounts.names()
            await kernel.desk.pin("ours", Digest(""), None, "me")
            assert mounts.tool("ours.ask") is None
        async with kernel_on(home, FolderPrograms(), drive=False) as kernel:
            assert kernel.machine.parts.mounts is not None
            assert kernel.machine.parts.mounts.tool("ours.ask") is None

    asyncio.run(play())


def test_a_server_that_left_the_settings_takes_its_tools_along(tmp_path: Path) -> None:
    home = served(tmp_path)

    async def play() -> None:
        async with kernel_on(home, FolderPrograms()) as kernel:
            await approved(kernel)
        home.folder.joinpath("settings.toml").write_text("")
        bare = home_at(home.folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
        async with kernel_on(bare, FolderPrograms(), drive=False) as kernel:
            assert kernel.machine.parts.mounts is not None
            assert kernel.machine.parts.mounts.tool("ours.ask") is None
            assert kernel.machine.parts.servers is not None
            with pytest.raises(UsageError, match="no server of tools"):
                await kernel.machine.parts.servers.look("ours")

    asyncio.run(play())


# Its parts


def equipment(tmp_path: Path, home: Home | None = None) -> Equipment:
    here = home or home_at(tmp_path / "home", {"HOME": str(tmp_path)})
    here.make()
    return Equipment(here.settings, FileSigner(here.key), SeededEntropy(0))


def test_a_server_reaches_no_more_than_it_names_and_no_more_than_its_owner_allows(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})
    rules = EgressRules(tuple(EgressRule(name=name, host=f"{name}.example") for name in ("a", "b")))
    found = equipment(tmp_path, Home(msgspec.structs.replace(home.settings, egress=rules)))
    assert [rule.name for rule in found.rules_for(("a.example", "c.example")).rules] == ["a"]
    assert found.rules_for(()).rules == ()


def test_a_server_that_is_started_again_keeps_its_way_when_the_one_before_is_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def play() -> None:
        ways = _Ways(equipment(tmp_path))
        before, after = [Path(await ways.open("ours", ())) for _ in range(2)]
        await ways.close(str(before))
        assert not before.parent.exists()
        _, writer = await asyncio.open_unix_connection(after)
        writer.close()
        await writer.wait_closed()
        await ways.close(str(after))

    asyncio.run(play())
    assert not list(tmp_path.glob("ergos-way-*"))


def test_a_way_that_cannot_be_opened_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 100)  # a socket's path has at most about 108 bytes
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(WorldError, match="the socket"):
        asyncio.run(_Ways(equipment(tmp_path)).open("ours", ()))
    assert not list(deep.iterdir())


def test_without_a_kernel_nobody_is_asked(tmp_path: Path) -> None:
    found = equipment(tmp_path)
    question = Question(server="s", tool="t", pid=Pid(1), owner="me", kind="form", message="?", schema={})
    assert isinstance(asyncio.run(found.ask(question)), Declined)
    with pytest.raises(UsageError, match="nobody is there"):
        asyncio.run(found.visit("s", "https://sign.in"))


@pytest.mark.parametrize(
    ("answer", "given"),
    [
        ("blue", Given({"colour": "blue"})),
        ({"colour": "red", "more": 1}, Given({"colour": "red", "more": 1})),
        (" Decline ", None),
        ("拒绝", None),
        (7, Given({"colour": 7})),
    ],
)
def test_an_answer_becomes_the_fields_of_the_form(answer: Plain, given: Given | None) -> None:
    form: dict[str, Plain] = {"properties": {"colour": {"type": "string"}}}
    question = Question(server="s", tool="t", pid=Pid(1), owner="me", kind="form", message="?", schema=form)
    found = _given(question, answer)
    assert found == given if given is not None else isinstance(found, Declined)
    two = msgspec.structs.replace(question, schema={"properties": {"a": {}, "b": {}}})
    if not isinstance(answer, dict):
        assert isinstance(_given(two, answer), Declined)


class One:
    """A mount of one tool."""

    def __init__(self, name: str, why: str = "") -> None:
        self.name, self.why = name, why

    def tool(self, name: str) -> object:
        return self if name == self.name else None

    def why_not(self, name: str) -> str:
        return self.why if name == "off" else ""

    def names(self) -> tuple[str, ...]:
        return (self.name,)


def test_of_two_tools_with_one_name_the_first_is_meant() -> None:
    first, second = One("a"), One("a", "it changed")
    joined = JoinedMounts((first, second, One("b")))  # type: ignore[arg-type]
    assert joined.tool("a") is first
    assert joined.tool("c") is None
    assert joined.why_not("off") == "it changed"
    assert joined.names() == ("a", "b")


@pytest.mark.parametrize("how", ["another text", "another server", "no pin at all"])
def test_a_pin_that_is_not_what_its_digest_says_mounts_nothing(tmp_path: Path, how: str) -> None:
    home = served(tmp_path)

    async def play() -> None:
        async with kernel_on(home, FolderPrograms()) as kernel:
            offer = await approved(kernel)
            text = json.dumps(offer.pin.plain)
            damaged = {
                "another text": json.loads(text.replace("Asks.", "Asks for keys.")),
                "another server": json.loads(text.replace('"ours"', '"others"')),
                "no pin at all": ["x"],
            }[how]
            mounts = kernel.machine.parts.mounts
            assert mounts is not None
            assert mounts.tool("ours.ask") is not None
            await kernel.desk.pin("ours", offer.pin.digest, damaged, "me")
            assert mounts.tool("ours.ask") is None
        async with kernel_on(home, FolderPrograms(), drive=False) as kernel:
            assert kernel.machine.parts.mounts is not None
            assert kernel.machine.parts.mounts.tool("ours.ask") is None

    asyncio.run(play())
