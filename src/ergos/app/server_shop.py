"""The tools of the servers on a bus, as their owner sees them: what each offers now, and what of it was approved.

A server can be looked at and approved as a whole, by its name, or tool by tool.

Rules: what is offered is asked of the server when it is shown, and once more when it is approved, so that the digest a
person names is that of what is approved. A server that does not answer keeps none of the others from being shown.
Every word of a server is a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from ergos.app.tools_view import (
    State,
    ToolRow,
    ToolShown,
    changed,
    defined,
    definition_difference,
    meaning,
    parameters_of,
    row_of,
)
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, UsageError
from ergos.base.ids import Digest
from ergos.buses.mcp.host.judgement import judged
from ergos.buses.mcp.host.names import full_name
from ergos.kernel.egress import EgressRules
from ergos.kernel.mounts import Offer, Pin, ServerSettings, ToolChange, ToolDefinition
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.wording import Language
from ergos.lib.visible import one_line

LINES_MAX: Final = 400  # lines shown of what is different about a server
BEFORE_CHARS: Final = 60  # characters shown before the place where two long values part
VALUE_CHARS: Final = 300  # characters of one value in such a line
UNKNOWN: Final = Digest("")
BARE: Final = "runs without a sandbox, with all your rights"


class ServerDesk(Protocol):
    """Servers of tools from where their owner sits: a running kernel, or a host of one's own."""

    def settings(self) -> Mapping[str, ServerSettings]:
        """What the owner says of each, by name."""
        ...

    async def pins(self) -> Mapping[str, Pin]:
        """What was approved, by server."""
        ...

    async def look(self, server: str) -> Offer:
        """What a server offers now. Raises: ErgosError if it does not answer."""
        ...

    async def looks(self, servers: Sequence[str]) -> Mapping[str, Offer | ErgosError]:
        """What each of them offers now, all asked at once; what was raised of one that does not answer."""
        ...

    async def approve(self, server: str, pin: Pin, by: str) -> None:
        """Journal that these definitions are approved, and mount them."""
        ...

    async def log(self, server: str) -> Sequence[str]:
        """The last lines it wrote that are no messages."""
        ...


