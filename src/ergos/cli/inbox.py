"""Commands for what waits for a person, and what was delivered: inbox, approve, deny, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.items import approved, delivery_lines, give, open_item, understood_or_raise, waiting_lines
from ergos.cli.options import HomeOption, JsonOption, home_of
from ergos.cli.requests import json_value

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.inbox import Inbox, Waiting
    from ergos.base.canonical import Plain

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the item, as `ergos inbox` shows it.")]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="As this delegate of yours; what they may decide is in the settings."),
]


def inbox(
    owner: Annotated[str | None, typer.Option("--owner", help="Only what waits for this owner.")] = None,
    by: AsOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Show what was delivered again the next time.")] = False,
    walk: Annotated[bool, typer.Option("--walk", help="One by one at this terminal, answered with one key.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what waits for you (approvals, questions, calls in doubt) and what was delivered since you last looked."""
    import asyncio

    here = home_of(home)
    found, outcomes = asyncio.run(_looked(here, owner, _known(here, by)))
    if walk:
        from ergos.cli.walk import walked

        walked(here, found, outcomes, by)
    elif as_json:
        _emit(found, outcomes)
        return  # a program that looks is not a person who has seen it
    else:
        _shown(here, found, outcomes)
    if (found.delivered or found.report is not None) and not keep:
        asyncio.run(_seen(here, owner or here.settings.owner, found.until))


async def _looked(here: Home, owner: str | None, by: str) -> tuple[Inbox, list[Plain]]:
    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.app.inbox import inbox_of
    from ergos.drivers.host import HostClock

    async with reading(here) as reads:
        found = await inbox_of(here, reads, owner, HostClock().now_ns(), by=by)
        catalogue = Catalogue(here, reads)
        return found, [await catalogue.unpacked(one.outcome) for one in found.delivered]


def _known(here: Home, by: str | None) -> str:
    """The name of a delegate; '' for the owner. Raises: UsageError."""
    delegates = sorted({one.delegate for one in here.settings.desk.rights.delegations})
    if by is not None and by not in delegates:
        names = ", ".join(delegates) or "nobody"
        raise UsageError(
            f"{by[:60]!r} is no delegate of yours", remedy=f"settings.toml names {names}: [delegates.NAME]"
        )
    return by or ""


def _emit(found: Inbox, outcomes: list[Plain]) -> None:
    import msgspec

    from ergos.app.inbox import delivery_plain
    from ergos.cli.render import emit

    listed: list[Plain] = [{**one.shown, **_who(one)} for one in found.waiting]
    listed += [delivery_plain(one, outcome) for one, outcome in zip(found.delivered, outcomes, strict=True)]
    if found.report is not None:
        listed.append({"kind": "report", **msgspec.to_builtins(found.report)})
    emit(listed)


def _who(one: Waiting) -> dict[str, Plain]:
    return {"agent": one.case.agent, "reserved": one.case.reserved, "delegates": list(one.delegates)}


def _shown(here: Home, found: Inbox, outcomes: list[Plain]) -> None:
    from ergos.app.owner_words import INBOX, day
    from ergos.cli.render import note, say

    language = here.settings.language
    words = INBOX[language]
    for one in found.waiting:
        for line in waiting_lines(one, language):
            say(line)
    if found.delivered:
        say(words["delivered"])
        if found.more:
            say("      " + words["before"].format(n=f"{found.more:,}"))
        for one, outcome in zip(found.delivered, outcomes, strict=True):
            for line in delivery_lines(one, outcome, language):
                say(line)
    if found.report is not None:
        zone = here.settings.desk.notices.timezone
        since, until = day(found.report.since_ns, zone), day(found.report.until_ns, zone)
        say("      " + words["report"].format(since=since, until=until))
    if not found.waiting and not found.delivered and found.report is None:
        note(words["nothing"])


async def _seen(here: Home, owner: str, until: int) -> None:
    from ergos.app.client import order
    from ergos.runtime.control import Seen

    await order(here, Seen(owner=owner, until=until))


def approve(number: Number, by: AsOption = None, home: HomeOption = None) -> None:
    """Approve the call an item shows: exactly this call, once."""
    here = home_of(home)
    approved(here, open_item(here, number), _known(here, by))


def deny(
    number: Number,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="What the agent is told beside the no.")
    ] = None,
    by: AsOption = None,
    home: HomeOption = None,
) -> None:
    """Deny the call an item shows."""
    from ergos.app.answers import COMMENT_BYTES_MAX

    if why is not None and len(why.encode("utf-8", "replace")) > COMMENT_BYTES_MAX:
        raise UsageError(f"--why is longer than {COMMENT_BYTES_MAX} bytes", remedy="say it shorter")
    here = home_of(home)
    give(here, open_item(here, number), "deny", why or None, by=_known(here, by))


def answer(
    number: Number,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The answer, in words; for a doubt: done, redo or fail.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Option("--value", metavar="JSON", help="For a question: the answer as JSON; for `done`: the result."),
    ] = None,
    by: AsOption = None,
    home: HomeOption = None,
) -> None:
    """Answer a question, say yes or no to an approval, or decide a call in doubt: it happened (done), redo, fail."""
    here = home_of(home)
    item, whose = open_item(here, number), _known(here, by)
    given = json_value(value) if value is not None else None
    if item.kind == "question":
        if (text is None) == (value is None):
            raise UsageError("a question needs one answer", remedy=f"`ergos answer {number} TEXT`, or --value JSON")
        if value is not None:
            give(here, item, "answer", given, by=whose)
            return
    elif value is not None and (item.kind == "approval" or text != "done"):
        raise UsageError("--value goes with a question, or with `done`: what the call returned")
    verdict, said = understood_or_raise(here, item, text or "")
    if verdict == "approve":
        approved(here, item, whose)
    else:
        give(here, item, verdict, given if verdict == "done" else said, by=whose)
