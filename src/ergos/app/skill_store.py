"""The skills an owner installed: copies in the home, each pinned by the digest of its content.

    HOME/skills/pdf-forms/SKILL.md      the copy that counts
    HOME/skills/skills.lock             by skill, the digest its owner approved

Rules: what is installed is what was shown: the files are read once, shown, and written from memory. Installing gives no
grant. An update that asks for more than what is installed waits until its owner names its digest. A name that looks
like that of another skill is refused. Every step leaves either the old skill, the new one, or one that is refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import DefinitionError, SettingsError, UsageError
from ergos.drivers.whole_file import sync_folder
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.wording import Language
from ergos.lib.bundle import Bundle, take
from ergos.lib.pins import Pin, PinFile, replace_file
from ergos.lib.skill_file import SkillFile
from ergos.lib.skill_wants import Wanted, asks_more, sentences_of, wanted
from ergos.lib.skills import LOCK, Skill, skill_of, skills_in
from ergos.lib.tool_making import difference_of
from ergos.lib.visible import skeleton, visible

DIFF_LINES_MAX: Final = 300  # lines shown of all changed files together
DIGEST_DIGITS: Final = 12  # digits by which a person names a digest


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A skill that could be installed, and what that would change."""

    bundle: Bundle
    file: SkillFile
    source: str
    asks: tuple[str, ...]
    """What it wants, in sentences; none of it is given by installing it."""
    more: tuple[str, ...]
    """What of it is more than what the installed one wants."""
    wants: Wanted
    is_update: bool
    changes: tuple[str, ...]
    """The diff to the installed one."""
    hidden: tuple[str, ...] = ()
    """Files with characters that do not show, which are left out where the skill is read."""

    @property
    def short(self) -> str:
        """The digest as a person types it."""
        return self.bundle.digest[:DIGEST_DIGITS]


