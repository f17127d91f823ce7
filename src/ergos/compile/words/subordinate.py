"""Subordinate parts of clauses: "when a PDF arrives", 如果金额超过一万元, "… each time the file changes".

A part is found by what opens it, by what closes it, or by what happens in it; it becomes a trigger, or a condition of
the main clause, or says nothing. Rules: pure; what is read is taken off. Must not know: what the main clause does.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import Condition, SourceMention, Span
from ergos.compile.words.atoms import ANY, HAN
from ergos.compile.words.conditions import read_condition
from ergos.compile.words.draft import Draft
from ergos.compile.words.events import EVENT, WHEN_EN, kind_of
from ergos.compile.words.implied import ONCE, read_implied
from ergos.compile.words.speech import main_english
from ergos.compile.words.triggers import read_trigger
from ergos.compile.words.verbs import han_verbs

WHEN: Final = re.compile(
    rf"(?P<when>{WHEN_EN}|in the event (?:of|that)|should(?= (?:a|an|the|any)\b))\b|(?P<if>(?:but |and "
    rf")?(?:only |even |just )?if|unless|in case|provided(?: that)?|only when|as long as|where)\b",
    re.IGNORECASE,
)

_TRAILING: Final = re.compile(
    rf"\s(?P<when>{WHEN_EN})\b|\s(?P<if>(?:but )?(?:only )?if|unless|in case|provided(?: that)?|only "
    rf"when|as long as)\b",
    re.IGNORECASE,
)

HAN_WHEN: Final = re.compile(
    r"\s*(?:(?P<when>当(?![天日月前时])|每当|每逢|一旦|等(?:到|待)?(?=.{2,30}(?:后|时|了|就))"
    r"|每次(?=.{1,30}(?:时|后|就))|只要(?=.{2,40}就)|凡是|收到|接到|有人|谁(?=给我|发|寄|来信)|新邮件|有新|一有"
    r"|如有(?=新))"
    r"|(?P<if>如果|若是?|要是|假如|假设|倘若|万一|除非|如(?=[\u4e00-\u9fff]{1,6}(?:超|大|高|低|少|多"
    r"|小|含|包|提))))"
)

_HAN_END: Final = re.compile(
    r"(?:的?时候|的话|(?<![小及按定随临实同准暂有工课计用耗延])时(?![间刻区段长事报代常候效光尚髦])"
    r"|之后|以后|(?<![前最今此])后(?![台续缀天面期来者勤])|(?<!成)就(?![业绪职近医读])|则(?!是)"
    r"|便(?=[\u4e00-\u9fff])|马上|立即|立刻|都(?=告诉|通知|提醒|发|问)|了(?=(?:提醒|通知|告诉|发|问"
    r"|叫)))[，,\s]*"
)

_ONCE_AT: Final = re.compile(
    rf"{ONCE}[了]?\s*(?=[，,]|\Z|就|马上|立刻|立即|赶紧|便)|(?:来|到|进来|出来|更新|变|改|上新)了?(?:以后|之后"
    rf"|的时候)\s*\Z"
)
_MID: Final = re.compile(r"(?:要是|如果|若是|一旦|万一|每当|每次|只要|倘若)(?:又|再|哪天)?")
MID_CHARS_MAX: Final = 40  # characters of what stands before a conjunction in the middle: "nightly-backup 要是挂了"


def marked_in_lead(text: str, start: int, begin: int, end: int) -> re.Match[str] | None:
    """A marker that was taken for a lead: 每次 … 时."""
    return HAN_WHEN.match(text, start, end) if begin > start else None


def read_subordinate(draft: Draft, begin: int, end: int, marked: re.Match[str] | None) -> int:
    """Read a subordinate part that a clause begins with; where the rest begins."""
    text = draft.copy.text
    if marked is not None and marked.re is WHEN:
        main = main_english(text, marked.end(), end)
        sure = marked["when"] is not None and marked["when"].lower() not in {"if", "if and when"}
        return _settled(draft, (begin, main), marked.end(), sure=sure, doubtful=not sure)
    if not HAN.search(text, begin, end):
        return read_implied(draft, begin, end)
    closing = _han_closing(draft, begin, end)
    middle = _MID.search(text, begin + 1, min(end, begin + MID_CHARS_MAX)) if marked is None else None
    if middle is not None and not han_verbs(text, begin, middle.start()):
        stop, after = closing or (end, end)
        event = EVENT.search(text, middle.end(), after) is not None
        if stop > middle.end():
            read = _settled(draft, (begin, stop), begin, sure=event, doubtful=True)
            return after if read != begin else begin
    once = _ONCE_AT.search(text, begin + 1, end) if marked is None and not draft.scheduled else None
    if (
        once is not None
        and EVENT.search(text, begin, once.end())
        and not han_verbs(text, begin, once.start())
        and read_trigger(draft, begin, once.end(), sure=True)
    ):
        return once.end()
    if marked is not None:
        sure = marked["when"] is not None
        stop = (
            closing[0]
            if closing
            else end
            if text[end : end + 1] in {"，", ","}
            else _before_verbs(text, marked.end(), end)
        )
        after = closing[1] if closing else stop
        low = (
            marked.end()
            if marked[0].strip() in {"当", "每当", "如果", "若", "一旦", "要是", "若是", "每逢", "假如"}
            else begin
        )
        read = _settled(draft, (begin, stop), low, sure=sure, doubtful=not sure)
        return after if read != begin else begin
    if closing is not None:
        event = EVENT.search(text, begin, closing[1])
        read = _settled(draft, (begin, closing[0]), begin, sure=bool(event), doubtful=bool(event))
        return closing[1] if read != begin else begin
    return read_implied(draft, begin, end)


def _han_closing(draft: Draft, begin: int, end: int) -> Span | None:
    """Where a Chinese subordinate part ends, and where what follows begins."""
    text = draft.copy.text
    for match in _HAN_END.finditer(text, begin + 1, end):
        left = text[begin : match.start()]
        if (
            EVENT.search(left)
            or EVENT.search(match[0])
            or read_condition(draft.copy, begin, match.start())
            or re.search(rf"{ANY}|挂了?|坏|变|下雨|涨|跌|有|没", left)
        ):
            return match.span()
    return None


def _before_verbs(text: str, begin: int, end: int) -> int:
    """The end of a subordinate part that nothing marks: the first verb behind what happens."""
    event = EVENT.search(text, begin, end)
    verbs = [verb for verb in han_verbs(text, event.end() if event else begin, end) if verb.verb != "read"]
    return verbs[0].start if event and verbs else end


def _settled(draft: Draft, whole: Span, low: int, *, sure: bool, doubtful: bool) -> int:
    """Make a trigger or a condition of a subordinate part; where the rest begins (`whole[0]`: it says nothing)."""
    if read_trigger(draft, *whole, sure=sure and not (doubtful and _is_comparison(draft, low, whole[1]))):
        return whole[1]
    conditions = read_condition(draft.copy, low, whole[1])
    if conditions:
        draft.when, draft.when_span = _about_last(draft, conditions), whole
        for atom in draft.copy.within(*whole, "url", "path"):
            draft.source(SourceMention(at=atom.text), (atom.start, atom.end))
        return whole[1]
    if doubtful and not sure:
        return whole[1]
    if sure:
        return whole[1]
    return whole[0]


def _about_last(draft: Draft, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """A comparison that names nothing is of what was just looked at: 看花粉指数 …，大于 3 就 …."""
    last = draft.actions[-1].value if draft.actions else None
    if last is None or last.verb not in {"read", "compute"} or conditions[0][0]:
        return conditions
    atoms = draft.copy.within(*draft.actions[-1].span, "url", "path")
    said = last.object
    for atom in atoms:
        said = said.replace(atom.text, " ")
    name = said.strip(" ，,。的")
    named = name if re.fullmatch(r"[\u3400-\u9fff]{2,8}", name) else ""
    return ((named, *conditions[0][1:]), *conditions[1:])


def _is_comparison(draft: Draft, start: int, end: int) -> bool:
    return (
        any(one[1] not in {"contains", "=="} for one in read_condition(draft.copy, start, end))
        and next(draft.copy.within(start, end, "url", "path", "mail"), None) is None
    )


_LOOKS: Final = re.compile(
    r"(?:look (?:at|into|in|through)|check(?: on)?|read|scan|go (?:through|over)|open|visit|inspect|process)\b",
    re.IGNORECASE,
)


def _happens_there(draft: Draft, begin: int, stop: int, low: int, end: int) -> bool:
    """As in "Look at ./scans every time a jpg is added": what happens, happens where it is looked."""
    text = draft.copy.text
    there = list(draft.copy.within(begin, stop, "path", "url"))
    if (
        draft.scheduled
        or len(there) != 1
        or not _LOOKS.match(text, begin, stop)
        or not EVENT.search(text, low, end)
        or next(draft.copy.within(low, end, "path", "url", "mail"), None) is not None
        or not (
            kind_of(text, low, end)
            or re.search(
                r"\b(?:files?|documents?|one|something|it|entr|posts?|articles?)\b", text[low:end], re.IGNORECASE
            )
        )
    ):
        return False
    draft.watched, draft.watched_span = there[0], (begin, end)
    if read_trigger(draft, low, end, sure=True):
        draft.copy.put("taken", there[0].start, there[0].end)
        return True
    draft.watched = None
    return False


def read_trailing(draft: Draft, begin: int, end: int) -> int:
    """Read a subordinate part behind the main clause; where it begins, or `end`."""
    text = draft.copy.text
    for match in _TRAILING.finditer(text, begin + 2, end):
        if match["when"] and match["when"].lower() not in {"if", "if and when"}:
            low = match.start() + 1
            if (
                match["when"].lower() in {"after", "on", "upon", "once"}
                and EVENT.search(text, match.end(), end) is None
            ):
                continue
            if re.search(r"\b(?:i|my)\b", text[match.end() : end], re.IGNORECASE) and re.search(
                r"approv|confirm|sign|ok\b", text[match.end() : end], re.IGNORECASE
            ):
                continue
            if read_trigger(draft, low, end, sure=True, main=begin):
                return match.start()
            if _happens_there(draft, begin, match.start(), low, end):
                return match.start()
            conditions = read_condition(draft.copy, match.end(), end)
            if conditions and conditions[0][0] and conditions[0][1] != "contains":
                draft.when, draft.when_span = conditions, (match.start(), end)
                return match.start()
            continue
        if re.search(r"\bask\b|approv|confirm", text[begin:end], re.IGNORECASE) and not re.search(
            r"\bask (?:me|us) (?:what|which|how)", text[begin:end]
        ):
            return end
        low = match.end()
        if read_trigger(draft, match.start() + 1, end, sure=False):
            return match.start()
        conditions = read_condition(draft.copy, low, end)
        if conditions and not match[0].strip().lower().startswith("unless"):
            draft.when, draft.when_span = conditions, (match.start(), end)
        return match.start()
    return end
