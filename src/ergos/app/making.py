"""Tools that agents wrote, from the proposal to the mount: kept in the home, usable once their owner approved them.

    HOME/made/<digest>.json    a draft with what its tests said; named by the draft's digest
    HOME/made/made.lock        by tool, the digest its owner approved

    await ctx.act("tools.propose", source="...", tests="...", why="...")     an agent proposes
    ergos tools pending | show | approve | reject                            its owner decides

Rules: a draft is kept only if it reads as a tool and all its tests passed in the sandbox. What runs is the draft whose
digest is in the lock, and only while the file still has that digest; another draft of the same name changes nothing
until it is approved. An approval names a digest, never just a name. Nothing is run by this module but in the sandbox.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import Clock
from ergos.base.errors import BoundError, DefinitionError, ErgosError, UsageError
from ergos.base.ids import Digest
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.host import HostClock
from ergos.kernel.confinement import Sandboxes
from ergos.kernel.packages import Errand
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.sentences import difference
from ergos.kernel.permission.wording import Language
from ergos.lib.pins import Pin, PinFile, read_plain, replace_file
from ergos.lib.tool import FunctionTool, tool
from ergos.lib.tool_making import Draft, Report, SandboxedTool, difference_of, draft_faults, plain, spec_of, try_draft
from ergos.lib.tool_source import SOURCE_BYTES_MAX

PROPOSE: Final = "tools.propose"
PROPOSE_S: Final = 180.0  # seconds for a proposal: two minutes of tests, and waiting for a sandbox
PENDING_MAX: Final = 20  # drafts that wait for one home's owners; more is an agent that writes instead of working
FILED_BYTES_MAX: Final = 4 * SOURCE_BYTES_MAX + 256 * 1024  # bytes of a kept draft, its escapes and its report
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A draft in the home."""

    draft: Draft
    report: Report


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A made tool as its owner sees it."""

    name: str
    approved: Filed | None = None
    """What runs now."""
    pending: Filed | None = None
    """What waits for a decision."""
    fault: str = ""
    """Why an approved one does not run."""


class Workshop:
    """The made tools of one home."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """`folder`: `HOME/made`; created when something is kept."""
        self._folder: Final = folder
        self._clock: Final = clock
        self.lock: Final = PinFile(folder / "made.lock")

    def keep(self, draft: Draft, report: Report) -> Literal["pending", "approved"]:
        """Keep a draft whose tests passed; how it now stands. Raises: DefinitionError, BoundError, SettingsError."""
        if not report.passed:
            raise DefinitionError("its tests did not pass, so nobody is asked to approve it")
        spec = spec_of(draft)
        with self.lock.alone():
            if any(pin.digest == draft.digest for pin in self.lock.read().values()):
                return "approved"
            waiting = self._waits()
            mine = [one for one in waiting if _name(one) == spec.name and one.draft.agent == draft.agent]
            if len(waiting) - len(mine) >= PENDING_MAX:
                raise BoundError(
                    f"{PENDING_MAX} made tools wait for a decision", remedy="`ergos tools pending` lists them"
                )
            for one in mine:  # the newest draft of an agent takes the place of its older one
                self._path(one.draft.digest).unlink(missing_ok=True)
            filed = msgspec.json.encode(Filed(draft=draft, report=report))
            replace_file(self._path(draft.digest), filed)
        return "pending"

    def standings(self, owner: str | None = None) -> tuple[Standing, ...]:
        """Every made tool, by name. Raises: SettingsError for a damaged lock."""
        pins = self.lock.read()
        approved = {name: self._filed(pin.digest) for name, pin in pins.items()}
        pending = {_name(filed): filed for filed in self._waits()}
        found = [
            Standing(
                name=name,
                approved=approved.get(name),
                pending=pending.get(name),
                fault=_fault(name, pins.get(name), approved.get(name)),
            )
            for name in sorted({*pins, *pending})
        ]
        return tuple(one for one in found if owner is None or _owner(one, pins) in (owner, ""))

    def standing(self, name: str) -> Standing:
        """One of them, by its name with or without 'made.'. Raises: UsageError."""
        full = name if name.startswith("made.") else f"made.{name}"
        for one in self.standings():
            if one.name == full:
                return one
        raise UsageError(f"there is no made tool {name[:60]!r}", remedy="`ergos tools pending` lists what waits")

    def stamp(self, name: str) -> object:
        """Changes when an approval or the file of what was approved changes; None for a tool that is not approved."""
        try:
            pin = self.lock.read().get(name)
            found = self._path(pin.digest).stat() if pin is not None and _DIGEST.fullmatch(pin.digest) else None
        except (ErgosError, OSError):
            return None
        if pin is None or found is None:
            return None
        return pin.digest, found.st_mtime_ns, found.st_size, found.st_ino

    def approved(self, name: str) -> Filed | None:
        """What runs under a name; None where nothing is approved, or it is not as it was. Raises: SettingsError."""
        pin = self.lock.read().get(name)
        filed = self._filed(pin.digest) if pin is not None else None
        return filed if filed is not None and not _fault(name, pin, filed) else None

    def approve(self, name: str, digest: str, by: str) -> tuple[Grant, ...]:
        """Let exactly this draft run from now on; the grants its agent asks for, which are not given here.

        `digest`: at least its first 12 digits, as it was shown. Raises: UsageError.
        """
        full, filed = self._waiting(name, digest)
        pin = Pin(digest=filed.draft.digest, by=by, at_ns=self._clock.now_ns(), agent=filed.draft.agent)
        before = self.lock.read().get(full)
        self.lock.change(lambda pins: {**pins, full: pin})
        if before is not None and before.digest != pin.digest:
            self._path(before.digest).unlink(missing_ok=True)
        return grants_of(filed.draft)

    def reject(self, name: str, digest: str) -> None:
        """Throw a draft away; an approved one stays. Raises: UsageError."""
        _, filed = self._waiting(name, digest)
        self._path(filed.draft.digest).unlink(missing_ok=True)

    def withdraw(self, name: str) -> None:
        """Take an approval back: the tool is gone from the next call on. Raises: UsageError."""
        one = self.standing(name)
        if one.name not in self.lock.read():
            raise UsageError(f"{one.name} is not approved", remedy="`ergos tools reject NAME` throws a draft away")
        self.lock.change(lambda pins: {key: pin for key, pin in pins.items() if key != one.name})
        if one.approved is not None:
            self._path(one.approved.draft.digest).unlink(missing_ok=True)

    def _waits(self) -> list[Filed]:
        """Every draft that is not approved, also several of one name. Raises: SettingsError."""
        running = {pin.digest for pin in self.lock.read().values()}
        paths = sorted(self._folder.glob("*.json"))[: 10 * PENDING_MAX]
        found = [self._filed(Digest(path.stem)) for path in paths if path.stem not in running]
        return [filed for filed in found if filed is not None]

    def _waiting(self, name: str, digest: str) -> tuple[str, Filed]:
        one = self.standing(name)
        if one.pending is None:
            raise UsageError(f"no draft of {one.name} waits", remedy="`ergos tools pending` lists what waits")
        if len(digest) < 12 or not one.pending.draft.digest.startswith(digest):
            raise UsageError(
                f"the draft of {one.name} is {one.pending.draft.digest[:12]}, not {digest[:12]!r}: look at it again",
                remedy=f"`ergos tools show {one.name}`",
            )
        return one.name, one.pending

    def _filed(self, digest: Digest) -> Filed | None:
        """A kept draft, if it is still the one its name says."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            encoded = read_plain(self._path(digest), FILED_BYTES_MAX)
            filed = msgspec.json.decode(encoded, type=Filed) if len(encoded) <= FILED_BYTES_MAX else None
        except (OSError, msgspec.DecodeError, ValueError, RecursionError):
            return None
        if filed is None or filed.draft.digest != digest or draft_faults(filed.draft):
            return None
        return filed

    def _path(self, digest: Digest) -> Path:
        assert _DIGEST.fullmatch(digest), digest
        return self._folder / f"{digest}.json"


