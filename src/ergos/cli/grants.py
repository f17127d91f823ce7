"""Commands for permission: grants, grant, revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.grants import Held
    from ergos.app.home import Home
    from ergos.kernel.permission.grants import Grant

VERBS = ("act", "think", "send", "spawn")


def grants(
    agent: Annotated[str | None, typer.Argument(metavar="AGENT", help="Only what this agent may do.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is revoked, expired or used up.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what your agents may do, one sentence a grant, and the id by which it is revoked."""
    from ergos.cli.render import emit, note, say

    here = home_of(home)
    found = [
        one
        for one in _held(here)
        if (everything or one.standing == "in force") and (agent is None or agent in (one.agent, one.grant.agent))
    ]
    if as_json:
        emit([_plain(one) for one in found])
        return
    for one in found:
        say(f"{one.id}  {one.sentence}")
        left = f", {one.left} calls left" if one.left is not None else ""
        source = f"from the definition of {one.agent}" if one.agent else "confirmed by you"
        said = f', in your words: "{one.grant.words}"' if one.grant.words else ""
        say(f"              {one.standing}{left}; {source}{said}")
    if not found:
        note("no grant is in force" if not everything else "there is no grant")


def grant(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent; '*' for all of them.")],
    verb: Annotated[str, typer.Argument(metavar="VERB", help="act, think, send or spawn.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Tool, task or agent; a prefix ends in '.*'.")],
    argument: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARG=WHAT …",
            help="VALUE, LOW..HIGH, one_of:A,B, under:FOLDER, domain:HOST, grounded or any. None: any arguments.",
        ),
    ] = None,
    ask: Annotated[bool, typer.Option("--ask", help="You approve each call.")] = False,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Until then: 2027-01-31.")] = None,
    times: Annotated[int | None, typer.Option("--times", metavar="N", min=1, help="At most so many calls.")] = None,
    words: Annotated[str, typer.Option("--words", metavar="TEXT", help="What you said, to be kept with it.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Confirm without being asked.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an agent a permission: it is shown as a sentence, and in force once you confirm it."""
    import asyncio

    from ergos.app.client import order
    from ergos.app.grants import day
    from ergos.cli.render import emit, note, say
    from ergos.kernel.permission.grants import grant_id
    from ergos.kernel.permission.sentences import sentence
    from ergos.runtime.control import Confirm

    here = home_of(home)
    owner = here.settings.owner
    proposed = _proposed(agent, verb, name, argument or [], ask=ask, until=until, times=times, words=words)
    said = sentence(proposed, here.settings.language, day)
    if not as_json:
        say(said)
    if not yes:
        _confirm()
    asyncio.run(order(here, Confirm(owner=owner, grant=proposed, by=owner)))
    if as_json:
        emit({"id": grant_id(proposed), "sentence": said})
    else:
        note(f"in force: {grant_id(proposed)}; `ergos revoke {grant_id(proposed)}` takes it back")


def revoke(
    number: Annotated[str, typer.Argument(metavar="ID", help="Of the grant, as `ergos grants` shows it.")],
    home: HomeOption = None,
) -> None:
    """Take a permission back; no call that has not started yet starts under it."""
    import asyncio

    from ergos.app.client import order
    from ergos.cli.render import note
    from ergos.runtime.control import Revoke

    here = home_of(home)
    owner = here.settings.owner
    found = sorted({one.id for one in _held(here) if one.id.startswith(number)})
    if len(found) != 1:
        what = f"no grant has the id {number!r}" if not found else f"{number!r} begins {len(found)} ids"
        raise UsageError(what, remedy="`ergos grants` lists them")
    asyncio.run(order(here, Revoke(owner=owner, grant=found[0], by=owner)))
    note(f"revoked: {found[0]}; no call starts under it any more")


def _held(here: Home) -> list[Held]:
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.grants import held
    from ergos.app.home import reading
    from ergos.drivers.host import HostClock

    async def listed() -> list[Held]:
        async with reading(here) as reads:
            catalogue = Catalogue(here, reads)
            return await held(reads, catalogue, here.settings.owner, here.settings.language, HostClock().now_ns())

    return asyncio.run(listed()) if here.store.exists() else []


def _proposed(
    agent: str, verb: str, name: str, words_: list[str], *, ask: bool, until: str | None, times: int | None, words: str
) -> Grant:
    from ergos.base.ids import name as checked_name
    from ergos.kernel.permission.grants import Grant
    from ergos.lib.agent_file import instant
    from ergos.lib.grant_words import arguments

    if verb not in VERBS:
        raise UsageError(f"{verb!r} is no verb", remedy=f"one of {', '.join(VERBS)}")
    if agent != "*":
        checked_name(agent, what="an agent")
    checked_name(name.removesuffix(".*"), what="a tool, task or agent")
    try:
        expires_ns = instant(until) if until is not None else None
    except ValueError as error:
        raise UsageError(f"--until {until!r} is no date: {error}", remedy="write a date such as 2027-01-31") from error
    return Grant(
        agent=agent,
        verb=verb,  # type: ignore[arg-type]
        name=name,
        args=arguments(words_),
        ask=ask,
        expires_ns=expires_ns,
        times=times,
        words=words,
    )


def _confirm() -> None:
    import sys

    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm it", remedy="run it at a terminal, or say --yes")
    typer.confirm("Give this permission?", abort=True, err=True)


def _plain(one: Held) -> dict[str, object]:
    import msgspec

    return {
        "id": one.id,
        "agent": one.agent or one.grant.agent,
        "sentence": one.sentence,
        "standing": one.standing,
        "left": one.left,
        "source": "definition" if one.agent else "confirmed",
        "grant": msgspec.to_builtins(one.grant),
    }