class ServerShop:
    """Tools of servers."""

    def __init__(self, desk: ServerDesk, rules: EgressRules | None = None) -> None:
        """`rules`: by which anything leaves; None: nothing is said of them."""
        self._desk: Final = desk
        self._rules: Final = rules

    async def rows(self) -> Sequence[ToolRow]:
        """Every tool of every server, those that are offered and those that were approved."""
        pins = await self._desk.pins()
        found = await self._desk.looks(sorted(self._desk.settings()))
        return [row for name, offer in found.items() for row in self._rows(name, pins.get(name), offer)]

    async def show(self, name: str, language: Language) -> ToolShown | None:
        """A tool, or a whole server by its name; None for what is no server's."""
        server = name.partition(".")[0]
        settings = self._desk.settings().get(server)
        if settings is None:
            return None
        pin = (await self._desk.pins()).get(server)
        if name == server:
            return _server(settings, await self._desk.look(server), language, self._stuck(settings))
        looked = (await self._desk.looks([server]))[server]
        row = {row.name: row for row in self._rows(server, pin, looked)}.get(name)
        if row is None:
            return None
        offer = looked if isinstance(looked, Offer) else None
        after = _definition(offer.pin, name) if offer is not None else None
        before = _definition(pin, name) if pin is not None else None
        shown = _tool(row, settings, before, after, language)
        if before is None or shown.difference or offer is None:
            return shown
        # What it changed is nothing that an agent is told: the owner sees it all the same.
        raw = [
            line for one in offer.changes if after is not None and one.tool == after.name for line in _differences(one)
        ]
        return msgspec.structs.replace(shown, difference=tuple(raw)[:LINES_MAX])

    async def approve(self, name: str, digest: str, by: str) -> tuple[Grant, ...]:
        """Accept a server's definitions, or that of one tool, exactly as they were shown. Raises: UsageError."""
        server = name.partition(".")[0]
        offer = await self._desk.look(server)
        if name == server:
            if offer.digest != digest:
                raise _other(name)
            await self._desk.approve(server, offer.pin, by)
            return ()
        wanted = _definition(offer.pin, name)
        if wanted is None or wanted.digest != digest:
            raise _other(name)
        before = (await self._desk.pins()).get(server)
        kept = () if before is None or offer.moved else before.tools
        tools = (*(tool for tool in kept if tool.name != wanted.name), wanted)
        await self._desk.approve(server, msgspec.structs.replace(offer.pin, tools=tools), by)
        return ()

    async def reject(self, name: str, digest: str, by: str) -> None:
        """There is nothing to throw away. Raises: UsageError."""
        del digest, by
        raise UsageError(
            f"{name} stays disabled as long as you do not approve it",
            remedy="to be rid of it, switch it off or take its server out of settings.toml",
        )

    async def withdraw(self, name: str, by: str) -> None:
        """Approve a server's tools without this one; without any for the name of a server. Raises: UsageError."""
        server = name.partition(".")[0]
        pin = (await self._desk.pins()).get(server)
        kept = [
            tool
            for tool in (pin.tools if pin is not None else ())
            if name not in (server, full_name(server, tool.name))
        ]
        if pin is None or len(kept) == len(pin.tools):
            raise UsageError(f"{name} is not approved", remedy="`ergos tools` shows how it stands")
        await self._desk.approve(server, msgspec.structs.replace(pin, tools=tuple(kept)), by)

    async def log(self, server: str) -> str | None:
        """What a server wrote that is no message."""
        if server not in self._desk.settings():
            return None
        return "\n".join(await self._desk.log(server))

    def _stuck(self, settings: ServerSettings) -> str:
        """What of its way out leads nowhere, or ''."""
        missing = () if self._rules is None else unruled(settings, self._rules)
        return f"it reaches nothing at {', '.join(missing)}: no rule of [egress] names that host" if missing else ""

    def _rows(self, server: str, pin: Pin | None, offer: Offer | ErgosError) -> list[ToolRow]:
        settings = self._desk.settings()[server]
        if isinstance(offer, ErgosError):
            silent = one_line(f"the server does not answer: {offer.what}", VALUE_CHARS)
            tools = pin.tools if pin is not None else ()
            rows = [_row(settings, full_name(server, tool.name), tool, "disabled", silent) for tool in tools]
            return rows or [
                ToolRow(name=f"{server}.*", origin="server", state="disabled", effect="", reach="", why=silent)
            ]
        offered = {tool.name for tool in offer.pin.tools}
        stuck = self._stuck(settings)
        rows = [_judged(settings, offer, pin, tool, stuck) for tool in offer.pin.tools]
        rows += [
            ToolRow(
                name=full_name(server, name),
                origin="server",
                state="disabled",
                effect="",
                reach="",
                why=why,
            )
            for name, why in sorted(offer.unusable.items())
        ]
        rows += [
            _row(settings, full_name(server, tool.name), tool, "disabled", "the server no longer offers it")
            for tool in (pin.tools if pin is not None else ())
            if tool.name not in offered and tool.name not in offer.unusable
        ]
        return rows


def unruled(settings: ServerSettings, rules: EgressRules) -> tuple[str, ...]:
    """Hosts a server names that no rule of the owner's names: it reaches nothing there."""
    named = {rule.host for rule in rules.rules}
    return tuple(host for host in settings.hosts if host not in named)


def _judged(settings: ServerSettings, offer: Offer, pin: Pin | None, tool: ToolDefinition, stuck: str) -> ToolRow:
    """A tool that is offered, compared with what was approved."""
    name = full_name(settings.name, tool.name)
    before = _definition(pin, name) if pin is not None and not offer.moved else None
    if offer.moved:
        return _row(settings, name, tool, "changed", "another command or address answers than the one you approved")
    if before is None:
        return _row(settings, name, tool, "pending", "not approved yet")
    if before.digest != tool.digest:
        return _row(settings, name, tool, "changed", "its definition is another one than you approved")
    off = tool.name in settings.tools and settings.tools[tool.name].off
    said = BARE if not settings.sandbox and not settings.url else stuck
    return _row(settings, name, tool, "disabled" if off else "ready", "you switched it off" if off else said)


def _row(settings: ServerSettings, name: str, tool: ToolDefinition, state: State, why: str) -> ToolRow:
    row = row_of(judged(settings, tool, name), origin="server", state=state, why=why)
    return msgspec.structs.replace(row, digest=tool.digest)


