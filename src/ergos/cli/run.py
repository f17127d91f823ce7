"""Commands that start work and stay with it: run, wait, send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import DefinitionError, UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of
from ergos.cli.requests import json_value, known, later

if TYPE_CHECKING:
    import asyncio

    from ergos.app.follow import Consult, Parting
    from ergos.app.home import Home
    from ergos.app.team import View
    from ergos.base.canonical import Plain
    from ergos.base.ids import Pid
    from ergos.cli.render import Progress

WAITS_EXIT = 3  # something waits for the owner
ALIKE_MAX = 1_000  # live processes among which one of the same agent is looked for
ARMED_S: Final = 10.0  # seconds `ergos run` waits until an agent it has started attends to its triggers
ARMED_LOOK_S: Final = 0.05  # seconds between two looks
LEFT_EXIT = 130  # the person left; the process goes on


def run(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder with AGENT.md, or a Python file.")],
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="WHERE", help="A URL, file or folder to read. May be repeated."),
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the agent. May be repeated.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start it in the background kernel and return.")] = False,
    dry: Annotated[
        bool, typer.Option("--dry", help="Show what it would do, once for each trigger; nothing leaves this machine.")
    ] = False,
    event: Annotated[
        str | None, typer.Option("--event", metavar="JSON", help="With --dry: what its trigger tells.")
    ] = None,
    trigger: Annotated[str, typer.Option("--trigger", metavar="NAME", help="With --dry: only this trigger.")] = "",
    reading: Annotated[bool, typer.Option("--read", help="With --dry: tools that only read do read.")] = False,
    answered: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="TEXT", help="With --dry: your answer to its next question. May be repeated."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start a process of the agent at PATH and stay with it until it ends or waits for you.

    An agent with triggers is hosted: it runs in the background kernel until you stop it.
    """
    import asyncio

    here = home_of(home)
    settings = _settings(setting or [], source or [])
    place = path.expanduser().absolute()
    if not place.exists():  # before a kernel is started for it
        raise DefinitionError(f"{place} is not there", remedy="name a folder with AGENT.md, or a Python file")
    if dry:
        from ergos.cli.dry import dry as dry_run

        code = dry_run(
            here, place, settings, read=reading, event=event, trigger=trigger, answers=answered or [], as_json=as_json
        )
        raise typer.Exit(code)
    hosted = not detach and _hosted(here, place)
    if hosted:
        from ergos.cli.render import note

        note("it has triggers, so it is hosted: it runs in the background until you stop it")
    if detach or hosted:
        _detach(here, place, settings, as_json=as_json, armed=hosted)
        return

    async def started() -> tuple[Pid, Parting]:
        from ergos.app.follow import attended

        async with attended(here) as leaving:
            pid = await _spawn(here, place, settings)
            return pid, await _stay(here, pid, leaving, quiet=as_json)

    _part(here, *asyncio.run(started()), as_json=as_json)


def _hosted(here: Home, place: Path) -> bool:
    """Whether the agent at a path has triggers. Raises: DefinitionError and its children."""
    if place.suffix == ".py":
        return False
    from ergos.app.home import load_with, programs_of

    return bool(load_with(programs_of(here))(place, {}).triggers)


