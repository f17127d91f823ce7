"""What a skill asks for, as grants its owner may give: from `allowed-tools`, and from our fields in `metadata`.

    allowed-tools: Read Bash(git:*) http.fetch
    metadata:
      ergos-hosts: api.example.com docs.example.com     # http tools, at these hosts
      ergos-paths: reports data/in                      # file tools, inside these folders
      ergos-secrets: github

Rules: a request is data of the skill's author and grants nothing; it is shown as sentences and its owner decides. What
cannot be said as a grant (a pattern of commands, a host that is half the world) becomes one that asks each time, like
what changes something for others, or of which nothing is known. Names other programs use for tools are read as ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.sentences import difference, sentence
from ergos.kernel.permission.wording import Language, listed, quoted
from ergos.lib.skill_file import SkillFile

WANTED_MAX: Final = 40  # tools, hosts, paths or secrets of one skill; who asks for more asks for everything
_TOOL: Final = re.compile(r"([^\s,()]+)(\([^()]*\))?")

ELSEWHERE: Final[dict[str, tuple[str, ...]]] = {
    "Read": ("files.read",),
    "NotebookRead": ("files.read",),
    "Write": ("files.write",),
    "Edit": ("files.edit",),
    "MultiEdit": ("files.edit",),
    "NotebookEdit": ("files.edit",),
    "Glob": ("files.list",),
    "LS": ("files.list",),
    "Grep": ("files.search",),
    "Bash": ("shell.run",),
    "WebFetch": ("http.fetch",),
}
"""Names of tools in skills written for other programs, and ours."""

_ASKED_FOR: Final = frozenset({"others", "money", "code"})


class Wanted(msgspec.Struct, frozen=True):
    """A request."""

    grants: tuple[Grant, ...] = ()
    secrets: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Tools it names that are not here."""


def wanted(skill: SkillFile, agent: str = "*", known: Mapping[str, ToolSpec] | None = None) -> Wanted:
    """What a skill asks for, on behalf of an agent. `known`: the tools there are; None: nothing is known of them."""
    named = _listed(skill, "ergos-hosts")
    hosts = named if all("." in host.strip(".*") for host in named) else ()
    paths = _listed(skill, "ergos-paths")
    asked: dict[str, bool] = {}  # tool -> whether a pattern came with it
    unknown: list[str] = []
    for name, pattern in _TOOL.findall(f"{skill.allowed_tools} {skill.metadata.get('ergos-tools', '')}"):
        for own in ELSEWHERE.get(name, (name,)):
            if _is_tool(own) and (known is None or own in known):
                asked[own] = asked.get(own, False) or bool(pattern)
            else:
                unknown.append(own)
    if named and not any(name.startswith("http.") for name in asked):
        asked["http.fetch"] = False
    if paths and not any(name.startswith("files.") for name in asked):
        asked["files.read"] = False
    grants = [
        _grant(name, agent, (known or {}).get(name), hosts, paths, pattern=pattern)
        for name, pattern in list(asked.items())[:WANTED_MAX]
    ]
    return Wanted(tuple(grants), _listed(skill, "ergos-secrets"), tuple(dict.fromkeys(unknown))[:WANTED_MAX])


def sentences_of(asked: Wanted, language: Language) -> tuple[str, ...]:
    """The request in sentences for its owner."""
    said = [sentence(grant, language) for grant in asked.grants]
    zh = language == "zh"
    said += [
        f"要使用密钥 {quoted(one, language)}。" if zh else f"It wants the secret {quoted(one, language)}."
        for one in asked.secrets
    ]
    if asked.unknown:
        names = listed([quoted(one, language) for one in asked.unknown], language)
        said.append(f"提到了这里没有的工具：{names}。" if zh else f"It names tools that are not here: {names}.")
    return tuple(said)


def asks_more(old: Wanted | None, new: Wanted, language: Language) -> tuple[str, ...]:
    """What the new request asks beyond the old one, in sentences; nothing: it asks no more."""
    before = old or Wanted()
    more = difference(before.grants, new.grants, language).more
    secrets = tuple(one for one in new.secrets if one not in before.secrets)
    return more + sentences_of(Wanted(secrets=secrets), language)


def _grant(
    name: str, agent: str, spec: ToolSpec | None, hosts: Sequence[str], paths: Sequence[str], *, pattern: bool
) -> Grant:
    properties = spec.parameters.get("properties") if spec is not None else None
    arguments = list(properties) if isinstance(properties, dict) else []
    bounded: dict[str, Matcher] = {}
    if name.startswith("http.") and hosts:
        bounded["url"] = Matcher("domain", tuple(hosts))
    if name.startswith("files.") and paths:
        on = [one for one in arguments if one in ("path", "source", "target", "to")] or ["path"]
        bounded |= {one: Matcher("under", tuple(paths)) for one in on}
    args = {**{one: Matcher("any") for one in arguments}, **bounded} if bounded else None
    anywhere = "url" in arguments and "url" not in bounded  # an address is a way out, even of a tool that reads
    unsure = spec is None or spec.goes in _ASKED_FOR or anywhere
    return Grant(agent=agent, verb="act", name=name, args=args, ask=pattern or (unsure and not bounded))


def _is_tool(name: str) -> bool:
    try:
        return bool(checked_name(name.removesuffix(".*"), what="a tool"))
    except ValueShapeError:
        return False


def _listed(skill: SkillFile, key: str) -> tuple[str, ...]:
    words = skill.metadata.get(key, "").replace(",", " ").split()
    return tuple(dict.fromkeys(words))[:WANTED_MAX]
