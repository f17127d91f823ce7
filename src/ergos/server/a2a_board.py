"""The tasks of one published agent: each is a process of its own, started for a peer and followed by its records.

Rules: everything a peer says enters as untrusted, the first message as the memory a process begins with, the others as
mail; nothing a peer says answers an approval. A task's id is a seal over its pid, so it needs no table, is good after
every restart, and another peer's is as good as none. The same message sent again is the same task.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final, Protocol, cast

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.clock import SECOND
from ergos.base.errors import IllegalTransitionError, RefusedError, UsageError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import (
    AgentFacts,
    Caller,
    Page,
    PushBoard,
    PushConfig,
    Query,
    Said,
    TaskRefused,
    TaskView,
    Wire,
)
from ergos.buses.mcp.server.task_ids import TaskIds
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.peers import DELEGATION, PeerSettings
from ergos.runtime.kernel import Kernel
from ergos.server.a2a_following import Begun, Follower, Listening
from ergos.server.a2a_index import TaskIndex, TaskRow
from ergos.server.a2a_peers import Purses
from ergos.server.a2a_publishing import Publication
from ergos.server.a2a_sayings import TRIGGER, told
from ergos.server.a2a_story import Story

REPEAT_S: Final = 24 * 3600  # seconds for which the same message is taken for a repetition
UNREAD_MAX: Final = 32  # messages of a peer that wait in the mailbox of its task
_TASK: Final = "task-"
_PLACE: Final = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})")


class Known(Protocol):
    """Knows what an owner says of a caller."""

    def settings(self, caller: Caller) -> PeerSettings | None:
        """The peer's settings; None: it is nobody's peer any more."""
        ...


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What the boards of all published agents share."""

    kernel: Kernel
    owner: str
    peers: Known
    purses: Purses
    index: TaskIndex
    follower: Follower
    ids: TaskIds
    turns: asyncio.Lock
    """One new task at a time: bounds are looked at and used up together."""
    note: Callable[[Pid], None]
    """Notes a task that has begun, if it is not noted yet."""
    repeats: bool = True
    """Whether the same message sent again is the same task."""
    received: Callable[[Pid, str, Plain], None] | None = None
    """Takes what a peer sent along so that its task may call it back."""


