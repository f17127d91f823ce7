"""Skills: folders with SKILL.md whose instructions a model reads when it needs them.

    newsroom/skills/pdf-forms/SKILL.md          a skill of one agent, and of its team
    HOME/skills/pdf-forms/SKILL.md              one the owner installed: `ergos skills add`

What stands in a prompt is a line for each; the instructions, and the other files of the folder, come by the tool
`skills.read`, for which the agent needs a grant like for every tool.

Rules: a skill's text is its author's. It is trusted only where the owner pinned exactly this content; a pinned one that
is not as it was pinned is not read at all. Of one that is not pinned, only the name stands in a prompt, and what is
read of it is labelled untrusted. A name stands for one skill: an agent's own takes the place of none that was pinned.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.base.errors import DefinitionError, ErgosError, ToolChangedError, UsageError
from ergos.base.ids import Digest
from ergos.kernel.labels import TRUSTED, UNTRUSTED
from ergos.kernel.packages import Performed
from ergos.kernel.pager import tokens_of
from ergos.kernel.permission.coverage import name_covers
from ergos.kernel.permission.grants import Grant
from ergos.lib.bundle import Bundle, take
from ergos.lib.pins import Pin, PinFile
from ergos.lib.skill_file import SkillFile, read_skill_file
from ergos.lib.tool import FunctionTool, tool
from ergos.lib.visible import one_line, visible

READ: Final = "skills.read"
LOCK: Final = "skills.lock"
SKILLS_MAX: Final = 200  # skills of one folder; more cannot be told apart by a line each
PROMPT_TOKENS_MAX: Final = 1_500  # tokens of all skills in a prompt; with more, descriptions become shorter, then go
LINE_CHARS: Final = (400, 120, 0)  # characters of a description in a prompt, the longest that fits for all
READ_CHARS_MAX: Final = 60_000  # characters of one answer; the rest is read with `offset`

State = Literal["pinned", "unpinned", "changed", "broken"]


class Skill(msgspec.Struct, frozen=True, kw_only=True):
    """One skill as it was found."""

    name: str
    folder: Path
    state: State
    digest: Digest = Digest("")
    file: SkillFile | None = None
    why: str = ""
    """What is wrong with a changed or broken one."""

    @property
    def usable(self) -> bool:
        """Whether it can be read."""
        return self.state in {"pinned", "unpinned"}


def skill_of(bundle: Bundle) -> SkillFile:
    """The skill in a folder that was read. Raises: DefinitionError."""
    content = bundle.files.get("SKILL.md", bundle.files.get("skill.md"))
    if content is None:
        raise DefinitionError(f"{bundle.name} has no SKILL.md", remedy="a skill is a folder with SKILL.md")
    try:
        return read_skill_file(content.decode("utf-8"), bundle.name)
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{bundle.name}/SKILL.md is not UTF-8 text") from error


def skills_in(folder: Path, pins: Mapping[str, Pin], *, installed: bool = False) -> tuple[Skill, ...]:
    """The skills of a folder of skills, by name; none where there is no folder.

    `installed`: it is the home's, where each must be as it was pinned under its name; elsewhere the content counts.
    """
    return tuple(_found(folder / name, pins, installed=installed) for name in _names(folder))


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry, _ in zip(entries, range(4 * SKILLS_MAX), strict=False)]
    except OSError:
        return []
    return sorted(name for name in names if not name.startswith(".") and (folder / name).is_dir())[:SKILLS_MAX]


def _found(folder: Path, pins: Mapping[str, Pin], *, installed: bool) -> Skill:
    try:
        bundle = take(folder)
        file = skill_of(bundle)
    except DefinitionError as error:
        return Skill(name=folder.name, folder=folder, state="broken", why=error.what)
    pin = pins.get(file.name)
    state: State = "unpinned"
    why = ""
    if installed and (pin is None or pin.digest != bundle.digest):
        state = "changed"
        why = "it was put there by hand and never added" if pin is None else "it is not as its owner approved it"
    elif installed or any(one.digest == bundle.digest for one in pins.values()):
        state = "pinned"
    return Skill(name=file.name, folder=folder, state=state, digest=bundle.digest, file=file, why=why)


def pins_of(home_skills: Path | None) -> dict[str, Pin]:
    """What the owner pinned; a lock that cannot be read pins nothing."""
    if home_skills is None:
        return {}
    try:
        return PinFile(home_skills / LOCK).read()
    except ErgosError:
        return {}


def allowed_skills(grants: Iterable[Grant]) -> tuple[str, ...] | None:
    """The skills an agent's grants let it read; None: any."""
    found: list[str] = []
    for grant in grants:
        if grant.verb != "act" or not name_covers(grant.name, READ):
            continue
        matcher = (grant.args or {}).get("skill")
        if matcher is None or matcher.kind not in {"equals", "one_of"}:
            return None
        found += [str(value) for value in matcher.values]
    return tuple(found)


