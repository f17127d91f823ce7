"""What becomes of times that passed: met, made up for, or left out, by a schedule's misfire policy.

Rules: pure; of the times that came since the last look each is told, made up for, or counted as missed, exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.kernel.events import Fired
from ergos.kernel.labels import TRUSTED
from ergos.kernel.triggers import Happening, Schedule

How: TypeAlias = Literal["met", "late", "made_up", "skipped"]


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """One happening that is to be delivered, or left out."""

    happening: Happening
    how: How = "met"
    due_ns: int | None = None
    missed: int = 0
    since_ns: int | None = None
    through_ns: int | None = None

    def record(self, name: str, mail: int, how: How) -> Fired:
        """The record of it. `mail`: the message it was told with, or 0."""
        return Fired(name, self.happening.key, mail, how, self.due_ns, self.missed, self.since_ns, self.through_ns)


def by_policy(schedule: Schedule, times: Sequence[int], now_ns: int, through_ns: int | None = None) -> list[Telling]:
    """What becomes of times that have come: those within the grace are met, the others as the policy says.

    `through_ns`: up to this instant more of them passed than `times` holds; all of those are missed.
    """
    late = [at_ns for at_ns in times if now_ns - at_ns > schedule.grace_s * SECOND]
    met = [at_ns for at_ns in times if now_ns - at_ns <= schedule.grace_s * SECOND]
    found: list[Telling] = []
    if late and schedule.misfire == "catch_up":
        found = [_telling(at_ns, now_ns, "made_up") for at_ns in late]
    elif late:
        how: How = "late" if schedule.misfire == "run_once" and not met else "skipped"
        found = [_telling(late[-1], now_ns, how, late[:-1], through_ns)]
    return [*found, *(_telling(at_ns, now_ns, "met") for at_ns in met)]


def _telling(at_ns: int, now_ns: int, how: How, missed: Sequence[int] = (), through_ns: int | None = None) -> Telling:
    value: Plain = {"due_ns": at_ns, "late_s": max(0, now_ns - at_ns) // SECOND, "missed": len(missed)}
    return Telling(
        happening=Happening(key=str(at_ns), value=value, label=TRUSTED),
        how=how,
        due_ns=at_ns,
        missed=len(missed),
        since_ns=missed[0] if missed else None,
        through_ns=through_ns,
    )
