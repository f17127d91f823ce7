"""From what an owner's words say to the program that does it: triggers, steps, permissions, checks, ceilings.

    lowered = lower(intent, circumstances)
    lowered.file          # as AGENT.md says it; None where something said cannot be
    lowered.folders       # folders that must be known to the home first

Rules: pure and deterministic; a table maps each verb to what does it. A permission follows from a step, a step from
words; what is missing is asked, what cannot be is an error, and nothing is added that nobody said except what is noted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Action, ActionVerb, Found, Intent, Span
from ergos.compile.lower import act, think
from ergos.compile.lower.accept import accepted
from ergos.compile.lower.asks import CONSEQUENTIAL, IMPLIED, asking, conditions_of, opposite, steps_asked
from ergos.compile.lower.flow import Flow
from ergos.compile.lower.grants import grants_of
from ergos.compile.lower.money import caps_of
from ergos.compile.lower.places import FolderNeeded, Places
from ergos.compile.lower.triggers import triggers_of
from ergos.kernel.ledger import Caps
from ergos.kernel.supervisor import Supervision
from ergos.kernel.triggers import Files, Schedule
from ergos.kernel.values import NULL
from ergos.lib.agent_file import AgentFile
from ergos.lib.work import STEPS_MAX, Milestone, Work

GOAL_CHARS_MAX: Final = 300  # characters of a goal; the whole of it stands in the body
NAME_PARTS_MAX: Final = 4  # words of a name that is made from the owner's
NAME_CHARS_MAX: Final = 40  # characters of such a name
DIGITS: Final = 6  # hexadecimal digits that tell agents without a Latin name apart

Making: TypeAlias = Callable[[Flow, Found[Action]], None]

VERBS: Final[Mapping[ActionVerb, Making]] = {
    "read": think.read,
    "search": think.search,
    "extract": think.extract,
    "summarise": think.summarise,
    "brief": think.brief,
    "translate": think.translate,
    "classify": think.classify,
    "filter": think.filtered,
    "compare": think.compare,
    "compute": think.compute,
    "append": act.append,
    "write": act.write,
    "move": act.move,
    "copy": act.copy,
    "delete": act.delete,
    "send": act.send,
    "notify": act.notify,
    "publish": act.publish,
    "post": act.post,
    "schedule": act.schedule,
    "run": act.run,
    "ask": act.ask,
}
"""What makes the steps of each verb."""
_FORMS: Final = {"brief": "brief", "report": "brief", "digest": "brief", "summary": "summarise", "list": "summarise"}
"""What is made where only the form of the result was said."""
_MAKES: Final = frozenset({"brief", "summarise", "translate", "write"})
_LISTS: Final = frozenset({"compare", "compute", "filter", "extract", "classify"})
"""What gives a list or a table by itself."""
_TELLS: Final = CONSEQUENTIAL | {"notify", "ask"}
_WORD: Final = re.compile(r"[a-z0-9]+")
_EMPTY: Final = frozenset(
    "a an and any are as at be by for from in into is it its me my of on or our so that the then this to us when with "
    "each every everything all new day daily week weekly month monthly morning evening hour please i you your if one "
    "three two am pm do not no ask arrives watch before above below about".split()
)


class Lowered(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    file: AgentFile | None
    folders: tuple[FolderNeeded, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    spans: dict[str, Span] = {}
    """The words of each step, by its id."""


def lower(intent: Intent, circumstances: Circumstances) -> Lowered:
    """The program of an intent."""
    places = Places(circumstances)
    triggers, said = triggers_of(intent, circumstances, places)
    flow = Flow(intent, circumstances, places, triggers)
    flow.diagnostics.extend(said)
    _actions(flow)
    asked = steps_asked(flow)
    _forbidden(flow)
    if not flow.steps and not any(one.severity in ("error", "question") for one in flow.diagnostics):
        flow.say("C316", *[one.span for one in intent.actions], what=flow.words((0, len(intent.prose))))
    if len(flow.steps) > STEPS_MAX:
        flow.say("C322")
    caps, about_money = caps_of(intent, circumstances)
    flow.diagnostics.extend(about_money)
    for member in intent.team:
        flow.say("C324", member.span, who=member.value)
    file = _file(flow, asked, caps)
    fatal = any(one.severity == "error" for one in flow.diagnostics) or not flow.steps
    return Lowered(
        file=None if fatal else file,
        folders=places.needed(),
        diagnostics=tuple(flow.diagnostics),
        spans=dict(flow.spans),
    )


def _file(flow: Flow, asked: frozenset[str], caps: Caps) -> AgentFile:
    intent, circumstances = flow.intent, flow.circumstances
    steps = tuple(flow.steps)[:STEPS_MAX]
    name = name_of(intent)
    zone = intent.timezone or circumstances.timezone
    spends = not any(one.value.verb == "spend" for one in intent.forbidden)
    return AgentFile(
        name=name,
        goal=goal_of(flow),
        language=intent.language,
        program="",
        team=(),
        grants=grants_of(name, steps, circumstances.tools, flow.triggers, asked=asked, expires_ns=_end(flow, zone)),
        caps=caps,
        supervision=Supervision(),
        solvers=() if spends else ("code", "system1"),
        window_tokens=WINDOW_TOKENS_DEFAULT,
        settings=NULL,
        instructions=_body(intent.prose),
        work=Work(
            timezone=zone,
            triggers=flow.triggers,
            sources=tuple(flow.sources),
            steps=steps,
            acceptance=accepted(flow),
            escalation=None if intent.escalation is None else intent.escalation.value,
            quiet_hours=None if intent.quiet_hours is None else intent.quiet_hours.value,
            milestones=_milestones(flow),
            report="" if intent.report is None else intent.report.value,
        ),
    )


def _actions(flow: Flow) -> None:
    """The steps of all actions in their order, each conditional approval before what it is about."""
    waiting = [one for one in flow.intent.approvals if one.value.when]
    before: tuple[Found[Action], tuple[str, ...]] | None = None
    actions = _with_what_is_implied(flow)
    for found in actions:
        for approval in [one for one in waiting if _is_about(one.value.before, found.value.verb)]:
            asking(flow, approval, found)
            waiting.remove(approval)
        if found.value.otherwise and before is not None:
            flow.conditions = opposite(flow, before[0].value.when, before[0].span)
        else:
            flow.conditions = conditions_of(flow, found.value.when, found.span) if found.value.verb != "filter" else ()
        VERBS[found.value.verb](flow, found)
        flow.conditions = ()
        if found.value.when:
            before = (found, ())
    for approval in waiting:
        asking(flow, approval, None)
    if not any(one.value.verb in _TELLS for one in actions) and flow.triggers and flow.last() is not None:
        last = actions[-1]
        flow.say("C325", last.span)
        act.told(flow, last)


def _is_about(before: str, verb: str) -> bool:
    return before == verb or (before in ("", "anything") and verb in CONSEQUENTIAL)


def _with_what_is_implied(flow: Flow) -> list[Found[Action]]:
    """The actions, and those of which only the result's form or the approval was spoken."""
    intent = flow.intent
    actions = list(intent.actions)
    verbs = {one.value.verb for one in actions}
    if intent.output is not None and not verbs & _MAKES:
        form = _FORMS.get(intent.output.value.form)
        if form == "brief" or (form is not None and not verbs & _LISTS):
            made = Found(Action(verb="brief" if form == "brief" else "summarise"), intent.output.span)
            reads = [number for number, one in enumerate(actions) if one.value.verb in ("read", "search", "filter")]
            actions.insert(reads[-1] + 1 if reads else 0, made)
    for approval in intent.approvals:
        verb = approval.value.before
        if verb in IMPLIED and verb not in {one.value.verb for one in actions}:
            actions.append(Found(Action(verb="publish"), approval.span))
    return actions


