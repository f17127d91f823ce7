"""One clause, offered to its readers in order.

A subordinate part ("when a PDF arrives", 如果金额超过一万元) is split off first: it is a trigger, or a condition of
what follows, or nothing. What remains is a prohibition, a wish to be asked, something about the agent, or something
to do.

Rules: pure; a clause is taken once; what none takes is unread, with a diagnostic.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import SourceMention, Span
from ergos.compile.words.actions import act
from ergos.compile.words.atoms import ANY, HAN, Atom
from ergos.compile.words.clauses import without_lead
from ergos.compile.words.consent import and_then, read_approval
from ergos.compile.words.destinations import read_destination, read_version
from ergos.compile.words.draft import Draft
from ergos.compile.words.escalation import read_escalation
from ergos.compile.words.events import EVENT
from ergos.compile.words.output import Fact, form_of, read_output
from ergos.compile.words.phrases import Phrase, listed
from ergos.compile.words.places import read_described
from ergos.compile.words.prohibitions import read_forbidden
from ergos.compile.words.projects import read_name, read_team
from ergos.compile.words.speech import has_address, read_actions, read_knowing, read_wanted
from ergos.compile.words.subordinate import HAN_WHEN, WHEN, marked_in_lead, read_subordinate, read_trailing
from ergos.compile.words.triggers import read_trigger
from ergos.compile.words.verbs import VerbAt, english_at, han_verbs
from ergos.compile.words.watching import WATCH

_ONCE_AGREED: Final = re.compile(
    r"\W*(?:but )?(?:only )?(?:after|once|until|when|if|with|unless)\s+(?:you have\s+)?(?:my|our|I(?:'ve| have)?)\s",
    re.IGNORECASE,
)
CLAUSE_CHARS_MAX: Final = (
    2_000  # characters of one clause; a longer one is a list of addresses, or nothing anybody said
)


_OTHERWISE: Final = re.compile(
    r"(?:\s|and|but|,)*(?:otherwise|or else|else|if not|failing that)\b[\s,]*|(?:否则|不然(?:的话)?|要不然"
    r"|反之)[，,]?",
    re.IGNORECASE,
)


_FEED: Final = re.compile(r"\b(?:feeds?|rss|atom)\b|订阅|源", re.IGNORECASE)

_ONLY_MARKS: Final = re.compile(
    rf"(?:{ANY}|[\s,，、。.!！?？:：'\"“”~～—-]|(?![\u3400-\u9fff])\W|\b(?:thanks?|thank you|please"
    rf"|and|then|hi|hello|hey|the|a|an|on|at|in|from|of|to|for|with|by|is|are|it|so|as well|too|best"
    rf"|regards|cheers|ok|okay|here's what i want|quick one|just)\b|谢谢|多谢|请|麻烦|的|了|和|与|在"
    rf"|从|到|每次|都|吧|呢|哦|啊|好|您|你|一次|各|分别|整|左右|准时|要|即可|就行|就好)*+",
    re.IGNORECASE,
)

_CODE: Final = re.compile(r"\b(?:go on|carry on|continue|keep going)\b|继续|照常", re.IGNORECASE)

_KNOWN_TAIL: Final = re.compile(
    r"\b(?:nothing else|do(?:ing)? nothing|that's (?:all|it)|as usual)\b|仅此而已|什么都不做"
    r"|什么也不做|不做任何|就这些|不用管",
    re.IGNORECASE,
)


_PASSIVE: Final = re.compile(r"\bbe (?:all |also |always |then )?\w{2,}(?:ed|nt|ept|ut|en|wn)\b", re.IGNORECASE)
_NOT_NEEDED: Final = re.compile(
    r"(?:别漏|别忘|不要遗漏|别漏了|一个都别漏)了?|(?:别的|其他的?|其它的?|其余的?|抄送|回复|备份|通知)(?:什么"
    r"|一律|就|都)*(?:不用|不必|不需要|免了|算了)(?:做|管|动|了)*[。.!！]?"
    r"|(?:cc|bcc|reply|copy)\s+(?:to )?(?:nobody|no one|none)|no (?:cc|copy|reply)",
    re.IGNORECASE,
)
_RECIPIENT: Final = re.compile(
    r"\ue003[^,;.\ue001-\ue008]{0,12}?\s*\b(?:should|must|shall|ought|has to|have to|needs? to|is to|are to"
    r"|wants? to|gets|receives)\b",
    re.IGNORECASE,
)
_POSTED_AT: Final = re.compile(
    r"[^把将请帮]{2,24}?(?:都|会|一般|通常|平时|平常)*(?:发到|发在|贴在|贴到|挂在|登在|公布在|放在"
    r"|更新在)\s*\ue002+\s*"
)
"""As in 通知都发到 https://…: where it is published, which is watched."""


