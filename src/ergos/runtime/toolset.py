"""The tools of an agent: its folder's own, and what is mounted for everybody.

Rules: of two with one name the folder's own is meant; a mounted tool is looked up anew each time, because it may be
disabled meanwhile. Which of them an agent may call is a matter of its grants.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ergos.base.ids import Digest
from ergos.kernel.packages import Mounts, Package, Tool, ToolSpec
from ergos.kernel.permission.grants import Permit
from ergos.kernel.values import Blob, Packed, pack

KITS_MAX: Final = 32  # sets of definitions kept packed; 500 tools take some 200 KB


class Toolset(Mapping[str, Tool]):
    """An agent's own tools before the mounted ones."""

    def __init__(self, own: Mapping[str, Tool], mounts: Mounts) -> None:
        self._own: Final = own
        self._mounts: Final = mounts

    def __getitem__(self, name: str) -> Tool:
        tool = self._own.get(name) or self._mounts.tool(name)
        if tool is None:
            raise KeyError(name)
        return tool

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (name for name in self._mounts.names() if name not in self._own)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Kits:
    """Definitions of tools that turns found, packed once for all turns that find the same."""

    def __init__(self) -> None:
        self._packed: Final[dict[tuple[int, ...], tuple[Sequence[ToolSpec], Packed, tuple[Blob, ...]]]] = {}
        """By the identities of the definitions, which are kept beside so that they stay theirs."""

    def packed(self, found: Sequence[ToolSpec], known: Container[Digest]) -> tuple[Packed, tuple[Blob, ...]]:
        """The definitions in packed form, and the blobs of it that are not `known` to be stored."""
        key = tuple(map(id, found))
        kept = self._packed.get(key)
        if kept is None:
            if len(self._packed) >= KITS_MAX:
                self._packed.clear()
            kept = self._packed[key] = (found, *pack([msgspec.to_builtins(spec) for spec in found], what="the tools"))
        _, packed, blobs = kept
        return packed, tuple(blob for blob in blobs if blob.digest not in known)


def with_mounts(package: Package, mounts: Mounts | None) -> Package:
    """A package whose agent also finds what is mounted."""
    return package if mounts is None else msgspec.structs.replace(package, tools=Toolset(package.tools, mounts))


def granted(permits: Sequence[Permit], agent: str, tools: Mapping[str, Tool]) -> tuple[ToolSpec, ...]:
    """Definitions of the tools that permits name, by name. Cost: O(tools) where a permit is for a prefix."""
    meant = [one.grant.name for one in permits if one.grant.verb == "act" and one.grant.agent in (agent, "*")]
    names = {name for name in meant if not name.endswith(".*")}
    prefixes = tuple(name[:-1] for name in meant if name.endswith(".*"))
    if prefixes:
        names.update(name for name in tools if name.startswith(prefixes))
    found = [tools.get(name) for name in sorted(names)]
    return tuple(tool.spec for tool in found if tool is not None)
