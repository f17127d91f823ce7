"""python.cell: runs a piece of Python until it is done or wants a tool.

The interpreter is `pydantic_monty`, which knows no files, no network and no processes; its worker runs inside the
sandbox all the same. A cell that calls a tool is given back as it waits, under seal, and goes on when it is given
the answers; so each of its calls is a call through the door, and a cell outlives a restart.

Rules: always with limits; a state is taken from nobody but the process it was given to; what the worker says is read
as strictly as anything from outside.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.clock import SECOND
from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.limits import MIB
from ergos.drivers.tools import cell_worker
from ergos.drivers.tools.cell_workers import CellWorkers
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.inside import interpreter, package_binds, sandbox_of
from ergos.drivers.tools.seal import Seal
from ergos.kernel.confinement import Bind, Bounds, Job, Sandboxes
from ergos.kernel.packages import Errand

CODE_CHARS_MAX: Final = 100_000  # characters of a cell
FUNCTIONS_MAX: Final = 1_000  # tools a cell may call
CALLS_MAX: Final = 500  # calls one cell makes in all
RUN_S: Final = 2.0  # seconds of computing between two answers
TOTAL_S: Final = 10.0  # seconds of computing of one piece of a cell, with its look-ups
MEMORY_BYTES: Final = 64 * MIB  # of the cell's values
RECURSION_MAX: Final = 200
WALL_S: Final = 30.0  # seconds of one request with the start of its sandbox, on a busy machine
ADDRESS_BYTES: Final = 4_096 * MIB  # address space of the interpreter: its threads reserve much and use little
CPU_S: Final = 3_600  # seconds of computing of one interpreter in all its steps
ANSWER_BYTES: Final = 14 * MIB  # bytes the worker says; a state and the arguments of its calls

LIMITS: Final[dict[str, Plain]] = {
    "max_feed_duration_secs": TOTAL_S,
    "max_turn_duration_secs": RUN_S,
    "max_memory": MEMORY_BYTES,
    "max_recursion_depth": RECURSION_MAX,
    "max_suspensions": cell_worker.SUSPENSIONS_MAX,
}
_PACKAGES: Final = "/opt/cell"
_BINARY: Final = "/opt/cell-bin/monty"


class CellAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of a call the cell made."""

    value: Any = None
    error: Annotated[str, msgspec.Meta(max_length=4_000)] | None = None
    kind: Literal["RuntimeError", "PermissionError", "TimeoutError", "ValueError"] = "RuntimeError"


class Given(Arguments, frozen=True, omit_defaults=True):
    """Arguments of python.cell: `code` begins a cell, `state` goes on with one."""

    code: Annotated[str, msgspec.Meta(max_length=CODE_CHARS_MAX)] = ""
    inputs: dict[str, Any] = {}
    functions: Annotated[list[str], msgspec.Meta(max_length=FUNCTIONS_MAX)] = []
    state: str = ""
    answers: dict[str, CellAnswer] = {}


class CellCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call a cell wants made."""

    id: Annotated[str, msgspec.Meta(max_length=20, pattern=r"^\d+$")]
    name: Annotated[str, msgspec.Meta(max_length=200)]
    args: list[object]
    kwargs: dict[str, object]


class Heard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the worker said."""

    done: object = None
    stdout: Annotated[str, msgspec.Meta(max_length=2 * cell_worker.STDOUT_CHARS_MAX)] = ""
    calls: Annotated[list[CellCall], msgspec.Meta(max_length=cell_worker.PARALLEL_MAX)] = []
    state: str = ""
    awaits: bool = False
    raised: str | None = None
    refused: str | None = None


class Waiting(msgspec.Struct, frozen=True):
    """What is kept under seal."""

    dump: bytes
    calls: list[CellCall]
    functions: list[str]
    awaits: bool
    seed: str
    made: int
    """Calls made so far."""


