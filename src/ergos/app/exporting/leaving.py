"""An agent's folder as it is taken out: what AGENT.md and the files beside it say, its team included.

Rules: code, secrets and the journal are never read; what no other format has is reported here, once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.remarks import Findings
from ergos.app.importing.servers import proposed_servers
from ergos.app.importing.shape import Kept, ServerProposal, SkillFiles
from ergos.base.errors import DefinitionError
from ergos.base.limits import AGENT_FILE_BYTES_MAX, SPAWN_DEPTH_MAX
from ergos.kernel.permission.grants import Grant
from ergos.lib import agent_file
from ergos.lib.agent_file import AgentFile
from ergos.lib.bundle import take
from ergos.lib.skill_file import skill_faults

MEMORY_BYTES_MAX: Final = 32 * 1024 * 1024  # bytes of memory.json
AGENTS_MAX: Final = 200  # agents of one team
IMPORTED: Final = "imported.memory"


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as it is taken out."""

    file: AgentFile
    instructions: str
    goal: str
    prompts: dict[str, str] = {}
    memory: tuple[Kept, ...] = ()
    skills: tuple[SkillFiles, ...] = ()
    servers: tuple[ServerProposal, ...] = ()
    team: tuple[Leaving, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.file.name

    @property
    def acts(self) -> tuple[Grant, ...]:
        """Grants for tools that another system may have."""
        own = ("skills.read", IMPORTED)
        return tuple(one for one in self.file.grants if one.verb == "act" and one.name not in own)


def load(folder: Path, findings: Findings, depth: int = 0, count: list[int] | None = None) -> Leaving:
    """An agent and its team from their folders. Raises: DefinitionError."""
    counted = count if count is not None else [0]
    counted[0] += 1
    if depth > SPAWN_DEPTH_MAX or counted[0] > AGENTS_MAX:
        raise DefinitionError(f"{folder} has a team of more than {AGENTS_MAX} agents, or one too deep")
    file = agent_file.read(_text(folder / "AGENT.md", AGENT_FILE_BYTES_MAX), str(folder / "AGENT.md"))
    whole = folder / "INSTRUCTIONS.md"
    body = _text(whole, MEMORY_BYTES_MAX) if whole.is_file() else file.instructions
    _unsaid(file, folder, findings)
    return Leaving(
        file=file,
        instructions=without_secrets(body.strip("\n"), f"{file.name}/AGENT.md", findings),
        goal=file.goal,
        prompts=_prompts(file),
        memory=_memory(folder, findings),
        skills=_skills(folder, findings),
        servers=proposed_servers(folder / "settings.proposed.toml"),
        team=tuple(load(folder / "team" / member, findings, depth + 1, counted) for member in file.team),
    )


def _unsaid(file: AgentFile, folder: Path, findings: Findings) -> None:
    """What no other format says."""
    where = f"{file.name}/AGENT.md"
    work = file.work
    for key, value in (
        ("steps", work.steps),
        ("sources", work.sources),
        ("acceptance", work.acceptance),
        ("escalation", work.escalation),
        ("quiet_hours", work.quiet_hours),
        ("milestones", work.milestones),
        ("report", work.report),
        ("reserved", work.reserved),
        ("solvers", file.solvers),
    ):
        if value:
            findings.add("I801", where, key)
    for path in sorted([*folder.glob("tools/*.py"), *folder.glob("*.py")]):
        if path.name not in ("agent.py", "imported_memory.py"):
            findings.add("I803", f"{file.name}/{path.relative_to(folder).as_posix()}", path.name)
    for grant in file.grants:
        if grant.times is not None or grant.expires_ns is not None:
            findings.add("I801", where, f"times and expires of {grant.name}")


def _prompts(file: AgentFile) -> dict[str, str]:
    settings = msgspec.json.decode(file.settings)
    found = settings.get("prompts") if isinstance(settings, dict) else None
    if not isinstance(found, dict):
        return {}
    return {str(name): text for name, text in found.items() if isinstance(text, str)}


def _memory(folder: Path, findings: Findings) -> tuple[Kept, ...]:
    path = folder / "memory.json"
    if not path.is_file():
        return ()
    try:
        kept = msgspec.json.decode(_text(path, MEMORY_BYTES_MAX), type=tuple[Kept, ...])
    except msgspec.DecodeError:
        findings.add("I102", str(path.name), "memory.json")
        return ()
    return tuple(Kept(one.key, without_secrets(one.text, "memory.json", findings)) for one in kept)


def _skills(folder: Path, findings: Findings) -> tuple[SkillFiles, ...]:
    found: list[SkillFiles] = []
    base = folder / "skills"
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        if not path.is_dir() or path.is_symlink():
            continue
        try:
            bundle = take(path)
        except DefinitionError as error:
            findings.add("I503", f"skills/{path.name}", path.name, error.what)
            continue
        sheet = bundle.files.get("SKILL.md", b"").decode("utf-8", "replace")
        if skill_faults(sheet, path.name):
            findings.add("I503", f"skills/{path.name}", path.name, skill_faults(sheet, path.name)[0])
            continue
        found.append(SkillFiles(path.name, dict(bundle.files)))
    return tuple(found)


def _text(path: Path, most: int) -> str:
    try:
        if path.stat().st_size > most:
            raise DefinitionError(f"{path} is larger than {most:,} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}", remedy="name an agent's folder") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path} is not UTF-8 text") from error
