"""What the program of steps remembers from one turn to the next: small plain data, the same size after a year.

Rules: counts, names, instants and short texts, never what was read or written; whatever an older version left that does
not fit is as if it were not there; what waits to be done again is bounded.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ergos.base.canonical import Plain

PENDING_MAX: Final = 50  # happenings that wait to be tried again; more mean that something is wrong for good
NOTES_MAX: Final = 20  # things said to the owner that are kept
NOTE_CHARS_MAX: Final = 2_000  # characters of one
TEXT_CHARS_MAX: Final = 50_000  # characters of a text kept for a comparison with the next one


class Again(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A happening whose run failed before anything was changed by it."""

    event: Any
    """What the trigger told."""
    tries: int
    due_ns: int


class Note(msgspec.Struct, frozen=True):
    """Something said to the owner."""

    at_ns: int
    text: str


class Past(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it."""

    armed: str = ""
    """Digest of the triggers that were armed."""
    runs: int = 0
    """Runs that came to their end."""
    declined: int = 0
    """Runs that ended with a no of the owner's."""
    failures: int = 0
    """Runs that failed, in all."""
    failed: int = 0
    """Failures one after the other, up to now."""
    last_key: str = ""
    """Of the happening of the last run."""
    last_ns: int = 0
    """When the last run ended."""
    last_failure: str = ""
    outcome: str = ""
    """Digest of what the last run gave."""
    milestones: dict[str, int] = {}
    """Those reached, and when."""
    goal: str = ""
    """The one agreed upon, where the agent sets it."""
    plan: list[Any] = []
    """Steps, where the agent sets them, in the form of AGENT.md."""
    planned_for: str = ""
    """The goal that the plan is for."""
    last: dict[str, str] = {}
    """Texts to compare the next ones with, by the step that compares."""
    again: list[Again] = []
    said: list[Note] = []


def past_of(memory: Plain) -> Past:
    """What is remembered; of what does not fit nothing is."""
    try:
        return msgspec.convert(memory, Past, strict=True) if isinstance(memory, dict) else Past()
    except msgspec.ValidationError:
        return Past()


def told_of(memory: Plain) -> dict[str, Plain]:
    """What an agent without triggers was started with, where a peer told it: in the shape of a happening; else {}."""
    if isinstance(memory, dict) and memory.keys() == {"trigger", "key", "at_ns", "value"}:
        return memory
    return {}


def noted(past: Past, at_ns: int, text: str) -> Past:
    """With one more thing said to the owner."""
    notes = [*past.said, Note(at_ns, text[:NOTE_CHARS_MAX])][-NOTES_MAX:]
    return msgspec.structs.replace(past, said=notes)


def pending(past: Past, again: Again) -> Past:
    """With one more happening to try again; the oldest gives way where there are too many."""
    return msgspec.structs.replace(past, again=[*past.again, again][-PENDING_MAX:])