def read_clause(draft: Draft, start: int, end: int, sentence: Span) -> None:
    """Read one clause of a sentence."""
    text = draft.copy.text
    if end - start > CLAUSE_CHARS_MAX:
        _long(draft, start, end)
        return
    otherwise = _OTHERWISE.match(text, start, end)
    if otherwise:
        draft.otherwise = True
        start = otherwise.end()
    begin = without_lead(text, start, end)
    marked = WHEN.match(text, begin, end) or HAN_WHEN.match(text, begin, end) or marked_in_lead(text, start, begin, end)
    if (
        _ONLY_MARKS.fullmatch(text, begin, end)
        and not has_address(draft, begin, end)
        and "#" not in draft.copy.prose[begin:end]
    ):
        return
    named = any(
        re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", draft.copy.prose[begin:end])
        for name in draft.circumstances.agents
    )
    if begin < draft.failing:
        return
    if read_escalation(draft, begin, end, (begin, sentence[1]), named=named) and not named:
        draft.failing = sentence[1]
        return
    if _ONCE_AGREED.match(text, start, end) and read_approval(draft, start, end):
        return
    if _set_aside(draft, start, begin, end, marked=marked is not None):
        return
    opened = begin
    begin = read_subordinate(draft, begin, end, marked)
    untouched = begin == opened
    if begin >= end:
        return
    wish = start if untouched else begin
    stop = read_trailing(draft, begin, end)
    begin = without_lead(text, begin, stop) if begin > start else begin
    if _taken(draft, start if untouched else begin, begin, stop, sentence):
        return
    if (
        english_at(text, begin, stop, opening=True) is None
        and not han_verbs(text, begin, stop)
        and not _PASSIVE.search(text, begin, stop)
        and (read_destination(draft, wish, begin, stop) or read_knowing(draft, wish, stop))
    ):
        return
    if read_actions(draft, begin, stop):
        return
    if read_version(draft, begin, stop) or read_destination(draft, start, begin, stop):
        return
    if _described(draft, start if begin - start < 12 else begin, begin, stop):
        return
    _unread(draft, begin, stop)


def _unread(draft: Draft, begin: int, end: int) -> None:
    """Say that these words were not understood, unless they are none."""
    text = draft.copy.text
    if not any(nothing.search(text, begin, end) for nothing in (_CODE, _KNOWN_TAIL)) and not _ONLY_MARKS.fullmatch(
        text, begin, end
    ):
        draft.unread.append((begin, end))
        draft.say("C201", (begin, end))


def _set_aside(draft: Draft, start: int, begin: int, end: int, *, marked: bool) -> bool:
    """What is not needed, who gets something, where something is published: said without a command."""
    text = draft.copy.text
    if _NOT_NEEDED.fullmatch(text, begin, end):
        return True
    if not marked and _RECIPIENT.search(text, begin, end) and read_destination(draft, start, begin, end):
        return True
    posted = _POSTED_AT.fullmatch(text, begin, end)
    if posted is not None and not draft.scheduled:
        draft.watched = next(draft.copy.within(begin, end, "url"), None)
        draft.watched_span = (begin, end)
        return True
    return False


def _long(draft: Draft, start: int, end: int) -> None:
    """Of a clause that is too long: its addresses, which are sources, or nothing."""
    addresses = list(draft.copy.within(start, end, "url", "path"))
    for atom in addresses:
        draft.source(SourceMention(at=atom.text), (atom.start, atom.end))
    if not addresses:
        draft.unread.append((start, end))
        draft.say("C201", (start, min(end, start + 200)))


def _taken(draft: Draft, start: int, begin: int, end: int, sentence: Span) -> bool:
    """Consent, prohibitions, what is said about the agent, what is to be watched."""
    if read_approval(draft, start, end):
        _before_approval(draft, begin, end)
        rest = and_then(draft.copy.text, begin, end)
        if rest < end and han_verbs(draft.copy.text, rest, end):
            read_actions(draft, rest, end)
        return True
    quiet = next(draft.copy.within(sentence[0], sentence[1], "taken"), None) is not None
    if quiet and _HUSH.search(draft.copy.text, start, end):
        return True
    if read_forbidden(draft, begin, end):
        return True
    if read_name(draft, begin, end):
        return True
    team = read_team(draft, begin, end)
    if team:
        rest = without_lead(draft.copy.text, team, end)
        return rest >= end or read_actions(draft, rest, end) or True
    return _watched(draft, begin, end, sentence)


def _before_approval(draft: Draft, begin: int, end: int) -> None:
    """As in "publish the total after I approve it": what is approved is said in the same breath."""
    text = draft.copy.text
    head = english_at(text, begin, end, opening=True)
    asked = re.search(
        r"\b(?:only )?(?:after|once|if|with|when|as soon as|unless|until|but|subject to|pending)\b",
        text[begin:end],
        re.IGNORECASE,
    )
    if (
        head is not None
        and asked
        and head.verb not in {"ask", "notify"}
        and head.form not in {"show", "let", "get", "wait for", "check", "consult"}
        and head.end < begin + asked.start()
    ):
        read_actions(draft, begin, begin + asked.start())


