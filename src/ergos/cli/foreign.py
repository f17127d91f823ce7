"""Commands for programs of others: exec, serve, token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import PORT_DEFAULT, HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.enclosure import Shown
    from ergos.app.home import Home
    from ergos.app.hosting import Hosted
    from ergos.base.money import Amount
    from ergos.runtime.control import Enter, Entered

COMMAND_CHARS = 60  # characters of a command that are shown

BudgetOption = Annotated[
    str | None, typer.Option("--budget", metavar="MONEY", help="At most this much in all, such as 2usd.")
]
TokensOption = Annotated[
    int | None, typer.Option("--tokens", metavar="N", min=1, help="At most this many tokens in all.")
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="NAME", help="A model it may call; may be repeated. Default: all."),
]


def run_command(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- CMD …", help="The command and its arguments.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name of the process.")] = None,
    budget: BudgetOption = None,
    tokens: TokensOption = None,
    model: ModelOption = None,
    resume: Annotated[
        int | None,
        typer.Option("--resume", metavar="PID", help="Start the command of a process again; what it asked is known."),
    ] = None,
    tool: Annotated[
        list[str] | None,
        typer.Option("--tool", metavar="NAME", help="A tool it may call at /mcp, or a prefix such as 'files.*'."),
    ] = None,
    read: Annotated[
        list[str] | None, typer.Option("--read", metavar="PATH", help="Something it may read. May be repeated.")
    ] = None,
    write: Annotated[
        list[str] | None, typer.Option("--write", metavar="PATH", help="Something it may change. May be repeated.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME", help="A variable it gets. May be repeated.")
    ] = None,
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="Run it with all your rights: it can do whatever you can.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run any command as a process, in a sandbox: its calls pass the door, and are known after a crash.

    It sees its folder, its own installation and what you name; it reaches the door and what `[egress]` in settings.toml
    names. The door is under OPENAI_BASE_URL and ANTHROPIC_BASE_URL, with a token of its own as key.
    """
    import asyncio

    from ergos.base.ids import Pid
    from ergos.runtime.control import Enter

    more = bool(budget or tokens or model or name or tool)
    _checked(command, resume, more=more, bare=no_sandbox, shows=bool(read or write or env))
    here = home_of(home)
    asked = Enter(
        owner=here.settings.owner,
        name=name or (_name_of(command[0]) if command else ""),
        command=tuple(command or ()),
        folder=str(Path.cwd()) if command else "",
        models=tuple(model or ()),
        tools=tuple(tool or ()),
        budget=_budget(budget, tokens),
        pid=Pid(resume) if resume is not None else None,
    )
    shown = None if no_sandbox else _shown(read or [], write or [], env or [])
    entered, hosted = asyncio.run(_hosted(here, asked, shown, quiet=as_json))
    _part(entered, hosted, as_json=as_json)


def _checked(command: list[str] | None, resume: int | None, *, more: bool, bare: bool, shows: bool) -> None:
    """Raises: UsageError for options that do not go together."""
    if not command and resume is None:
        raise UsageError("there is no command to run", remedy="write `ergos exec --name NAME -- CMD …`")
    if bare and shows:
        raise UsageError("without a sandbox everything is seen", remedy="leave --read, --write and --env out")
    if resume is not None and more:
        raise UsageError(
            "a process that is resumed keeps its name, budget, models and tools", remedy="leave these options out"
        )


def _shown(reads: list[str], writes: list[str], variables: list[str]) -> Shown:
    from ergos.app.enclosure import Shown

    return Shown(reads=tuple(reads), writes=tuple(writes), variables=tuple(variables))


async def _hosted(here: Home, asked: Enter, shown: Shown | None, *, quiet: bool) -> tuple[Entered, Hosted]:
    from ergos.app.client import ask
    from ergos.app.follow import attended
    from ergos.app.hosting import host
    from ergos.cli.render import note, short
    from ergos.runtime.control import Entered
    from ergos.server.doorway import gate_of

    async with attended(here, gate_of(here)) as leaving:
        entered = await ask(here, asked)
        assert isinstance(entered, Entered)
        if not quiet:
            note(f"process {entered.pid}: {short(' '.join(entered.command))[:COMMAND_CHARS]}")
            for told in entered.notes:
                note(f"note: {told}")
        return entered, await host(here, entered, leaving, shown)


