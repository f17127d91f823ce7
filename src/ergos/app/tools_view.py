"""The tools of a home as their owner sees them: what is mounted, from where, how it stands, and what changed.

A `Shop` is a place tools come from: built in, the servers on a bus, what agents made. `ToolsView` puts them together.

Rules: it shows and passes decisions on; it decides nothing. A decision names the digest that was shown, so that nothing
else can be approved in its place. Text of servers and agents is shown as data of strangers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Protocol

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import UsageError
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.wording import Language
from ergos.lib.tool_making import difference_of
from ergos.lib.visible import visible

Origin = Literal["built-in", "server", "made"]
State = Literal["ready", "changed", "pending", "disabled"]
"""It can be called under a grant; its definition is not the approved one; it was never approved; it does not work."""

DIGEST_DIGITS: Final = 12  # digits by which a person names a digest

EFFECTS: Final[dict[str, tuple[str, str]]] = {
    "pure": ("It changes nothing.", "它不改变任何东西。"),
    "idempotent": ("Doing it twice is doing it once.", "重复执行与执行一次相同。"),
    "reconcilable": ("After a crash it is looked up whether it happened.", "崩溃之后会查明它是否已经发生。"),
    "irreversible": ("It cannot be taken back nor asked about.", "它无法撤回，也无法查明是否已经发生。"),
}
REACHES: Final[dict[str, tuple[str, str]]] = {
    "read": ("It only reads.", "它只读取。"),
    "own": ("It changes what is yours alone.", "它改变的只是您自己的东西。"),
    "others": ("Something leaves for others.", "它会把东西发给别人。"),
    "money": ("It spends money.", "它会花钱。"),
    "code": ("It runs code.", "它会运行代码。"),
}


class ToolRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tool in the list."""

    name: str
    origin: Origin
    state: State
    effect: str
    reach: str
    summary: str = ""
    why: str = ""
    """Why it is not ready."""
    digest: str = ""
    """Of its definition as it is now."""


class ToolShown(msgspec.Struct, frozen=True, kw_only=True):
    """One tool in full."""

    row: ToolRow
    definition: dict[str, Plain]
    """As it is now; of a pending one, as it would be."""
    sentences: tuple[str, ...]
    """What it does to the world, in the owner's language."""
    changes: tuple[str, ...] = ()
    """Sentences about what is different from what was approved."""
    difference: tuple[str, ...] = ()
    """The diff to what was approved: of the definition, and of source and tests where there are some."""
    asks: tuple[str, ...] = ()
    """What approving it would let an agent do, in sentences."""
    notes: tuple[str, ...] = ()
    """Who proposed it, why, and what its tests said."""


class Shop(Protocol):
    """A place tools come from."""

    async def rows(self) -> Sequence[ToolRow]:
        """Its tools, by name."""
        ...

    async def show(self, name: str, language: Language) -> ToolShown | None:
        """One of them; None for one that is not its own."""
        ...

    async def approve(self, name: str, digest: str, by: str) -> tuple[Grant, ...]:
        """Accept exactly this definition; the grants that are asked for with it. Raises: UsageError."""
        ...

    async def reject(self, name: str, digest: str, by: str) -> None:
        """Keep what was approved, or nothing, and drop the rest. Raises: UsageError."""
        ...

    async def withdraw(self, name: str, by: str) -> None:
        """Take an approval back. Raises: UsageError."""
        ...

    async def log(self, server: str) -> str | None:
        """What a server of this name said on its stderr; None for one that is not its own."""
        ...


class ToolsView:
    """All tools of a home."""

    def __init__(self, shops: Sequence[Shop], language: Language = "en") -> None:
        self._shops: Final = tuple(shops)
        self._language: Final[Language] = language

    async def rows(self) -> tuple[ToolRow, ...]:
        """Every tool, by name."""
        found = [row for shop in self._shops for row in await shop.rows()]
        return tuple(sorted(found, key=lambda row: row.name))

    async def show(self, name: str) -> ToolShown:
        """One tool in full. Raises: UsageError."""
        return (await self._found(name))[1]

    async def approve(self, name: str, digest: str, by: str) -> tuple[Grant, ...]:
        """Accept what was shown under this digest. Raises: UsageError if it is not that any more."""
        shop, shown = await self._matching(name, digest)
        return await shop.approve(shown.row.name, shown.row.digest, by)

    async def reject(self, name: str, digest: str, by: str) -> None:
        """Drop what was shown under this digest. Raises: UsageError if it is not that any more."""
        shop, shown = await self._matching(name, digest)
        await shop.reject(shown.row.name, shown.row.digest, by)

    async def withdraw(self, name: str, by: str) -> None:
        """Take an approval back: the tool is gone from the next call on. Raises: UsageError."""
        shop, shown = await self._found(name)
        await shop.withdraw(shown.row.name, by)

    async def log(self, server: str) -> str:
        """What a server said on its stderr, made harmless. Raises: UsageError."""
        for shop in self._shops:
            found = await shop.log(server)
            if found is not None:
                return visible(found)
        raise UsageError(f"there is no server {server[:60]!r}", remedy="`ergos tools` lists the servers' tools")

    async def _found(self, name: str) -> tuple[Shop, ToolShown]:
        for called in (name, f"made.{name}"):  # a tool that an agent made stands before no other of that name
            for shop in self._shops:
                shown = await shop.show(called, self._language)
                if shown is not None:
                    return shop, shown
        raise UsageError(f"there is no tool {name[:60]!r}", remedy="`ergos tools` lists them")

    async def _matching(self, name: str, digest: str) -> tuple[Shop, ToolShown]:
        shop, shown = await self._found(name)
        if shown.row.state not in {"changed", "pending"}:
            raise UsageError(f"nothing about {shown.row.name} waits for a decision", remedy="`ergos tools` lists them")
        if len(digest) < DIGEST_DIGITS or not shown.row.digest.startswith(digest):
            raise UsageError(
                f"{shown.row.name} is now {shown.row.digest[:DIGEST_DIGITS]}, not {digest[:DIGEST_DIGITS]}",
                remedy=f"look at it again: `ergos tools show {shown.row.name}`",
            )
        return shop, shown


