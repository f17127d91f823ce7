"""Counts what the conformance kit wrote, and says whether it is enough.

    python -m tests.conformance_mcp.report server|client OUT REQUIREMENTS REVISION|all

Rules: nothing may fail that a revision scores, and every scenario that it scores must have run; of the server nothing
may fail at all, and the extensions that we declare must have been checked, not passed over; of the client, what fails
is only what stands in `UNSUPPORTED`, with the reason. A check that was not made is no check that passed.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

TASKS_CHECKS_MIN: Final = 40  # checks of the tasks extension that pass; fewer were made if some scenario was left out
SKILLS_CHECKS_MIN: Final = 40  # checks of the skills extension that pass

UNSUPPORTED: Final[Mapping[str, str]] = {
    "auth/dpop": "proof of possession is not offered by the library; no revision scores it",
    "auth/dpop-nonce": "proof of possession is not offered by the library; no revision scores it",
    "auth/wif-jwt-bearer": "workload identity is not offered by the library; no revision scores it",
}
"""Scenarios of the client that may fail."""

_STAMP: Final = re.compile(r"-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d+Z$")
_BAD: Final = frozenset({"FAILURE"})

Counts = dict[str, Counter[str]]


def counted(out: Path, role: str) -> Counts:
    """Checks by scenario and status; of one that ran twice, the last run."""
    found: Counts = {}
    for file in sorted(out.rglob("checks.json")):
        name = _STAMP.sub("", file.parent.relative_to(out).as_posix()).removeprefix(
            "server-" if role == "server" else ""
        )
        found[name] = Counter(str(check["status"]) for check in json.loads(file.read_text()))
    return found


def scored(requirements: Path, revision: str, role: str) -> tuple[str, ...]:
    """Scenarios that a revision scores; none for 'all'."""
    import yaml

    if revision == "all":
        return ()
    said = yaml.safe_load((requirements / f"{revision}.yaml").read_text())
    return tuple(said[role])


def faults(counts: Counts, needed: tuple[str, ...], role: str, revision: str) -> list[str]:
    """What is not enough."""
    found = [f"{name}: scored, but it did not run" for name in needed if not counts.get(name)]
    if not counts:
        found.append("nothing ran")
    for name, statuses in counts.items():
        bad = sum(statuses[status] for status in _BAD)
        if bad and not (role == "client" and name in UNSUPPORTED and name not in needed):
            found.append(f"{name}: {bad} of {statuses.total()} checks failed")
        if name in needed and not statuses["SUCCESS"] and not bad:
            found.append(f"{name}: scored, but nothing of it was checked")
    if role == "server" and revision != "2025-11-25":
        found += _extension(counts, "tasks-", TASKS_CHECKS_MIN, skips={"tasks-status-notifications"})
    if role == "server" and revision == "all":
        found += _extension(counts, "sep-2640-skills-", SKILLS_CHECKS_MIN, skips=set())
    return found


def _extension(counts: Counts, prefix: str, least: int, skips: set[str]) -> list[str]:
    """An extension we declare: its checks are made. `skips`: scenarios in which the kit itself checks nothing yet."""
    ours = {name: statuses for name, statuses in counts.items() if name.startswith(prefix)}
    passed = sum(statuses["SUCCESS"] for statuses in ours.values())
    skipped = sorted(name for name, statuses in ours.items() if statuses["SKIPPED"] and name not in skips)
    few = [f"{prefix}*: {passed} checks passed, {least} at least are made"] if passed < least else []
    return few + [f"{name}: checks were skipped" for name in skipped]


def main(arguments: list[str]) -> int:
    """0 if it is enough."""
    role, out, requirements, revision = arguments
    counts = counted(Path(out), role)
    needed = scored(Path(requirements), revision, role)
    all_ = sum(counts.values(), Counter[str]())
    in_score = sum((counts.get(name, Counter[str]()) for name in needed), Counter[str]())
    words = ", ".join(f"{count} {status.lower()}" for status, count in sorted(all_.items()))
    print(f"  {role} {revision}: {len(counts)} scenarios, {words}")
    if needed:
        print(f"  scored: {len(needed)} scenarios, {in_score['SUCCESS']} passed, {in_score['FAILURE']} failed")
    for prefix in ("tasks-", "sep-2640-"):
        ours = sum((statuses for name, statuses in counts.items() if name.startswith(prefix)), Counter[str]())
        if ours:
            print(f"  {prefix}*: {ours['SUCCESS']} passed, {ours['FAILURE']} failed, {ours['SKIPPED']} skipped")
    found = faults(counts, needed, role, revision)
    for fault in found:
        print(f"  FAULT {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
