"""Asks the person at the terminal what waits for them, while a kernel may be running in the same loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from ergos.app.follow import Consult
    from ergos.app.home import Home
    from ergos.app.team import View
    from ergos.cli.render import Progress
    from ergos.kernel.rows import Item


def consultation(here: Home, shown: Progress) -> Consult:
    """Ask at the terminal about the open items of a view; an empty line leaves an item for later."""
    left: set[int] = set()

    async def consult(view: View, leaving: asyncio.Event) -> None:
        for item in view.items:
            if item.id in left or leaving.is_set():
                continue
            with shown.paused():
                if not await _ask_one(here, item, leaving):
                    left.add(item.id)

    return consult


async def _ask_one(here: Home, item: Item, leaving: asyncio.Event) -> bool:
    """Whether the person answered."""
    from ergos.app.answers import Unclear, understood
    from ergos.app.catalogue import Catalogue
    from ergos.app.client import ask
    from ergos.app.home import reading
    from ergos.cli.items import call_lines
    from ergos.cli.render import note
    from ergos.runtime.control import Answer

    async with reading(here) as reads:
        asked = await Catalogue(here, reads).item(item)
    first, *more = str(asked["text"]).splitlines() or [""]
    note(f"{item.kind} {item.id}: {first}")
    for line in more:  # a text of several lines cannot pass for what we say below it
        note(f"  │ {line}")
    if asked["call"] is not None:
        for line in call_lines(asked["call"]):
            note(f"  {line}")
    prompts = {"approval": "approve? [y/n]", "question": "answer", "doubt": "done, redo or fail?"}
    while True:
        text = await _line(f"  {prompts[item.kind]} (empty: later) ", leaving)
        if not text:
            return False
        said = understood(item.kind, text, asked["call"], here.settings.language)
        if isinstance(said, Unclear):
            note(f"  {said.why}")
            continue
        await ask(here, Answer(number=item.id, verdict=said.verdict, by=here.settings.owner, value=said.value))
        return True


async def _line(prompt: str, leaving: asyncio.Event) -> str:
    """A line from the terminal without blocking the loop, on which a kernel may be running; '' when leaving."""
    import asyncio
    import os
    import sys

    print(prompt, end="", file=sys.stderr, flush=True)
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not typed.done():
            typed.set_result(os.read(descriptor, 65_536).decode("utf-8", "replace").rstrip("\n"))

    loop.add_reader(descriptor, readable)
    gone = asyncio.ensure_future(leaving.wait())
    try:
        await asyncio.wait({typed, gone}, return_when=asyncio.FIRST_COMPLETED)
        return typed.result() if typed.done() else ""
    finally:
        loop.remove_reader(descriptor)
        gone.cancel()
