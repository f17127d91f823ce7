"""The deterministic grammar: an owner's request, in English, Chinese or both, read clause by clause into an `Intent`.

    prose → atoms set apart → ceilings → times → sentences → clauses → findings → what is missing or contradicts itself

Each clause is offered to its readers in a fixed order: what wakes it, under which condition, where the
owner is asked, what is never to be done, what it is to do. The first that understands takes it; a clause that none
takes is unread.

Rules: pure and total: any text gives an intent; linear in its length; only what stands outside quotations can be a
wish; no permission is added. Must not know: programs, grants.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import PROSE_CHARS_MAX, Found, Intent, Span
from ergos.compile.times.grammar import TimesRead, read_times
from ergos.compile.words.atoms import AtomKind, Copy, read_atoms
from ergos.compile.words.budgets import Budgets, read_budgets
from ergos.compile.words.clauses import clauses, sentences
from ergos.compile.words.consent import read_approval
from ergos.compile.words.draft import Draft
from ergos.compile.words.for_times import for_times, plainer
from ergos.compile.words.gates import gate_behind, is_gate, keep_gates, with_gates_whole
from ergos.compile.words.orders import read_orders
from ergos.compile.words.projects import is_report, read_milestone, read_report, speaks_of_milestones
from ergos.compile.words.reading import read_clause
from ergos.compile.words.settling import settle
from ergos.drivers.system1.language import detect
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Schedule

_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_LATIN: Final = re.compile(r"[A-Za-z]{2,}")


def read_intent(prose: str, circumstances: Circumstances) -> Intent:
    """What the words say. Cost: linear; a text over PROSE_CHARS_MAX is not read at all."""
    if len(prose) > PROSE_CHARS_MAX:
        values = {"length": f"{len(prose):,}", "most": f"{PROSE_CHARS_MAX:,}"}
        return Intent(
            prose=prose,
            language=circumstances.language or "en",
            timezone=circumstances.timezone,
            diagnostics=(Diagnostic(code="C212", values=values),),
        )
    copy = read_atoms(prose)
    plainer(copy)
    language = circumstances.language or language_of(copy.text)
    draft = Draft(copy, circumstances, language)
    budgets = read_budgets(copy)
    copy.put_all(("budget", start, end, None) for start, end in _apart(budgets.spans))
    times = read_times(
        for_times(copy.text, prose, circumstances),
        language,
        timezone=circumstances.timezone,
        now_ns=circumstances.now_ns,
        calendar=circumstances.calendar,
    )
    _set_times_apart(copy, times)
    draft.scheduled = bool(times.schedules)
    left = _read_sentences(draft, times)
    return _intent(draft, language, budgets, times, left)


def language_of(text: str) -> Language:
    """Of most of the words; of few or mixed ones Chinese where Han letters outweigh Latin words."""
    found = detect(text)
    if found in {"en", "zh"} and not (_HAN.search(text) and _LATIN.search(text)):
        return "zh" if found == "zh" else "en"
    return "zh" if len(_HAN.findall(text)) > 2 * len(_LATIN.findall(text)) else "en"


def _apart(spans: tuple[Span, ...]) -> list[Span]:
    """Disjoint, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _set_times_apart(copy: Copy, times: TimesRead) -> None:
    own = [one.span for one in times.schedules]
    stretches: list[tuple[AtomKind, int, int, str | None]] = []
    for start, end in _apart(times.spans):
        kind: AtomKind = "time" if any(a <= start and end <= b for a, b in own) else "taken"
        stretches.append((kind, start, end, None))
    copy.put_all(stretches)


def _read_sentences(draft: Draft, times: TimesRead) -> list[Found[Schedule]]:
    """Read every clause; the schedules that are left are what wakes the agent."""
    text = draft.copy.text
    left = list(times.schedules)
    planned = speaks_of_milestones(text) or len(times.dues) >= 3
    for start, end in sentences(text):
        if is_report(draft, start, end) and draft.report is None:
            own = read_report(draft, start, end, left)
            if own is not None:
                left.remove(own)
            continue
        draft.when, draft.when_span, draft.otherwise, draft.failing = (), None, False, 0
        if _is_title(draft, start, end):
            continue
        dated = planned and any(start <= one.span[0] < end for one in times.dues)
        for clause in _listed(text, start, end) if dated else with_gates_whole(text, list(clauses(text, start, end))):
            if planned and read_milestone(draft, *clause, times.dues, sure=True):
                continue
            if read_orders(draft, *clause) or (is_gate(text, *clause) and read_approval(draft, *clause)):
                continue
            gate = gate_behind(text, *clause)
            read_clause(draft, clause[0], gate, (start, end))
            if gate < clause[1]:
                read_approval(draft, gate, clause[1])
    return left


_LISTED: Final = re.compile(r"[,，、]|\band\b")
_TITLE: Final = re.compile(r"[A-Za-z][\w-]*(?: [\w-]+){0,3}")
_ANNOUNCES: Final = re.compile(
    r"\b(?:following|these|this|below|sources?|want|please|do|it|everything)\b", re.IGNORECASE
)


def _is_title(draft: Draft, start: int, end: int) -> bool:
    """Whether a few words before a colon only name what follows: "Review pull requests: …"."""
    text = draft.copy.text
    return (
        text[end : end + 2].startswith(": ")
        and _TITLE.fullmatch(text, start, end) is not None
        and " " in text[start:end]
        and not _ANNOUNCES.search(text, start, end)
    )


def _listed(text: str, start: int, end: int) -> list[Span]:
    """The items of a list."""
    found: list[Span] = []
    at = start
    for match in _LISTED.finditer(text, start, end):
        found.append((at, match.start()))
        at = match.end()
    return [(low, high) for low, high in (*found, (at, end)) if text[low:high].strip()]


def _intent(
    draft: Draft, language: Language, budgets: Budgets, times: TimesRead, left: list[Found[Schedule]]
) -> Intent:
    keep_gates(draft)
    settled = settle(draft, budgets, times, left)
    return Intent(
        prose=draft.copy.prose,
        language=language,
        timezone=times.timezone.value if times.timezone else draft.circumstances.timezone,
        name=draft.name,
        triggers=settled.triggers,
        sources=tuple(draft.sources),
        actions=tuple(draft.actions),
        output=settled.output,
        budgets=budgets.found,
        approvals=tuple(draft.approvals),
        forbidden=tuple(draft.forbidden),
        quiet_hours=times.quiet,
        escalation=draft.escalation,
        milestones=tuple(draft.milestones),
        report=draft.report,
        until=times.until,
        team=tuple(draft.team),
        unread=tuple(draft.unread),
        diagnostics=(*times.diagnostics, *budgets.diagnostics, *draft.diagnostics),
    )


def rebased(found: Found[Schedule], prose: str) -> Found[Schedule]:
    """A schedule with the owner's words instead of those of the copy."""
    start, end = found.span
    return Found(msgspec.structs.replace(found.value, words=prose[start:end]), found.span)
