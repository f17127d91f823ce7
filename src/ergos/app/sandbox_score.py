"""What `ergos doctor` says about sandboxes: which back ends work here, what is missing, and how many hostile attempts
were held.

Rules: the trial does no harm, not even where an attempt gets through; a machine without a sandbox is told what to
install.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ergos.app.checkup import Finding
from ergos.base.entropy import Entropy
from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes, survey
from ergos.drivers.sandbox.trial import ATTEMPTS, Score, score
from ergos.kernel.confinement import Ended, Job, Running, Sandboxes
from ergos.lib.visible import one_line

EVIDENCE_CHARS: Final = 160  # characters of what an attempt that was not held got
KINDS: Final = {"break-out": "to break out", "resource": "to use up the machine", "planting": "to plant files"}
INSTALL: Final = "install bubblewrap with the package tool of this system (`apt-get install bubblewrap`)"


def _unseen(_: str) -> None:
    """Nobody wants to know."""


def sandbox_findings(
    scratch: Path, entropy: Entropy, *, attack: bool = True, show: Callable[[str], None] = _unseen
) -> list[Finding]:
    """A line for each back end, and the score of the one that is used. Some 10 s with the attempts.

    `show` is told how far they are.
    """
    found: list[Finding] = []
    best = ""
    for backend in survey(scratch):
        if backend.works:
            best = best or backend.backend
            used = "used" if backend.backend == best else "works; kept in reserve"
            found.append(Finding("sandbox", "good", f"{backend.backend}: {used}"))
        else:
            remedy = INSTALL if "not installed" in backend.why else "" if best else "see the reason"
            found.append(Finding("sandbox", "note", f"{backend.backend}: {backend.why}", remedy))
    if not best:
        remedy = f"{INSTALL}, or use Linux 6.2 or later with Landlock"
        return [*found, Finding("sandbox", "bad", "none: code, shells and tool servers are refused", remedy)]
    if best == "landlock-bare":
        why = "without namespaces: no network for tools, not even the door, and nothing is lent but in its place"
        found.append(Finding("sandbox", "note", why, "allow user namespaces to this user, or install bubblewrap"))
    return [*found, *_attacked(scratch, entropy, show)] if attack else found


def verdicts(found: Score) -> list[Finding]:
    """The line of a score, and one for each attempt that was not held."""
    kinds = Counter(attempt.kind for attempt in ATTEMPTS)
    tried = len(found.outcomes)
    of = ", ".join(f"{count} {KINDS[kind]}" for kind, count in kinds.items()) if tried == len(ATTEMPTS) else ""
    shown = f"{found.held} of {tried} hostile attempts held by {found.backend}" + (f" ({of})" if of else "")
    if not found.failed:
        return [Finding("attacks", "good", shown)]
    worst = "bad" if any(outcome.verdict == "breached" for outcome in found.failed) else "note"
    lines = [Finding("attacks", worst, shown, "report this with the output of `ergos doctor --attack --json`")]
    for outcome in found.failed:
        said = f"{outcome.attempt}: {outcome.verdict.upper()}, {one_line(outcome.evidence, EVIDENCE_CHARS) or 'silent'}"
        lines.append(Finding("attack", "bad" if outcome.verdict == "breached" else "note", said))
    return lines


class _Counted:
    """Sandboxes that say how many jobs they were given."""

    def __init__(self, real: Sandboxes, show: Callable[[str], None]) -> None:
        self._real: Final = real
        self._show: Final = show
        self._count = 0

    @property
    def name(self) -> str:
        return self._real.name

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        self._count += 1
        self._show(f"hostile attempt {self._count} of {len(ATTEMPTS)} on {self.name} …")
        return await self._real.run(job, stdin)

    async def open(self, job: Job) -> Running:
        return await self._real.open(job)

    def kill(self, pid: Pid | None = None) -> int:
        return self._real.kill(pid)


def _attacked(scratch: Path, entropy: Entropy, show: Callable[[str], None]) -> list[Finding]:
    sandboxes = open_sandboxes(scratch)
    if not isinstance(sandboxes, HostSandboxes):
        return [Finding("attacks", "bad", "none could be tried", INSTALL)]
    try:
        return verdicts(asyncio.run(score(_Counted(sandboxes, show), entropy)))
    except SandboxMissingError as error:
        return [Finding("attacks", "bad", error.what, error.what_to_do)]
    finally:
        sandboxes.close()
