"""Drives open turns from the journal on the code that is installed now, as recovery would; performs and writes nothing.

Rules: the kernel's own loader and replayer do it, on a store that forgets what it is told; it ends where the journal
does. What a program raises is not judged: it may have raised before.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from ergos.base.clock import Monotone
from ergos.base.errors import DivergedError, ErgosError
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.history import Past
from ergos.kernel.labels import USER
from ergos.kernel.packages import FOREIGN, Programs
from ergos.kernel.ports import Done
from ergos.kernel.process import Process
from ergos.kernel.rows import Change
from ergos.kernel.syscalls import Answer, Request
from ergos.kernel.values import NULL
from ergos.runtime.loader import Loader
from ergos.runtime.machine import Machine, Parts
from ergos.runtime.replayer import OpenTurn, Returned, Turn, effects_of
from ergos.runtime.residents import Resident

STEPS_MAX: Final = 100_000  # resumptions of one program; a turn has no more calls


class _Forgetful(SqliteReads):
    """A store that reads and takes every change without keeping it."""

    @property
    def durable(self) -> int:
        """Everything: nothing waits for it."""
        return 1 << 62

    def submit(self, change: Change, done: Done | None = None) -> None:
        """Forget it."""
        del change, done

    async def flush(self) -> None:
        """There is nothing to wait for."""


class Turns:
    """The open turns of one store."""

    def __init__(self, reads: SqliteReads, programs: Programs) -> None:
        store = _Forgetful(reads._reader)  # noqa: SLF001 - the same connection, with the writing half as a stub
        self._machine: Final = Machine(
            Parts(store=store, clock=Monotone(HostClock()), entropy=HostEntropy(), programs=programs)
        )
        self._loader: Final = Loader(self._machine)

    async def prepare(self) -> None:
        """Read the grants that are in force. Raises: StoreError."""
        self._machine.charter.restore(await self._machine.store.facts())
        self._machine.tick()

    async def divergence(self, process: Process) -> str:
        """Why an open turn cannot be gone on with, or ''. Raises: StoreError."""
        resident = Resident(process, ())
        definition = await self._loader.definition(process.definition)
        if definition.program.startswith(FOREIGN):
            return ""
        try:
            turn = await self._loader.open(resident)
        except ErgosError as error:
            return error.what
        except msgspec.DecodeError:
            return "its open turn holds a record that cannot be read"
        try:
            return await self._driven(turn, resident)
        except DivergedError as error:
            return f"its open turn diverges: {error.what}"
        except ErgosError as error:
            return f"its open turn cannot be replayed: {error.what}"
        finally:
            turn.close()

    async def _driven(self, turn: OpenTurn, resident: Resident) -> str:
        assert isinstance(turn, Turn)
        assert resident.package is not None
        for _ in range(STEPS_MAX):
            # As a task, so that whatever the program raises comes back as a value.
            resumed = asyncio.ensure_future(_resumed(turn))
            await asyncio.wait({resumed})
            error = resumed.exception()
            if isinstance(error, DivergedError):
                raise error
            if error is not None:
                return ""
            came = resumed.result()
            if isinstance(came, Returned):
                turn.check_ended()
                return ""
            turn.ask(came, *effects_of(resident.package, came), known={})
            for pending in turn.pending.values():
                if pending.past is None or pending.past.result is None:
                    return ""  # the journal ends here
                pending.answer = await self._answer(pending.past)
        return ""

    async def _answer(self, past: Past) -> Answer:
        result = past.result
        value = await self._machine.vault.value(getattr(result, "value", NULL))
        return Answer(
            value,
            getattr(result, "failure", None),
            getattr(result, "label", USER),
            getattr(result, "faults", ()),
            past.call.solver,
            past.at_ns,
        )


async def _resumed(turn: Turn) -> Returned | tuple[Request, ...]:
    return turn.resume()