class SkillStore:
    """The installed skills of one home."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        language: Language = "en",
        known: Mapping[str, ToolSpec] | None = None,
    ) -> None:
        """`folder`: `HOME/skills`. `known`: the tools there are, so that a request can be said exactly."""
        self._folder: Final = folder
        self._clock: Final = clock
        self._language: Final[Language] = language
        self._known: Final = known
        self._lock: Final = PinFile(folder / LOCK)

    def all(self) -> tuple[Skill, ...]:
        """Every installed skill, and what else lies there. Raises: SettingsError for a damaged lock."""
        pins = self._lock.read()
        found = skills_in(self._folder, pins, installed=True)
        gone = sorted(set(pins) - {one.name for one in found})
        missing = [
            Skill(name=name, folder=self._folder / name, state="broken", why="its folder is not there") for name in gone
        ]
        return (*found, *missing)

    def pins(self) -> dict[str, Pin]:
        """What was approved, by whom and when. Raises: SettingsError."""
        return self._lock.read()

    def one(self, name: str) -> Skill:
        """A skill by its name. Raises: UsageError."""
        for found in self.all():
            if found.name == name:
                return found
        raise UsageError(f"no skill {name[:60]!r} is installed", remedy="`ergos skills list` shows what is")

    def wants(self, file: SkillFile, agent: str = "*") -> Wanted:
        """What a skill asks for, on behalf of an agent."""
        return wanted(file, agent, self._known)

    def look(self, path: Path) -> Offer:
        """Read a skill that is to be installed, and compare. Raises: DefinitionError, SettingsError."""
        bundle = take(path.absolute())
        file = skill_of(bundle)
        self._refuse_look_alike(file.name)
        asked = self.wants(file)
        before = self._installed(file.name)
        old = self.wants(skill_of(before)) if before is not None else None
        return Offer(
            bundle=bundle,
            file=file,
            source=str(path.absolute()),
            asks=sentences_of(asked, self._language),
            more=asks_more(old, asked, self._language),
            wants=asked,
            is_update=before is not None,
            changes=_changes(before, bundle),
            hidden=tuple(name for name, content in bundle.files.items() if _hides(content)),
        )

    def install(self, offer: Offer, by: str) -> None:
        """Write what was looked at, and pin it. Raises: DefinitionError, SettingsError."""
        name = offer.file.name
        target = self._folder / name
        with self._lock.alone():
            pins = self._lock.read()
            self._refuse_look_alike(name)
            try:
                if _digest_at(target) != offer.bundle.digest:
                    self._put(offer.bundle, target, may_replace=name in pins)
                else:
                    target.chmod(0o700)
            except OSError as error:
                raise SettingsError(
                    f"{target} cannot be written: {error.strerror}", remedy="make room or see who may write there"
                ) from error
            pin = Pin(digest=offer.bundle.digest, by=by, at_ns=self._clock.now_ns(), source=offer.source)
            self._lock.write({**pins, name: pin})
            shutil.rmtree(self._beside(name, "old"), ignore_errors=True)

    def remove(self, name: str) -> None:
        """Take a skill away, its approval first. Raises: UsageError, SettingsError."""
        found = self.one(name)
        with self._lock.alone():
            self._lock.write({key: pin for key, pin in self._lock.read().items() if key != name})
            try:
                if found.folder.is_dir() and not found.folder.is_symlink():
                    shutil.rmtree(found.folder)
            except OSError as error:
                raise SettingsError(
                    f"{found.folder} cannot be removed: {error.strerror}", remedy="see who may write there"
                ) from error

    def _installed(self, name: str) -> Bundle | None:
        """What is installed under a name, as it was approved; None where nothing is, or something else."""
        pin = self._lock.read().get(name)
        try:
            found = take(self._folder / name)
        except DefinitionError:
            return None
        return found if pin is not None and pin.digest == found.digest else None

    def _refuse_look_alike(self, name: str) -> None:
        for other in self._lock.read():
            if other != name and skeleton(other) == skeleton(name):
                raise DefinitionError(
                    f"the skill {name!r} could be taken for {other!r}, which is installed",
                    remedy=f"`ergos skills remove {other}` first, or rename the new one",
                )

    def _put(self, bundle: Bundle, target: Path, *, may_replace: bool) -> None:
        """Raises: DefinitionError, OSError."""
        if target.exists() and not may_replace:
            raise DefinitionError(
                f"{target} was put there by hand and is not this skill", remedy="move it away, then add the skill"
            )
        stage, old = self._beside(bundle.name, "new"), self._beside(bundle.name, "old")
        for leftover in (stage, old):
            shutil.rmtree(leftover, ignore_errors=True)
        stage.mkdir(mode=0o700, parents=True)
        for path, content in bundle.files.items():
            replace_file(stage / path, content)
        if target.exists():
            target.rename(old)
        stage.rename(target)
        sync_folder(self._folder)

    def _beside(self, name: str, what: str) -> Path:
        return self._folder / f".{name}.{what}"


def _digest_at(folder: Path) -> str:
    try:
        return take(folder).digest
    except DefinitionError:
        return ""


def _hides(content: bytes) -> bool:
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return False
    return visible(text) != text


def _changes(before: Bundle | None, after: Bundle) -> tuple[str, ...]:
    """The diff of all files, bounded; files that are no text by their size."""
    if before is None:
        return ()
    lines: list[str] = []
    for path in sorted({*before.files, *after.files}):
        old, new = before.files.get(path), after.files.get(path)
        if old == new:
            continue
        try:
            texts = [visible(one.decode("utf-8")) if one is not None else "" for one in (old, new)]
            lines += difference_of(texts[0], texts[1], path, DIFF_LINES_MAX)
        except UnicodeDecodeError:
            lines.append(f"{path}: {len(old or b''):,} bytes before, {len(new or b''):,} bytes after")
        if old is None or new is None:
            lines.append(f"{path}: {'is added' if old is None else 'is taken away'}")
    return (*lines[:DIFF_LINES_MAX], "… and more") if len(lines) > DIFF_LINES_MAX else tuple(lines)
