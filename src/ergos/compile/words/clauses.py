"""The prose cut into sentences, and sentences into clauses that each say one thing.

A sentence ends at a full stop, a semicolon, a colon, a dash, a bracket or a line; within it a comma, "and", "then", 并,
然后 and the like divide where what follows can begin a clause: a verb, a condition, a negation, a time. So "extract
name, date and total and append it" is two clauses, not five.

Rules: pure, linear; clauses are disjoint, in order, and lose only what divides them. Must not know: what a clause
means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ergos.compile.intent import Span
from ergos.compile.words.events import WHEN_EN
from ergos.compile.words.verbs import AFTER_WEAK, english_at, han_verbs

_ENDS: Final = re.compile(
    r"[;；。！？!?\n]+|(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)("
    r"?<!\bapprox)(?<!\bNo)(?<!^\d)(?<!^\d\d)(?<!\b[ap]\.m)\.+(?=\s|$)|\.{2,}|…+|:(?=\s|$)|(?<=[\u3400-\u9fff]):|："
    r"|\s-{1,2}\s|[()（）\[\]【】]|(?<=\s)\d{1,2}\)\s|→|⇒|->|=>",
    re.MULTILINE,
)
_BULLET: Final = re.compile(
    r"\s*(?:[-*•·●▪◦+#>]+\s+|(?:\d{1,2}|[a-zA-Z])[.)]\s+|\d{1,2}[、．]\s*|[一二三四五六七八九十]、"
    r"|第[一二三四五六七八九十]步?[，,:：]?|step\s+\d{1,2}[:.]?\s*)",
    re.IGNORECASE,
)
_CUT: Final = re.compile(
    r"\s*[,，、]\s*(?:(?:and then|and also|and|then|but then|but|or else|or|so|plus)\b\s*)?|\s+(?:and "
    r"then|and also|and afterwards|and|then|but|before that|or else)\s+"
    r"|\s*(?:然后|接着|随后|最后|之后再|并且|并|同时|而后|(?<![别不要])再(?![次说度来一])|以及|和(?=把|将)|还要"
    r"|(?<![前最今此之以])后(?=[\u3400-\u9fff]))\s*",
    re.IGNORECASE,
)
LEAD: Final = re.compile(
    r"(?:\s|,|，|、|\b(?:please|kindly|then|also|and|but|so|next|finally|first(?:ly)?|second(?:ly)?"
    r"|third(?:ly)?|lastly|afterwards|after that|after this|now|just|simply|always|automatically"
    r"|immediately|at once|in the end|additionally|in addition|furthermore|moreover|plus|hey|hi|hello"
    r"|ok|okay|thanks?(?: you)?"
    r"|you (?:should|must|can|may|will|need to|have to|are to)|i(?:'d| would) (?:like|love) (?:you|it"
    r"|an agent|somebody|someone)? ?to|i (?:want|need|wish|expect) (?:you|it|an agent|someone"
    r"|somebody|a bot|a tool|something)? ?(?:to|that)|i want|i need|i'd like|i would like|(?:can"
    r"|could|would|will|might) (?:you|somebody|someone|anybody|anyone|it|we)(?: please| kindly| perhaps| maybe)?|"
    r"(?:it would|it'd|that would|that'd) be (?:great|nice|lovely|good|helpful|perfect|handy|useful|ideal"
    r"|wonderful)(?: if| to| for you to)?(?: you)?(?: could| would)?|i(?:'d| would) (?:appreciate it if"
    r"|be (?:glad|happy|grateful|thankful) (?:if|to)) ?(?:you)? ?(?:could|would)?|would you mind"
    r"|is it possible (?:to|for you to)|any chance (?:you could|of)|i was (?:hoping"
    r"|wondering) (?:if )?(?:you )?(?:could|would)?|wonder(?:ing)? if you could|feel free to|let's|(?:it|he"
    r"|she)(?:'s| is) supposed to|you(?:'re| are) supposed to|the idea is (?:to|that you)|the goal is (?:to"
    r"|that you)|the plan is to|ideally|if (?:at all )?possible|we(?:'d| would) (?:like|love|want) (?:you"
    r"|it)? ?to|we (?:want|need) (?:you|it)? ?to|we want|we need|we'd like|i(?:'d| would) (?:love"
    r"|prefer)(?: it)?|all i (?:want|need|ask) is(?: for you)?(?: to)?|what i (?:want|need|would like"
    r"|'d like) is(?: for you)?(?: to)?|go to|head over to|have it|have the agent|let it"
    r"|it (?:should|must|shall|will|needs to|has to|is to)|the agent (?:should|must|shall|will|is to)"
    r"|(?:an|the|this|my) (?:agent|bot|assistant)(?: that| which| to)?|that|which|make sure (?:to"
    r"|that you|that it|you)|be sure to|remember to|don't forget to|do not forget to|help me(?: to)?"
    r"|go ahead and|go and|i mean|to|your (?:job|task) is to|start by"
    r"|only|each one|for each (?:of them|one)|each of them|the result|quickly|carefully|otherwise"
    r"|else|if not|instead|in parallel|at the same time|meanwhile|again|dear agent|create an agent "
    r"(?:that|which|to)|build (?:me )?an agent (?:that|which|to)|set up an agent (?:that|which|to)"
    r"|i'd want you to|is to|could|should|must)\b"
    r"|请(?![求假示客教])你?|麻烦你?您?|帮我|替我"
    r"|给我(?=[读看查抓取收搜总写列出翻译整理汇统计把算对比]|.{0,3}[读查抓])|你(?=[\u3400-\u9fff])|您"
    r"|我想要?你?|我希望你?|我要你?|需要你?|让它|它要|要(?=[\u3400-\u9fff])|先|首先|然后|接着|随后"
    r"|最后|再|并且?|同时|自动|立即|立刻|马上|就|则|每次都?|都|也|还|此外|另外|其次|之后|以后|后|来"
    r"|去|负责|记得|务必|能不能|能否|可不可以|可否|可以的话|劳驾|劳烦|拜托|烦请|有劳|辛苦你?|想请你|想让你|想要"
    r"|我想(?!写|做|学)|最好|顺便|顺手|顺带|帮忙|帮着|帮个忙|我需要|一定"
    r"|直接|把它们?|将其|将它们?|的话|的|时|呢|好|嗯|嗨|你好"
    r"|(?:(?:at|on|in|by|the|of|around|about|from|top|turn|start|stroke)\s+){1,5}(?=[\ue005\ue006])|\ue005"
    r"|\ue006|\ue008){1,60}+",
    re.IGNORECASE,
)
_OPENER: Final = re.compile(
    rf"(?:{WHEN_EN}|if|unless|only (?:if|when|after|those)|otherwise|else|before|never|do not|don't"
    rf"|must not|mustn't|without|no|nothing|at most|not more|ask|check with me|cite|citing|quote|in "
    rf"(?:english|german|french|chinese|spanish|italian|japanese)|while|except|until|once|with "
    rf"(?:citations|links|sources)|max|i(?:'ll|'d)? (?:want|need|will|would|must|approve)|let me|(?:it|they"
    rf"|these|everything) (?:all )?(?:goes|go|should|must|has to|have to|belongs?)|i (?:must|got|get|should)|call "
    rf"it|keep|starting|language)\b|(?:filed|saved|stored|appended|added|logged|sent|mailed|posted|published"
    rf"|delivered|forwarded|written|put|collected|noted) (?:as|to|in|into|under|on|onto|at)\b"
    rf"|(?:the )?(?:results?|output|copies|summary|answers?|rest) (?:to|in|into|under"
    rf"|as)\s+[\ue003\ue004\ue007]|(?:in|into|as|for|under|onto)\s+[\ue003\ue004\ue007]|[\ue005\ue006\ue007\ue008]|#",
    re.IGNORECASE,
)
_TO_ME: Final = re.compile(r"(?:to|for) (?:me|us)\s*(?=[,.]|\Z)", re.IGNORECASE)
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_NEVER: Final = re.compile(
    r"\W*(?:please |and |but |also )*(?:never|do not|don't|must not|mustn't|may not)\b", re.IGNORECASE
)
_OR_MORE: Final = re.compile(r"[\w-]+(?: [\w-]+)?\s*(?:,|\bor\b)", re.IGNORECASE)
_LISTS: Final = re.compile(
    r"\W*(?:\w+ )?(?:append|add|extract|save|record|log|enter|pull out|get|store|write|note)\b", re.IGNORECASE
)
_LISTING: Final = re.compile(
    r"\b(?:append|add|extract|save|record|log|pull out|get|grab|note|columns?|fields?)\b", re.IGNORECASE
)
_NOUN_TO: Final = re.compile(
    r"(?:tag|label|score|count|total|rank|mark|rate|report|note|mail|email|message|text|copy|list"
    r"|group|match|file|search|digest|order) (?:to|into|in|from|for)\b",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile("[\ue001-\ue004]")
_HAN_CONNECT: Final = re.compile(r"然后|接着|随后|最后|并|同时|再|后|之后")


def sentences(text: str) -> Iterator[Span]:
    """Stretches between full stops and the like, without bullets."""
    at = 0
    for match in _ENDS.finditer(text):
        yield from _trimmed(text, at, match.start())
        at = match.end()
    yield from _trimmed(text, at, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    bullet = _BULLET.match(text, start, end)
    low = bullet.end() if bullet else start
    while low < end and text[low] in " \t,，、":
        low += 1
    while end > low and text[end - 1] in " \t,，、.":
        end -= 1
    if low < end:
        yield low, end


def clauses(text: str, start: int, end: int) -> Iterator[Span]:
    """The clauses of a sentence."""
    at = start
    for match in _CUT.finditer(text, start, end):
        if match.start() <= at or match.end() >= end:
            continue
        if (
            opens(text, match.end(), end, mark=match[0].strip())
            and not _inside_list(text, at, match)
            and not _forbids_on(text, at, match, end)
        ):
            if (
                match[0].strip() == ","
                and _LISTING.search(text, max(at, match.start() - 200), match.start())
                and _is_item(text, match.end(), end)
            ):
                continue
            if (
                _LISTS.match(text, at, match.start())
                and _NOUN_TO.match(text, match.end(), end)
                and not _ADDRESS.search(text, at, match.start())
            ):
                continue
            yield from _trimmed(text, at, match.start())
            at = match.end()
    yield from _trimmed(text, at, end)


def _is_item(text: str, at: int, end: int) -> bool:
    """Whether a verb behind a comma is rather one more name of a list: 'start date'."""
    verb = english_at(text, at, end)
    return verb is not None and not AFTER_WEAK.match(text, verb.end, end)


def _inside_list(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether two addresses are joined: 'a.csv and b.csv', A、B."""
    mark = match[0].strip().lower()
    before, after = text[match.start() - 1], text[match.end()]
    return (
        "\ue001" <= before <= "\ue004"
        and "\ue001" <= after <= "\ue004"
        and mark in {",", "and", "、", "，", ", and", "并", "和", "or"}
        and start < match.start()
    )


