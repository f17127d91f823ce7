"""The end of reading: triggers get names, approvals get verbs, what is missing is asked, contradictions are named.

Rules: pure; nothing that was said is dropped. Must not know: grammar.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import msgspec

from ergos.compile.intent import Action, ActionVerb, ApprovalSaid, Forbidden, Found, Output, Span
from ergos.compile.times.grammar import TimesRead
from ergos.compile.words.adding import THINKS
from ergos.compile.words.budgets import Budgets
from ergos.compile.words.consent import last_outward
from ergos.compile.words.draft import Draft
from ergos.compile.words.places import settle_sources
from ergos.compile.words.projects import joined
from ergos.compile.words.watching import watch
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Page, Schedule

_INSTRUCTION: Final = re.compile(
    r"\b(?:ignore|disregard|send|delete|publish|post|transfer|pay|forward|reveal|override|you are now"
    r"|system prompt)\b|忽略|无视|删除|发送|转账|转发|泄露|发布|付款",
    re.IGNORECASE,
)
_DOES: Final = frozenset(
    {"delete", "send", "publish", "post", "move", "run", "write", "append", "copy", "schedule", "notify"}
)


_NEGATIVE: Final = re.compile(
    r"\b(?:don't|do not|never|not|without|unless|until|must not)\b|未经|不得|不要|不准|不能|不可|别|没有", re.IGNORECASE
)


class Settled(msgspec.Struct, frozen=True):
    """What reading leaves to be put together."""

    triggers: tuple[Found[AnyTrigger], ...]
    output: Found[Output] | None


def settle(draft: Draft, budgets: Budgets, times: TimesRead, left: list[Found[Schedule]]) -> Settled:
    """Everything that can only be told when all was read."""
    if draft.watched is not None:
        span = draft.watched_span or (draft.watched.start, draft.watched.end)
        watch(draft, draft.watched, span)
    _without_watched(draft)
    _stored_last(draft)
    _sent_once(draft)
    settle_sources(draft)
    _settle_approvals(draft)
    for span in budgets.nothing:
        draft.forbid(Forbidden(verb="spend"), span)
    _contradictions(draft)
    _ceilings(draft, budgets)
    _quotations(draft)
    triggers: list[Found[AnyTrigger]] = [Found(_worded(one, draft.copy.prose), one.span) for one in left]
    triggers += draft.triggers
    triggers.sort(key=lambda one: one.span)
    if not draft.actions and not any(one.code == "C206" for one in draft.diagnostics):
        draft.say("C206", (0, min(len(draft.copy.prose), 200)))
    del times
    return Settled(tuple(_named(triggers)), _output(draft))


def _stored_last(draft: Draft) -> None:
    """As in "Fill a.csv: when …, get name and date": what is filled is filled with what the rest works out."""
    if not draft.actions or draft.actions[0].value.verb not in {"append", "write"}:
        return
    first = draft.actions[0]
    if draft.copy.text[first.span[1] : first.span[1] + 3].strip()[:1] not in {":", "："}:
        return
    count = next(
        (at for at, one in enumerate(draft.actions[1:]) if one.value.verb not in THINKS | {"read"}),
        len(draft.actions) - 1,
    )
    if count and not any(one.value.verb == first.value.verb for one in draft.actions[1 : count + 2]):
        draft.actions[: count + 1] = [*draft.actions[1 : count + 1], first]


def _sent_once(draft: Draft) -> None:
    """As in 提醒大家交周报，发到 #全员: whom a message is for, and at once where it goes, is one sending."""
    for one, after in list(pairwise(draft.actions)):
        if (
            one.value.verb == "send"
            and not one.value.target
            and after.value.verb in {"send", "post"}
            and after.value.target
            and 0 <= after.span[0] - one.span[1] <= 4
        ):
            draft.actions.remove(one)
            draft.diagnostics = [said for said in draft.diagnostics if said.code != "C203" or said.spans != (one.span,)]


