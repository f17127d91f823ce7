"""All built-in tools by name, and as something the kernel mounts.

Rules: every tool is always there; what this machine or its settings lack, the tool itself says when it is called,
with what to do. Which agent may call which is a matter of grants, never of this list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ergos.drivers.tools.calendar_file import CalendarTool
from ergos.drivers.tools.cell import CellTool
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.declaring import Builtin
from ergos.drivers.tools.file_changes import ChangingTools
from ergos.drivers.tools.files import LookingTools
from ergos.drivers.tools.git import GitTools
from ergos.drivers.tools.mail import MailTool
from ergos.drivers.tools.notify import NotifyTool
from ergos.drivers.tools.programs import ProgramTools
from ergos.drivers.tools.publishing import PublishTool
from ergos.drivers.tools.seal import Seal
from ergos.drivers.tools.source_reading import SourceTool
from ergos.drivers.tools.sql import SqlTool
from ergos.drivers.tools.tables import TableTool
from ergos.drivers.tools.web import Outside, WebTools
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.confinement import Sandboxes
from ergos.kernel.egress import Secrets
from ergos.kernel.packages import Tool
from ergos.kernel.tool_settings import Folder, ToolSettings


class BuiltinParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the built-in tools are made of; what is None is not there, and its tools say so."""

    workspaces: Workspaces
    sandboxes: Sandboxes | None = None
    outside: Outside | None = None
    """`drivers.egress.fetcher.Fetcher`."""
    secrets: Secrets | None = None
    seal: Seal | None = None
    """`seal_of(HOME/keys/cell, entropy)`."""
    settings: ToolSettings = ToolSettings()


def workspaces_of(
    home: Path, owner: str, settings: ToolSettings, agreed: Callable[[], Mapping[str, Folder]] = dict
) -> Workspaces:
    """The rooms of a home: one for each agent, and the folders its owner named; `agreed`: and those agreed to since."""
    return Workspaces(home, owner, _rooms(settings.folders), lambda: _rooms(agreed()))


def _rooms(folders: Mapping[str, Folder]) -> dict[str, Room]:
    return {
        name: Room(Path(folder.path), write=folder.write, trusted=folder.trusted) for name, folder in folders.items()
    }


def builtins(parts: BuiltinParts) -> Mapping[str, Tool]:
    """Every built-in tool by its full name."""
    settings = parts.settings
    groups: tuple[tuple[Builtin[Any], ...], ...] = (
        LookingTools(parts.workspaces).tools(),
        ChangingTools(parts.workspaces).tools(),
        WebTools(parts.outside, settings.hooks, parts.secrets).tools(),
        SqlTool(parts.workspaces, parts.sandboxes).tools(),
        ProgramTools(parts.workspaces, parts.sandboxes).tools(),
        CellTool(parts.sandboxes, parts.seal).tools(),
        GitTools(parts.workspaces, parts.sandboxes).tools(),
        MailTool(parts.workspaces, settings.mail, parts.secrets).tools(),
        CalendarTool(parts.workspaces).tools(),
        NotifyTool(parts.workspaces, settings.notices, parts.secrets).tools(),
        SourceTool(parts.workspaces, parts.outside).tools(),
        TableTool(parts.workspaces).tools(),
        PublishTool(parts.workspaces).tools(),
    )
    return {tool.spec.name: tool for group in groups for tool in group}


class BuiltinMounts:
    """The built-in tools as the port `Mounts`."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools: Final = dict(sorted(tools.items()))

    def tool(self, name: str) -> Tool | None:
        """A tool by its full name; None for an unknown one."""
        return self._tools.get(name)

    def why_not(self, name: str) -> str:
        """'': what is unknown here is nobody's."""
        del name
        return ""

    def names(self) -> tuple[str, ...]:
        """All there are, sorted."""
        return tuple(self._tools)
