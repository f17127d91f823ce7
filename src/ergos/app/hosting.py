"""Runs a command as a process: in a sandbox whose only way out is the door, and its end is the process's.

Rules: the command gets a token of its own and no key of anybody's; what ends its process (a signal, STOP) ends the
command and all it started; a command that fails leaves its process waiting to be started again. Nothing of the
command's own output is touched. Without a sandbox it runs only where its owner said so.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import termios
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from ergos.app.client import ask
from ergos.app.enclosure import Shown, enclosed
from ergos.app.home import Home
from ergos.base.errors import ForeignTokenError, NotRunningError, UsageError, WorldError
from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxError
from ergos.drivers.egress.bridge import Bridge, Door
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.sandbox.running import RunningJob
from ergos.drivers.sandbox.sandboxes import open_sandboxes
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.egress import EgressRecord
from ergos.runtime.control import EndOf, Entered, Leave, Report, Signal, Standing

GRACE_S: Final = 5.0  # seconds a command gets between SIGTERM and SIGKILL
NOT_STARTED: Final = 127  # exit status of a command that was not found, as shells count
LOOK_S: Final = 1.0  # seconds between two looks for a kernel that has gone away

_HERE: Final = "127.0.0.1,localhost"
_KEYS: Final = (
    "OPENAI_", "AZURE_OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_API_KEY", "GOOGLE_GENAI_", "DASHSCOPE_", "DEEPSEEK_",
    "MISTRAL_", "CEREBRAS_", "GROQ_", "OPENROUTER_", "XAI_", "COHERE_", "CO_API_KEY", "TOGETHER_",
    "FIREWORKS_", "MOONSHOT_", "ZAI_", "ZHIPUAI_", "HF_TOKEN", "HUGGINGFACE", "OLLAMA_HOST", "LITELLM_",
)  # fmt: skip
"""What the names of variables begin with that hold a way to a model past the door."""


class Hosted(msgspec.Struct, frozen=True):
    """How a command ended."""

    status: int
    """Its exit status; 128 + n after signal n."""
    stopped: str = ""
    """Why its process was ended before the command was, or ''."""


def door_variables(url: str, token: str, pid: Pid) -> dict[str, str]:
    """The way to the door under the names that programs look for."""
    return {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": token,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": token,
        "ERGOS_URL": url,
        "ERGOS_MCP_URL": f"{url}/mcp",
        "ERGOS_TOKEN": token,
        "ERGOS_PID": str(pid),
    }


def environment(environ: Mapping[str, str], url: str, token: str, pid: Pid) -> dict[str, str]:
    """The variables of a command that runs without a sandbox: the way to the door, and no other way to a model."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_KEYS)}
    # A proxy of the environment would be asked for the door, too.
    past = ",".join(part for part in (kept.get("NO_PROXY") or kept.get("no_proxy", ""), _HERE) if part)
    return {**kept, **door_variables(url, token, pid), "NO_PROXY": past, "no_proxy": past}


async def host(home: Home, entered: Entered, leaving: asyncio.Event, shown: Shown | None) -> Hosted:
    """Run the command of a process until it ends or is ended.

    `shown`: what it sees besides its folder; None: it runs without a sandbox. Raises: UsageError, SandboxMissingError.
    """
    try:
        with _terminal_kept():
            if shown is None:
                return await _attended(home, entered, leaving, await _bare(entered))
            async with _confined(home, entered, shown) as running:
                return await _attended(home, entered, leaving, running)
    except (UsageError, SandboxError):
        if entered.life > 1:  # what it asked before stays known, for when its command can be started again
            await _leave(home, entered, NOT_STARTED)
        else:
            await ask(home, Signal(pid=entered.pid, name="kill", by="exec"))
        raise


@contextmanager
def _terminal_kept() -> Generator[None]:
    """Leave the terminal as it was found: a command that is ended cannot put back what it changed."""
    terminal = next((number for number in (0, 1, 2) if os.isatty(number)), None)
    if terminal is None:
        yield
        return
    before = termios.tcgetattr(terminal)
    try:
        yield
    finally:
        with suppress(termios.error):  # it was closed
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


async def _attended(home: Home, entered: Entered, leaving: asyncio.Event, started: Started) -> Hosted:
    watching = asyncio.ensure_future(_ended(home, entered.pid))
    left = asyncio.ensure_future(leaving.wait())
    running = asyncio.ensure_future(started.wait())
    try:
        await asyncio.wait({watching, left, running}, return_when=asyncio.FIRST_COMPLETED)
        stopped = watching.result() if watching.done() else ""
        if not running.done():
            started.terminate()
            await asyncio.wait({running}, timeout=started.grace_s)
            if not running.done():
                started.kill()
                await running
        status = running.result()
    finally:
        for waiting in (watching, left, running):
            waiting.cancel()
        started.kill()
    await _leave(home, entered, status)
    return Hosted(status, stopped)


