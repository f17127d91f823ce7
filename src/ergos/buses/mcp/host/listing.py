"""What a server lists, judged: which tools can be mounted, what its owner should look at, what differs from the pin.

Rules: everything read here is a stranger's; a tool that cannot be mounted says why and does no harm to the others; pure
but for letting others run in between.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

from ergos.base.canonical import encode
from ergos.base.errors import ErgosError
from ergos.base.ids import Digest
from ergos.buses.mcp.host.names import alike, full_name
from ergos.buses.mcp.host.schemas import Schema
from ergos.kernel.mounts import Offer, Pin, ServerSettings, ToolDefinition, changes, harmless

TOOL_NAME_CHARS_MAX: Final = 256  # characters of a server's own name of a tool
DEFINITION_BYTES_MAX: Final = 512 * 1024  # bytes of one definition
WARNINGS_MAX: Final = 100  # remarks about one server
TITLE_CHARS_MAX: Final = 200
INSTRUCTIONS_CHARS_MAX: Final = 4_000


class Told(Protocol):
    """What a connection knows of the server."""

    @property
    def protocol(self) -> str:
        """Revision of the protocol."""
        ...

    @property
    def title(self) -> str:
        """What it calls itself."""
        ...

    @property
    def instructions(self) -> str:
        """What it says about itself."""
        ...


def live_digests(listed: Iterable[ToolDefinition]) -> dict[str, Digest]:
    """Digest of each tool by the server's own name; a name that stands for two definitions has an impossible one."""
    found: dict[str, Digest] = {}
    for tool in listed:
        try:
            digest = tool.digest
        except ErgosError:
            digest = Digest("")
        found[tool.name] = digest if found.get(tool.name, digest) == digest else Digest("")
    return found


async def offer(settings: ServerSettings, pin: Pin | None, listed: list[ToolDefinition], told: Told) -> Offer:
    """What the owner is shown. Cost: checks every schema; lets others run in between."""
    unusable = _ambiguous(listed)
    usable: dict[str, ToolDefinition] = {}
    for tool in listed:
        own = settings.tools.get(tool.name)
        if tool.name in unusable or tool.name in usable or (own is not None and own.off):
            continue
        why = flaw(tool)
        if why:
            unusable[tool.name] = why
        else:
            usable[tool.name] = tool
        await asyncio.sleep(0)
    new = Pin(server=settings.name, identity=settings.identity, tools=tuple(usable.values()))
    return Offer(
        pin=new,
        names={name: full_name(settings.name, name) for name in usable},
        unusable={harmless(name, TITLE_CHARS_MAX): why for name, why in unusable.items()},
        warnings=tuple(_warnings(settings, usable.values()))[:WARNINGS_MAX],
        changes=changes(pin, new),
        moved=pin is not None and pin.identity != new.identity,
        first=pin is None,
        protocol=told.protocol,
        title=harmless(told.title, TITLE_CHARS_MAX),
        instructions=harmless(told.instructions, INSTRUCTIONS_CHARS_MAX),
    )


def flaw(tool: ToolDefinition) -> str:
    """Why a tool cannot be mounted, or ''."""
    if not tool.name or len(tool.name) > TOOL_NAME_CHARS_MAX:
        return f"its name has {len(tool.name):,} characters"
    try:
        size = len(encode(msgspec.to_builtins(tool), what="its definition"))
        if size > DEFINITION_BYTES_MAX:
            return f"its definition has {size:,} bytes; at most {DEFINITION_BYTES_MAX:,} are read"
        Schema(tool.input, "its arguments")
        if tool.output is not None:
            Schema(tool.output, "its result")
    except ErgosError as error:
        return error.what
    return ""


def _ambiguous(listed: list[ToolDefinition]) -> dict[str, str]:
    """Names that stand for two different definitions."""
    twice = "it is listed twice, with different definitions"
    return {name: twice for name, digest in live_digests(listed).items() if not digest}


def _warnings(settings: ServerSettings, tools: Iterable[ToolDefinition]) -> Iterable[str]:
    if not settings.url and not settings.sandbox:
        yield f"{settings.name} runs without a sandbox, with all your rights"
    listed = list(tools)
    counted = Counter(alike(tool.name) for tool in listed)
    for tool in listed:
        shown = harmless(tool.name, TITLE_CHARS_MAX)
        if counted[alike(tool.name)] > 1:
            yield f"{shown} has a name that looks like another tool's"
        if shown != tool.name or not tool.name.isascii():
            yield f"{shown} has letters in its name that can be mistaken for others"
        if harmless(tool.description, len(tool.description)) != tool.description.replace("\r", "").replace("\t", ""):
            yield f"the description of {shown} has characters that nobody sees"
