"""What of a model's reading counts: clauses whose words stand in the prose and carry what the model says they mean.

    intent, said = grounded(reading, prose, circumstances, own)

A model can understand more than the grammar; it can never permit more. What leaves or changes something counts only
where the grammar finds the same verb in the same words or in the prose; where it goes must stand in the prose as it
is; an amount must be one that the grammar reads there. What the grammar found to restrict (approvals, prohibitions,
budgets, quiet hours) stays, whatever the model says of it.

Rules: pure and total; whatever is dropped is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias, TypeVar

import msgspec

from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import (
    Action,
    ApprovalSaid,
    Condition,
    Forbidden,
    Found,
    Intent,
    MilestoneSaid,
    Output,
    SourceMention,
    Span,
)
from ergos.compile.lower.asks import CONSEQUENTIAL
from ergos.compile.model.asking import (
    ActionRead,
    ApprovalRead,
    ConditionRead,
    ForbiddenRead,
    MilestoneRead,
    Reading,
    SourceRead,
    TriggerRead,
)
from ergos.compile.pipeline import RESTRICTS
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Mailbox, Outcome, Page, Schedule, Topic, Webhook
from ergos.kernel.triggers import Condition as Figure

T = TypeVar("T")
R = TypeVar("R", TriggerRead, SourceRead, ActionRead, ApprovalRead, ForbiddenRead, MilestoneRead)

_Clause: TypeAlias = TriggerRead | SourceRead | ActionRead | ApprovalRead | ForbiddenRead
WHERE_CHARS_MAX: Final = 400  # characters of a place that a model copied
_LANGUAGES: Final = 2  # letters of a language's code

Grammar = Callable[[str], Intent]
"""Reads a text with System 1."""


class _Prose:
    """The prose, and what the grammar finds in it."""

    def __init__(self, prose: str, own: Intent, grammar: Grammar) -> None:
        self.prose: Final = prose
        self.own: Final = own
        self._grammar: Final = grammar
        self._folded: Final = " ".join(prose.casefold().split())
        self.dropped: Final[list[Diagnostic]] = []
        self._verbs: Final = {one.value.verb for one in own.actions} | {one.value.before for one in own.approvals}

    def span(self, words: str) -> Span | None:
        """Where these words stand."""
        at = self.prose.find(words) if words.strip() else -1
        return None if at < 0 else (at, at + len(words))

    def carries(self, text: str) -> bool:
        """Whether a text stands in the prose, as a whole."""
        folded = " ".join(text.casefold().split())
        return len(text) <= WHERE_CHARS_MAX and (not folded or folded in self._folded)

    def does(self, verb: str, words: str) -> bool:
        """Whether the owner told it to do this, as far as the grammar can see."""
        if verb not in CONSEQUENTIAL or verb in self._verbs:
            return True
        found = self._grammar(words)
        return any(one.value.verb == verb for one in found.actions)

    def drop(self, what: str, span: Span | None = None) -> None:
        """Say what was left out."""
        self.dropped.append(Diagnostic(code="C351", spans=() if span is None else (span,), values={"what": what}))


def grounded(
    reading: Reading, prose: str, circumstances: Circumstances, own: Intent, grammar: Grammar
) -> tuple[Intent, tuple[Diagnostic, ...]]:
    """The intent of a reading. `own`: what the grammar reads of the same prose."""
    text = _Prose(prose, own, grammar)

    def triggers(one: TriggerRead, _: Span) -> AnyTrigger | None:
        return _trigger(text, one, circumstances)

    def sources(one: SourceRead, _: Span) -> SourceMention | None:
        return _source(text, one)

    def actions(one: ActionRead, span: Span) -> Action | None:
        return _action(text, one, span)

    def approvals(one: ApprovalRead, _: Span) -> ApprovalSaid | None:
        return _approval(text, one)

    def forbidden(one: ForbiddenRead, _: Span) -> Forbidden | None:
        return Forbidden(verb=one.verb, object=one.object)

    def milestones(one: MilestoneRead, _: Span) -> MilestoneSaid | None:
        return MilestoneSaid(name=one.name, due=one.due) if text.carries(one.name) else None

    said = msgspec.structs.replace(
        own,
        by="model",
        triggers=_own_or(_kept(text, reading.triggers, triggers), own.triggers),
        sources=_own_or(_kept(text, reading.sources, sources), own.sources),
        actions=_kept(text, reading.actions, actions) or own.actions,
        output=_output(text, reading) or own.output,
        approvals=_with_own(_kept(text, reading.approvals, approvals), own.approvals),
        forbidden=_with_own(_kept(text, reading.forbidden, forbidden), own.forbidden),
        milestones=_own_or(_kept(text, reading.milestones, milestones), own.milestones),
        diagnostics=tuple(
            one for one in own.diagnostics if one.severity == "error" or not _answered(one, reading, prose)
        ),
        unread=tuple(span for span in own.unread if not _read_by(span, reading, prose)),
    )
    for budget in reading.budgets:  # an amount is the grammar's to read, in figures or in words
        if not any(_overlaps(text.span(budget.words), one.span) for one in own.budgets):
            text.drop(budget.words, text.span(budget.words))
    return said, tuple(text.dropped)


def _kept(text: _Prose, read: Iterable[R], made: Callable[[R, Span], T | None]) -> tuple[Found[T], ...]:
    """The clauses that count, each with its words."""
    found: list[Found[T]] = []
    for one in read:
        words = one.words
        span = text.span(words)
        if span is None:
            text.drop(words)
            continue
        value = made(one, span)
        if value is None:
            text.drop(words, span)
        else:
            found.append(Found(value, span))
    return tuple(found)


def _own_or(found: tuple[Found[T], ...], own: tuple[Found[T], ...]) -> tuple[Found[T], ...]:
    """What the model read, and of the grammar what lies elsewhere in the prose."""
    more = [one for one in own if not any(_overlaps(one.span, other.span) for other in found)]
    return tuple(sorted((*found, *more), key=lambda one: one.span))


def _with_own(found: tuple[Found[T], ...], own: tuple[Found[T], ...]) -> tuple[Found[T], ...]:
    """All that the grammar found, and what the model found beside it."""
    more = [one for one in found if not any(_overlaps(one.span, other.span) for other in own)]
    return tuple(sorted((*own, *more), key=lambda one: one.span))


def _overlaps(one: Span | None, other: Span) -> bool:
    return one is not None and one[0] < other[1] and other[0] < one[1]


def _answered(one: Diagnostic, reading: Reading, prose: str) -> bool:
    """Whether the model understood the words that the grammar asks about, or did not understand."""
    if not one.code.startswith("C2") or not one.spans:
        return False
    return all(_read_by(span, reading, prose) for span in one.spans)


def _read_by(span: Span, reading: Reading, prose: str) -> bool:
    """Whether some clause of the reading has these words."""
    parts: tuple[_Clause, ...] = (*reading.approvals, *reading.forbidden)
    if not RESTRICTS.search(prose[span[0] : span[1]]):  # what takes something away is read only as that
        parts = (*parts, *reading.actions, *reading.triggers, *reading.sources)
    places = [(at, at + len(part.words)) for part in parts if (at := prose.find(part.words)) >= 0]
    return any(_overlaps(place, span) for place in places)


def _trigger(text: _Prose, one: TriggerRead, circumstances: Circumstances) -> AnyTrigger | None:
    name = one.kind
    if not all(text.carries(part) for part in (one.where, one.contains, one.sender)):
        return None
    made: AnyTrigger | None = None
    match one.kind:
        case "schedule":
            made = Schedule(name=name, rule=one.rule, at=one.at)
            if bool(one.rule) == bool(one.at) or circumstances.calendar.misfit(made, circumstances.timezone):
                return None
        case "files":
            made = (
                Files(name=name, folder=one.where, pattern=one.pattern or "*", events=(one.event,))
                if one.where
                else None
            )
        case "feed":
            made = Feed(name=name, url=one.where) if "://" in one.where else None
        case "page":
            made = Page(name=name, url=one.where, contains=one.contains) if "://" in one.where else None
        case "webhook":
            made = Webhook(name=name, secret="")
        case "mailbox":
            made = Mailbox(name=name, account="", sender=one.sender, subject=one.contains)
        case "topic":
            made = Topic(name=name, topic=one.where) if one.where else None
        case "outcome":
            made = Outcome(name=name, agent=one.where) if one.where else None
        case "condition":
            value = one.value / 100 if one.percent else one.value
            fits = any(isinstance(found.value, Figure) for found in text.own.triggers)
            made = (
                Figure(name=name, figure=one.where, compare=one.compare, value=value, share=one.percent)
                if fits
                else None
            )
    return made


def _source(text: _Prose, one: SourceRead) -> SourceMention | None:
    if not text.carries(one.at) or not text.carries(one.described):
        return None
    return SourceMention(at=one.at, count=max(1, one.count), described="" if one.at else one.described)


def _action(text: _Prose, one: ActionRead, span: Span) -> Action | None:
    """An action that may count: told by the owner, and going where the owner said."""
    if not text.does(one.verb, one.words):
        return None
    own = next(
        (found.value for found in text.own.actions if found.value.verb == one.verb and _overlaps(span, found.span)),
        None,
    )
    target = one.target if text.carries(one.target) else (own.target if own is not None else "")
    return Action(
        verb=one.verb,
        object=one.object if text.carries(one.object) else "",
        target=target,
        fields=tuple(field for field in one.fields if text.carries(field)),
        when=_conditions(text, one.when),
        otherwise=one.otherwise,
    )


def _approval(text: _Prose, one: ApprovalRead) -> ApprovalSaid:
    """An approval only ever restricts: one whose condition cannot be grounded holds without it."""
    return ApprovalSaid(before=one.before or ("anything" if not one.when else ""), when=_conditions(text, one.when))


def _conditions(text: _Prose, said: Iterable[ConditionRead]) -> tuple[Condition, ...]:
    return tuple(
        (one.left if text.carries(one.left) else "", one.compare, one.right)
        for one in said
        if text.carries(one.right) or any(letter.isdigit() for letter in one.right)
    )


def _output(text: _Prose, reading: Reading) -> Found[Output] | None:
    one = reading.output
    span = None if one is None else text.span(one.words)
    if one is None or span is None:
        return None
    language = one.language if len(one.language) == _LANGUAGES else ""
    value = Output(
        form=one.form, pages=one.pages, words=one.word_limit, items=one.items, language=language, format=one.format,
        cited=one.cited,
    )  # fmt: skip
    return Found(value, span)
