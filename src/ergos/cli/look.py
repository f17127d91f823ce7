"""Commands that only look, beside a running kernel or without one: ps, journal, ledger, ls, cat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.team import Member
    from ergos.base.canonical import Plain

PROCESSES_SHOWN = 1_000  # processes listed at once
FOLLOW_S = 0.5  # seconds between two looks at a journal that is followed


def ps(
    everything: Annotated[bool, typer.Option("--all", help="Ended processes too.")] = False,
    owner: Annotated[str | None, typer.Option("--owner", help="Only this owner's.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many.")] = PROCESSES_SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List processes with what they do or wait for."""
    import asyncio

    from ergos.app.home import reading
    from ergos.app.team import View, everybody
    from ergos.cli.render import emit, note, table

    here = home_of(home)

    async def listed() -> View:
        async with reading(here) as reads:
            return await everybody(here, reads, owner=owner, ended=everything, limit=limit)

    view = asyncio.run(listed())
    if as_json:
        emit({"running": view.running, "halted": view.halted, "processes": view.members})
        return
    if view.members:
        rows = [(str(one.pid), one.agent, one.owner, str(one.state), _doing(one)) for one in view.members]
        table(("PID", "AGENT", "OWNER", "STATE", "DOES"), rows)
    else:
        note("no processes" if everything else "no live processes; `ergos ps --all` lists ended ones")
    if len(view.members) == limit:
        note(f"only the first {limit:,}; --limit shows more")
    if view.halted:
        note("STOP is in force; `ergos stop --all --lift` lifts it")
    if not view.running and any(not one.at_rest for one in view.members):
        note("no kernel is running; `ergos up` goes on with them")


def _doing(member: Member) -> str:
    """What a process does, in a few words."""
    from ergos.app.catalogue import moment

    if member.failure is not None:
        return f"[{member.failure.code}] {member.failure.what}"
    if member.calls:
        return ", ".join(member.calls)
    until = f" until {moment(member.wake_at_ns)}" if member.wake_at_ns is not None else ""
    return f"waits for {member.waits}{until}" if member.waits else ""


def journal(
    pid: Annotated[int | None, typer.Argument(metavar="[PID]", help="One process; without it, everything.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    after: Annotated[int, typer.Option("--after", min=0, help="Only records behind this number.")] = 0,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Print the records of a process, in order."""
    import asyncio

    asyncio.run(_journal(home_of(home), pid, after, follow=follow, as_json=as_json))


async def _journal(here: Home, pid: int | None, after: int, *, follow: bool, as_json: bool) -> None:
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.base.errors import UnknownProcessError
    from ergos.base.ids import Pid
    from ergos.cli.render import emit_line, say
    from ergos.kernel.process import ENDED

    wanted = Pid(pid) if pid is not None else None
    async with reading(here) as reads:
        catalogue = Catalogue(here, reads)
        if wanted is not None and not (0 < wanted < 2**63 and await reads.load((wanted,))):
            raise UnknownProcessError(f"there is no process {pid}")
        while True:
            loaded = await reads.load((wanted,)) if wanted is not None else ()
            async for record in catalogue.records(wanted, after):
                after = int(str(record["seq"]))
                if as_json:
                    emit_line(record)
                else:
                    say(_record_line(record))
            if not follow or (loaded and loaded[0].process.state in ENDED):
                return
            await asyncio.sleep(FOLLOW_S)


def _record_line(record: dict[str, Plain]) -> str:
    """A record on one line: number, time, process, kind, and what it says."""
    from ergos.cli.render import short

    rest = {key: value for key, value in record.items() if key not in {"seq", "pid", "turn", "at", "k"}}
    call = rest.pop("call", None)
    said = ""
    if isinstance(call, dict):
        said = f"{call.get('kind')} {call.get('name')} {short(call.get('args', {}))} "
    elif "key" in rest:
        said = f"{rest.pop('key')} "
    place = f"{record['seq']:>6} {str(record['at'])[11:]} {record['pid']:>4} {record['k']:<10}"
    return f"{place} {said}{short(rest) if rest else ''}"


def ledger(
    owner: Annotated[str | None, typer.Option("--owner", help="Only this owner.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was spent and is held, by owner, day and agent."""
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.cli.render import emit, note, table
    from ergos.kernel.namespace import place

    here = home_of(home)

    async def accounts() -> list[dict[str, Plain]]:
        async with reading(here) as reads:
            catalogue = Catalogue(here, reads)
            names = (owner,) if owner is not None else await catalogue.names(place("/ledger"), 1_000)
            return [await catalogue.account(name) for name in names]

    found = asyncio.run(accounts())
    if as_json:
        emit(found)
        return
    rows: list[tuple[str, ...]] = []
    for account in found:
        rows.append((str(account["owner"]), *_amounts(account["total"]), "all"))
        for part in ("days", "agents"):
            listed = account[part]
            assert isinstance(listed, dict)
            rows += [("", *_amounts(meter), name) for name, meter in sorted(listed.items())]
    if rows:
        table(("OWNER", "SPENT", "TOKENS", "HELD", "WHERE"), rows)
    else:
        note("nothing has cost anything yet")


def _amounts(meter: Plain) -> tuple[str, str, str]:
    assert isinstance(meter, dict)
    spent, held = meter["spent"], meter["held"]
    assert isinstance(spent, dict)
    assert isinstance(held, dict)
    return str(spent["money"]), f"{spent['tokens']:,}", str(held["money"])


def ls(
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="For example /proc or /sys.")] = "/",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a folder of the namespace: /proc, /ledger, /agents, /sys."""
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.cli.render import emit, note, table
    from ergos.kernel.namespace import Listing, listing

    here = home_of(home)

    async def listed() -> Listing:
        async with reading(here) as reads:
            return await listing(path, Catalogue(here, reads))

    found = asyncio.run(listed())
    if as_json:
        emit(found)
        return
    table(("NAME", "WHAT"), [(one.name + ("/" if one.folder else ""), one.summary) for one in found.entries])
    if found.more:
        note(f"only the first {len(found.entries):,}")


def cat(
    path: Annotated[str, typer.Argument(metavar="PATH", help="For example /proc/1/state or /sys/limits.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what stands at a path of the namespace."""
    import asyncio

    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading
    from ergos.cli.render import emit, pretty, say
    from ergos.kernel.namespace import read

    here = home_of(home)

    async def found() -> Plain:
        async with reading(here) as reads:
            return await read(path, Catalogue(here, reads))

    value = asyncio.run(found())
    if as_json:
        emit(value)
    else:
        say(pretty(value))