def _definition(pin: Pin | None, name: str) -> ToolDefinition | None:
    """The definition of a tool by its full name."""
    if pin is None:
        return None
    return next((tool for tool in pin.tools if full_name(pin.server, tool.name) == name), None)


def _tool(
    row: ToolRow,
    settings: ServerSettings,
    before: ToolDefinition | None,
    after: ToolDefinition | None,
    language: Language,
) -> ToolShown:
    now = after or before
    if now is None:
        return ToolShown(row=row, definition={}, sentences=())
    specs: list[ToolSpec] = [judged(settings, one, row.name) for one in (before or now, now)]
    return ToolShown(
        row=row,
        definition=defined(specs[1]),
        sentences=meaning(specs[1], language),
        changes=changed(specs[0], specs[1], language),
        difference=definition_difference(specs[0], specs[1]),
    )


def _server(settings: ServerSettings, offer: Offer, language: Language, stuck: str) -> ToolShown:
    """A whole server: what is approved if the owner says yes."""
    zh = language == "zh"
    name = offer.pin.server
    state: State = "ready" if offer.same else "pending" if offer.first else "changed"
    tools = sorted(full_name(name, tool.name) for tool in offer.pin.tools)
    row = ToolRow(
        name=name, origin="server", state=state, effect="", reach="", digest=offer.digest,
        summary=one_line(offer.title, VALUE_CHARS), why=f"{len(tools)} tools" if state != "ready" else "",
    )  # fmt: skip
    moved = ("应答的是另一个命令或地址。" if zh else "Another command or address answers than the one you approved.",)
    warned = tuple(one_line(warning, VALUE_CHARS) for warning in offer.warnings)
    unusable = tuple(one_line(f"{tool}: {why}", VALUE_CHARS) for tool, why in sorted(offer.unusable.items()))
    return ToolShown(
        row=row,
        definition={"server": name, "tools": _claims(settings, offer)},
        sentences=(),
        changes=moved if offer.moved else (),
        difference=tuple(_lines(offer))[:LINES_MAX],
        notes=(*warned, *unusable, *((stuck,) if stuck else ())),
    )


def _claims(settings: ServerSettings, offer: Offer) -> dict[str, Plain]:
    """What each tool is taken for and says of itself, in short: nobody approves a list of names."""
    specs = sorted(
        (judged(settings, tool, full_name(settings.name, tool.name)) for tool in offer.pin.tools), key=_by_name
    )
    return {
        spec.name: {
            "effect": spec.effect,
            "reach": spec.goes,
            "arguments": ", ".join(one_line(name, VALUE_CHARS) for name in parameters_of(spec)),
            "says": one_line(spec.summary, VALUE_CHARS),
        }
        for spec in specs
    }


def _by_name(spec: ToolSpec) -> str:
    return spec.name


def _lines(offer: Offer) -> Iterator[str]:
    for change in () if offer.first else offer.changes:
        yield one_line(f"{change.tool}: {change.kind}", VALUE_CHARS)
        yield from _differences(change)


def _differences(change: ToolChange) -> Iterator[str]:
    """What is another one in a definition, as it was sent; nobody is shown two lines that look alike."""
    for one in change.differences:
        path = one_line(one.path, VALUE_CHARS)
        before, after = _json(one.before), _json(one.after)
        for sign, value, text in (("-", one.before, before), ("+", one.after, after)):
            if value is not None:
                yield f"{sign} {path}: {one_line(_from_where_they_part(text, before, after), VALUE_CHARS)}"
        if one_line(before, 2 * len(before)) == one_line(after, 2 * len(after)):
            yield f"  {path}: they differ in characters that nobody sees"
    if change.cut:
        yield "… and more"


def _from_where_they_part(text: str, before: str, after: str) -> str:
    """A long text from shortly before its first difference to another one."""
    if len(text) <= VALUE_CHARS:
        return text
    alike = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), len(text))
    start = max(0, min(alike - BEFORE_CHARS, len(text) - 1))
    return f"…{text[start:]}" if start else text


def _json(value: Plain) -> str:
    return msgspec.json.encode(value).decode()


def _other(name: str) -> UsageError:
    return UsageError(f"{name} is another one now than it was when you looked", remedy=f"`ergos tools show {name}`")
