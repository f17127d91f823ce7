"""Takes an agent's folder out to the format of another system, and says what is lost.

Rules: only what AGENT.md and the files beside it say is read; code, secrets and the journal never leave; what the other
format cannot say, or only wishes for, is reported; a file that is there is not overwritten.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from ergos.app.exporting import agent_spec as exporting_agent_spec
from ergos.app.exporting import docker as exporting_docker
from ergos.app.exporting import letta as exporting_letta
from ergos.app.exporting import openclaw as exporting_openclaw
from ergos.app.exporting.leaving import load
from ergos.app.importing.remarks import Findings, Remark
from ergos.app.importing.shape import FormatName
from ergos.app.importing.tree import safe_path
from ergos.base.errors import SettingsError, UsageError

WRITERS: Final = MappingProxyType(
    {
        "docker-agent": exporting_docker.files,
        "agent-spec": exporting_agent_spec.files,
        "letta": exporting_letta.files,
        "openclaw": exporting_openclaw.files,
    }
)


class Exported(msgspec.Struct, frozen=True):
    """Files in the other format."""

    name: str
    """Of the one file, or of the folder."""
    files: dict[str, str | bytes]
    """By relative path; one file has the path `name`."""
    remarks: tuple[Remark, ...]
    is_folder: bool = False


def exported(folder: Path, wanted: FormatName) -> Exported:
    """Translate a folder. Raises: DefinitionError, AgentFileError."""
    findings = Findings()
    leaving = load(folder, findings)
    files = WRITERS[wanted](leaving, findings)
    single = next(iter(files)) if len(files) == 1 else f"{leaving.name}-{wanted}"
    return Exported(single, files, findings.all, is_folder=wanted == "openclaw")


def write_export(found: Exported, target: Path | None) -> Path:
    """Write it; where it lies. Raises: UsageError where something is there; SettingsError if it cannot be written."""
    place = (target or Path(found.name)).absolute()
    if not found.is_folder and target is not None and target.is_dir():
        place = target.absolute() / found.name
    if place.exists() or place.is_symlink():
        raise UsageError(f"{place} is there already", remedy="name another place with --into")
    try:
        for path, content in found.files.items():
            assert safe_path(path), path
            file = place / path if found.is_folder else place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    except OSError as error:
        raise SettingsError(f"{place} cannot be written: {error.strerror}", remedy="name another --into") from error
    return place
