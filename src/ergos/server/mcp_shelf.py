"""Skills that an owner offers over MCP: the folders that `ergos skills` knows, file by file.

Rules: only what can be read is offered, which of the home's skills are those that are as their owner approved them; the
front matter is passed on as its author wrote it; nothing is kept, so that what is offered is what is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError, UnknownPathError
from ergos.buses.mcp.server.ports import SkillEntry, SkillFile
from ergos.lib.bundle import Bundle, take
from ergos.lib.frontmatter import split
from ergos.lib.skills import Skill, pins_of, skills_in

MANIFEST: Final = "SKILL.md"


class FolderShelf:
    """`SkillShelf` over the skills of a home, and of further folders of skills."""

    def __init__(self, home_skills: Path, folders: tuple[Path, ...] = ()) -> None:
        self._home_skills: Final = home_skills
        self._folders: Final = folders

    def skills(self) -> tuple[SkillEntry, ...]:
        """All, as they are now; of two with one name the home's, else the first. Cost: reads them all."""
        found: dict[str, SkillEntry] = {}
        for skill in self._found():
            entry = _entry(skill)
            if entry is not None:
                found.setdefault(skill.name, entry)
        return tuple(found[name] for name in sorted(found))

    def read(self, skill: str, file: str) -> bytes:
        """A file. Raises: UnknownPathError."""
        for found in self._found():
            bundle = _bundle(found) if found.name == skill else None
            if bundle is not None and file in bundle.files:
                return bundle.files[file]
        raise UnknownPathError(f"there is no {file[:100]!r} in a skill {skill[:60]!r}")

    def _found(self) -> Iterator[Skill]:
        pins = pins_of(self._home_skills)
        yield from (one for one in skills_in(self._home_skills, pins, installed=True) if one.usable)
        for folder in self._folders:
            yield from (one for one in skills_in(folder, pins) if one.usable)


def _bundle(skill: Skill) -> Bundle | None:
    """Its files; None if it is no longer as it was found."""
    try:
        bundle = take(skill.folder)
    except DefinitionError:
        return None
    return bundle if bundle.digest == skill.digest else None


def _entry(skill: Skill) -> SkillEntry | None:
    bundle = _bundle(skill)
    if bundle is None or MANIFEST not in bundle.files:
        return None
    matter = _front_matter(bundle.files[MANIFEST].decode("utf-8"), skill.name)
    files = tuple(SkillFile(path, hashlib.sha256(body).hexdigest(), len(body)) for path, body in bundle.files.items())
    return SkillEntry(skill.name, matter, files)


def _front_matter(text: str, path: str) -> dict[str, Plain]:
    """As JSON, with the types that YAML gives it; an instant stays the text it was written as.

    The skill was read before with every check, so that this is small and without tricks.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {
            first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    matter, _ = split(text, path)
    return msgspec.convert(yaml.load(matter, Loader), dict[str, object])  # type: ignore[return-value]  # noqa: S506 - a safe loader, and less
