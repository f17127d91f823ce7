"""A board that keeps its tasks in memory, for tests of what stands before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ergos.base.errors import WorldError
from ergos.buses.a2a.ports import (
    AgentFacts,
    ArtifactCame,
    Caller,
    Page,
    PushConfig,
    Query,
    Said,
    Skill,
    Status,
    StatusMoved,
    TaskRefused,
    TaskView,
)

FACTS = AgentFacts(
    name="news", description="Reads.", version="1", skills=(Skill(id="n", name="n", description="d", tags=("t",)),)
)


class OneFollowing:
    """A task that is done."""

    def __init__(self, view: TaskView) -> None:
        self.first = self.now = view
        self.closed = False

    async def events(self) -> AsyncIterator[StatusMoved | ArtifactCame]:
        yield StatusMoved(
            task_id=self.first.id, context_id=self.first.context_id, status=Status(state="completed", at_ns=2)
        )

    async def settled(self, gone: Any) -> TaskView | Said:
        return self.first

    def close(self) -> None:
        self.closed = True


class MemoryBoard:
    """Tasks in memory, by caller; and where they are told."""

    def __init__(self, facts: AgentFacts = FACTS) -> None:
        self.said: list[tuple[Caller, Said, PushConfig | None]] = []
        self.followed: list[OneFollowing] = []
        self._facts = facts
        self.wrong: Exception | None = None

    def facts(self) -> AgentFacts:
        return self._facts

    def check(self, config: PushConfig) -> None:
        del config

    async def send(self, caller: Caller, said: Said, push: PushConfig | None) -> OneFollowing:
        if self.wrong is not None:
            raise self.wrong
        self.said.append((caller, said, push))
        view = TaskView(id="t1", context_id="c1", status=Status(state="completed", at_ns=1), history=(said,))
        self.followed.append(OneFollowing(view))
        return self.followed[-1]

    async def follow(self, caller: Caller, task_id: str) -> OneFollowing:
        raise TaskRefused("unsupported", "it has ended")

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        return None

    async def list(self, caller: Caller, query: Query) -> Page:
        return Page(tasks=())

    async def cancel(self, caller: Caller, task_id: str) -> TaskView:
        raise WorldError("the secret of alice is gone")

    async def allowance(self, caller: Caller) -> dict[str, Any]:
        return {"tasksAtOnce": 3}


class MemoryPushes:
    """No place is kept."""

    def check(self, config: PushConfig) -> None:
        del config

    async def put(self, caller: Caller, task_id: str, config: PushConfig) -> PushConfig:
        return config

    async def get(self, caller: Caller, task_id: str, config_id: str) -> PushConfig:
        raise TaskRefused("no-task", "none")

    async def list(self, caller: Caller, task_id: str) -> tuple[PushConfig, ...]:
        return (PushConfig(id="p", url="https://example.com/"),)

    async def drop(self, caller: Caller, task_id: str, config_id: str) -> None:
        return None
