"""Which outcomes there are, and which of them are verified.

An **outcome** is what somebody wanted an agent for: the outcome of a process that is done, or of one run of a hosted
process (one whose turns end and that goes on). It is **verified** if its result passed acceptance checks:

* A call is *judged* if it gave a task to a solver and acceptance checks ran on the answer: the record of its result
  says so (`checked`), or names faults, or it is the task `accept`, whose answer is what the checks of a step found. The
  shape of an answer is no such check, and neither is what a model, a tool or a foreign program says of its own work.
* A turn is *accepted* if at least one call of it was judged, and of every task with the same inputs the last judgement
  found no fault: what was rejected and then done better counts, what was rejected and used all the same does not.
* The outcome of a process that is done is verified if its last turn is accepted. If nothing was judged in that turn, it
  is no further outcome where runs were counted before, and else one that is not verified.
* Of a program of steps the memory counts its runs. A turn with one run more, which its owner did not decline, is an
  outcome, verified if a call of it passed. A failed run is a failure. That it is stopped in the end is no outcome.
* Of other programs each turn that ends with something judged in it is an outcome, verified if it is accepted.

Rules: pure; what cannot be read counts as nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.kernel.values import Packed

_ENDS_WITHOUT: Final = (b'{"declined":', b'{"stopped":')
"""How the outcome of steps begins that were ended by their owner or by a failure."""


class Counted(msgspec.Struct, frozen=True):
    """Outcomes that a record means."""

    delivered: int = 0
    verified: int = 0
    failed: int = 0


NONE: Final = Counted()


class Runs(msgspec.Struct, frozen=True):
    """What the memory of steps counts (`lib.steps_memory.Past`)."""

    runs: int = 0
    failures: int = 0
    declined: int = 0


def accepted(verdicts: Mapping[tuple[str, bytes], bool]) -> bool:
    """Whether a turn with these verdicts is accepted."""
    return bool(verdicts) and all(verdicts.values())


def of_steps(before: Runs, after: Runs, verdicts: Mapping[tuple[str, bytes], bool]) -> Counted:
    """What a turn of steps means that ends."""
    failed = max(0, after.failures - before.failures)
    ended = max(0, after.runs - before.runs - max(0, after.declined - before.declined))
    return Counted(ended, int(ended > 0 and any(verdicts.values())), failed)


def of_turn(verdicts: Mapping[tuple[str, bytes], bool]) -> Counted:
    """What a turn of another program means that ends."""
    return Counted(1, int(accepted(verdicts))) if verdicts else NONE


def of_end(
    state: str, outcome: Packed, runs: int, verdicts: Mapping[tuple[str, bytes], bool], *, steps: bool
) -> Counted:
    """What the end of a process means. `runs`: outcomes counted before."""
    if state == "failed":
        return Counted(failed=1)
    if state != "done" or (runs and not verdicts):
        return NONE
    if steps and bytes(outcome).startswith(_ENDS_WITHOUT):
        return NONE
    return Counted(1, int(any(verdicts.values()) if steps else accepted(verdicts)))
