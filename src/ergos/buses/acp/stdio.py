"""An agent for an editor on a pipe: the editor started us, so who asks is whoever owns this process.

Rules: while it serves, standard output carries the protocol and nothing else; what anybody prints goes to standard
error. The end of the input is the end.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from acp.interfaces import Agent

    from ergos.buses.acp.editor_agent import EditorAgent

LINE_BYTES_MAX: Final = 32 * 1024 * 1024  # bytes of one message; an embedded file is in it


async def serve_stdio(agent: EditorAgent) -> None:
    """Serve until the editor closes our input."""
    from acp import run_agent

    sys.stdout.flush()
    ours, told = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what programs print is no part of the protocol
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    incoming, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb"))
    outgoing, protocol = await loop.connect_write_pipe(_Flow, os.fdopen(told, "wb"))
    writer = asyncio.StreamWriter(outgoing, protocol, None, loop)
    try:
        # `session/resume` is not stable yet; what it has no method for is refused as unknown.
        await run_agent(cast("Agent", agent), writer, reader, use_unstable_protocol=True)
    finally:
        incoming.close()
        outgoing.close()


class _Flow(asyncio.streams.FlowControlMixin):
    """Lets a writer wait for a slow editor."""

    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._closed: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody reads any more."""
        super().connection_lost(exc)
        if not self._closed.done():
            self._closed.set_result(None)

    def _get_close_waiter(self, stream: object) -> asyncio.Future[None]:
        del stream
        return self._closed
