"""What an import makes of a file of another system, before anything is written: agents, memory, skills, proposals.

Rules: plain frozen data, the same whatever the format; every grant asks its owner; nothing here is code that will run.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ergos.app.importing.remarks import Remark
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.wording import Language
from ergos.lib.work import Work

FormatName = Literal["openclaw", "docker-agent", "agent-spec", "letta"]
FORMATS: Final[tuple[FormatName, ...]] = ("openclaw", "docker-agent", "agent-spec", "letta")
AGENTS_MAX: Final = 200  # agents of one import, copies within teams included


class Kept(msgspec.Struct, frozen=True):
    """Something to be remembered."""

    key: str
    """By which the agent recalls it: 'user', 'memory/2026-11-25'."""
    text: str


class SkillFiles(msgspec.Struct, frozen=True):
    """A skill as it was found."""

    name: str
    files: dict[str, bytes]
    """By path within its folder."""


class DraftFile(msgspec.Struct, frozen=True):
    """Code that was found; it lies beside the agent and is never loaded."""

    name: str
    text: str


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One agent as it comes in."""

    name: str
    goal: str = ""
    language: Language = "en"
    instructions: str = ""
    grants: tuple[Grant, ...] = ()
    caps: Caps = Caps()
    work: Work = Work()
    """Triggers and time zone."""
    prompts: dict[str, str] = {}
    """What it is told when a trigger fires, by the trigger's name; and prompts that have a name of their own."""
    memory: tuple[Kept, ...] = ()
    skills: tuple[SkillFiles, ...] = ()
    drafts: tuple[DraftFile, ...] = ()
    window_tokens: int = 0
    team: tuple[Incoming, ...] = ()


class ServerProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A server of tools that the owner may mount."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    """Values, or 'secret:NAME'."""
    url: str = ""
    headers: dict[str, str] = {}
    hosts: tuple[str, ...] = ()


class FolderProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of this machine that the owner may make known."""

    name: str
    path: str
    write: bool = False


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    format: FormatName
    version: str
    agents: tuple[Incoming, ...]
    """Those that are started by themselves; the others are in their teams."""
    servers: tuple[ServerProposal, ...] = ()
    folders: tuple[FolderProposal, ...] = ()
    secrets: tuple[str, ...] = ()
    """Names of secrets that the proposals want."""
    remarks: tuple[Remark, ...] = ()


def members(agent: Incoming) -> tuple[Incoming, ...]:
    """An agent and everybody below it."""
    return (agent, *(one for member in agent.team for one in members(member)))
