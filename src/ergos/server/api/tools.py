"""Operations on tools: which are mounted and how they stand, what changed, deciding about what waits.

Rules: nothing is approved by its name alone, but by the digest that was shown. Servers of tools are asked through the
seat, so that authority is checked where it always is; who may not ask them sees the tools that come with ergos.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import msgspec

from ergos.app.access.tool_desk import tools_of
from ergos.base.errors import UnknownPathError, UsageError
from ergos.kernel.permission.sentences import sentence
from ergos.server.api.operation import Asked, Link, Operation, Takes
from ergos.server.api.shapes import AnyName, Seen

if TYPE_CHECKING:
    from ergos.app.tools_view import ToolRow, ToolsView

ToolState = Literal["ready", "changed", "pending", "disabled"]


class ListTools(Takes, frozen=True):
    """Which tools."""

    find: Annotated[str, msgspec.Meta(max_length=200, description="Only those that fit these words, best first.")] = ""
    waiting: bool = False
    """Only those that wait for a decision."""


class OfTool(Takes, frozen=True):
    """A tool."""

    name: AnyName


class OfServer(Takes, frozen=True):
    """A server of tools."""

    server: AnyName


class ToolRowShown(msgspec.Struct, frozen=True, kw_only=True):
    """A tool in a list."""

    name: str
    origin: Literal["built-in", "server", "made"]
    state: ToolState
    effect: str
    reach: str
    summary: str
    why: str
    """Why it is not ready."""
    digest: str


class ToolList(msgspec.Struct, frozen=True, kw_only=True):
    """Tools by name."""

    tools: tuple[ToolRowShown, ...]


class ToolInFull(msgspec.Struct, frozen=True, kw_only=True):
    """One tool."""

    tool: ToolRowShown
    definition: dict[str, Any]
    sentences: tuple[str, ...]
    """What it does to the world."""
    changes: tuple[str, ...]
    """What is different from what was approved, in sentences."""
    difference: tuple[str, ...]
    """The diff to what was approved."""
    asks: tuple[str, ...]
    """What approving it would let an agent ask for."""
    notes: tuple[str, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was looked at."""

    digest: Seen


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """A tool was accepted; the grants that its agent asks for now, which are not given by it."""

    asks: tuple[str, ...]


class ServerLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a server wrote to its stderr, made harmless."""

    server: str
    log: str


def _view(asked: Asked) -> ToolsView:
    return tools_of(asked.seat, asked.seat.home.settings.language)


async def listed(asked: Asked, takes: ListTools, _: None) -> ToolList:
    """Tools that are mounted."""
    rows = [one for one in await _view(asked).rows() if not takes.waiting or one.state in {"pending", "changed"}]
    if takes.find:
        from ergos.kernel.models import ToolDefinition
        from ergos.lib.tool_search import ToolIndex

        known = {row.name: row for row in rows}
        index = ToolIndex(ToolDefinition(row.name, row.summary, {}) for row in rows)
        rows = [known[hit.name] for hit in index.search(takes.find, 12)]
    return ToolList(tools=tuple(_row(one) for one in rows))


def _row(one: ToolRow) -> ToolRowShown:
    return ToolRowShown(**msgspec.structs.asdict(one))


async def shown(asked: Asked, takes: OfTool, _: None) -> ToolInFull:
    """One tool."""
    try:
        found = await _view(asked).show(takes.name)
    except UsageError as error:
        raise UnknownPathError(error.what, remedy="GET /tools lists them") from error
    return ToolInFull(
        tool=_row(found.row),
        definition=cast("dict[str, Any]", found.definition),
        sentences=found.sentences,
        changes=found.changes,
        difference=found.difference,
        asks=found.asks,
        notes=found.notes,
    )


async def approve(asked: Asked, takes: OfTool, body: Shown) -> Approved:
    """Accept it as it was shown."""
    await shown(asked, takes, None)
    grants = await _view(asked).approve(takes.name, body.digest, asked.seat.principal.name)
    return Approved(asks=tuple(sentence(one, asked.seat.home.settings.language) for one in grants))


async def reject(asked: Asked, takes: OfTool, body: Shown) -> None:
    """Throw away what waits."""
    await shown(asked, takes, None)
    await _view(asked).reject(takes.name, body.digest, asked.seat.principal.name)


async def withdraw(asked: Asked, takes: OfTool, _: None) -> None:
    """Take the approval back."""
    await shown(asked, takes, None)
    await _view(asked).withdraw(takes.name, asked.seat.principal.name)


async def log(asked: Asked, takes: OfServer, _: None) -> ServerLog:
    """What a server wrote."""
    try:
        return ServerLog(server=takes.server, log=await _view(asked).log(takes.server))
    except UsageError as error:
        raise UnknownPathError(error.what) from error


OPERATIONS: Final = (
    Operation(
        id="listTools", method="GET", path="/tools", tag="tools", run=listed, takes=ListTools, reply=ToolList,
        keeper=True, summary="List the tools that are mounted, with what they do to the world and how they stand.",
        links=(Link(to="getTool", parameter="name", pointer="/tools/0/name"),),
    ),
    Operation(
        id="getTool", method="GET", path="/tools/{name}", tag="tools", run=shown, takes=OfTool, reply=ToolInFull,
        keeper=True, tagged=True, refuses=(404, 502),
        summary="Show one tool: its definition, what it does to the world, who made it, what changed, what waits.",
    ),
    Operation(
        id="approveTool", method="POST", path="/tools/{name}/approve", tag="tools", run=approve, takes=OfTool,
        body=Shown, reply=Approved, role="owner", keeper=True, fresh=True, refuses=(404, 409, 502),
        summary="Accept a tool exactly as it was shown.", example={"digest": "0" * 64},
    ),
    Operation(
        id="rejectTool", method="POST", path="/tools/{name}/reject", tag="tools", run=reject, takes=OfTool,
        body=Shown, status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409, 502),
        summary="Throw away what waits; what was approved before stays.", example={"digest": "0" * 64},
    ),
    Operation(
        id="withdrawTool", method="POST", path="/tools/{name}/withdraw", tag="tools", run=withdraw, takes=OfTool,
        status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409, 502),
        summary="Take an approval back: the tool, or all tools of a server, cannot be called any more.",
    ),
    Operation(
        id="getServerLog", method="GET", path="/servers/{server}/log", tag="tools", run=log, takes=OfServer,
        reply=ServerLog, role="operator", keeper=True, refuses=(404, 409, 502),
        summary="Show what a server of tools wrote to its stderr.",
    ),
)  # fmt: skip
