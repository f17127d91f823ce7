"""What an editor sees of an agent, and what the face for editors asks of the house behind it.

Rules: plain frozen records and one protocol; nothing of the protocol's library, nothing of a kernel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain

Work: TypeAlias = Literal["read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other"]
"""What kind of tool call it is, as editors draw it."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with one process."""

    id: str
    pid: int = 0
    """0: nothing was said yet, so there is no process."""
    cwd: str
    title: str = ""
    at_ns: int = 0
    """When something was last said to it."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was said."""

    who: Literal["owner", "agent"]
    text: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call; told when it is asked for, and when it was answered."""

    id: str
    title: str
    work: Work
    status: Literal["pending", "in_progress", "completed", "failed"]
    first: bool
    """It is told for the first time."""
    given: Plain = None
    came: Plain = None
    text: str = ""
    """What came, for people."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the owner can say."""

    id: str
    text: str
    yes: bool
    """It lets something happen."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for the owner: an approval, a question, or a call in doubt."""

    number: int
    kind: Literal["approval", "question", "doubt"]
    text: str
    call: Plain = None
    """The exact call, as it is bound."""
    digest: str = ""
    """Of everything above."""
    choices: tuple[Choice, ...] = ()
    """Empty: only words answer it."""


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """The agent does nothing more by itself."""

    why: Literal["idle", "ended", "failed", "cancelled", "asks", "stopped"]
    """`asks`: for words, which the next message of its owner is; `stopped`: STOP is in force."""
    read: int = 0
    """Tokens that its model calls read and wrote meanwhile."""
    written: int = 0


Happening: TypeAlias = Words | Step | Wish | Rest


class House(Protocol):
    """Sessions of one owner with one agent. Every method raises ErgosErrors."""

    async def begin(self, cwd: str) -> Session:
        """A session in which nothing was said yet."""
        ...

    async def find(self, name: str) -> Session:
        """A session. Raises: UnknownPathError."""
        ...

    async def sessions(self) -> tuple[Session, ...]:
        """All of them, the newest first."""
        ...

    def past(self, session: Session) -> AsyncIterator[Happening]:
        """What was said and done so far, in order."""
        ...

    def say(self, session: Session, text: str) -> AsyncIterator[Happening]:
        """Say something, then tell what happens until a Rest, which comes last. A Wish waits for `answer`."""
        ...

    async def answer(self, session: Session, wish: Wish, choice: Choice) -> None:
        """Decide what was shown, and nothing else. Raises: UsageError if it is not what it was."""
        ...

    async def cancel(self, session: Session) -> None:
        """Nothing more begins before the next message."""
        ...
