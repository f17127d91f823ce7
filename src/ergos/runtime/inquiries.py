"""What servers and sign-ins ask an owner in the middle of something: a question in the inbox, and whoever waits for it.

Unlike what a program asks with `ask`, nobody replays this: if the kernel goes, whoever waited is gone, too, and the
question is closed when it starts again.

Rules: every word of a server is a stranger's and is shown as such; an answer is journaled before it is given.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.base.limits import APPROVAL_TTL_S, ERROR_CHARS_MAX
from ergos.kernel.calls import Verdict
from ergos.kernel.events import Answered, Body
from ergos.kernel.own_events import Inquired
from ergos.kernel.rows import Item
from ergos.kernel.values import Blob, Packed
from ergos.runtime.residents import Resident, Rows

_FACT: Final = "inquiry/"
KEY: Final = "inquiry:"
"""What the key of an inbox item begins with that no call of a program asked."""


class Writer(Protocol):
    """What this asks of the machine."""

    now_ns: int

    def tick(self) -> int:
        """Read the clock."""
        ...

    def next_item(self) -> int:
        """An inbox number never given out before."""
        ...

    def submit(self, resident: Resident | None, bodies: tuple[Body, ...], rows: Rows | None = None) -> None:
        """Write records of the kernel itself, and rows."""
        ...


class Inquiries:
    """Questions that somebody waits for."""

    def __init__(self, writer: Writer) -> None:
        self._writer: Final = writer
        self._open: Final[dict[int, asyncio.Future[Plain]]] = {}

    def recover(self, facts: dict[str, str]) -> None:
        """Close what an earlier kernel asked: nobody waits for it any more."""
        left = [name for name, value in facts.items() if name.startswith(_FACT) and value]
        if left:
            numbers = tuple(int(name.removeprefix(_FACT)) for name in left)
            rows = Rows(items_closed=numbers, facts=tuple((name, "") for name in left))
            self._writer.submit(None, (), rows)

    async def ask(
        self, *, pid: Pid, owner: str, about: str, text: str, shown: tuple[Packed, tuple[Blob, ...]]
    ) -> Plain:
        """The owner's answer. `about`: who asks. Cancelling closes the question."""
        writer = self._writer
        at_ns, number = writer.tick(), writer.next_item()
        packed, blobs = shown
        item = Item(
            id=number,
            pid=pid,
            key=f"{KEY}{number}",
            owner=owner,
            kind="question",
            asked_ns=at_ns,
            expires_ns=at_ns + APPROVAL_TTL_S * SECOND,
            text=text[:ERROR_CHARS_MAX],
            call=packed,
        )
        self._open[number] = waiting = asyncio.get_running_loop().create_future()
        writer.submit(
            None,
            (Inquired(number, owner, pid, about, text[:ERROR_CHARS_MAX]),),
            Rows(items_put=(item,), blobs=blobs, facts=((f"{_FACT}{number}", str(pid)),)),
        )
        try:
            return await waiting
        finally:
            if self._open.pop(number, None) is not None:  # not answered: whoever asked has left
                writer.tick()
                writer.submit(None, (), Rows(items_closed=(number,), facts=((f"{_FACT}{number}", ""),)))

    def answered(
        self, item: Item, verdict: Verdict, by: str, value: Plain, packed: Packed, blobs: tuple[Blob, ...]
    ) -> None:
        """Write an owner's answer and give it to who waits, if anybody still does."""
        record = Answered(item.id, item.key, verdict, by, packed)
        rows = Rows(items_closed=(item.id,), blobs=blobs, facts=((f"{_FACT}{item.id}", ""),))
        self._writer.submit(None, (record,), rows)
        waiting = self._open.pop(item.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(value)
