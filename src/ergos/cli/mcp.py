"""`ergos mcp`: ErgOS over the Model Context Protocol for a client that starts it; tokens for clients at the gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home


def mcp(
    agent: Annotated[
        list[Path] | None,
        typer.Option("--agent", metavar="PATH", help="An agent's folder that becomes a tool. May be repeated."),
    ] = None,
    skills: Annotated[
        list[Path] | None,
        typer.Option("--skills", metavar="FOLDER", help="A folder of skills to offer, too. May be repeated."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="NAME", help="Print a token for a client that comes in at the gate's /mcp."),
    ] = None,
    revoke: Annotated[str | None, typer.Option("--revoke", metavar="NAME", help="Take a client's token back.")] = None,
    home: HomeOption = None,
) -> None:
    """Serve MCP on standard input and output: run agents, follow them, answer what they ask, read the namespace.

    A client is configured with the command `ergos mcp`. With --token or --revoke nothing is served.
    """
    here = home_of(home)
    if token is not None or revoke is not None:
        _tokens(here, token, revoke)
        return
    import asyncio

    from ergos.server.mcp_stdio import serve

    asyncio.run(serve(here, (*here.settings.mcp_agents, *(agent or ())), (*here.settings.mcp_skills, *(skills or ()))))


def _tokens(here: Home, token: str | None, revoke: str | None) -> None:
    from ergos.cli.render import note, say
    from ergos.drivers.host import HostEntropy
    from ergos.server.mcp_tokens import OwnerTokens

    tokens = OwnerTokens(here.folder)
    if revoke is not None:
        if not tokens.revoke(revoke):
            names = ", ".join(tokens.clients()) or "nobody"
            raise UsageError(f"{revoke!r} has no token", remedy=f"{names} has one")
        note(f"the token of {revoke} is good no more")
    if token is not None:
        here.make()
        made = tokens.make(token, HostEntropy())
        note(f"the token of {token}, shown this once; send it as `Authorization: Bearer`")
        note("the door is at http://127.0.0.1:PORT/mcp: `ergos up --port PORT` opens it")
        say(made)
