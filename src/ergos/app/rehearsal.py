"""Replays a process from its journal: drives the program on disk, performs nothing, shows calls and answers.

Rules: every answer comes from the journal; nothing is written; a program that asks for something else than it
did is shown with both sides. The last open turn ends where the journal does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from ergos.app.catalogue import Catalogue, moment
from ergos.base.canonical import Plain
from ergos.base.errors import DivergedError, ErgosError, UnknownProcessError, UsageError
from ergos.base.ids import Digest, Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Failure
from ergos.kernel.events import Body, Committed, Exited, Spawned, Woken, decode_body
from ergos.kernel.history import Past, history
from ergos.kernel.labels import USER
from ergos.kernel.packages import FOREIGN, Beginning, Definition, Package, Programs
from ergos.kernel.syscalls import Answer, Idle, Request
from ergos.kernel.values import NULL, Packed
from ergos.runtime.failures import failure_of
from ergos.runtime.replayer import Pending, Returned, Turn, effects_of

RECORDS_MAX: Final = 1_000_000  # records of one process that are read for a replay


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the program did, and what it was told."""

    turn: int
    what: str
    """'act weather', 'return', 'idle', 'raise'."""
    args: object = None
    came: object = None
    """The answer, the outcome or the memory."""
    failure: Failure | None = None
    at: str = ""
    """When it was answered."""
    answered: bool = True
    """False: the journal, as far as it was read, holds no answer."""


class _Opened(msgspec.Struct):
    """What the journal says about one turn."""

    number: int
    definition: Digest
    memory: Packed
    began_ns: int
    cause: str
    records: list[tuple[int, Body]]


class Rehearsal:
    """One replay."""

    def __init__(self, catalogue: Catalogue, reads: SqliteReads, programs: Programs, pid: Pid) -> None:
        self._catalogue: Final = catalogue
        self._reads: Final = reads
        self._programs: Final = programs
        self._pid: Final = pid
        self.changed = False
        """The source on disk is not the version that made the journal."""

    async def steps(self, until: int | None) -> AsyncIterator[Step]:
        """Every step up to the record of this position (None: all). Raises: DivergedError, UnknownProcessError."""
        found = await self._reads.load((self._pid,))
        if not found:
            raise UnknownProcessError(f"there is no process {self._pid}")
        process = found[0].process
        turns = await self._turns(until)
        for opened in turns:
            definition = await self._catalogue.definition(opened.definition)
            if definition.program.startswith(FOREIGN):
                raise UsageError(
                    f"the program of process {self._pid} runs elsewhere and is not driven from here",
                    remedy=f"`ergos journal {self._pid}` shows its calls; `ergos exec --resume {self._pid}` starts it",
                )
            package = self._programs.package(definition)
            self._compare(definition)
            beginning = Beginning(
                pid=self._pid,
                turn=opened.number,
                owner=process.owner,
                agent=process.agent,
                parent=process.parent,
                cause=opened.cause,
                now_ns=opened.began_ns,
                memory=await self._catalogue.unpacked(opened.memory),
                definition=definition,
                chance=f"{self._reads.id}/{self._pid}/{opened.number}",
            )
            turn = Turn(package, beginning, history(opened.records), USER)
            try:
                async for step in self._driven(turn, package, opened):
                    yield step
            finally:
                turn.close()

    def _compare(self, definition: Definition) -> None:
        current = self._programs.current(definition.agent, definition.program)
        if current is not None and current.code != definition.code:
            self.changed = True

    async def _turns(self, until: int | None) -> list[_Opened]:
        """The turns of the journal, each with the memory and the version it began with."""
        turns: list[_Opened] = []
        definition, memory = Digest(""), NULL
        async for record in self._reads.records(pid=self._pid, limit=RECORDS_MAX):
            if until is not None and record.seq > until:
                break
            body = decode_body(record.body)
            match body:
                case Spawned():
                    definition, memory = body.definition, body.memory
                case Woken(cause, moved):
                    definition = moved or definition
                    turns.append(_Opened(record.turn, definition, memory, record.at_ns, cause, []))
                case Committed():
                    memory = body.memory
                case _:
                    pass
            if turns:
                turns[-1].records.append((record.at_ns, body))
        return turns

    async def _driven(self, turn: Turn, package: Package, opened: _Opened) -> AsyncIterator[Step]:
        """The steps of one turn."""
        while True:
            # As a task, so that whatever the program raises comes back as a value.
            resumed = asyncio.ensure_future(_resumed(turn))
            await asyncio.wait({resumed})
            error = resumed.exception()
            if error is not None and not isinstance(error, ErgosError):
                yield Step(turn=opened.number, what="raise", failure=failure_of(error))
                return
            came = resumed.result()
            if isinstance(came, Returned):
                turn.check_ended()
                yield await self._returned(came, opened)
                return
            turn.ask(came, *effects_of(package, came), known={})
            for pending in turn.pending.values():
                yield await self._answered(pending, opened.number)
            if any(pending.answer is None for pending in turn.pending.values()):
                return

    async def _answered(self, pending: Pending, turn: int) -> Step:
        """Answer a call from the journal, if it can."""
        past, request = pending.past, pending.request
        what, args = f"{request.kind} {request.name}", request.args
        if past is None or past.result is None:
            return Step(turn=turn, what=what, args=args, answered=False)
        result = past.result
        value = await self._catalogue.unpacked(getattr(result, "value", NULL))
        pending.answer = _answer(past, value)
        return Step(turn=turn, what=what, args=args, came=value, failure=pending.answer.failure, at=moment(past.at_ns))

    async def _returned(self, came: Returned, opened: _Opened) -> Step:
        """The end of a turn, compared with what the journal says it was. Raises: DivergedError."""
        idle = isinstance(came.value, Idle)
        value = came.value.memory if isinstance(came.value, Idle) else came.value
        for _, body in opened.records:
            if isinstance(body, Exited) and body.state == "done":
                recorded, was_idle = await self._catalogue.unpacked(body.outcome), False
            elif isinstance(body, Committed):
                recorded, was_idle = await self._catalogue.unpacked(body.memory), True
            else:
                continue
            if was_idle != idle or recorded != value:
                raise DivergedError(
                    f"the journal says that turn {opened.number} ended with {recorded!r}, the program with {value!r}"
                )
        return Step(turn=opened.number, what="idle" if idle else "return", came=value)


async def _resumed(turn: Turn) -> Returned | tuple[Request, ...]:
    return turn.resume()


def _answer(past: Past, value: Plain) -> Answer:
    result = past.result
    return Answer(
        value,
        getattr(result, "failure", None),
        getattr(result, "label", USER),
        getattr(result, "faults", ()),
        past.call.solver,
        past.at_ns,
    )