class Started(Protocol):
    """A command that runs."""

    grace_s: float
    """Seconds it gets between being asked to end and being ended."""

    async def wait(self) -> int:
        """Its exit status; 128 + n after signal n."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it; nothing if it has ended."""
        ...


class _Child:
    """A child of ours, without a sandbox."""

    grace_s = GRACE_S

    def __init__(self, child: asyncio.subprocess.Process, *, alone: bool) -> None:
        self._child: Final = child
        self._alone: Final = alone

    async def wait(self) -> int:
        status = await self._child.wait()
        return 128 - status if status < 0 else status

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        if self._child.returncode is None:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        try:
            if self._alone:
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)
        except ProcessLookupError:
            pass


async def _bare(entered: Entered) -> _Child:
    """Start it as a child of ours. Raises: UsageError if it cannot be started."""
    alone = not sys.stdin.isatty()  # at a terminal it stays in our group, so that the terminal's keys reach it
    try:
        child = await asyncio.create_subprocess_exec(
            *entered.command,
            cwd=entered.folder or None,
            env=environment(os.environ, entered.url, entered.token, entered.pid),
            start_new_session=alone,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{entered.command[0]!r} cannot be started: {why}", remedy="check the command") from error
    return _Child(child, alone=alone)


class _Confined:
    """A job in a sandbox."""

    grace_s = 0.0  # what it does when asked to end is nobody's business any more

    def __init__(self, job: RunningJob) -> None:
        self._job: Final = job

    async def wait(self) -> int:
        return (await self._job.wait()).status

    def terminate(self) -> None:
        self._job.kill()

    def kill(self) -> None:
        self._job.kill()


@asynccontextmanager
async def _confined(home: Home, entered: Entered, shown: Shown) -> AsyncGenerator[_Confined, None]:
    """Start it in a sandbox that leads to the door and, by the owner's rules, to other hosts."""
    port = int(entered.url.rpartition(":")[2])
    records: set[asyncio.Task[object]] = set()

    def record(record: EgressRecord) -> None:
        told = asyncio.ensure_future(ask(home, Report(pid=entered.pid, record=record)))
        records.add(told)
        told.add_done_callback(lambda done: _told(records, done))

    vault = HomeVault(home.folder, FileSigner(home.key), HostEntropy())
    bridge = Bridge(Door(port), home.settings.egress, vault, HostClock(), record)
    scratch = home.folder / "scratch"
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    sandboxes = open_sandboxes(scratch)
    with tempfile.TemporaryDirectory(prefix="ergos-door-") as folder:
        try:
            await bridge.listen(Path(folder) / "door")
            job = enclosed(
                entered.command,
                Path(entered.folder or Path.cwd()),
                shown,
                os.environ,
                {**door_variables(entered.url, entered.token, entered.pid), **_proxies(entered.url)},
                pid=entered.pid,
                socket=str(Path(folder) / "door"),
                port=port,
                home=home.folder,
            )
            yield _Confined(await sandboxes.attach(job, (0, 1, 2)))
        finally:
            sandboxes.close()
            await bridge.stop()
            if records:  # what it asked of others just before it ended is journaled, too
                await asyncio.wait(records, timeout=GRACE_S)


def _told(records: set[asyncio.Task[object]], done: asyncio.Task[object]) -> None:
    records.discard(done)
    if not done.cancelled():
        done.exception()  # a kernel that is gone journals nothing


def _proxies(url: str) -> dict[str, str]:
    """The way to other hosts, where the owner's rules name any; the door itself is asked directly."""
    named = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), url)
    return {**named, "NO_PROXY": _HERE, "no_proxy": _HERE}


async def _ended(home: Home, pid: Pid) -> str:
    """Wait until the process has ended, whatever becomes of kernels meanwhile; why it did."""
    while True:
        try:
            standing = await ask(home, EndOf(pid=pid, or_halted=True))
        except (NotRunningError, WorldError):  # a kernel that is gone or slow says nothing about the command
            await asyncio.sleep(LOOK_S)
            continue
        assert isinstance(standing, Standing)
        if standing.halted:
            return "STOP is in force"
        if standing.ended:
            return standing.failure.what if standing.failure is not None else str(standing.state)


async def _leave(home: Home, entered: Entered, status: int) -> None:
    try:
        await ask(home, Leave(pid=entered.pid, life=entered.life, status=status))
    except (NotRunningError, ForeignTokenError):
        pass  # no kernel: its process is found waiting, and can be started again; or it has ended meanwhile
