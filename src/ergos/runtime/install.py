"""The check before an agent runs: do its grants, with its team's, combine strangers' text, private data and a way out?

Rules: what an owner starts is checked with the tools as they are now; a finding that refuses is a DefinitionError, the
others are told. A grant for a tool that is not there brings nothing: it cannot be called. A tool of the agent's own
that does not say how far it reaches is taken to reach others, and to bring back no more than a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ergos.base.errors import DefinitionError
from ergos.kernel.packages import Definition, Mounts, Package, Programs, ToolSpec
from ergos.kernel.permission.exposure import Finding, exposures
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.permission.legs import named_tools
from ergos.kernel.permission.wording import Language
from ergos.runtime.loader import ABROAD
from ergos.runtime.toolset import with_mounts

TEAM_MAX = 1_000  # agents of a team, at any depth, that are looked at


def checked(
    definition: Definition, programs: Programs, mounts: Mounts | None, language: Language, now_ns: int
) -> tuple[str, ...]:
    """What an owner should know of an agent's grants, in their language. Raises: DefinitionError if it may not run."""
    grants: list[Grant] = []
    specs: dict[str, ToolSpec] = {}
    silent: set[str] = set()
    for member, package in _members(definition, programs):
        grants.extend(member.grants)
        specs.update(_specs(member, with_mounts(package, mounts)))
        silent |= {name for name, tool in package.tools.items() if tool.spec.reach is None}
    known = [grant for grant in grants if grant.verb != "act" or named_tools(grant, specs)]
    found = exposures(definition.agent, known, specs, silent=silent, now_ns=now_ns)
    for finding in found:
        if finding.weight == "refuse":
            raise DefinitionError(finding.what(language), remedy=finding.remedy(language))
    strange = (one for one in exposures(definition.agent, grants, specs, now_ns=now_ns) if one.code == "unknown-tool")
    return tuple(_told(finding, language) for finding in (*found, *strange))


def guarded(
    definition: Definition, mounts: Mounts | None, language: Language, now_ns: int
) -> tuple[Definition, tuple[str, ...]]:
    """A foreign program's definition, its ways out asked about where it would hold all three; and what to know of it.

    Nobody can write `ask: true` for it, so it is written here instead of being refused.
    """
    package = with_mounts(ABROAD, mounts)
    specs = _specs(definition, package)
    known = [grant for grant in definition.grants if grant.verb != "act" or named_tools(grant, specs)]
    found = exposures(definition.agent, known, specs, now_ns=now_ns)
    ways = {grant_id(part.grant) for one in found if one.weight == "refuse" for part in one.parts if part.leg == "out"}
    grants = tuple(
        msgspec.structs.replace(grant, ask=True) if grant_id(grant) in ways else grant for grant in definition.grants
    )
    every = exposures(definition.agent, definition.grants, specs, now_ns=now_ns)
    strange = tuple(_told(one, language) for one in every if one.code == "unknown-tool")
    return msgspec.structs.replace(definition, grants=grants), strange


def _members(definition: Definition, programs: Programs) -> Iterator[tuple[Definition, Package]]:
    """An agent and its team, at any depth, each once."""
    waiting, seen = [definition], {definition.agent}
    while waiting and len(seen) <= TEAM_MAX:
        member = waiting.pop()
        package = programs.package(member)
        yield member, package
        for name, other in package.team.items():
            if name not in seen:
                seen.add(name)
                waiting.append(other)


def _specs(definition: Definition, package: Package) -> dict[str, ToolSpec]:
    """The tools that an agent's grants name."""
    found: dict[str, ToolSpec] = {}
    for grant in definition.grants:
        if grant.verb != "act":
            continue
        prefix = grant.name.endswith(".*")
        names = [name for name in package.tools if name.startswith(grant.name[:-1])] if prefix else [grant.name]
        for name in names:
            tool = package.tools.get(name)
            if tool is not None:
                found[name] = msgspec.structs.replace(tool.spec, reach=tool.spec.goes)
    return found


def _told(finding: Finding, language: Language) -> str:
    return f"{finding.what(language)} — {finding.remedy(language)}"