def _without_watched(draft: Draft) -> None:
    """What a trigger brings is no source as well."""
    watched: set[str] = set()
    for one in draft.triggers:
        if isinstance(one.value, Files):
            watched |= {
                one.value.folder,
                f"{one.value.folder}/{one.value.pattern}".removeprefix("./"),
                one.value.pattern,
            }
        elif isinstance(one.value, Feed | Page):
            watched.add(one.value.url)
    draft.sources = [
        one for one in draft.sources if one.value.at.removeprefix("./").rstrip("/") not in watched or not one.value.at
    ]


def _worded(found: Found[Schedule], prose: str) -> Schedule:
    start, end = found.span
    return msgspec.structs.replace(found.value, words=" ".join(prose[start:end].split())[:200])


def _named(triggers: list[Found[AnyTrigger]]) -> list[Found[AnyTrigger]]:
    """Names that tell triggers apart: 'files', 'files_2'."""
    seen: dict[str, int] = {}
    out: list[Found[AnyTrigger]] = []
    for one in triggers:
        base = str(type(one.value).__struct_config__.tag or "trigger")
        seen[base] = seen.get(base, 0) + 1
        name = base if seen[base] == 1 else f"{base}_{seen[base]}"
        out.append(Found(msgspec.structs.replace(one.value, name=name), one.span))
    return out


def _settle_approvals(draft: Draft) -> None:
    """A wish without a verb is about what leaves or changes something; what is approved is wanted."""
    settled: list[Found[ApprovalSaid]] = []
    for one in draft.approvals:
        said = one.value
        if not said.before and not said.when:
            said = ApprovalSaid(before=last_outward(draft) or "anything")
        if (
            said.before
            and said.before != "anything"
            and not any(done.value.verb == said.before for done in draft.actions)
            and not _NEGATIVE.search(draft.copy.text, *one.span)
        ):
            verb: ActionVerb = said.before
            action = Found(Action(verb=verb), one.span)
            place = next((at for at, done in enumerate(draft.actions) if done.span > one.span), len(draft.actions))
            draft.actions.insert(place, action)
        if all(done.value != said for done in settled):
            settled.append(Found(said, one.span))
    draft.approvals = settled


def _contradictions(draft: Draft) -> None:
    for never in draft.forbidden:
        if never.value.object or never.value.verb == "reach":
            continue
        for done in draft.actions:
            if done.value.verb == never.value.verb and done.span != never.span and done.value.verb in _DOES:
                both = tuple(sorted((done.span, never.span)))
                draft.say("C207", both[0], other=draft.copy.said(*both[1]))
                _spread_last(draft, both)
                break


def _spread_last(draft: Draft, spans: tuple[Span, ...]) -> None:
    draft.diagnostics[-1] = msgspec.structs.replace(draft.diagnostics[-1], spans=spans)


def _ceilings(draft: Draft, budgets: Budgets) -> None:
    seen: dict[tuple[str, bool], Found[object]] = {}
    for one in budgets.found:
        if one.value.amount <= 0:
            draft.say("C209", one.span)
        key = one.value.period, one.value.unit == "tokens"
        before = seen.get(key)
        if before is not None and before.value != one.value:
            draft.say("C208", before.span, other=draft.copy.said(*one.span))
            _spread_last(draft, (before.span, one.span))
        seen[key] = Found(one.value, one.span)


def _quotations(draft: Draft) -> None:
    for at in draft.copy.lone[:3]:
        draft.say("C211", (at, min(at + 1, len(draft.copy.prose))), words=draft.copy.said(at + 1, at + 40))
    for atom in list(draft.copy.atoms.values()):
        if atom.kind in {"quote", "data"} and len(atom.text) > 12 and _INSTRUCTION.search(atom.text):
            draft.say("C213", (atom.start, atom.end))


def _output(draft: Draft) -> Found[Output] | None:
    if not draft.output:
        return None
    span = draft.output_spans[0]
    for one in draft.output_spans[1:]:
        span = joined(span, one)
    return Found(msgspec.convert(draft.output, Output), span)