class Shelf:
    """The skills one agent may read."""

    def __init__(self, skills: Iterable[Skill]) -> None:
        """Of two with one name the pinned one counts, else the first."""
        self._skills: Final[dict[str, Skill]] = {}
        for skill in skills:
            before = self._skills.get(skill.name)
            if before is None or (before.state != "pinned" and skill.state == "pinned"):
                self._skills[skill.name] = skill

    def __len__(self) -> int:
        return len(self._skills)

    def seen_by(self, grants: Iterable[Grant]) -> tuple[str, tuple[bytes, ...]]:
        """What stands in the prompt of an agent with these grants; and what makes another version of it."""
        allowed = allowed_skills(grants)
        if allowed == ():
            return "", ()
        seen = [one for one in self._ordered() if allowed is None or one.name in allowed]
        return self.prompt(allowed), tuple(f"{one.name} {one.state} {one.digest}".encode() for one in seen)

    def prompt(self, allowed: tuple[str, ...] | None = None) -> str:
        """The lines for a prompt; '' where there is nothing. `allowed`: only these. At most PROMPT_TOKENS_MAX."""
        shown = [one for one in self._ordered() if one.usable and (allowed is None or one.name in allowed)]
        if not shown:
            return ""
        text = ""
        for most in LINE_CHARS:
            text = "\n".join(_lines(shown, most))
            if tokens_of(text) <= PROMPT_TOKENS_MAX:
                return text
        while tokens_of(text) > PROMPT_TOKENS_MAX:
            shown = shown[: len(shown) * 3 // 4]
            text = "\n".join([*_lines(shown, 0), "… and more; the owner's `ergos skills list` has them all."])
        return text

    def read(self, skill: str, file: str = "SKILL.md", offset: int = 0) -> Performed:
        """A file of a skill as text, labelled by who vouches for it. Raises: UsageError, ToolChangedError."""
        found = self._skills.get(skill)
        if found is None:
            names = ", ".join(one.name for one in self._ordered() if one.usable)
            raise UsageError(f"there is no skill {skill[:60]!r}", remedy=f"the skills are {names or 'none'}")
        if not found.usable:
            raise ToolChangedError(
                f"the skill {found.name} is not read: {found.why}", remedy=f"its owner sees `ergos skills show {skill}`"
            )
        bundle = take(found.folder)
        if bundle.digest != found.digest:
            raise ToolChangedError(
                f"the skill {found.name} changed after this agent was started",
                remedy="its owner looks at `ergos skills show`, then starts the agent again",
            )
        text = _text(bundle, file)
        label = TRUSTED if found.state == "pinned" else UNTRUSTED
        part = text[max(0, offset) : max(0, offset) + READ_CHARS_MAX]
        value: dict[str, object] = {"skill": found.name, "file": file, "text": part, "files": list(bundle.files)}
        if len(part) + max(0, offset) < len(text):
            value["next_offset"] = max(0, offset) + len(part)
        return Performed(value=msgspec.to_builtins(value), label=label)

    def tool(self) -> FunctionTool:
        """`skills.read` over these skills."""

        def read(skill: str, file: str = "SKILL.md", offset: int = 0) -> Performed:
            """Reads the instructions of a skill, or another file of its folder (scripts, references)."""
            return self.read(skill, file, offset)

        return tool("pure", name=READ, local=True, reach="read")(read)

    def _ordered(self) -> list[Skill]:
        return sorted(self._skills.values(), key=lambda one: one.name)


def _text(bundle: Bundle, file: str) -> str:
    """A file by its exact path in the bundle: nothing else can be named, so nothing can lead out."""
    content = bundle.files.get(file)
    if content is None and file == "SKILL.md":
        content = bundle.files.get("skill.md")
    if content is None:
        listed = ", ".join(list(bundle.files)[:20])
        raise UsageError(f"the skill {bundle.name} has no file {file[:100]!r}", remedy=f"it has {listed}")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is no text", remedy="only text is read; a program can use the file itself") from error
    if "\0" in text:
        raise UsageError(f"{file} is no text", remedy="only text is read; a program can use the file itself")
    return visible(text.replace("\r\n", "\n"))


def _lines(skills: list[Skill], most: int) -> Iterator[str]:
    yield "## Skills"
    yield f"Instructions for kinds of work. Before such work, read them with the tool `{READ}` (argument `skill`)."
    for skill in skills:
        if skill.state == "pinned":
            described = one_line(skill.file.description, most) if skill.file is not None and most else ""
            yield f"- {skill.name}: {described}" if described else f"- {skill.name}"
    unpinned = [skill.name for skill in skills if skill.state == "unpinned"]
    if unpinned:
        yield f"Not checked by the owner: {', '.join(unpinned)}."
