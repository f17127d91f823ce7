"""Which proposals a home has shown, dismissed and accepted: data in the home, so that each is shown once.

    HOME/proposals.json

Rules: a proposal has the number under which it was first shown; what was dismissed or accepted is not shown again, what
was shown only when asked for; another habit is another proposal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.app.mining.habits import Proposal
from ergos.base.clock import Clock
from ergos.base.errors import SettingsError, UsageError
from ergos.drivers.whole_file import replace_file

FILE: Final = "proposals.json"
ENTRIES_MAX: Final = 10_000  # proposals that are remembered; the oldest go first

Standing = Literal["shown", "dismissed", "accepted"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal that was shown."""

    number: int
    proposal: Proposal
    standing: Standing = "shown"
    first_ns: int


class Shelf:
    """The proposals of one home."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path: Final = folder / FILE
        self._clock: Final = clock

    def entries(self) -> tuple[Entry, ...]:
        """All that were shown. Raises: SettingsError for a damaged file."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be read: {error.strerror}") from error
        try:
            return msgspec.json.decode(raw, type=tuple[Entry, ...])
        except (msgspec.DecodeError, RecursionError) as error:
            raise SettingsError(
                f"{self._path} is damaged: {error}", remedy="remove it; proposals are shown anew"
            ) from error

    def take_in(self, found: tuple[Proposal, ...]) -> tuple[tuple[Entry, bool], ...]:
        """Give each its number; each with whether it is shown for the first time, less those that are settled."""
        known = {one.proposal.id: one for one in self.entries()}
        number = max((one.number for one in known.values()), default=0)
        shown: list[tuple[Entry, bool]] = []
        for proposal in found:
            before = known.get(proposal.id)
            if before is None:
                number += 1
                entry = Entry(number=number, proposal=proposal, first_ns=self._clock.now_ns())
            else:
                entry = msgspec.structs.replace(before, proposal=proposal)
            known[proposal.id] = entry
            if entry.standing == "shown":
                shown.append((entry, before is None))
        self._write(known)
        return tuple(shown)

    def settle(self, number: int, standing: Standing) -> Entry:
        """Remember what its owner said. Raises: UsageError for a number that was never shown."""
        known = {one.proposal.id: one for one in self.entries()}
        found = next((one for one in known.values() if one.number == number), None)
        if found is None:
            raise UsageError(f"no proposal has the number {number}", remedy="`ergos propose --all` lists them")
        settled = msgspec.structs.replace(found, standing=standing)
        known[found.proposal.id] = settled
        self._write(known)
        return settled

    def one(self, number: int) -> Entry:
        """A proposal by its number. Raises: UsageError."""
        for entry in self.entries():
            if entry.number == number:
                return entry
        raise UsageError(f"no proposal has the number {number}", remedy="`ergos propose --all` lists them")

    def _write(self, known: dict[str, Entry]) -> None:
        kept = sorted(known.values(), key=lambda one: one.number)[-ENTRIES_MAX:]
        if not kept and not self._path.exists():
            return
        try:
            replace_file(self._path, msgspec.json.format(msgspec.json.encode(kept), indent=1))
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be written: {error.strerror}") from error
