"""What an owner's words say, clause by clause: the compiler's first result, before anything is made of it.

    prose → **intent** → program (`lower`) → findings (`check`)

Every clause points at the words it was read from. What was not understood is listed, never guessed; a permission is
never added here, only what was said.

Rules: plain frozen data, the same from the grammar and from a model; spans are half-open ranges of code points of the
prose as it was given.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Generic, Literal, TypeAlias, TypeVar

import msgspec

from ergos.compile.diagnostics import Diagnostic
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import AnyTrigger
from ergos.lib.work import Escalation, QuietHours

T = TypeVar("T")

PROSE_CHARS_MAX: Final = 100_000  # characters of prose that are compiled; a longer text is a document, not a wish

Span: TypeAlias = tuple[int, int]

ActionVerb = Literal[
    "read", "search", "extract", "summarise", "brief", "translate", "classify", "filter", "compare", "compute",
    "append", "write", "move", "copy", "delete", "send", "notify", "publish", "post", "schedule", "run", "ask",
]  # fmt: skip
"""What an agent can be told to do. read: take in the sources or what the trigger brought; extract: named fields; brief:
a written report with citations; append: a row or line to a file; write: a file; send: mail to people; notify: tell the
owner; publish: put where readers find it; post: to a hook or channel; schedule: an entry of a calendar; run: a
command."""
Period = Literal["call", "process", "day", "week", "month", "total"]
OutputForm = Literal["", "brief", "report", "summary", "list", "table", "digest", "mail", "page"]
Condition: TypeAlias = tuple[str, str, str]
"""Left, comparison, right, as the owner named them: ('total', '>', '1000 EUR')."""


class Found(msgspec.Struct, Generic[T], frozen=True):
    """Something that was read, and the words it was read from."""

    value: T
    span: Span


class SourceMention(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read."""

    at: str = ""
    """URL or path as it was written; '' where the words only count or describe it."""
    count: int = 1
    """'these three sources': 3."""
    described: str = ""
    """What it is called where it has no address: 'my inbox', 'Hacker News'."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, in the order in which it was said."""

    verb: ActionVerb
    object: str = ""
    """What it is done to, as it was said."""
    target: str = ""
    """Where it goes: path, address, URL, channel, person."""
    fields: tuple[str, ...] = ()
    """Of extract: what is to be found; of append to a table: its columns."""
    when: tuple[Condition, ...] = ()
    """It is done only if."""
    otherwise: bool = False
    """It is done where the conditions of the action before do not hold."""


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What the result looks like."""

    form: OutputForm = ""
    pages: int | None = None
    words: int | None = None
    """Words, of Chinese text characters; an upper bound."""
    items: int | None = None
    """'the top 5'."""
    language: str = ""
    """'en', 'zh', or another ISO 639-1 code that was asked for."""
    format: str = ""
    """'markdown', 'html', 'pdf', 'csv', 'json', 'txt'."""
    cited: bool = False
    """Every sentence names its source."""


class BudgetSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling."""

    amount: Decimal
    unit: str
    """ISO 4217 code, or 'tokens'."""
    period: Period


class ApprovalSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The owner wants to be asked."""

    before: ActionVerb | Literal["", "anything"] = ""
    """Before every such action; '' where only the conditions say when; anything: before whatever leaves or changes."""
    when: tuple[Condition, ...] = ()


class Forbidden(msgspec.Struct, frozen=True, kw_only=True):
    """What must not be done."""

    verb: ActionVerb | Literal["spend", "reach"]
    """spend: money; reach: the network."""
    object: str = ""


class MilestoneSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a long goal."""

    name: str
    due: str = ""
    """Local date, '2027-01-31'."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read."""

    prose: str
    language: Language
    """Of the owner's words; of mixed ones that of most of them."""
    by: Literal["system1", "model"] = "system1"
    timezone: str = ""
    """IANA name that was said, or the home's."""
    name: str = ""
    """What the agent is to be called, where the words say so."""
    triggers: tuple[Found[AnyTrigger], ...] = ()
    sources: tuple[Found[SourceMention], ...] = ()
    actions: tuple[Found[Action], ...] = ()
    output: Found[Output] | None = None
    budgets: tuple[Found[BudgetSaid], ...] = ()
    approvals: tuple[Found[ApprovalSaid], ...] = ()
    forbidden: tuple[Found[Forbidden], ...] = ()
    quiet_hours: Found[QuietHours] | None = None
    escalation: Found[Escalation] | None = None
    milestones: tuple[Found[MilestoneSaid], ...] = ()
    report: Found[str] | None = None
    """When a report of the agent's own work is wanted: a recurrence."""
    until: Found[str] | None = None
    """Local date after which it ends."""
    team: tuple[Found[str], ...] = ()
    """Agents it is to work with."""
    unread: tuple[Span, ...] = ()
    """Words that were not understood."""
    diagnostics: tuple[Diagnostic, ...] = ()
