"""Commands about the kernel itself: up, down, status, doctor."""

from __future__ import annotations

import enum
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.cli.options import PORT_DEFAULT, HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home


class LogFormat(enum.Enum):
    """How the log tells what happens."""

    JSON = "json"
    TEXT = "text"


def up(
    home: HomeOption = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay here until Ctrl-C or `ergos down`.")] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="PORT",
            help=f"Port of the console and of the door for programs. Default: as in the settings, else {PORT_DEFAULT}.",
        ),
    ] = None,
    log_format: Annotated[
        LogFormat | None,
        typer.Option("--log-format", help="Tell in the log what happens: a line an event, as json or text."),
    ] = None,
    tell: Annotated[
        int | None, typer.Option("--tell", hidden=True, help="Descriptor to say on that it stands.")
    ] = None,
) -> None:
    """Start the kernel of this home in the background; it goes on with everything that was under way."""
    from ergos.cli.render import note

    here = home_of(home)
    if foreground:
        _stay(here, tell, port, log_format)
        return
    from ergos.app.daemon import launch

    launch(here, port, log_format.value if log_format is not None else None)
    note(f"up: {here.holder()}, home {here.folder}, log {here.log}{_reached(here)}")
    _say_console(here)


def _say_console(here: Home) -> None:
    """Where the console is, and how one comes in."""
    from ergos.cli.access import sign_in_address
    from ergos.cli.render import note

    note(f"console: {sign_in_address(here)} (good once, for five minutes; `ergos open` makes another)")


def _reached(here: Home) -> str:
    """Where others reach it, if the settings say so."""
    url = here.settings.server.url
    return f", reached at {url}" if url else ""


def _stay(here: Home, tell: int | None, port: int | None, log_format: LogFormat | None) -> None:
    """Run the kernel in this process; with `tell`, say on that descriptor whether it stands."""
    import json
    import os

    from ergos.app.catalogue import moment
    from ergos.app.daemon import READY, detach, run, serve
    from ergos.base.errors import ErgosError
    from ergos.cli.render import note
    from ergos.console.site import site_of
    from ergos.drivers.host import HostClock
    from ergos.runtime.kernel import Kernel
    from ergos.server.doorway import gate_of

    if tell is not None:
        detach()
    clock = HostClock()
    told = tell is None

    def said(what: str) -> None:
        at = moment(clock.now_ns())
        note(json.dumps({"at": at, "event": what}) if log_format is LogFormat.JSON else f"{at} {what}")

    def ready(_: Kernel) -> None:
        nonlocal told
        said(f"up: {here.holder()}, home {here.folder}{_reached(here)}")
        if tell is not None:
            os.write(tell, READY)
            os.close(tell)
            told = True

    named = port if port is not None else here.settings.server.port
    opens, or_free = (PORT_DEFAULT, True) if named is None else (named, False)
    form = log_format.value if log_format is not None else None
    try:
        run(serve(here, ready, gate_of(here, site_of(here)), port=opens, or_free=or_free, log_format=form))
    except ErgosError as error:
        if not told and tell is not None:
            os.write(tell, str(error).encode())
        said(str(error))
        raise
    said("down")


def down(home: HomeOption = None) -> None:
    """Stop the kernel gracefully and wait until it is gone. What is under way goes on at the next `ergos up`."""
    import asyncio

    from ergos.app.client import bring_down
    from ergos.cli.render import note, progress

    here = home_of(home)
    with progress() as shown:
        shown.show("calls under way get some seconds to finish …")
        asyncio.run(bring_down(here))
    note("down")


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say how the running kernel is."""
    import asyncio

    from ergos.app.client import ask
    from ergos.base.clock import SECOND
    from ergos.base.errors import NotRunningError, StoreLockedError
    from ergos.cli.render import emit, say
    from ergos.runtime.control import Status, StatusOf

    here = home_of(home)
    try:
        found = asyncio.run(ask(here, StatusOf()))
    except NotRunningError:
        if here.holder() is not None:
            raise StoreLockedError(
                f"{here.folder} is in use by {here.holder()}, which does not listen to commands",
                remedy="wait for its end",
            ) from None
        raise
    assert isinstance(found, Status)
    if as_json:
        emit({"home": str(here.folder), "status": found})
        return
    up_s = max(0, found.now_ns - found.started_ns) // SECOND
    states = ", ".join(f"{count} {state}" for state, count in sorted(found.states.items())) or "none"
    say(f"kernel    {found.version}, process {found.os_pid} on {found.host}, up {_span(up_s)}")
    say(f"home      {here.folder}")
    say(f"journal   {found.records:,} records, store {found.store[:8]}")
    say(f"in memory {states}; {found.flying} calls under way")
    if found.door:
        say(f"console   {found.door}; `ergos open` signs you in, `ergos token NAME` lets a program in")
    if found.halted:
        say("STOP is in force; `ergos stop --all --lift` lifts it")
    if found.fault:
        say(f"FAULT     {found.fault}")


def _span(seconds: int) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def doctor(
    attack: Annotated[
        bool, typer.Option("--attack", help="Try over a hundred hostile programs on the sandbox, too; some 15 s.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check whether this machine and this home are fit to run a kernel, and what keeps agents in."""
    from ergos.app.checkup import checkup
    from ergos.app.defences import defences
    from ergos.cli.render import emit, progress, table

    here = home_of(home)
    with progress() as shown:
        shown.show("looking around …")
        findings = checkup(here)
        findings += defences(here, shown.show, attack=attack)
    if as_json:
        emit(findings)
    else:
        marks = {"good": "ok", "note": "note", "bad": "BAD"}
        rows = [
            (
                marks[finding.verdict],
                finding.subject,
                finding.found + (f" — {finding.remedy}" if finding.remedy else ""),
            )
            for finding in findings
        ]
        table(("", "what", "found"), rows)
    if any(finding.verdict == "bad" for finding in findings):
        sys.stdout.flush()
        raise typer.Exit(5)
