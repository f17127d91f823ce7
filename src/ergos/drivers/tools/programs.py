"""shell.run and python.run: code in the sandbox, with the files named for it.

Rules: it sees what is named in `files`, copied in, and nothing else of the workspace; it has no network; what is named
in `collect` is copied out, whole and only when the code ended by itself. Nothing outside changes but by `collect`, and
the same call done again does the same: both are idempotent.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import msgspec

from ergos.base.canonical import Plain, digest
from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.inside import files_in, files_out, interpreter, sandbox_of
from ergos.drivers.tools.paths import file_of, place_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.confinement import Bind, Bounds, Ended, Job, Sandboxes
from ergos.kernel.packages import Errand

CODE_CHARS_MAX: Final = 100_000  # characters of code or of a command
FILES_MAX: Final = 200  # files copied in, or named to be copied out
IN_BYTES_MAX: Final = 64 * MIB  # bytes of one file copied in
OUT_BYTES_MAX: Final = 64 * MIB  # bytes of all files copied out
OUTPUT_BYTES_MAX: Final = 64 * 1024  # bytes of stdout and of stderr given back, each
WALL_S_MAX: Final = 300.0
WALL_S: Final = 60.0
OVERHEAD_S: Final = 30.0  # seconds for the files and the start, on a busy machine

_SHELL: Final = ("/bin/sh", "-euc")


class RunShell(Arguments, frozen=True):
    """Arguments of shell.run."""

    command: Annotated[str, msgspec.Meta(min_length=1, max_length=CODE_CHARS_MAX)]
    files: Annotated[list[str], msgspec.Meta(max_length=FILES_MAX)] = []
    collect: Annotated[list[str], msgspec.Meta(max_length=FILES_MAX)] = []
    stdin: Annotated[str, msgspec.Meta(max_length=MIB)] = ""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=WALL_S_MAX)] = WALL_S


class RunPython(Arguments, frozen=True):
    """Arguments of python.run."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=CODE_CHARS_MAX)]
    files: Annotated[list[str], msgspec.Meta(max_length=FILES_MAX)] = []
    collect: Annotated[list[str], msgspec.Meta(max_length=FILES_MAX)] = []
    stdin: Annotated[str, msgspec.Meta(max_length=MIB)] = ""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=WALL_S_MAX)] = WALL_S


class ProgramTools:
    """The tools that run code."""

    def __init__(self, workspaces: Workspaces, sandboxes: Sandboxes | None) -> None:
        self._workspaces: Final = workspaces
        self._sandboxes: Final = sandboxes

    def tools(self) -> tuple[Builtin[RunShell], Builtin[RunPython]]:
        """shell.run, python.run."""
        return (
            Builtin(
                "shell.run", RunShell, self._shell, effect="idempotent", reach="code",
                deadline_s=WALL_S_MAX + OVERHEAD_S, check=_checked,
                roles={"command": "plain", "files": "plain", "collect": "target", "stdin": "plain", "seconds": "plain"},
            ),
            Builtin(
                "python.run", RunPython, self._python, effect="idempotent", reach="code",
                deadline_s=WALL_S_MAX + OVERHEAD_S, check=_checked,
                roles={"code": "plain", "files": "plain", "collect": "target", "stdin": "plain", "seconds": "plain"},
            ),
        )  # fmt: skip

    async def _shell(self, asked: RunShell, errand: Errand) -> dict[str, Plain]:
        """Run a shell command in the sandbox, without a network: `files` are copied in, `collect` copied out."""
        return await self._run(asked, (*_SHELL, asked.command), (), {}, errand)

    async def _python(self, asked: RunPython, errand: Errand) -> dict[str, Plain]:
        """Run a Python program (standard library) in the sandbox: `files` are copied in, `collect` copied out."""
        python, binds = interpreter()
        command = (python, "-I", "-B", "-c", asked.code)
        return await self._run(asked, command, binds, {}, errand)

    async def _run(
        self,
        asked: RunShell | RunPython,
        command: tuple[str, ...],
        binds: tuple[Bind, ...],
        env: dict[str, str],
        errand: Errand,
    ) -> dict[str, Plain]:
        sandboxes = sandbox_of(self._sandboxes)
        files = await asyncio.to_thread(files_in, self._workspaces, errand, tuple(asked.files), IN_BYTES_MAX)
        job = Job(
            command=command,
            pid=errand.pid,
            files=files,
            binds=binds,
            env={"LANG": "C.UTF-8", "HOME": "/work", "PATH": "/usr/local/bin:/usr/bin:/bin", **env},
            bounds=Bounds(
                wall_s=asked.seconds,
                cpu_s=int(asked.seconds) + 1,
                memory_bytes=2_048 * MIB,
                file_bytes=OUT_BYTES_MAX,
                disk_bytes=OUT_BYTES_MAX + sum(map(len, files.values())),
                output_bytes=OUTPUT_BYTES_MAX,
            ),
            collect=tuple(asked.collect),
        )
        ended = await sandboxes.run(job, asked.stdin.encode())
        if ended.why == "exit" and ended.files:
            token = digest(errand.idempotency_key.encode())
            await asyncio.to_thread(files_out, self._workspaces, errand, dict(ended.files), token)
        return _told(ended)


def _told(ended: Ended) -> dict[str, Plain]:
    if ended.why == "killed":
        raise ToolFailedError("the code was ended from outside", remedy="it can be run again")
    out = ended.files if ended.why == "exit" else {}
    return {
        "status": ended.status,
        "ended": ended.why,
        "stdout": ended.stdout.decode("utf-8", "replace"),
        "stderr": ended.stderr.decode("utf-8", "replace"),
        "cut": ended.cut,
        "collected": [*sorted(out)],
        "left_out": {**ended.left_out},
    }


def _checked(asked: RunShell | RunPython) -> None:
    text = asked.command if isinstance(asked, RunShell) else asked.code
    for given in (text, asked.stdin):
        try:
            if "\0" in given:
                raise ValueShapeError("the code holds a NUL")
            given.encode()
        except UnicodeEncodeError as error:
            raise ValueShapeError("the code is no text") from error
    names = ["/".join(file_of(path).parts) for path in asked.files]
    if len(set(names)) < len(names):
        raise ValueShapeError("two of `files` would have the same name")
    for path in asked.collect:
        place = place_of(path.removesuffix("/"))
        if place.room or "/".join(place.parts) != path.removesuffix("/"):
            raise ValueShapeError(f"`collect` names what the code made, such as out/result.csv, not {path[:80]!r}")
