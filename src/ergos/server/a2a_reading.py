"""Reads the records of a task's process into its story.

Rules: reads what is durable, and only of the process asked about; a record of a kind that says nothing to a peer is
passed over.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import Said
from ergos.kernel.bounds import MARK
from ergos.kernel.events import (
    Answered,
    Asked,
    Called,
    Committed,
    Doubted,
    Exited,
    Signalled,
    Spawned,
    Woken,
    decode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.process import Process
from ergos.kernel.values import Packed
from ergos.runtime.machine import Machine
from ergos.runtime.narrowing import meant_for
from ergos.server.a2a_sayings import TRIGGER, heard
from ergos.server.a2a_story import WITHHELD, Story


class Reading:
    """Folds records into stories."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine

    async def begun(self, process: Process) -> tuple[str, Said, int] | None:
        """Peer, first message and beginning of a process that was started for a peer; None for any other."""
        if MARK not in process.agent or process.depth or process.label.integrity != "untrusted":
            return None
        async for record in self._machine.store.records(pid=process.pid, limit=1):
            body = decode_body(record.body)
            found = heard(await self._value(body.memory)) if isinstance(body, Spawned) else None
            return None if found is None else (*found, record.at_ns)
        return None

    async def story(self, task_id: str, pid: Pid) -> Story | None:
        """The whole story of a task; None for a process that was not started by a peer."""
        story: Story | None = None
        async for record in self._machine.store.records(pid=pid):
            if story is None:
                born = decode_body(record.body)
                found = heard(await self._value(born.memory), task_id) if isinstance(born, Spawned) else None
                if found is None:
                    return None
                story = Story(task_id, pid, found[1], record.at_ns, found[0])
                story.seq = record.seq
            else:
                await self.take(story, record)
        if story is not None:
            for loaded in await self._machine.store.load((pid,)):
                for mail in loaded.mail:
                    found = heard(await self._value(mail.body), task_id)
                    if found is not None and mail.trigger == f"{TRIGGER}{story.peer}":
                        story.told(mail.id, found[1], story.status.at_ns)
        return story

    async def take(self, story: Story, record: Sealed) -> None:
        """Fold one more record of its process in; one that is in already changes nothing."""
        if record.seq <= story.seq:
            return
        story.seq, story.at_ns = record.seq, record.at_ns
        body, at_ns = decode_body(record.body), record.at_ns
        match body:
            case Woken():
                story.begins(at_ns)
            case Called():
                await self._called(story, body, at_ns)
            case Committed(wake_at_ns=wake_at_ns):
                story.idles(wakes=wake_at_ns is not None)
            case Exited(state=state, outcome=outcome, failure=failure):
                if state == "done":
                    came: Plain = {"a2a": {"message": WITHHELD}}
                    if await self._is_meant(story):
                        came = await self._value(outcome)
                    story.completes(came, at_ns)
                else:
                    story.breaks_off(at_ns, failure, stopped=state == "killed")
            case Asked(item=item) | Doubted(item=item):
                story.asks(item, at_ns)
            case Answered(item=item):
                story.asks(item, at_ns, answered=True)
            case Signalled(signal=signal) if signal in ("pause", "resume"):
                story.paused(at_ns, on=signal == "pause")
            case _:
                pass

    async def _called(self, story: Story, body: Called, at_ns: int) -> None:
        call = body.call
        if body.failure is not None:
            return
        if call.kind == "send" and call.name == "0" and meant_for(call.label, story.peer):
            story.says(await self._value(call.args["body"]), at_ns)
        elif call.kind == "receive":
            value = await self._value(body.value)
            if isinstance(value, dict):
                theirs = value.get("trigger") == f"{TRIGGER}{story.peer}"
                found = heard(value.get("body"), story.task_id) if theirs else None
                story.read(cast("int", value["id"]), None if found is None else found[1], at_ns)

    async def _is_meant(self, story: Story) -> bool:
        """Whether what a process had read by its end is meant for its peer."""
        rows = await self._machine.store.load((story.pid,))
        return all(meant_for(row.process.label, story.peer) for row in rows)

    async def _value(self, packed: Packed) -> Plain:
        return await self._machine.vault.value(msgspec.Raw(bytes(packed)))