def _watched(draft: Draft, begin: int, end: int, sentence: Span) -> bool:
    """As in "watch ./invoices": what happens there is said next, or is any change."""
    text = draft.copy.text
    match = WATCH.search(text, begin, min(end, begin + 20))
    if match is None:
        return False
    atom = next(draft.copy.within(match.end(), end, "url", "path", "mail"), None) or next(
        draft.copy.within(begin, match.start(), "url", "path"), None
    )
    if next(draft.copy.within(*sentence, "time"), None) is not None:
        return False
    if atom is None or re.search(r"topic|queue|主题|队列|inbox|mail|邮", text[begin:end], re.IGNORECASE):
        return read_trigger(draft, begin, end, sure=True)
    if (
        EVENT.search(text, match.end(), end)
        and re.search(r"\b(?:for|and)\b|新|变|改|删", text[match.end() : end])
        and read_trigger(draft, begin, end, sure=True)
    ):
        return True
    draft.watched = atom
    draft.watched_kind = "feed" if _FEED.search(text, begin, end) else ""
    draft.watched_span = (begin, end)
    return True


_HUSH: Final = re.compile(
    r"\b(?:no|don't|do not|never|stop)\b.{0,20}(?:notif|disturb|wake|bother|messag)|(?:不要|别|不许"
    r"|不得|勿|免).{0,8}(?:通知|打扰|消息|提醒|吵)",
    re.IGNORECASE,
)

_CHOSEN: Final = re.compile(
    r"\b(?:that|which) (?:are|have|mention|concern|match)\b|\b(?:about|concerning|mentioning|regarding)\b",
    re.IGNORECASE,
)
_MINE: Final = re.compile(
    r"\b(?:in|into|to|on) my (?:\w+ )?(?:inbox|mailbox|phone|desk|screen)\b|\bfor me\b", re.IGNORECASE
)
_TO_ME: Final = re.compile(r"(?:给|发|发给)我(?:吧|就行|即可)?\Z")


def _described(draft: Draft, start: int, begin: int, end: int) -> bool:
    """A clause without a verb: more fields, a form, an address, a description."""
    text = draft.copy.text
    if _KNOWN_TAIL.search(text, begin, end):
        return True
    if read_wanted(draft, begin, end):
        return True
    facts = list(read_output(text, start, end))
    if _TO_ME.search(text[begin:end]):
        act(draft, Phrase(VerbAt("notify", "给", end - 2, end, han=True), (begin, end - 2), (end - 1, end)))
        form = form_of(text, begin, end)
        if form:
            draft.put((begin, end), form=form)
        return True
    for name, value, span in facts:
        draft.put(span, **{name: value})
    addresses = list(draft.copy.within(begin, end, "url", "path"))
    if not draft.actions and draft.triggers and text[max(0, start - 2) : start].strip(" ")[:1] in {":", "："}:
        names = listed(draft, begin, end, han=bool(HAN.search(text, begin, end)))
        if len(names) >= 2 and all(len(one) <= 24 and len(one.split()) <= 3 for one in names):
            act(draft, Phrase(VerbAt("extract", "extract", begin, begin), (begin, begin), (begin, end)))
            return True
    if _named_only(draft, begin, end, facts, addresses):
        return True
    for atom in addresses:
        draft.source(SourceMention(at=atom.text), (atom.start, atom.end))
    if facts or addresses:
        form = form_of(text, begin, end, made=True)
        if form and facts and not draft.output.get("form"):
            draft.put((begin, end), form=form)
        return True
    return _more_fields(draft, begin, end) or read_described(draft, begin, end)


def _named_only(draft: Draft, begin: int, end: int, facts: list[Fact], addresses: list[Atom]) -> bool:
    """As in "the top three of https://…": what is wanted is named, and its source."""
    text = draft.copy.text
    if (
        facts
        and addresses
        and not draft.actions
        and {name for name, _, _ in facts} & {"pages", "words", "items", "form"}
        and any(atom.kind == "url" or not atom.text.endswith("/") for atom in addresses)
    ):
        chosen = _CHOSEN.search(text, begin, end) is not None
        head = VerbAt("filter", "pick", begin, begin) if chosen else VerbAt("summarise", "summarise", begin, begin)
        act(draft, Phrase(head, (begin, begin), (begin, end)))
        if _MINE.search(text, begin, end):
            act(draft, Phrase(VerbAt("notify", "be told", end, end), (end, end), (end, end)))
        for name, value, span in facts:
            draft.put(span, **{name: value})
        return True
    return False


def _more_fields(draft: Draft, begin: int, end: int) -> bool:
    """Names that go on with a list of what is to be found."""
    text = draft.copy.text
    last = draft.actions[-1].value if draft.actions else None
    if (
        last is not None
        and last.verb == "extract"
        and (last.fields or re.search(r"following|以下|下列|如下", last.object))
        and not EVENT.search(text, begin, end)
    ):
        names = listed(draft, begin, end, han=bool(HAN.search(text, begin, end)))
        if names and all(len(one) <= 24 and len(one.split()) <= 3 for one in names):
            at = draft.actions[-1]
            merged = tuple(dict.fromkeys((*last.fields, *names)))
            draft.actions[-1] = type(at)(
                type(last)(
                    verb="extract",
                    object=last.object,
                    target=last.target,
                    fields=merged,
                    when=last.when,
                    otherwise=last.otherwise,
                ),
                (at.span[0], end),
            )
            return True
    return False
