"""Runs a command as a process: its surroundings lead to the door, and its end is the process's.

Rules: the command gets a token of its own and no key of anybody's; what ends its process (a signal, STOP's kill) ends
the command; a command that fails leaves its process waiting to be started again. Nothing of the command's own output
is touched.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.app.client import ask
from ergos.app.home import Home
from ergos.base.errors import ForeignTokenError, NotRunningError, UsageError, WorldError
from ergos.base.ids import Pid
from ergos.runtime.control import EndOf, Entered, Leave, Signal, Standing

GRACE_S: Final = 5.0  # seconds a command gets between SIGTERM and SIGKILL
NOT_STARTED: Final = 127  # exit status of a command that was not found, as shells count
LOOK_S: Final = 1.0  # seconds between two looks for a kernel that has gone away

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


def environment(environ: Mapping[str, str], url: str, token: str, pid: Pid) -> dict[str, str]:
    """The command's variables: the way to the door under the names that programs look for, and no other way."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_KEYS)}
    door = {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": token,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": token,
        "ERGOS_URL": url,
        "ERGOS_TOKEN": token,
        "ERGOS_PID": str(pid),
    }
    # A proxy of the environment would be asked for the door, too.
    past = ",".join(part for part in (kept.get("NO_PROXY") or kept.get("no_proxy", ""), "127.0.0.1,localhost") if part)
    return {**kept, **door, "NO_PROXY": past, "no_proxy": past}


async def host(home: Home, entered: Entered, leaving: asyncio.Event) -> Hosted:
    """Run the command of a process until it ends or is ended. Raises: UsageError if it cannot be started."""
    alone = not sys.stdin.isatty()  # at a terminal it stays in our group, so that the terminal's keys reach it
    try:
        child = await asyncio.create_subprocess_exec(
            *entered.command,
            cwd=entered.folder or None,
            env=environment(os.environ, entered.url, entered.token, entered.pid),
            start_new_session=alone,
        )
    except (OSError, ValueError) as error:
        if entered.life > 1:  # what it asked before stays known, for when its command can be started again
            await _leave(home, entered, NOT_STARTED)
        else:
            await ask(home, Signal(pid=entered.pid, name="kill", by="exec"))
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{entered.command[0]!r} cannot be started: {why}", remedy="check the command") from error
    watching = asyncio.ensure_future(_ended(home, entered.pid))
    left = asyncio.ensure_future(leaving.wait())
    running = asyncio.ensure_future(child.wait())
    try:
        await asyncio.wait({watching, left, running}, return_when=asyncio.FIRST_COMPLETED)
        stopped = watching.result() if watching.done() else ""
        if not running.done():
            await _end(child, running, alone=alone)
        status = running.result()
    finally:
        for waiting in (watching, left, running):
            waiting.cancel()
        if child.returncode is None:
            _signal(child, signal.SIGKILL, alone=alone)
    code = 128 - status if status < 0 else status
    await _leave(home, entered, code)
    return Hosted(code, stopped)


async def _ended(home: Home, pid: Pid) -> str:
    """Wait until the process has ended, whatever becomes of kernels meanwhile; why it did."""
    while True:
        try:
            standing = await ask(home, EndOf(pid=pid))
        except (NotRunningError, WorldError):  # a kernel that is gone or slow says nothing about the command
            await asyncio.sleep(LOOK_S)
            continue
        assert isinstance(standing, Standing)
        if standing.ended:
            return standing.failure.what if standing.failure is not None else str(standing.state)


async def _end(child: asyncio.subprocess.Process, running: asyncio.Future[int], *, alone: bool) -> None:
    """Ask it to end, then end it."""
    _signal(child, signal.SIGTERM, alone=alone)
    await asyncio.wait({running}, timeout=GRACE_S)
    if not running.done():
        _signal(child, signal.SIGKILL, alone=alone)
        await running


def _signal(child: asyncio.subprocess.Process, number: signal.Signals, *, alone: bool) -> None:
    try:
        if alone:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)
    except ProcessLookupError:
        pass


async def _leave(home: Home, entered: Entered, status: int) -> None:
    try:
        await ask(home, Leave(pid=entered.pid, life=entered.life, status=status))
    except (NotRunningError, ForeignTokenError):
        pass  # no kernel: its process is found waiting, and can be started again; or it has ended meanwhile
