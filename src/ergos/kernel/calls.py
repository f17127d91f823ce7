"""A call, what is set aside for it, how it can fail, and what an owner can say to it: the words of records and rules.

Rules: plain records; a field may be added with a default, because they stand in the journal.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ergos.base.ids import Digest
from ergos.base.money import Amount
from ergos.kernel.labels import USER, Label
from ergos.kernel.values import Packed

EffectClass = Literal["pure", "idempotent", "reconcilable", "irreversible"]
CallKind = Literal[
    "think", "act", "recall", "remember", "forget", "send", "receive", "ask", "spawn", "wait", "signal", "sleep_until",
    "watch",
]  # fmt: skip
SignalName = Literal["pause", "resume", "stop", "kill"]
Verdict = Literal["approve", "deny", "done", "redo", "fail", "answer", "expired"]
"""What an owner can say: to an approval, to a call in doubt, to a question; `expired` is said by time."""


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One system call as the program asked for it, with what the kernel resolved."""

    key: str
    kind: CallKind
    name: str
    """Tool, task, agent or memory key, by kind."""
    args: dict[str, Packed]
    effect: EffectClass = "pure"
    content: str = ""
    """First 32 hexadecimal digits of SHA-256 over kind, name and args; what divergence compares."""
    tool: Digest | None = None
    """Digest of the tool's definition; pins it."""
    solver: str | None = None
    label: Label = USER
    """Label of the arguments."""


class Hold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money and tokens set aside for one call's worst case."""

    amount: Amount
    provider: str
    """Who would be paid."""
    day: int
    """Days since 1970 UTC; the day cap it counts against."""
    long: bool = False
    """It counts against the week and the month, too, of which the oldest journals know nothing."""
    also: tuple[str, ...] = ()
    """Meters that it counts on besides those of its payer: what its process spends together with others."""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as a value."""

    code: str
    what: str
    remedy: str = ""


class Record(msgspec.Struct, frozen=True, tag_field="k", omit_defaults=True):
    """Any record."""