def _forbids_on(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Whether a list of what must not be done goes on: 'do not send, publish or delete'."""
    if not _NEVER.match(text, start, match.start()):
        return False
    mark = match[0].strip().lower()
    return "or" in mark.split() or (mark == "," and _OR_MORE.match(text, match.end(), end) is not None)


def opens(text: str, at: int, end: int, *, mark: str) -> bool:
    """Whether a clause can begin here; `mark`: what divides."""
    lead = LEAD.match(text, at, end)
    begin = lead.end() if lead else at
    if begin >= end:
        return True
    if mark.startswith("，") or (mark == "," and _HAN.match(text, begin) and _HAN.match(text, max(at - 2, 0))):
        return True
    if lead is not None and mark == "," and text[begin] in "\ue003\ue007" and lead[0].rstrip().endswith("to"):
        return True
    if _TO_ME.match(text, at, end):
        return True
    if _OPENER.match(text, begin, end):
        return not (mark in {"and", "or"} and "\ue001" <= text[begin] <= "\ue004")
    if english_at(text, begin, end, opening=lead is not None and len(lead[0].strip()) > 3):
        return True
    if mark == "、":
        return False
    if _HAN.match(text, begin):
        return (
            _HAN_CONNECT.search(mark) is None
            or bool(han_verbs(text, begin, min(end, begin + 14)))
            or mark.startswith("，")
        )
    return False


def without_lead(text: str, start: int, end: int) -> int:
    """Where a clause begins to say something."""
    lead = LEAD.match(text, start, end)
    return min(lead.end(), end) if lead else start
