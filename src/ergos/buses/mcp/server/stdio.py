"""One of our servers on a pipe: the client started us, so who asks is whoever owns this process.

Rules: while it serves, standard output carries the protocol and nothing else; the end of the input is the end.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server


async def serve_stdio(server: Server[Any]) -> None:
    """Serve until the client closes our input."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        try:
            await server.run(reading, writing, server.create_initialization_options())
        finally:
            sys.stdout.flush()  # what somebody printed leaves while standard output still leads to standard error