def _forbidden(flow: Flow) -> None:
    """What must not be done contradicts what is to be done, or holds because nothing allows it."""
    for found in flow.intent.forbidden:
        verb = found.value.verb
        if verb == "spend":
            for budget in flow.intent.budgets:
                flow.say("C304", found.span, budget.span)
            continue
        if verb == "reach":
            outside = [one for one in flow.intent.sources if "://" in one.value.at]
            for mention in outside:
                flow.say("C304", found.span, mention.span)
            continue
        for action in flow.intent.actions:
            if action.value.verb == verb and _same_object(found.value.object, action.value):
                flow.say("C304", found.span, action.span)


def _same_object(forbidden: str, action: Action) -> bool:
    if not forbidden.strip():
        return True
    told = f"{action.object} {action.target}".lower()
    return bool(told.strip()) and forbidden.strip().lower() in told


def _end(flow: Flow, zone: str) -> int | None:
    """The instant after which nothing is allowed any more: the end of the last day."""
    said, circumstances = flow.intent.until, flow.circumstances
    if said is None:
        return None
    last = Schedule(name="until", at=f"{said.value}T23:59")
    misfit = circumstances.calendar.misfit(last, zone)
    end = None if misfit else circumstances.calendar.next_ns(last, zone, circumstances.now_ns, circumstances.now_ns)
    if end is None:
        flow.say("C354", said.span, when=said.value)
    return end


