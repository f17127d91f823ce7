"""`ergos acp`: an agent for an editor that speaks the Agent Client Protocol and starts it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home


def acp(
    agent: Annotated[
        str, typer.Argument(metavar="AGENT", help="Folder or file of the agent, or the name of one of this home.")
    ],
    home: HomeOption = None,
) -> None:
    """Serve an agent to an editor on standard input and output, by the Agent Client Protocol.

    An editor is configured with the command `ergos acp AGENT`. What waits for you is asked in the editor, with the
    exact call. Without a running kernel one runs for as long as the editor does.
    """
    import asyncio

    here = home_of(home)
    asyncio.run(_served(here, agent_at(here, agent)))


def agent_at(here: Home, agent: str) -> Path:
    """Where the agent lies. Raises: UsageError."""
    path = Path(agent).expanduser().absolute()
    if path.exists():
        return path
    named = here.folder / "agents" / agent
    if "/" not in agent and not agent.startswith(".") and named.is_dir():
        return named
    raise UsageError(f"there is no agent {agent!r}", remedy="name its folder, or one of those that `ergos new` made")


async def _served(here: Home, agent: Path) -> None:
    from contextlib import AsyncExitStack

    from ergos import __version__
    from ergos.app.daemon import serving
    from ergos.app.editor.house import EditorHouse
    from ergos.app.tap import Tap
    from ergos.base.errors import PortMissingError
    from ergos.buses.acp.editor_agent import EditorAgent
    from ergos.buses.acp.stdio import serve_stdio
    from ergos.drivers.host import HostClock, HostEntropy

    try:
        import acp as _  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise PortMissingError(
            "editors need agent-client-protocol, which is not installed", remedy="install ergos with the extra `acp`"
        ) from error
    here.make()
    clock, entropy = HostClock(), HostEntropy()
    async with AsyncExitStack() as stack:
        tap = None
        if here.holder() is None:  # a kernel of our own, for as long as the editor is there
            served = await stack.enter_async_context(serving(here))
            tap = Tap(served.kernel.machine)
        house = EditorHouse(here, agent, clock, entropy, tap)
        await serve_stdio(EditorAgent(house, agent.stem, __version__))
