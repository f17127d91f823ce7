"""Calls of processes as a running kernel knows them: `CallHistory` over its memory and its store.

Rules: reads only; what is told is durable. A key names a call within a turn; a program that goes on for ever begins a
new turn now and then, so the open turn is looked at first, and some turns before it.
"""

from __future__ import annotations

from typing import Final

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.kernel.events import Called, Refused, Resulted, decode_body
from ergos.kernel.history import Past, history
from ergos.kernel.syscalls import Answer
from ergos.runtime.machine import Machine
from ergos.server.mcp_guests import Known

TURNS_MAX: Final = 8  # turns before the open one that are read for a call; each has about a thousand


class KernelCalls:
    """`CallHistory` of one kernel."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine

    async def waiting(self, pid: Pid, name: str, args: dict[str, Plain]) -> tuple[Known, ...]:
        """Calls of exactly this content that wait for their owner. Cost: O(calls under way)."""
        resident = self._machine.table.get(pid)
        turn = resident.turn if resident is not None else None
        if turn is None:
            return ()
        asked = [
            pending.past
            for pending in turn.pending.values()
            if pending.past is not None
            and pending.request.kind == "act"
            and pending.request.name == name
            and pending.request.args == args
            and _item(pending.past)
        ]
        return tuple([await self._shown(past) for past in asked])

    async def known(self, pid: Pid, key: str) -> Known | None:
        """The call of a key; None if there is none. Cost: one look, for a process in memory and its open turn."""
        resident = self._machine.table.get(pid)
        turn = resident.turn if resident is not None else None
        if turn is not None:
            pending, past = turn.pending.get(key), turn.past.get(key)
            if pending is not None and pending.answer is None and pending.past is not None:
                return await self._shown(pending.past)
            if past is not None and past.result is not None:
                return await self._shown(past)
        return await self._recorded(pid, key)  # what was refused, memory has forgotten

    async def _recorded(self, pid: Pid, key: str) -> Known | None:
        store = self._machine.store
        loaded = await store.load((pid,))
        newest = loaded[0].process.turn if loaded else 0
        for turn in range(newest, max(0, newest - TURNS_MAX), -1):
            records = await store.turn(pid, turn)
            past = history((one.at_ns, decode_body(one.body)) for one in records).get(key)
            if past is not None:
                return await self._shown(past)
        return None

    async def _shown(self, past: Past) -> Known:
        machine = self._machine
        item, result = _item(past), past.result
        args = {name: await machine.vault.value(packed) for name, packed in past.call.args.items()}
        answer = await self._answer(result)
        await machine.store.flush()
        return Known(
            key=past.call.key, name=past.call.name, args=args, item=item, answered_ns=past.at_ns, answer=answer
        )

    async def _answer(self, result: Resulted | Called | Refused | None) -> Answer | None:
        if result is None:
            return None
        if isinstance(result, Refused) or result.failure is not None:
            return Answer(None, result.failure)
        return Answer(await self._machine.vault.value(result.value), label=result.label)


def _item(past: Past) -> int:
    """The inbox item with which a call waits for its owner; 0: it waits for nobody."""
    waits = past.asked is not None and past.verdict is None and past.result is None
    return past.asked.item if waits and past.asked is not None else 0
