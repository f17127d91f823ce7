"""An intent in the making: what the readers of clauses have found so far.

Rules: every finding has its span; what is added twice stands once. Must not know: grammar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import (
    Action,
    ApprovalSaid,
    BudgetSaid,
    Condition,
    Forbidden,
    Found,
    MilestoneSaid,
    SourceMention,
    Span,
)
from ergos.compile.words.atoms import Atom, Copy
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import AnyTrigger
from ergos.lib.work import Escalation

QUESTIONS_MAX: Final = 40
"""Diagnostics of one code; a text with more has said the same thing often enough."""


@dataclass
class Draft:
    """All of it."""

    copy: Copy
    circumstances: Circumstances
    language: Language
    triggers: list[Found[AnyTrigger]] = field(default_factory=list[Found[AnyTrigger]])
    sources: list[Found[SourceMention]] = field(default_factory=list[Found[SourceMention]])
    actions: list[Found[Action]] = field(default_factory=list[Found[Action]])
    output: dict[str, str | int | bool] = field(default_factory=dict[str, "str | int | bool"])
    output_spans: list[Span] = field(default_factory=list[Span])
    budgets: list[Found[BudgetSaid]] = field(default_factory=list[Found[BudgetSaid]])
    approvals: list[Found[ApprovalSaid]] = field(default_factory=list[Found[ApprovalSaid]])
    forbidden: list[Found[Forbidden]] = field(default_factory=list[Found[Forbidden]])
    milestones: list[Found[MilestoneSaid]] = field(default_factory=list[Found[MilestoneSaid]])
    escalation: Found[Escalation] | None = None
    report: Found[str] | None = None
    name: str = ""
    team: list[Found[str]] = field(default_factory=list[Found[str]])
    unread: list[Span] = field(default_factory=list[Span])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])
    watched: Atom | None = None
    """An address that is to be watched, until a trigger takes it."""
    watched_kind: str = ""
    watched_span: Span | None = None
    when: tuple[Condition, ...] = ()
    """Under which the actions of the rest of the sentence are done."""
    when_span: Span | None = None
    otherwise: bool = False
    failing: int = 0
    """Failures after which the rest of the sentence says what happens."""
    scheduled: bool = False
    """Whether times of its own were said."""

    def say(self, code: str, span: Span, choices: tuple[str, ...] = (), **values: str) -> None:
        """A diagnostic about a stretch, once."""
        if sum(one.code == code for one in self.diagnostics) >= QUESTIONS_MAX:
            return
        values.setdefault("words", self.copy.said(*span))
        one = Diagnostic(code=code, spans=(span,), values=values, choices=choices)
        if one not in self.diagnostics:
            self.diagnostics.append(one)

    def source(self, mention: SourceMention, span: Span) -> None:
        """Something to read, once."""
        if all(one.value != mention for one in self.sources):
            self.sources.append(Found(mention, span))

    def trigger(self, trigger: AnyTrigger, span: Span) -> None:
        """A trigger, once; names are given in the end."""
        if all(one.value != trigger for one in self.triggers):
            self.triggers.append(Found(trigger, span))

    def put(self, span: Span, **facts: str | int | bool) -> None:
        """Facts about the output; of two, the later one holds."""
        for name, value in facts.items():
            if value not in {"", None}:
                self.output[name] = value
        self.output_spans.append(span)

    def approve(self, approval: ApprovalSaid, span: Span) -> None:
        """A wish to be asked, once."""
        if all(one.value != approval for one in self.approvals):
            self.approvals.append(Found(approval, span))

    def forbid(self, forbidden: Forbidden, span: Span) -> None:
        """A prohibition, once."""
        if all(one.value.verb != forbidden.verb or one.value.object != forbidden.object for one in self.forbidden):
            self.forbidden.append(Found(forbidden, span))

    @property
    def last_address(self) -> Atom | None:
        """The source that was named last."""
        for one in reversed(self.sources):
            if one.value.at:
                return self.copy.atoms.get(one.span[0])
        return None
