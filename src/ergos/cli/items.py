"""Inbox items at the command line: how they are shown, and how an answer is given to them.

Rules: what is shown is the whole call, whatever it holds; an answer goes to the kernel, which decides if it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ergos.base.errors import UsageError
from ergos.cli.requests import later

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.inbox import Delivery, Waiting
    from ergos.base.canonical import Plain
    from ergos.kernel.calls import Verdict
    from ergos.kernel.permission.wording import Language
    from ergos.kernel.rows import Item


def waiting_lines(one: Waiting, language: Language = "en") -> list[str]:
    """An item with its exact call, and how it is answered."""
    from ergos.app.owner_words import INBOX

    words, item, shown = INBOX[language], one.item, one.shown
    until = words["until"].format(at=f"{str(shown['expires'])[:16]}Z") if shown["expires"] else ""
    kind = words.get(item.kind, item.kind)
    of = (
        words["of"].format(agent=one.case.agent, pid=item.pid)
        if one.case.agent
        else words["process"].format(pid=item.pid)
    )
    asked = words["asked"].format(kind=kind, owner=item.owner, of=of, at=f"{str(shown['asked'])[:16]}Z")
    first, *more = str(shown["text"]).splitlines() or [""]
    lines = [
        f"{item.id:>4}  {asked}{until}",
        f"      {first}",
        *(f"      │ {line}" for line in more),  # a text of several lines cannot pass for what stands below it
        *(f"      {line}" for line in (call_lines(shown["call"]) if shown["call"] else ())),
    ]
    if one.case.reserved:
        lines.append("      " + words["reserved"].format(owner=item.owner))
    elif one.delegates:
        lines.append("      " + words["delegates"].format(names=words["comma"].join(one.delegates)))
    return [*lines, f"      {how(item.kind, str(item.id))}"]


def delivery_lines(one: Delivery, outcome: Plain, language: Language = "en") -> list[str]:
    """What came of a process."""
    from ergos.app.catalogue import moment
    from ergos.app.owner_words import INBOX
    from ergos.cli.render import short

    words, at = INBOX[language], f"{moment(one.at_ns)[:16]}Z"
    if one.state == "hosted":
        head = words["says"].format(agent=one.agent, pid=one.pid, at=at)
        return [f"      {head}", *(f"        {short(text)}" for text in one.said)]
    head = words["is"].format(agent=one.agent, pid=one.pid, state=words.get(one.state, one.state), at=at)
    why = f": [{one.failure.code}] {short(one.failure.what)}" if one.failure is not None else ""
    gave = f": {short(outcome)}" if outcome is not None and not why else ""
    return [f"      {head}{gave}{why}"]


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


def how(kind: str, number: str) -> str:
    """The commands that answer an item."""
    return {
        "approval": f"ergos approve {number}  |  ergos deny {number}  |  ergos answer {number} 'no, WHY'",
        "question": f"ergos answer {number} TEXT",
        "doubt": f"ergos answer {number} done|redo|fail",
    }[kind]


def understood_or_raise(here: Home, item: Item, text: str) -> tuple[Verdict, Plain]:
    """What words say to an item. Raises: UsageError with what can be said."""
    import asyncio

    from ergos.app.answers import Unclear, understood
    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading

    async def choices() -> Plain:
        async with reading(here) as reads:
            return await Catalogue(here, reads).unpacked(item.call)

    offered = asyncio.run(choices()) if item.kind == "question" else None
    said = understood(item.kind, text, offered, here.settings.language)
    if isinstance(said, Unclear):
        raise UsageError(
            f"item {item.id}: {said.why}", remedy=f"`ergos inbox` shows it; {how(item.kind, str(item.id))}"
        )
    return said.verdict, said.value


def open_item(here: Home, number: int) -> Item:
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


def approved(here: Home, item: Item, by: str) -> None:
    """Approve, and show what was approved."""
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.cli.render import note

    async def looked() -> dict[str, Plain]:
        async with reading(here) as reads:
            return await Catalogue(here, reads).item(item)

    asked = asyncio.run(looked())
    give(here, item, "approve", by=by)
    for line in (str(asked["text"]), *call_lines(asked["call"])):
        note(f"  {line}")


def give(here: Home, item: Item, verdict: Verdict, value: Plain = None, *, by: str = "") -> None:
    """Answer an item, and say so."""
    import asyncio

    from ergos.app.client import order
    from ergos.cli.render import note
    from ergos.runtime.control import Answer, Fine

    request = Answer(number=item.id, verdict=verdict, by=by or here.settings.owner, value=value)
    reply, running = asyncio.run(order(here, request))
    assert isinstance(reply, Fine)
    words = {"approve": "approved", "deny": "denied", "answer": "answered"}
    told = f" ({cast('str', value)})" if verdict == "deny" and value else ""
    note(f"{words.get(verdict, verdict)}: {item.kind} {item.id}{told}" + ("" if running else later(reply.pid)))