def wait(
    pid: Annotated[int, typer.Argument(metavar="PID", help="The process, as `ergos ps` shows it.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stay with a process until it ends or waits for you; without a running kernel, run it here."""
    import asyncio

    from ergos.base.ids import Pid

    here = home_of(home)

    async def stayed() -> Parting:
        from ergos.app.follow import attended

        await known(here, Pid(pid))
        async with attended(here) as leaving:
            return await _stay(here, Pid(pid), leaving, quiet=as_json)

    _part(here, Pid(pid), asyncio.run(stayed()), as_json=as_json)


def send(
    pid: Annotated[int, typer.Argument(metavar="PID", help="The process, as `ergos ps` shows it.")],
    message: Annotated[str, typer.Argument(metavar="TEXT", help="Text; with --value, JSON.")],
    as_value: Annotated[bool, typer.Option("--value", help="TEXT is JSON.")] = False,
    home: HomeOption = None,
) -> None:
    """Send a process a message from you."""
    import asyncio

    from ergos.app.client import order
    from ergos.base.ids import Pid
    from ergos.cli.render import note
    from ergos.runtime.control import Send

    here = home_of(home)
    body = json_value(message) if as_value else message

    async def sent() -> bool:
        await known(here, Pid(pid))
        return (await order(here, Send(pid=Pid(pid), body=body)))[1]

    running = asyncio.run(sent())
    note(f"sent to process {pid}" + ("" if running else later(pid)))


def _settings(pairs: list[str], sources: list[str]) -> dict[str, Plain]:
    """Settings of --set and --source. A value is JSON where it can be read as such, else text."""
    import msgspec

    found: dict[str, Plain] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set {pair[:60]!r} is no setting", remedy="write --set key=value")
        try:
            found[key.strip()] = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            found[key.strip()] = text
        except UnicodeEncodeError as error:
            raise UsageError(f"--set {key!r} is not UTF-8 text") from error
    if sources:
        # A kernel in the background has another working directory.
        found["sources"] = [one if "://" in one else str(Path(one).expanduser().absolute()) for one in sources]
    return found


async def _spawn(here: Home, place: Path, settings: dict[str, Plain]) -> Pid:
    from ergos.app.client import ask
    from ergos.cli.render import note
    from ergos.runtime.control import Fine, Spawn

    reply = await ask(here, Spawn(path=str(place), owner=here.settings.owner, settings=settings))
    assert isinstance(reply, Fine)
    for told in reply.notes:
        note(f"note: {told}")
    return reply.pid


def _detach(here: Home, place: Path, settings: dict[str, Plain], *, as_json: bool, armed: bool = False) -> None:
    """Start it in the background. `armed`: return once its triggers attend to what happens from now on."""
    import asyncio

    from ergos.app.daemon import launch
    from ergos.cli.render import emit, note, say

    if here.holder() is None:
        launch(here)
        note(f"up: {here.holder()}")
    before = asyncio.run(_alike(here, place))
    pid = asyncio.run(_spawn(here, place, settings))
    if armed and not asyncio.run(_armed(here, pid)):
        note(f"its triggers are not armed yet; `ergos goals {pid}` says when they are")
    if before:
        note(f"process {before} of it runs already; `ergos signal stop {before}` ends that one")
    if as_json:
        emit({"pid": pid})
    else:
        say(str(pid))
        note(f"process {pid} runs in the background; `ergos wait {pid}` stays with it")


async def _armed(here: Home, pid: Pid) -> bool:
    """Whether its triggers are armed within ARMED_S, and its folders looked at: what arrives then is told."""
    import asyncio

    from ergos.app.home import reading
    from ergos.kernel.process import ENDED
    from ergos.kernel.triggers import Files
    from ergos.kernel.values import NULL

    async with reading(here) as reads:
        for _ in range(int(ARMED_S / ARMED_LOOK_S)):
            rows = await reads.watches(pid)
            blind = [one for one in rows if isinstance(one.trigger, Files) and one.cursor == NULL and not one.fault]
            if rows and not blind:
                return True
            found = await reads.load((pid,))
            if found and found[0].process.state in ENDED:
                return True  # it has nothing to wait for any more, and `ergos ps` says why
            await asyncio.sleep(ARMED_LOOK_S)
    return False


async def _alike(here: Home, place: Path) -> int:
    """The newest live process of the agent at this path; 0: there is none."""
    from ergos.app.home import reading
    from ergos.base.canonical import decode
    from ergos.base.ids import Pid

    async with reading(here) as reads:
        live = await reads.processes(owner=here.settings.owner, limit=ALIKE_MAX)
        names = tuple({process.definition for process in live})
        programs = {name: decode(body) for name, body in (await reads.blobs(names)).items()}
    same = {name for name, one in programs.items() if isinstance(one, dict) and one.get("program") == str(place)}
    return max((process.pid for process in live if process.definition in same), default=Pid(0))


async def _stay(here: Home, pid: Pid, leaving: asyncio.Event, *, quiet: bool) -> Parting:
    """Follow a process with a spinner; at a terminal, ask the person what waits for them."""
    import sys

    from ergos.app.follow import follow
    from ergos.cli.render import progress

    with progress(quiet=quiet) as shown:
        consult: Consult | None = None
        if not quiet and sys.stdin.isatty() and sys.stderr.isatty():
            from ergos.cli.consultation import consultation

            consult = consultation(here, shown)
        return await follow(here, pid, leaving, lambda view: _show(view, shown), consult)


def _show(view: View, shown: Progress) -> None:
    """The team's calls under way, a line for each process that moves."""
    lines: list[str] = []
    for member in view.members:
        if member.ended:
            continue
        doing = ", ".join(member.calls) or (f"waits for {member.waits}" if member.waits else str(member.state))
        lines.append(f"{member.agent} ({member.pid}): {doing}")
    more = f"\n  … and {len(lines) - 8} more" if len(lines) > 8 else ""
    done = sum(member.ended for member in view.members)
    head = f"{done} of {len(view.members)} processes have ended" if len(view.members) > 1 else ""
    stop = "STOP is in force\n  " if view.halted else ""
    shown.show(stop + "\n  ".join([*([head] if head else []), *lines[:8]]) + more)


def _part(here: Home, pid: Pid, parting: Parting, *, as_json: bool) -> None:
    """Say how it stands and end with the exit code that says so."""
    import asyncio

    from ergos.cli.render import emit, note, pretty, say

    root = parting.view.members[0]
    outcome: Plain = None
    if parting.why == "ended":
        outcome = asyncio.run(_outcome(here, pid))
    if as_json:
        emit(
            {
                "pid": pid,
                "state": root.state,
                "outcome": outcome,
                "failure": root.failure,
                "waiting": [item.id for item in parting.view.items],
            }
        )
    elif parting.why == "ended" and root.failure is None:
        if outcome is not None:
            say(pretty(outcome))
        note(f"{root.state}: process {pid} ({root.agent})")
    elif parting.why == "waits":
        _waits(pid, parting.view, asyncio.run(_texts(here, parting.view)))
    elif parting.why == "left":
        note(f"process {pid} is not lost; `ergos wait {pid}` or `ergos up` goes on with it")
    raise typer.Exit(_code(parting, as_json=as_json))


async def _outcome(here: Home, pid: Pid) -> Plain:
    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading

    async with reading(here) as reads:
        return await Catalogue(here, reads).outcome(pid)


def _code(parting: Parting, *, as_json: bool) -> int:
    from ergos.app.client import raised
    from ergos.base.error_tree import exit_code
    from ergos.cli.render import fail
    from ergos.runtime.control import Refusal

    failure = parting.view.members[0].failure
    if parting.why == "waits":
        return WAITS_EXIT
    if parting.why == "left":
        return LEFT_EXIT
    if failure is None:
        return 0 if parting.view.members[0].state == "done" else 1
    error = raised(Refusal(code=failure.code, what=failure.what, remedy=failure.remedy))
    if not as_json:
        fail(error)
    return exit_code(error)


async def _texts(here: Home, view: View) -> list[str]:
    """What each item asks, in the owner's language."""
    from ergos.app.catalogue import Catalogue
    from ergos.app.home import reading

    async with reading(here) as reads:
        catalogue = Catalogue(here, reads)
        return [str((await catalogue.item(item))["text"]) for item in view.items]


def _waits(pid: Pid, view: View, texts: list[str]) -> None:
    """What a person has to do before it goes on."""
    from ergos.cli.render import note
    from ergos.kernel.process import State

    if view.halted:
        note("STOP is in force; `ergos stop --all --lift` lifts it")
    for item, text in zip(view.items, texts, strict=True):
        verdict = {
            "approval": f"`ergos approve {item.id}` or `ergos deny {item.id}`",
            "question": f"`ergos answer {item.id} TEXT`",
            "doubt": f"`ergos answer {item.id} done|redo|fail`",
        }[item.kind]
        note(f"{item.kind} {item.id}: {text} — {verdict}")
    for member in view.members:
        if member.state is State.PAUSED:
            note(f"process {member.pid} ({member.agent}) is paused — `ergos signal resume {member.pid}`")
        elif member.state is State.WAITING and member.waits == "program":
            note(f"process {member.pid} waits for its program — `ergos exec --resume {member.pid}`")
        elif member.state is State.WAITING and member.waits == "mail":
            note(f"process {member.pid} ({member.agent}) waits for a message — `ergos send {member.pid} TEXT`")
    note(f"process {pid} is kept; `ergos wait {pid}` stays with it again")