def _part(entered: Entered, hosted: Hosted, *, as_json: bool) -> None:
    from ergos.cli.render import emit, note

    pid = entered.pid
    if as_json:
        emit({"pid": pid, "status": hosted.status, "stopped": hosted.stopped})
    elif hosted.stopped:
        note(f"process {pid} was ended: {hosted.stopped}")
    elif hosted.status == 0:
        note(f"done: process {pid}; `ergos cat /proc/{pid}/journal` shows its calls")
    else:
        note(f"exit status {hosted.status}; process {pid} is kept: `ergos exec --resume {pid}` goes on with it")
    raise typer.Exit(hosted.status)


def serve(
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port on loopback; 0 takes a free one.")
    ] = PORT_DEFAULT,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the process the token stands for.")
    ] = "guest",
    budget: BudgetOption = None,
    tokens: TokensOption = None,
    model: ModelOption = None,
    home: HomeOption = None,
) -> None:
    """Open the door to any program that speaks to OpenAI or Anthropic, until Ctrl-C; prints a token for it."""
    from ergos.app.daemon import run, serving
    from ergos.cli.render import note
    from ergos.console.site import site_of
    from ergos.server.doorway import gate_of

    here = home_of(home)
    asked = _lasting(here, name, budget, tokens, model)
    if here.holder() is not None:
        raise UsageError(
            f"a kernel runs here already: {here.holder()}", remedy="`ergos token NAME` makes a token for its door"
        )

    async def served() -> None:
        async with serving(here, gate_of(here, site_of(here)), port=port) as kernel:
            entered = await _enter(here, asked)
            _show(entered)
            note("the door is open; Ctrl-C closes it, nothing is lost")
            await kernel.ending.wait()
        if kernel.fault is not None:
            raise kernel.fault

    run(served())


def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the process; the same name, the same process.")],
    budget: BudgetOption = None,
    tokens: TokensOption = None,
    model: ModelOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a token with which a program passes the door of the running kernel: a token is a process."""
    import asyncio

    from ergos.cli.render import emit

    here = home_of(home)
    entered = asyncio.run(_enter(here, _lasting(here, name, budget, tokens, model)))
    if as_json:
        emit({"pid": entered.pid, "url": entered.url, "token": entered.token})
    else:
        _show(entered)


async def _enter(here: Home, asked: Enter) -> Entered:
    from ergos.app.client import ask
    from ergos.runtime.control import Entered

    entered = await ask(here, asked)
    assert isinstance(entered, Entered)
    return entered


def _lasting(here: Home, name: str, budget: str | None, tokens: int | None, model: list[str] | None) -> Enter:
    from ergos.runtime.control import Enter

    return Enter(
        owner=here.settings.owner,
        name=name,
        resumable=False,
        models=tuple(model or ()),
        budget=_budget(budget, tokens),
    )


def _show(entered: Entered) -> None:
    from ergos.cli.render import say

    say(f"# process {entered.pid}")
    say(f"export OPENAI_BASE_URL={entered.url}/v1 OPENAI_API_KEY={entered.token}")
    say(f"export ANTHROPIC_BASE_URL={entered.url} ANTHROPIC_API_KEY={entered.token}")


def _budget(money: str | None, tokens: int | None) -> Amount | None:
    from ergos.base.money import Amount, parse_money
    from ergos.kernel.ledger import UNCAPPED

    if money is None and tokens is None:
        return None
    return Amount(UNCAPPED if money is None else parse_money(money), UNCAPPED if tokens is None else tokens)


def _name_of(command: str) -> str:
    """A name for a process from what it runs: 'python3' of /usr/bin/python3."""
    stem = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in Path(command).name)
    return stem.strip("-_.") or "program"