def _milestones(flow: Flow) -> tuple[Milestone, ...]:
    found: dict[str, Milestone] = {}
    for one in flow.intent.milestones:
        words = flow.words(one.span)
        found.setdefault(one.value.name, Milestone(name=one.value.name or words, due=one.value.due, words=words))
    return tuple(found.values())


def goal_of(flow: Flow) -> str:
    """What it is for, in the owner's words: from the first action to the last."""
    actions = flow.intent.actions
    if not actions:
        return flow.words((0, len(flow.intent.prose)))[:GOAL_CHARS_MAX]
    start, end = min(one.span[0] for one in actions), max(one.span[1] for one in actions)
    return flow.words((start, end))[:GOAL_CHARS_MAX]


def name_of(intent: Intent) -> str:
    """A name in ASCII: what the owner calls it, else the words of what it does, else a digest of them."""
    if intent.name:
        made = _latin(intent.name, _WORD.findall(intent.name.lower()))
        if made:
            return made
    places: list[str] = []
    for one in intent.triggers:
        if isinstance(one.value, Files):
            places += _WORD.findall(one.value.folder.rpartition("/")[2].lower())
    for found in intent.actions:
        target = found.value.target.rpartition("/")[2].partition(".")[0] if "@" not in found.value.target else ""
        places += _WORD.findall(target.lower())
    objects = [word for found in intent.actions for word in _WORD.findall(found.value.object.lower())]
    verbs = [found.value.verb for found in intent.actions]
    telling = _telling(places)
    if len(telling) < 2:
        telling = _telling([*places, *verbs, *objects])
    made = _latin(intent.prose, telling) if intent.language == "en" and len(telling) > 1 else ""
    return made or f"agent-{hashlib.sha256(intent.prose.encode('utf-8', 'replace')).hexdigest()[:DIGITS]}"


def _telling(words: list[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word not in _EMPTY and len(word) > 1 and not word.isdigit()]


def _latin(text: str, words: list[str]) -> str:
    """Words as a name; '' where they leave out what the text says."""
    if not text.isascii() and sum(letter.isalpha() and not letter.isascii() for letter in text) > len("".join(words)):
        return ""
    return "-".join(words[:NAME_PARTS_MAX])[:NAME_CHARS_MAX].strip("-")


def _body(prose: str) -> str:
    """The prose as a file keeps it: lines end in one way, and blank lines around it are no part of it."""
    return prose.removeprefix("\ufeff").replace("\r\n", "\n").strip("\n")