class BuiltIn:
    """Tools that come with ergos: there is nothing to decide about them."""

    def __init__(self, specs: Sequence[ToolSpec]) -> None:
        self._specs: Final = {spec.name: spec for spec in specs}

    async def rows(self) -> Sequence[ToolRow]:
        """Its tools."""
        return [row_of(spec, origin="built-in") for spec in self._specs.values()]

    async def show(self, name: str, language: Language) -> ToolShown | None:
        """One of them."""
        spec = self._specs.get(name)
        if spec is None:
            return None
        return ToolShown(
            row=row_of(spec, origin="built-in"), definition=defined(spec), sentences=meaning(spec, language)
        )

    async def approve(self, name: str, digest: str, by: str) -> tuple[Grant, ...]:
        """Never asked for. Raises: UsageError."""
        del digest, by
        raise UsageError(f"{name} is built in; there is nothing to approve")

    async def reject(self, name: str, digest: str, by: str) -> None:
        """Never asked for. Raises: UsageError."""
        del digest, by
        raise UsageError(f"{name} is built in; without a grant nobody can call it")

    async def withdraw(self, name: str, by: str) -> None:
        """Never asked for. Raises: UsageError."""
        await self.reject(name, "", by)

    async def log(self, server: str) -> str | None:
        """There are no servers here."""
        del server
        return None


def row_of(spec: ToolSpec, *, origin: Origin, state: State = "ready", why: str = "") -> ToolRow:
    """A definition as a row."""
    return ToolRow(
        name=spec.name,
        origin=origin,
        state=state,
        effect=spec.effect,
        reach=spec.goes,
        summary=spec.summary,
        why=why,
        digest=digest_of(msgspec.to_builtins(spec)),
    )


def defined(spec: ToolSpec) -> dict[str, Plain]:
    """A definition as plain data, for its owner."""
    return {
        "name": spec.name,
        "summary": spec.summary,
        "parameters": msgspec.to_builtins(spec.parameters),
        "effect": spec.effect,
        "reach": spec.goes,
        "roles": msgspec.to_builtins(spec.roles),
        "trusted": spec.trusted,
        "readers": None if spec.readers is None else list(spec.readers),
    }


def meaning(spec: ToolSpec, language: Language) -> tuple[str, ...]:
    """What a tool does to the world, in sentences."""
    return tuple(_said(table, key, language) for table, key in ((EFFECTS, spec.effect), (REACHES, spec.goes)))


def changed(before: ToolSpec, after: ToolSpec, language: Language) -> tuple[str, ...]:
    """What is different between two definitions, in sentences; the weighty things first."""
    zh = language == "zh"
    said: list[str] = []
    for table, old, new in ((EFFECTS, before.effect, after.effect), (REACHES, before.goes, after.goes)):
        if old != new:
            words = _said(table, new, language)
            said.append(f"以前不是这样：{words}" if zh else f"This was not so before: {words}")
    old_names, new_names = set(parameters_of(before)), set(parameters_of(after))
    for names, english, chinese in (
        (sorted(new_names - old_names), "It takes new arguments", "新增参数"),
        (sorted(old_names - new_names), "It no longer takes the arguments", "不再接受参数"),
    ):
        if names:
            shown = (", " if not zh else "、").join(visible(name) for name in names[:20])
            said.append(f"{chinese}：{shown}。" if zh else f"{english} {shown}.")
    if before.summary != after.summary:
        said.append("它的说明变了。" if zh else "What it says of itself has changed.")
    if before.parameters != after.parameters and old_names == new_names:
        said.append("它对参数的要求变了。" if zh else "What it says of its arguments has changed.")
    return tuple(said)


def definition_difference(before: ToolSpec, after: ToolSpec) -> tuple[str, ...]:
    """The diff of two definitions as indented JSON; the order of keys says nothing and is no difference."""
    encoded = [msgspec.json.encode(defined(one), order="sorted") for one in (before, after)]
    texts = [msgspec.json.format(one, indent=2).decode() for one in encoded]
    return difference_of(visible(texts[0]), visible(texts[1]), "definition")


def _said(table: dict[str, tuple[str, str]], key: str, language: Language) -> str:
    return table[key][language == "zh"] if key in table else key


def parameters_of(spec: ToolSpec) -> tuple[str, ...]:
    """Names of the arguments it takes, in its order."""
    properties = spec.parameters.get("properties")
    return tuple(properties) if isinstance(properties, dict) else ()
