"""Commands about tools: which are mounted and how they stand; what changed; deciding about what waits.

Nothing is approved by its name alone: a command that shows what waits also says the digest to approve it by.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from pathlib import Path

    from ergos.app.tools_view import ToolRow, ToolShown, ToolsView

NAME_CHARS: Final = 32  # characters of a name in the table; `--json` has them whole
FOUND_MAX: Final = 12  # tools that fit the words of --find; who needs more takes other words
WAITS_EXIT: Final = 3  # something waits for the owner
WAITING: Final = frozenset({"pending", "changed"})
"""States about which the owner decides."""

app: Final = typer.Typer(
    name="tools", help="List the tools that are mounted; see what changed; decide about them.", rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a tool, as `ergos tools` lists it.")]


@app.callback(invoke_without_command=True)
def tools(
    context: typer.Context,
    words: Annotated[
        str | None, typer.Option("--find", metavar="WORDS", help="Only those that fit, best first.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the tools that are mounted, with what they do to the world and how they stand."""
    if context.invoked_subcommand is not None:
        return
    import asyncio

    from ergos.cli.render import emit

    rows = asyncio.run(_view(home).rows())
    shown = _fitting(rows, words) if words else list(rows)
    if as_json:
        emit(shown)
        return
    _list(shown, "no tool is mounted" if not words else "no tool has these words")


@app.command()
def pending(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List what waits for your decision: tools that agents made, and definitions that changed."""
    import asyncio

    from ergos.cli.render import emit, note

    rows = [row for row in asyncio.run(_view(home).rows()) if row.state in WAITING]
    if as_json:
        emit(rows)
        return
    _list(rows, "nothing waits for you")
    if rows:
        note("`ergos tools show NAME` shows what it is and how to decide")


@app.command()
def show(name: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one tool: its definition, what it does to the world, who made it, what waits."""
    from ergos.cli.render import emit, pretty, say

    shown = _shown(home, name)
    if as_json:
        emit(shown)
        return
    row = shown.row
    say(f"{row.name}  {row.origin}, {row.state}{f': {row.why}' if row.why else ''}")
    if shown.definition:
        say(f"  says of itself: {row.summary or 'nothing'}")
    for line in (*shown.sentences, *shown.notes, *shown.changes):
        say(f"  {line}")
    if shown.definition:
        say(f"\ndefinition {row.digest[:12]}")
        say(pretty(shown.definition))
    _difference(shown)
    _how(shown)


@app.command()
def diff(name: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show what is different from what you approved."""
    from ergos.cli.render import emit, note, say

    shown = _shown(home, name)
    if as_json:
        emit({"name": shown.row.name, "state": shown.row.state, "digest": shown.row.digest, "changes": shown.changes,
              "difference": shown.difference, "asks": shown.asks})  # fmt: skip
        return
    for line in shown.changes:
        say(line)
    _difference(shown)
    if not shown.changes and not shown.difference:
        note(f"{shown.row.name} is as it was approved" if shown.row.state == "ready" else "there is nothing to compare")
    _how(shown)


@app.command()
def approve(
    name: Name,
    digest: Annotated[
        str | None, typer.Argument(metavar="DIGEST", help="The first 12 digits, as they were shown.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept a tool exactly as it was shown. Without DIGEST it shows what you would accept."""
    import asyncio

    from ergos.cli.render import emit, note, say
    from ergos.kernel.permission.sentences import sentence

    here = home_of(home)
    view = _view(home)
    if digest is None:
        if as_json:
            emit(asyncio.run(view.show(name)))
        else:
            show(name, home, as_json=False)
        sys.stdout.flush()
        raise typer.Exit(WAITS_EXIT)
    grants = asyncio.run(view.approve(name, digest, here.settings.owner))
    if as_json:
        emit({"approved": name, "digest": digest, "asks": grants})
        return
    note(f"approved: {name} {digest[:12]}")
    if not grants:
        tools = name if "." in name else f"'{name}.*'"
        note(f"an agent may call it once you give a grant: ergos grant AGENT act {tools}")
        return
    note("it can be called once you give the grant:")
    for grant in grants:
        say(sentence(grant, here.settings.language))
        note(f"  ergos grant {grant.agent} {grant.verb} {grant.name}")


@app.command()
def reject(
    name: Name,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="The first 12 digits, as they were shown.")],
    home: HomeOption = None,
) -> None:
    """Throw away what waits; what you approved before stays."""
    import asyncio

    from ergos.cli.render import note

    asyncio.run(_view(home).reject(name, digest, home_of(home).settings.owner))
    note(f"rejected: {name} {digest[:12]}")


