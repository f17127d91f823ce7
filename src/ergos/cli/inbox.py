"""Commands for what waits for a person: inbox, approve, deny, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of
from ergos.cli.requests import json_value, later

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.base.canonical import Plain
    from ergos.kernel.calls import Verdict
    from ergos.kernel.rows import Item

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the item, as `ergos inbox` shows it.")]


def inbox(
    owner: Annotated[str | None, typer.Option("--owner", help="Only what waits for this owner.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what waits for you: approvals, questions, calls in doubt."""
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.app.team import INBOX_SHOWN
    from ergos.cli.render import emit, note, say

    here = home_of(home)

    async def listed() -> list[dict[str, Plain]]:
        async with reading(here) as reads:
            catalogue = Catalogue(here, reads)
            return [await catalogue.item(item) for item in await reads.items(owner, INBOX_SHOWN)]

    found = asyncio.run(listed())
    if as_json:
        emit(found)
        return
    for item in found:
        say(f"{item['number']:>4}  {item['kind']} for {item['owner']}, process {item['pid']}, asked {item['asked']}")
        say(f"      {item['text']}")
        for line in call_lines(item["call"]):
            say(f"      {line}")
        say(f"      {_how(str(item['kind']), str(item['number']))}")
    if not found:
        note("nothing waits for you")


def call_lines(call: Plain) -> list[str]:
    """The exact call, every argument whole, and what was read before it."""
    from ergos.cli.render import short, whole

    if not isinstance(call, dict) or "tool" not in call:
        return [] if call is None else whole(call)
    args = call.get("arguments")
    lines = [f"call  {short(call['tool'])}"]
    if isinstance(args, dict):
        width = max((len(name) for name in args), default=0)
        for name, value in args.items():
            first, *more = whole(value)
            lines.append(f"        {short(name):<{width}} = {first}")
            lines += [f"        {'':<{width}}   {line}" for line in more]
    read = call.get("read_before")
    if isinstance(read, list) and read:
        lines += ["read before, from sources nobody vouches for, the last first:"]
        lines += [f"        {short(one)}" for one in read]
    return lines


def _how(kind: str, number: str) -> str:
    return {
        "approval": f"ergos approve {number}  |  ergos deny {number}",
        "question": f"ergos answer {number} TEXT",
        "doubt": f"ergos answer {number} done|redo|fail",
    }[kind]


def approve(number: Number, home: HomeOption = None) -> None:
    """Approve the call an item shows: exactly this call, once."""
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.cli.render import note

    here = home_of(home)
    item = _item(here, number)

    async def looked() -> dict[str, Plain]:
        async with reading(here) as reads:
            return await Catalogue(here, reads).item(item)

    asked = asyncio.run(looked())
    _give(here, number, "approve")
    for line in (str(asked["text"]), *call_lines(asked["call"])):
        note(f"  {line}")


def deny(number: Number, home: HomeOption = None) -> None:
    """Deny the call an item shows."""
    _give(home_of(home), number, "deny")


def answer(
    number: Number,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The answer; for a doubt: done, redo or fail.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Option("--value", metavar="JSON", help="For a question: the answer as JSON; for `done`: the result."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Answer a question, or decide about a call in doubt: did it happen (done), repeat it (redo), or not (fail)."""
    here = home_of(home)
    item = _item(here, number)
    given = json_value(value) if value is not None else None
    if item.kind == "approval":
        raise UsageError(f"item {number} is an approval", remedy=f"`ergos approve {number}` or `ergos deny {number}`")
    if item.kind == "question":
        if (text is None) == (value is None):
            raise UsageError("a question needs one answer", remedy=f"`ergos answer {number} TEXT`, or --value JSON")
        _give(here, number, "answer", text if text is not None else given)
    elif text in {"done", "redo", "fail"}:
        if value is not None and text != "done":
            raise UsageError("--value goes with `done`: what the call returned")
        _give(here, number, cast("Literal['done', 'redo', 'fail']", text), given)
    else:
        raise UsageError(f"item {number} is a call in doubt; say done, redo or fail", remedy=item.text)


def _item(here: Home, number: int) -> Item:
    """An open item. Raises: UsageError."""
    import asyncio

    from ergos.app.home import reading

    async def looked() -> Item | None:
        async with reading(here) as reads:
            return await reads.item(number) if 0 < number < 2**63 else None

    found = asyncio.run(looked())
    if found is None:
        raise UsageError(f"nothing open has the number {number}", remedy="`ergos inbox` lists what waits for you")
    return found


def _give(here: Home, number: int, verdict: Verdict, value: Plain = None) -> None:
    import asyncio

    from ergos.app.client import order
    from ergos.cli.render import note
    from ergos.runtime.control import Answer, Fine

    item = _item(here, number)
    request = Answer(number=number, verdict=verdict, by=here.settings.owner, value=value)
    reply, running = asyncio.run(order(here, request))
    assert isinstance(reply, Fine)
    words = {"approve": "approved", "deny": "denied", "answer": "answered"}
    note(f"{words.get(verdict, verdict)}: {item.kind} {number}" + ("" if running else later(reply.pid)))