class CellTool:
    """The one tool."""

    def __init__(self, sandboxes: Sandboxes | None, seal: Seal | None) -> None:
        self._sandboxes: Final = sandboxes
        self._seal: Final = seal
        self._workers: Final = CellWorkers()

    def tools(self) -> tuple[Builtin[Given]]:
        """python.cell."""
        roles = dict.fromkeys(Given.__struct_fields__, "plain")
        return (
            Builtin(
                "python.cell", Given, self._run, effect="pure", reach="code", deadline_s=60.0, check=_checked,
                roles=roles,  # type: ignore[arg-type]
            ),
        )  # fmt: skip

    async def _run(self, asked: Given, errand: Errand) -> dict[str, Plain]:
        """Run a piece of Python until it is done or calls one of `functions`; then go on with `state` and `answers`."""
        sandboxes, seal = sandbox_of(self._sandboxes), self._seal
        if seal is None:
            raise ToolFailedError("there is no seal for waiting cells", remedy="start the kernel with a home")
        request = _begin(asked, errand) if asked.code else self._go_on(seal, asked, errand)
        line = await self._workers.ask(
            sandboxes,
            errand.pid,
            lambda: _job(errand),
            msgspec.json.encode(request),
            most=ANSWER_BYTES,
            within_s=WALL_S,
        )
        heard = _heard(line)
        if heard.refused is not None:
            raise ToolFailedError(f"the cell was refused: {heard.refused[:500]}")
        if heard.raised is not None:
            return {"raised": heard.raised, "stdout": heard.stdout}
        if not heard.calls:
            return {"done": _plain(heard.done), "stdout": heard.stdout}
        return self._waits(seal, heard, request, errand)

    def _waits(self, seal: Seal, heard: Heard, request: dict[str, object], errand: Errand) -> dict[str, Plain]:
        functions = _texts(request["functions"])
        made = int(str(request["made"])) + len(heard.calls)
        if made > CALLS_MAX:
            return {"raised": f"RuntimeError: the cell made more than {CALLS_MAX} calls", "stdout": heard.stdout}
        if strange := [call.name for call in heard.calls if call.name not in functions]:
            return {"raised": f"NameError: {strange[0][:80]} is no function of this cell", "stdout": heard.stdout}
        try:
            dump = base64.b64decode(heard.state, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ToolFailedError(f"the interpreter of the cell spoke nonsense: {error}") from error
        kept = Waiting(dump, heard.calls, functions, heard.awaits, str(request["seed"]), made)
        calls = [
            {"id": call.id, "name": call.name, "args": _plain(call.args), "kwargs": _plain(call.kwargs)}
            for call in heard.calls
        ]
        state = seal.close(_holder(errand), msgspec.msgpack.encode(kept))
        return {"calls": _plain(calls), "state": state, "stdout": heard.stdout}

    def _go_on(self, seal: Seal, asked: Given, errand: Errand) -> dict[str, object]:
        """The request for a cell that waits. Raises: ValueShapeError for a forged state or missing answers."""
        kept = msgspec.msgpack.decode(seal.open(_holder(errand), asked.state), type=Waiting)
        wanted = {call.id for call in kept.calls}
        if set(asked.answers) != wanted:
            raise ValueShapeError(f"the cell waits for the answers {', '.join(sorted(wanted))}, and for no other")
        return {
            "state": base64.b64encode(kept.dump).decode(),
            "answers": msgspec.to_builtins(asked.answers),
            "calls": [],
            "awaits": kept.awaits,
            "functions": kept.functions,
            "seed": kept.seed,
            "made": kept.made,
            "now_s": errand.now_ns // SECOND,
            "limits": LIMITS,
        }


def _checked(asked: Given) -> None:
    if bool(asked.code.strip()) == bool(asked.state):
        raise ValueShapeError("give either `code`, which begins a cell, or `state`, which goes on with one")
    for function in asked.functions:
        checked_name(function, what="a tool")
    for given in asked.inputs:
        if not given.isidentifier():
            raise ValueShapeError(f"the input {given[:60]!r} is no name in Python")


def _begin(asked: Given, errand: Errand) -> dict[str, object]:
    return {
        "code": asked.code,
        "inputs": asked.inputs,
        "functions": sorted(set(asked.functions)),
        "seed": errand.idempotency_key,
        "made": 0,
        "now_s": errand.now_ns // SECOND,
        "limits": LIMITS,
    }


def _holder(errand: Errand) -> str:
    return f"{errand.owner}/{errand.agent}/{errand.pid}"


def _job(errand: Errand) -> Job:
    """The worker as a job. Raises: PortMissingError without the extra."""
    python, binds = interpreter()
    packages = package_binds("pydantic_monty", "code", _PACKAGES, "typing_extensions")
    from pydantic_monty._binary import find_monty_binary

    source = Path(cell_worker.__file__).read_bytes()
    binary = Bind(str(Path(find_monty_binary()).resolve()), _BINARY)
    return Job(
        command=(python, "-I", "-S", "-B", "cell_worker.py", _PACKAGES),
        pid=errand.pid,
        files={"cell_worker.py": source},
        binds=(*binds, *packages, binary),
        env={"MONTY_BIN": _BINARY},
        bounds=Bounds(
            wall_s=0, cpu_s=CPU_S, memory_bytes=ADDRESS_BYTES, processes=64, output_bytes=MIB, disk_bytes=MIB
        ),
    )


def _heard(line: bytes) -> Heard:
    """The worker's answer. Raises: ToolFailedError where it is none."""
    try:
        return msgspec.json.decode(line, type=Heard)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ToolFailedError(f"the interpreter of the cell spoke nonsense: {error}"[:400]) from error


def _plain(value: object) -> Plain:
    return msgspec.json.decode(encode(value, what="what the cell gives"))


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