class MadeTools:
    """Approved made tools, as `Mounts`: looked up at every call, so that a decision counts at once."""

    def __init__(self, workshop: Workshop, sandboxes: Sandboxes) -> None:
        self._workshop: Final = workshop
        self._sandboxes: Final = sandboxes
        self._made: Final[dict[str, tuple[object, SandboxedTool]]] = {}

    def tool(self, name: str) -> SandboxedTool | None:
        """A tool that is approved as it is; None for any other. What runs is what was read when it was verified."""
        stamp = self._workshop.stamp(name)
        if stamp is None:
            return None
        found = self._made.get(name)
        if found is None or found[0] != stamp:
            filed = self._workshop.approved(name)
            if filed is None:
                return None
            found = self._made[name] = (stamp, SandboxedTool(filed.draft, self._sandboxes))
        return found[1]

    def why_not(self, name: str) -> str:
        """Why a tool is not there; '' for an unknown one."""
        try:
            one = self._workshop.standing(name) if name.startswith("made.") else None
        except ErgosError as error:
            return "" if isinstance(error, UsageError) else error.what
        if one is None or (one.approved is not None and not one.fault):
            return ""
        return one.fault or "its owner has not approved it yet"

    def names(self) -> tuple[str, ...]:
        """All that are approved, sorted."""
        try:
            pins = self._workshop.lock.read()
        except ErgosError:  # a damaged lock approves nothing; `why_not` says so
            return ()
        return tuple(name for name in pins if self.tool(name) is not None)


