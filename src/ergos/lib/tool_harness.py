"""What runs a made tool, or its tests, inside the sandbox: `python3 -I run.py call|test`, one JSON document out.

    call   stdin {"module": "slug", "function": "slug", "args": {...}}    out {"value": ...} or {"failed": "..."}
    test   stdin {"module": "slug"}                                       out {"tests": [{"name", "why"}, ...]}

Rules: it stands alone: the standard library and nothing of ergos, because nothing of ergos is inside. The author's code
runs in processes of its own, so that what is reported is written by nobody else; whatever it prints goes to stderr.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import signal
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path

TEST_S = 20  # seconds one test may take
WHY_CHARS = 2_000  # characters of what is said of a failure
ANSWER_BYTES = 1024 * 1024  # bytes of one answer


class ToolFailedError(Exception):
    """What a tool raises that has not done its work; stands in for the one of ergos."""


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    report = os.dup(1)
    os.dup2(2, 1)
    asked = json.loads(sys.stdin.buffer.read() or b"{}")
    lend_ergos()
    sys.path.insert(0, str(Path.cwd()))
    if arguments[:1] == ["test"]:
        answer: object = {"tests": [tested(name) for name in names_of_tests()]}
    else:
        answer = called(str(asked["module"]), str(asked["function"]), asked["args"])
    os.write(report, json.dumps(answer, ensure_ascii=True, allow_nan=False).encode())


def lend_ergos() -> None:
    """Let `from ergos.lib.tool import tool` and `from ergos.base.errors import ToolFailedError` be found."""
    for name in ("ergos", "ergos.lib", "ergos.base", "ergos.lib.tool", "ergos.base.errors"):
        module = types.ModuleType(name)
        module.__path__ = []  # type: ignore[attr-defined]
        sys.modules[name] = module
    sys.modules["ergos.lib.tool"].tool = declared  # type: ignore[attr-defined]
    sys.modules["ergos.base.errors"].ToolFailedError = ToolFailedError  # type: ignore[attr-defined]


def declared(*_: object, **__: object) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """`@tool(...)`: inside, a tool is its function."""
    return lambda function: function


def names_of_tests() -> list[str]:
    """The tests, in the order of the file, read without running it."""
    import ast

    tree = ast.parse(Path("tests.py").read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.name for node in tree.body if isinstance(node, kinds) and node.name.startswith("test_")]


def tested(name: str) -> dict[str, str]:
    """How one test went; `why` is '' for one that passed."""
    return {"name": name, "why": apart(lambda: importlib.import_module("tests"), name, {})[0]}


def called(module: str, function: str, args: dict[str, object]) -> dict[str, object]:
    """What one call gave."""
    why, answer = apart(lambda: importlib.import_module(module), function, args)
    return {"failed": why} if why else {"value": json.loads(answer)}


def apart(load: Callable[[], object], function: str, args: dict[str, object]) -> tuple[str, bytes]:
    """Run a function of a module in a process of its own: why it failed, and its result as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        if function.startswith("test_"):
            signal.alarm(TEST_S)
        run(load, function, args, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read(ANSWER_BYTES + 1)
        pipe.close()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if len(answer) > ANSWER_BYTES:
        return f"the result has more than {ANSWER_BYTES:,} bytes", b""
    if status == -signal.SIGALRM:
        return f"it took longer than {TEST_S} seconds", b""
    if status != 0 or answer[:1] not in (b"+", b"-"):
        return f"it ended its process with {status} before it answered", b""
    if answer[:1] == b"-":
        return answer[1:].decode("utf-8", "replace") or "it failed", b""
    return "", answer[1:]


def run(load: Callable[[], object], function: str, args: dict[str, object], writing: int) -> None:
    """In the child: say '+' and the result, or '-' and why; never returns."""
    said = Said(writing)
    with said:
        came = getattr(load(), function)(**args)
        if inspect.isawaitable(came):
            came = asyncio.run(waited(came))
        said.answer = b"+" + json.dumps(came, allow_nan=False).encode()


class Said:
    """Says what a block came to and ends the process, whatever the author's code raised in it."""

    def __init__(self, writing: int) -> None:
        self.answer = b""
        self._writing = writing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        if error is not None:
            why = str(error) if isinstance(error, ToolFailedError) else told(error)
            self.answer = b"-" + why[:WHY_CHARS].encode("utf-8", "replace")
        with os.fdopen(self._writing, "wb") as pipe:
            pipe.write(self.answer)
        os._exit(0)


async def waited(came: object) -> object:
    """The result of an async function."""
    return await came  # type: ignore[misc]


def told(error: BaseException) -> str:
    """An exception with the line of the author's that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(Path.cwd()))]
    at = f" at {Path(own[-1].filename).name}:{own[-1].lineno}: {own[-1].line}" if own else ""
    return f"{type(error).__name__}: {error}{at}"


if __name__ == "__main__":
    main(sys.argv[1:])
