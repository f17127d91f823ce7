"""ErgOS over MCP on a pipe, for its owner: the client started us, so who asks owns this home.

Rules: the kernel is asked through its control socket, and the store is read beside it; where no kernel runs, a tool
says so, and what is in the store can be read all the same.
"""

from __future__ import annotations

from pathlib import Path

from ergos.app.home import Home
from ergos.buses.mcp.server.stdio import serve_stdio
from ergos.drivers.host import FileSigner
from ergos.server.mcp_kernel import owner_face, owner_ids


async def serve(home: Home, agents: tuple[Path, ...] = (), skills: tuple[Path, ...] = ()) -> None:
    """Serve until the client closes our input. Raises: DefinitionError, SettingsError."""
    home.make()
    ids = owner_ids(FileSigner(home.key))
    await serve_stdio(owner_face(home, ids, agents=agents, skills=skills, alone=True))