def propose_tool(workshop: Workshop, sandboxes: Sandboxes | None = None) -> FunctionTool:
    """`tools.propose`, for the kernel to mount. Without sandboxes nothing can be proposed."""

    async def propose(source: str, tests: str, why: str = "", *, errand: Errand) -> dict[str, Plain]:
        """Proposes a tool you wrote: Python source with one `@tool`, its tests, and what it is for.

        The tests run in the sandbox; if all pass, your owner decides. Answers with `state` (pending or refused), and
        what was wrong.
        """
        draft = Draft(owner=errand.owner, agent=errand.agent, source=source, tests=tests, why=why)
        faults = await asyncio.to_thread(draft_faults, draft)
        if faults:
            return {"state": "refused", "faults": list(faults)}
        if sandboxes is None:
            raise SandboxMissingError("there is no sandbox here, so nothing was run")
        report = await try_draft(draft, sandboxes, errand.pid)
        if not report.passed:
            return {"state": "refused", "faults": ["its tests did not pass"], "tests": plain(report)}
        state = await asyncio.to_thread(workshop.keep, draft, report)
        return {"state": state, "tool": spec_of(draft).name, "digest": draft.digest, "tests": plain(report)}

    return tool(
        "idempotent",
        name=PROPOSE,
        deadline_s=PROPOSE_S,
        reach="own",
        roles={"source": "text", "tests": "text", "why": "text"},
    )(propose)


def workshop_at(home: Path) -> Workshop:
    """The made tools of the home in this folder."""
    return Workshop(home / "made", HostClock())


def grants_of(draft: Draft) -> tuple[Grant, ...]:
    """What an agent asks for with a draft: to call it. Raises: DefinitionError."""
    return (Grant(agent=draft.agent, verb="act", name=spec_of(draft).name),)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What approving a draft would change, for its owner."""

    definition: dict[str, Plain]
    more: tuple[str, ...]
    """What the agent may do then and not now, in sentences."""
    less: tuple[str, ...]
    source: tuple[str, ...]
    """The diff of the source to what runs now; all of it where nothing does."""
    tests: tuple[str, ...]


def change_of(standing: Standing, language: Language = "en") -> Change | None:
    """What approving the pending draft would change; None where nothing waits."""
    if standing.pending is None:
        return None
    new, old = standing.pending.draft, standing.approved.draft if standing.approved is not None else None
    grants = difference(() if old is None else grants_of(old), grants_of(new), language)
    return Change(
        definition=definition_of(new),
        more=grants.more,
        less=grants.less,
        source=difference_of(old.source if old else "", new.source, "source"),
        tests=difference_of(old.tests if old else "", new.tests, "tests"),
    )


def definition_of(draft: Draft) -> dict[str, Plain]:
    """What a draft declares, as plain data."""
    spec = spec_of(draft)
    return {
        "name": spec.name,
        "summary": spec.summary,
        "parameters": msgspec.to_builtins(spec.parameters),
        "effect": spec.effect,
        "reach": spec.goes,
        "roles": msgspec.to_builtins(spec.roles),
        "deadline_s": spec.deadline_s,
    }


def _name(filed: Filed) -> str:
    return spec_of(filed.draft).name


def _fault(name: str, pin: Pin | None, filed: Filed | None) -> str:
    """Why an approved tool does not run; '' for one that does, and for one that is not approved."""
    if pin is None:
        return ""
    if filed is None:
        return "what was approved is gone or was changed on disk"
    return "" if _name(filed) == name else "it was approved under another name"


def _owner(standing: Standing, pins: Mapping[str, Pin]) -> str:
    filed = standing.pending or standing.approved
    if filed is not None:
        return filed.draft.owner
    return pins[standing.name].by if standing.name in pins else ""