@app.command()
def withdraw(name: Name, home: HomeOption = None) -> None:
    """Take your approval back: the tool, or all tools of a server, cannot be called any more."""
    import asyncio

    from ergos.cli.render import note

    asyncio.run(_view(home).withdraw(name, home_of(home).settings.owner))
    note(f"withdrawn: {name}")


@app.command()
def log(
    server: Annotated[str, typer.Argument(metavar="SERVER", help="What stands before the '.' of its tools.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a server of tools wrote to its stderr."""
    import asyncio

    from ergos.cli.render import emit, note, say

    found = asyncio.run(_view(home).log(server))
    if as_json:
        emit({"server": server, "log": found})
    elif found:
        say(found)
    else:
        note(f"{server} wrote nothing that is kept; in a sandbox that is seen when it is started again")


def _view(home: Path | None) -> ToolsView:
    from ergos.app.server_desk import HomeServers
    from ergos.app.tool_shops import view_at

    here = home_of(home)
    desk = HomeServers(here) if here.settings.servers else None
    return view_at(
        here.folder, here.settings.language, owner=here.settings.owner, desk=desk, rules=here.settings.egress
    )


def _shown(home: Path | None, name: str) -> ToolShown:
    import asyncio

    return asyncio.run(_view(home).show(name))


def _fitting(rows: Sequence[ToolRow], words: str) -> list[ToolRow]:
    from ergos.kernel.models import ToolDefinition
    from ergos.lib.tool_search import ToolIndex

    known = {row.name: row for row in rows}
    index = ToolIndex(ToolDefinition(row.name, row.summary, {}) for row in rows)
    return [known[hit.name] for hit in index.search(words, FOUND_MAX)]


def _list(rows: Sequence[ToolRow], nothing: str) -> None:
    from ergos.cli.render import note, table
    from ergos.lib.visible import one_line

    if not rows:
        note(nothing)
        return
    cells = [(one_line(row.name, NAME_CHARS), row.origin, row.effect, row.reach, row.state) for row in rows]
    table(("TOOL", "FROM", "EFFECT", "REACH", "STATE"), cells)
    sys.stdout.flush()
    for line in _reasons(rows):
        note(line)


def _reasons(rows: Sequence[ToolRow]) -> list[str]:
    """Why tools are as they are, once for all tools of a server of which the same is true."""
    grouped: dict[tuple[str, str], list[ToolRow]] = {}
    for row in rows:
        if row.why:
            of = row.name.partition(".")[0] if row.origin == "server" else row.name
            grouped.setdefault((of, row.why), []).append(row)
    said: list[str] = []
    for (of, why), alike in grouped.items():
        who, show_it = (alike[0].name, alike[0].name) if len(alike) == 1 else (f"{len(alike)} tools of {of}", of)
        said.append(f"{who}: {why}" + (f" — ergos tools show {show_it}" if alike[0].state in WAITING else ""))
    if any(len(row.name) > NAME_CHARS for row in rows):
        said.append("a name that ends in … stands whole in --json")
    return said


def _difference(shown: ToolShown) -> None:
    from ergos.cli.render import say

    if shown.difference:
        say("\nwhat would change")
        for line in shown.difference:
            say(line)


def _how(shown: ToolShown) -> None:
    """What it would give, and the two commands."""
    from ergos.cli.render import note

    if shown.row.state not in WAITING:
        return
    if shown.asks:
        note("its agent then asks for this grant, which approving the tool does not give:")
    for line in shown.asks:
        note(f"  {line}")
    name, digest = shown.row.name, shown.row.digest[:12]
    note(
        f"ergos tools approve {name} {digest}"
        + (f"  |  ergos tools reject {name} {digest}" if shown.row.origin == "made" else "")
    )
