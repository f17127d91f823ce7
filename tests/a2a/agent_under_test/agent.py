"""The agent under test: an ordinary agent whose behaviour is named by the beginning of a message's id.

The names are those of the A2A Technology Compatibility Kit (branch 1.0-dev, scenarios/*.feature); `ours-…` are our own.
"""

from __future__ import annotations

import base64
from typing import Any

from ergos.lib.agent import Context

DELAY_S = 2.0  # the kit's streaming timeout
SUBSCRIBED_S = 4.0

TEXT = {"text": "Generated text content"}
FILE = {"raw": base64.b64encode(b"tck").decode(), "filename": "output.txt", "mediaType": "text/plain"}
LINK = {"url": "https://example.com/output.txt", "filename": "output.txt", "mediaType": "text/plain"}
ITEM = {"data": {"key": "value", "count": 42}}

OUTCOMES: dict[str, Any] = {
    "tck-complete-task": {"message": "Hello from TCK"},
    "tck-artifact-text": {"artifacts": [{"parts": [TEXT]}]},
    "tck-artifact-file-url": {"artifacts": [{"parts": [LINK]}]},
    "tck-artifact-file": {"artifacts": [{"parts": [FILE]}]},
    "tck-artifact-data": {"artifacts": [{"parts": [ITEM]}]},
    "tck-message-response": {"message": "Direct message response", "reply": True},
    "tck-reject-task": {"message": "rejected", "state": "rejected"},
    "tck-stream-002": {},
}
"""What it returns at once."""

STREAMED: dict[str, list[Any]] = {
    "tck-stream-001": [{"parts": [{"text": "Stream hello from TCK"}]}],
    "tck-stream-003": [{"parts": [{"text": "Stream task lifecycle"}]}],
    "tck-stream-ordering-001": [{"parts": [{"text": "Ordered output"}]}],
    "tck-stream-artifact-text": [{"parts": [{"text": "Streamed text content"}]}],
    "tck-stream-artifact-file": [{"parts": [FILE]}],
    "tck-stream-artifact-chunked": [
        {"id": "chunks", "parts": [{"text": "chunk-1 "}], "append": True, "last": False},
        {"id": "chunks", "parts": [{"text": "chunk-2"}], "append": True, "last": True},
    ],
}
"""Artifacts that it tells one after the other while it works."""

PAUSES = {"tck-delayed-complete": DELAY_S, "test-resubscribe-message-id": SUBSCRIBED_S, "ours-slow": 60.0}
"""Seconds that it works before it is done."""

NEEDS = {"tck-input-required": "input-required", "tck-auth-required": "auth-required"}
"""What it says that it needs; the next message says how it goes on."""


async def agent(ctx: Context) -> object:
    """Play one scenario after the other, until one ends it."""
    told: Any = ctx.memory
    while True:
        value = told["value"]
        ended = await _played(ctx, str(value["message_id"]), value)
        if ended is not None:
            return ended
        message = await ctx.receive()
        assert message is not None
        told = message.body


async def _played(ctx: Context, message_id: str, value: Any) -> object | None:
    """The outcome of a scenario; None: it goes on with the next message."""
    scenario = max((name for name in _names() if message_id.startswith(name)), key=len, default="")
    if scenario in NEEDS:
        await ctx.send(0, {"a2a": {"state": NEEDS[scenario]}})
        return None
    if scenario in PAUSES:
        await ctx.send(0, {"a2a": {"state": "working"}})
        await ctx.sleep(PAUSES[scenario])
        return {"a2a": {"message": "Done after delay"}}
    if scenario in STREAMED:
        await ctx.send(0, {"a2a": {"state": "working"}})
        for artifact in STREAMED[scenario]:
            await ctx.send(0, {"a2a": {"artifacts": [artifact]}})
        return {"a2a": {}}
    if scenario in OUTCOMES:
        return {"a2a": OUTCOMES[scenario]}
    return await _ours(ctx, message_id, value)


async def _ours(ctx: Context, message_id: str, value: Any) -> object | None:
    """Scenarios of our own."""
    if message_id.startswith("ours-waits"):
        return None
    if message_id.startswith("ours-fails"):
        raise ValueError("the secret reason")
    if message_id.startswith("ours-echo"):
        return {"heard": value, "label": "see the journal"}
    if message_id.startswith("ours-text"):
        return "plain text"
    if message_id.startswith("ours-asks"):
        return {"answer": await ctx.ask("what does the owner say?")}
    if message_id.startswith("ours-says"):
        await ctx.send(0, "first")
        await ctx.send(0, {"second": 2})
        return None
    return {"a2a": {"message": f"Unhandled messageId prefix: {message_id}"}}


def _names() -> list[str]:
    return [*OUTCOMES, *STREAMED, *PAUSES, *NEEDS]
