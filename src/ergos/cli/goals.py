"""Commands for agents that are hosted: how their goals stand, and the report of a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.progress import Standing
    from ergos.app.weekly import Report
    from ergos.base.canonical import Plain


def goals(
    pid: Annotated[int | None, typer.Argument(metavar="[PID]", help="One agent in detail; without it, all.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only this owner's.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how hosted agents stand: milestones, runs, spending, what comes next, what has stalled."""
    import asyncio

    from ergos.app.goal_words import goal_lines, how_far, next_of, stands
    from ergos.base.money import format_money
    from ergos.cli.render import emit, note, say, table
    from ergos.drivers.host import HostClock

    here, now_ns = home_of(home), HostClock().now_ns()
    language, zone = here.settings.language, here.settings.desk.notices.timezone
    found = asyncio.run(_standings(here, owner, pid, now_ns))
    if as_json:
        emit([_plain(one, now_ns) for one in found])
        return
    if pid is not None:
        for line in goal_lines(found[0], now_ns, zone, language):
            say(line)
        return
    if not found:
        note("no agent is hosted here; `ergos new` makes one from a sentence")
        return
    rows = [
        (
            str(one.pid), one.agent, how_far(one, language), format_money(one.spent_microusd),
            next_of(one, zone, language), stands(one, now_ns, language),
        )
        for one in found
    ]  # fmt: skip
    table(("PID", "AGENT", "DONE", "SPENT", "NEXT", "STANDS"), rows)


async def _standings(here: Home, owner: str | None, pid: int | None, now_ns: int) -> list[Standing]:
    from ergos.app.home import reading
    from ergos.app.progress import Progress, standings
    from ergos.base.errors import UnknownProcessError
    from ergos.base.ids import Pid

    async with reading(here) as reads:
        if pid is None:
            return await standings(reads, owner, now_ns)
        loaded = await reads.load((Pid(pid),)) if 0 < pid < 2**63 else ()
        if not loaded:
            raise UnknownProcessError(f"there is no process {pid}")
        process = loaded[0].process
        asked = tuple(item.id for item in await reads.items(process.owner, 10_000) if item.pid == process.pid)
        return [await Progress(reads).standing(process, now_ns, asked)]


def _plain(one: Standing, now_ns: int) -> Plain:
    import msgspec

    from ergos.app.catalogue import plain

    shown = plain(msgspec.to_builtins(one))
    assert isinstance(shown, dict)
    return {**shown, "stalled": one.stalled(now_ns)}


def report(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From then on: 2026-11-01. Default: seven days ago.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Up to that day. Default: now.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Of this owner. Default: yourself.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report what your agents did: done, delivered, spent, asked, failed, waiting, planned. No model is asked."""
    import asyncio

    from ergos.app.catalogue import plain
    from ergos.app.weekly import report_text, span_of
    from ergos.cli.render import emit, say
    from ergos.drivers.host import HostClock

    here, now_ns = home_of(home), HostClock().now_ns()
    since_ns, until_ns = span_of(_instant(until, now_ns), _instant(since, 0) if since is not None else None)
    if since_ns >= until_ns:
        raise UsageError("--since is not before --until", remedy="name a day before it, such as --since 2026-11-01")
    made = asyncio.run(_reported(here, owner or here.settings.owner, since_ns, until_ns, now_ns))
    if as_json:
        emit(plain(made))
        return
    for line in report_text(made, here.settings.language, here.settings.desk.notices.timezone).splitlines():
        say(line)


async def _reported(here: Home, owner: str, since_ns: int, until_ns: int, now_ns: int) -> Report:
    from ergos.app.home import reading
    from ergos.app.weekly import report_of

    async with reading(here) as reads:
        return await report_of(reads, owner, since_ns, until_ns, now_ns)


def _instant(text: str | None, default_ns: int) -> int:
    """A date or time, UTC where it says nothing else. Raises: UsageError."""
    from ergos.lib.agent_file import instant

    if text is None:
        return default_ns
    try:
        return instant(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text[:40]!r} is no date", remedy="a date such as 2026-11-01") from error
