"""Actions of an intent in the making: added once, in the order in which they were said.

Rules: what is said in two ways ("summarise it in a summary") is one action; conditions of the sentence go with it.
Must not know: which verb means what.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import Action, ActionVerb, Condition, Found, OutputForm
from ergos.compile.words.conditions import read_condition
from ergos.compile.words.draft import Draft
from ergos.compile.words.output import form_of
from ergos.compile.words.phrases import Phrase, object_of

ME: Final = re.compile(r"\s*(?:to\s+)?(?:me|us|myself)\b|\s*给?我(?!们的?客户|司)", re.IGNORECASE)

TO_ME: Final = re.compile(
    r"\b(?:to|for) (?:me|us|myself)\b|给我|(?<!\w)me\b|发我|到我(?:的)?(?:邮箱|手机|微信)|我(?:一声|知道|一下)?\s*$",
    re.IGNORECASE,
)

_INDEFINITE: Final = re.compile(
    r"(?:^|\b(?:me|us|post|send|into|as)\s+)\s*(?:an?|one|\d+|two|three|four|five|short|brief|weekly"
    r"|daily|monthly)\b|(?:^|\s)\d+[- ]|一[份篇个张封条页]|^\s*(?:简短的?"
    r"|[\d一二两三四五]+[页字条])?(?:摘要|简报|报告|总结|日报|周报|月报)",
    re.IGNORECASE,
)

_CONTENT: Final = frozenset(
    {"read", "search", "extract", "summarise", "brief", "translate", "classify", "filter", "compare", "compute"}
)

THINKS: Final = _CONTENT - {"read", "search"}

_MERGED: Final = _CONTENT | {"write", "publish", "schedule", "delete"}


def add(
    draft: Draft, phrase: Phrase, verb: ActionVerb, *, fields: tuple[str, ...] = (), target: bool = False
) -> ActionVerb:
    """Add an action; of what was just said in other words, only the last."""
    targets = phrase.targets if target else []
    when: tuple[Condition, ...] = () if draft.otherwise else draft.when
    if verb == "filter" and not when:
        when = tuple(
            one
            for one in read_condition(draft.copy, *phrase.span)
            if one[0] and len(one[0].split()) <= 3 and len(one[0]) <= 24 and one[1] != "contains" and " " in one[2]
        )
    last = draft.actions[-1] if draft.actions else None
    if (
        last is not None
        and last.value.verb == verb
        and verb in _MERGED
        and last.value.when == when
        and (not targets or verb in _CONTENT)
    ):
        merged = tuple(dict.fromkeys((*last.value.fields, *fields)))
        draft.actions[-1] = Found(
            Action(
                verb=verb,
                object=last.value.object or object_of(draft, phrase),
                target=last.value.target,
                fields=merged,
                when=when,
                otherwise=last.value.otherwise,
            ),
            (last.span[0], phrase.span[1]),
        )
        return verb
    if verb == "send" and len(targets) > 1:
        targets = [", ".join(targets)]
    for at, one in enumerate(targets or [""]):
        action = Action(
            verb=verb,
            object=object_of(draft, phrase),
            target=one,
            fields=fields if not at else (),
            when=when,
            otherwise=draft.otherwise,
        )
        draft.actions.append(Found(action, phrase.span))
    return verb


def form_said(draft: Draft, phrase: Phrase) -> OutputForm:
    """The form that the phrase says is to be made."""
    form = form_of(
        draft.copy.text, phrase.head.start if phrase.head.han else phrase.after[0], phrase.after[1], made=True
    )
    return form or (form_of(draft.copy.text, *phrase.before, made=True) if phrase.head.han else "")


def has_worked(draft: Draft) -> bool:
    """Whether something was already made of what was read."""
    return any(one.value.verb in THINKS for one in draft.actions)


def content_of(form: OutputForm) -> ActionVerb:
    """The work that a form asks for."""
    return "brief" if form in {"brief", "report", "page", "mail"} else "summarise"


_SUMS: Final = re.compile(
    r"\b(?:new|overall|daily|weekly|monthly|current|grand) (?:average|mean|median|total)\b|\b(?:(?:sub)?totals?"
    r"|sums?|averages?|median|number) (?:of|per|by|for|from|in|across)\b(?! (?:it|each mail))"
    r"|\bhow (?:much|many)\b[^,;]{2,40}\b(?:in total|altogether|per|each)\b|(?:总额|合计金额|总和|总数|总量"
    r"|平均[值数分]?|均值|总计)",
    re.IGNORECASE,
)


def made_on_the_way(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """As in "Send me a summary of it": the summary is made first."""
    text = draft.copy.text
    form = form_of(text, *phrase.after)
    if not form and phrase.head.han:
        form = form_of(text, *phrase.before, made=True)
    if not has_worked(draft) and _SUMS.search(text, *phrase.span):
        return [add(draft, phrase, "compute")]
    if not form or form in {"mail", "page"}:
        return []
    said = text[phrase.after[0] : phrase.after[1]] + " " + text[phrase.before[0] : phrase.before[1]]
    fresh = bool(_INDEFINITE.search(said)) or (
        not phrase.head.han
        and bool(
            re.search(r"\ban?\s[\w\s-]{0,30}(?:summary|brief|report|digest|overview|list|table)", said, re.IGNORECASE)
        )
    )
    if not fresh:
        return []
    draft.put(phrase.after, form=form)
    if form in {"list", "table"} or any(one.value.verb in {"summarise", "brief"} for one in draft.actions):
        return []
    return [add(draft, phrase, content_of(form))]