class Board:
    """`TaskBoard` of one agent."""

    def __init__(self, publication: Publication, shared: Shared, pushes: PushBoard | None = None) -> None:
        self._publication: Final = publication
        self._shared: Final = shared
        self.pushes: PushBoard | None = pushes

    def facts(self) -> AgentFacts:
        """What its card says, as of now."""
        return self._publication.facts()

    async def allowance(self, caller: Caller) -> Wire:
        """What this caller's tasks may use."""
        shared = self._shared
        return await shared.purses.allowance(self._peer(caller), shared.kernel.machine.parts.clock.now_ns())

    # Messages

    async def send(self, caller: Caller, said: Said, push: PushConfig | None) -> Listening:
        """Take a message. Raises: TaskRefused."""
        if said.task_id:
            listening = await self._continue(caller, said)
        else:
            async with self._shared.turns:
                return await self._begin(caller, said, push)
        if push is not None:
            await self._push(caller, said.task_id, push, listening)
        return listening

    async def _begin(self, caller: Caller, said: Said, push: PushConfig | None) -> Listening:
        shared, machine = self._shared, self._shared.kernel.machine
        peer, now_ns = self._peer(caller), self._shared.kernel.machine.parts.clock.now_ns()
        repeat = repeat_of(said)
        if shared.repeats:
            row = shared.index.repeated(caller.name, self._publication.name, repeat, now_ns - REPEAT_S * SECOND)
            if row is not None and said.context_id in ("", row.context):
                return await self._listen(caller, row)
        bounds = await shared.purses.bounds(peer, now_ns)
        definition = self._publication.definition(bounds)
        if not said.context_id:
            made = machine.parts.entropy.below(1 << 128, stream="a2a context")
            said = msgspec.structs.replace(said, context_id=f"{made:032x}")
        if push is not None and self.pushes is not None:
            self.pushes.check(push)
        began: list[Listening] = []

        def known(pid: Pid) -> None:
            if shared.received is not None:
                shared.received(pid, peer.name, cast("Plain", said.metadata.get(DELEGATION)))
            first = msgspec.structs.replace(said, task_id=self._id(caller, pid))
            story = Story(first.task_id, pid, first, machine.now_ns, peer.name)
            live = shared.follower.add(story, begun=Begun(self._row(caller, story, repeat), push))
            began.append(shared.follower.listen(live))

        memory = told(said, peer.name, now_ns)
        pid = await shared.kernel.desk.spawn(definition, shared.owner, memory, label=UNTRUSTED, known=known)
        shared.note(pid)
        return began[0]

    async def _continue(self, caller: Caller, said: Said) -> Listening:
        shared = self._shared
        row = self._found(caller, said.task_id)
        if said.context_id and said.context_id != row.context:
            raise TaskRefused("bad-params", "message.contextId: is not that of the task message.taskId names")
        story = await self._story(caller, row)
        if shared.repeats and story.knows(said) and not story.ended:
            return await self._listen(caller, row)
        if story.ended:
            raise TaskRefused("unsupported", f"this task is {story.status.state}; begin another in the same context")
        if story.unread >= UNREAD_MAX:
            raise TaskRefused("unsupported", f"this task has {story.unread} messages that it has not read yet")
        peer, now_ns = self._peer(caller), shared.kernel.machine.parts.clock.now_ns()
        said = msgspec.structs.replace(said, context_id=row.context)
        live = shared.follower.live(row.pid)
        if live is None:  # it ended this very moment
            raise TaskRefused("unsupported", "this task has ended")
        listening = shared.follower.listen(live)  # before it is told: its answer may be swift
        body = told(said, peer.name, now_ns)
        try:
            mail = await shared.kernel.desk.send(row.pid, body, label=UNTRUSTED, trigger=f"{TRIGGER}{peer.name}")
        except (UsageError, RefusedError) as error:  # it ended meanwhile, or its mailbox is full
            listening.close()
            raise TaskRefused("unsupported", "this task takes no more messages now") from error
        live.story.told(mail, said, shared.kernel.machine.now_ns)
        shared.follower.stir()
        return listening

    async def follow(self, caller: Caller, task_id: str) -> Listening:
        """Follow a task that has not ended. Raises: TaskRefused."""
        row = self._found(caller, task_id)
        story = await self._story(caller, row)
        if story.ended:
            raise TaskRefused("unsupported", f"this task is {story.status.state}; nothing follows")
        return await self._listen(caller, row)

    # Tasks

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        """A task; None for one that is not this caller's, or is not there."""
        try:
            row = self._found(caller, task_id)
            if self._shared.follower.live(row.pid) is not None:
                await self._shared.follower.look()
            return (await self._story(caller, row)).view()
        except TaskRefused:
            return None

    async def list(self, caller: Caller, query: Query) -> Page:
        """Tasks of this caller, the last changed first."""
        after = _place(query.after) if query.after else None
        await self._shared.follower.look()
        rows, total = self._shared.index.page(caller.name, self._publication.name, query, after)
        shown = rows[: query.size]
        views = tuple([(await self._story(caller, row)).view() for row in shown])
        more = f"{shown[-1].changed_ns:x}-{shown[-1].pid:x}" if len(rows) > query.size else ""
        return Page(tasks=views, next=more, total=total)

    async def cancel(self, caller: Caller, task_id: str) -> TaskView:
        """Stop a task. Raises: TaskRefused."""
        row = self._found(caller, task_id)
        try:
            await self._shared.kernel.desk.signal(row.pid, "kill", f"a2a peer {caller.name}")
        except IllegalTransitionError as error:
            raise TaskRefused("not-cancelable", "this task has ended") from error
        await self._shared.follower.look()
        return (await self._story(caller, row)).view()

    # How that is done

    def row_of(self, caller: Caller, task_id: str) -> TaskRow:
        """The task of this id. Raises: TaskRefused for one that is not this caller's."""
        return self._found(caller, task_id)

    def _found(self, caller: Caller, task_id: str) -> TaskRow:
        subject = self._shared.ids.subject(task_id, self._whose(caller)) or ""
        row = None
        if subject.startswith(_TASK):
            pid = Pid(int(subject.removeprefix(_TASK)))
            row = self._shared.index.task(pid, caller.name, self._publication.name)
        if row is None:
            raise TaskRefused("no-task", "there is no such task")
        return row

    async def _story(self, caller: Caller, row: TaskRow) -> Story:
        story = await self._shared.follower.story(self._id(caller, row.pid), row.pid)
        if story is None:
            raise TaskRefused("no-task", "there is no such task")
        return story

    async def _listen(self, caller: Caller, row: TaskRow) -> Listening:
        live = self._shared.follower.live(row.pid)
        if live is not None:
            return self._shared.follower.listen(live)
        return self._shared.follower.ended(await self._story(caller, row))

    async def _push(self, caller: Caller, task_id: str, push: PushConfig, listening: Listening) -> None:
        if self.pushes is None:
            return
        try:
            await self.pushes.put(caller, task_id, push)
        except TaskRefused:
            listening.close()
            raise

    def _row(self, caller: Caller, story: Story, repeat: str) -> TaskRow:
        return TaskRow(
            pid=story.pid,
            peer=caller.name,
            agent=self._publication.name,
            context=story.context_id,
            repeat=repeat,
            made_ns=story.status.at_ns,
            changed_ns=story.status.at_ns,
            state=story.status.state,
        )

    def _peer(self, caller: Caller) -> PeerSettings:
        peer = self._shared.peers.settings(caller)
        if peer is None:
            raise TaskRefused("unsupported", "you are no peer here any more")
        return peer

    def _id(self, caller: Caller, pid: Pid) -> str:
        return task_id_of(self._shared.ids, pid, caller.name, self._publication.name)

    def _whose(self, caller: Caller) -> str:
        return whose(caller.name, self._publication.name)


def repeat_of(said: Said) -> str:
    """What tells a message that begins a task from every other."""
    return digest_of([said.id, list(said.parts)])


def whose(peer: str, agent: str) -> str:
    """Under which identity a task's id is sealed."""
    return f"{peer}\0{agent}"


def task_id_of(ids: TaskIds, pid: Pid, peer: str, agent: str) -> str:
    """The id of a task; the same each time."""
    return ids.made(f"{_TASK}{pid}", whose(peer, agent))


def _place(token: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(token)
    if found is None:
        raise TaskRefused("bad-params", "pageToken: is none of this server's")
    return int(found[1], 16), int(found[2], 16)
