"""Comparisons an owner makes: "if the total is above 1,000 EUR", 金额超过一万元的, "only those that mention X".

A comparison is what is compared, how, and with what: ('total', '>', '1000 EUR'); with nothing named on the left, ''.

Rules: pure; nothing is added to what was said. Must not know: what is done under the condition.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import Condition
from ergos.compile.words.atoms import ANY, Copy
from ergos.compile.words.money import amounts, plain_number

TEXT_CHARS_MAX: Final = 80  # characters of a text that something is compared with

_NOT: Final = r"(?:(?:is|are|was|were|does|do|did|has|have)(?: not|n't)\s+|not\s+)"
_BE: Final = (
    r"(?:(?:is|are|was|were|be|gets|goes|comes|rises|falls|drops|stays|has|have|reaches|amounts|climbs"
    r"|soars|sinks|shoots|jumps|slips|creeps|dips|runs|stands|sits|lies)\s+(?:to\s+)?)?"
)
_OPS: Final[tuple[tuple[str, str], ...]] = (
    (
        ">=",
        (
            rf"{_BE}(?:at least|no less than|not less than|not below|from|>=|≥|equal to or above"
            rf"|(?P<reach>reaches))|不(?:少于|低于|小于|足以下)|至少|大于等于|大于或等于|达到|满|以上(?:含)?"
        ),
    ),
    (
        "<=",
        (
            rf"{_BE}(?:at most|no more than|not more than|not above|up to|not over|<=|≤)|不(?:超过|高于|大于"
            rf"|多于)|至多|最多|小于等于|小于或等于"
        ),
    ),
    (
        ">",
        (
            rf"{_BE}(?:above|over|more than|greater than|higher than|larger than|bigger than|beyond|past|in "
            rf"excess of|upwards of|north of|older than|longer than|exceeds?|exceeding|>)|exceeds?|exceeded"
            rf"|tops|outstrips|runs? (?:over|above|past)|go(?:es)? (?:over|above)|一过(?=\d)|突破|冲破|高过|多过"
            rf"|大过|超过了?|超出|大于|高于|多于|超"
        ),
    ),
    (
        "<",
        (
            rf"{_BE}(?:below|under|less than|lower than|smaller than|fewer than|cheaper than|shorter than"
            rf"|younger than|<)|drops? (?:below|under|to less than)|falls? (?:below|under)|go(?:es)? (?:below"
            rf"|under)|(?:runs?|gets?) (?:low|short)er than|低过|少过|低于|小于|少于|不足|不到|不满|跌破|降到"
        ),
    ),
    (
        "!=",
        (
            rf"{_NOT}(?:equal(?:s)?(?: to)?)|differs? from|other than|(?:is|are) not|isn't|aren't|!=|≠|不等于"
            rf"|不是|不为"
        ),
    ),
    (
        "not contains",
        (
            r"(?:does not|doesn't|do not|don't)\s+(?:mention|contain|include)s?|without mentioning|(?:不"
            r"|没有?)(?:包含|提到|含有?|涉及|提及)"
        ),
    ),
    (
        "contains",
        (
            r"(?:which |that )?(?:mentions?|contains?|includes?|mentioning|containing|including|says?|saying"
            r"|talks? about|(?:there(?:\'s| is| are))(?: any| some| an?)?(?= )|deals? with|has the words?"
            r"|refers? to)|(?:is|are) about|concerns?|concerning"
            r"|about|包含|包括|提到|提及|含有|含|涉及|有关于|写着|出现"
        ),
    ),
    (
        "==",
        (
            r"equals?|is equal to|equal to|==|is exactly|(?:is|are|was)(?= )|等于|正好是|恰好是"
            r"|(?<!要)(?<!若)(?<!果)(?<!旦)是|为"
        ),
    ),
)
_OP: Final = re.compile(
    "|".join(f"(?P<o{at}>(?<![A-Za-z])(?:{pattern})(?![A-Za-z]))" for at, (_, pattern) in enumerate(_OPS)),
    re.IGNORECASE,
)
_AND: Final = re.compile(
    r"\s+(?:and|or)\s+(?=(?:the|it|its|they|is|are|has|\w+ (?:is|are|exceeds|contains|mentions))\b)"
    r"|并且|而且|且|，|,\s",
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(
    r"^(?:(?:if|when|where|whose|whenever|unless|in case|provided(?: that)?|that|which|only|and|but"
    r"|or|for|any|every|each|the|a|an|its|their|this|those|these|all|ones?|of|with|there|anything"
    r"|something"
    r"|everything|items?|entries|things?|is|are|he|she|it|they|which|who|has|have|amount of|value of)(?:\s+|$))+",
    re.IGNORECASE,
)
_HAN_LEAD: Final = re.compile(
    r"^(?:如果|若是?|要是|假如|当|凡是?|只有|只要|一旦|对于?|每当|其中|里面|而|且|并|但|的|任何|所有"
    r"|其|该|这个|那个|只|它们?|内容|凡|则|有)+"
)
_TAIL: Final = re.compile(
    r"(?:\s+(?:it|then|please|only|first|too|as well|ones|entries|items|at all|in it|in them|again"
    r"|today)|的?时候?|的话|的?[那这]些|的|了|就|则|才|先|时|部分|内容|条目|文章|新闻|帖子|邮件|发票"
    r"|账单|订单|交易)+$",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(
    r"[\s:的了到至约]|\b(?:about|around|the|of|roughly|approximately)\b|预算|上限|额度|限额|大约", re.IGNORECASE
)
_PERCENT: Final = re.compile(r"\s*(?:%|percent|per cent)|个百分点", re.IGNORECASE)
_COUNTED: Final = re.compile(
    r"[ -]?(?P<unit>days?|weeks?|months?|years?|hours?|minutes?|pages?|words?|points?|stars?|upvotes?"
    r"|votes?|comments?|items?|pieces?|units?|[kKMGT]i?B|°C|degrees|mm|cm|km|kg|毫米|厘米|公里|公斤"
    r"|天|周|个?月|年|小时|分钟|页|字|条|分|星|件|个|次|度)(?![A-Za-z])",
    re.IGNORECASE,
)


def read_condition(copy: Copy, start: int, end: int) -> tuple[Condition, ...]:
    """The comparisons of a stretch; (): there is none."""
    found: list[Condition] = []
    at = start
    for match in _AND.finditer(copy.text, start, end):
        if found or _OP.search(copy.text, at, match.start()):
            _one(copy, at, match.start(), found)
            at = match.end()
    _one(copy, at, end, found)
    return tuple(found)


def threshold(copy: Copy, start: int, end: int) -> tuple[Condition, int, int] | None:
    """A comparison with an amount or number only: 'above 1,000 EUR', and where it stands from the operator on."""
    for match in _OP.finditer(copy.text, start, end):
        op = _op_of(match)
        if op in {">", ">=", "<", "<=", "=="}:
            right = _number(copy, match.end(), end)
            if right is not None:
                return ("", op, right[0]), match.start(), right[1]
    for amount in amounts(copy.text, start, end):
        after = re.compile(
            r"\s*(?:以上|之上|及以上|往上|开外|起(?=[的就要得必须，])|or more|and above|and more|and up|or above"
            r"|upwards?)"
        ).match(copy.text, amount.end, end)
        if after:
            return (
                (
                    "",
                    ">=" if "及" in after[0] or "or" in after[0] else ">",
                    _spell(copy, amount.end, end, amount.spelled)[0],
                ),
                amount.start,
                after.end(),
            )
    return None


def _op_of(match: re.Match[str]) -> str:
    return next(_OPS[at][0] for at in range(len(_OPS)) if match[f"o{at}"] is not None)


def _one(copy: Copy, start: int, end: int, found: list[Condition]) -> None:
    text = copy.text
    for match in _OP.finditer(text, start, end):
        op = _op_of(match)
        left = left_of(copy, start, match.start())
        if op == "contains":
            atom = next(copy.within(match.end(), min(end, match.end() + 3), "quote", "url", "mail"), None)
            right = atom.text if atom else text_of(copy, match.end(), end)
            if right and not re.match(
                r"^(?:it|them)$|^(?:fewer|less|more|over|under|above|below|at least|at most|no)\b", right, re.IGNORECASE
            ):
                found.append((left, "contains", right))
                return
            continue
        number = _number(copy, match.end(), end)
        if number is not None:
            found.append((left, op, number[0]))
            return
        if op in {"==", "!=", "not contains"}:
            right = text_of(copy, match.end(), end)
            if right and left:
                found.append((left, op if op != "not contains" else "!=", right))
                return
    above = threshold(copy, start, end)
    if above is not None and above[1] >= start:
        found.append((left_of(copy, start, above[1]), above[0][1], above[0][2]))


def _number(copy: Copy, start: int, end: int) -> tuple[str, int] | None:
    """The amount right behind an operator, spelled, and its end."""
    amount = next(amounts(copy.text, start, min(end, start + 60)), None)
    if amount is None or _BETWEEN.sub("", copy.text[start : amount.start]):
        return None
    return _spell(copy, amount.end, end, amount.spelled, value=plain_number(amount.value), bare=not amount.unit)


def _spell(copy: Copy, at: int, end: int, spelled: str, *, value: str = "", bare: bool = False) -> tuple[str, int]:
    percent = _PERCENT.match(copy.text, at, end)
    if percent:
        return f"{value or spelled}%", percent.end()
    if copy.text[at : min(at + 1, end)] == "成":
        return f"{value or spelled}0%", at + 1
    counted = _COUNTED.match(copy.text, at, end) if bare else None
    if counted:
        return f"{spelled} {counted['unit'].lower()}", counted.end()
    return spelled, at


def left_of(copy: Copy, start: int, end: int) -> str:
    """What is compared, without articles."""
    said = " ".join(copy.text[start:end].split())
    said = re.sub(f"{ANY}+", "", said)
    said = re.sub(r"^.*\b(?:that|which|who|whose|where)\s+(?=\S)", "", said, flags=re.IGNORECASE)
    said = _HAN_LEAD.sub("", _ARTICLE.sub("", said).strip(" ,，"))
    said = re.sub(
        r"\s+(?:is|are|was|be|has|have|of it|of them|amount(?:s)?|there|went up by|goes up by|rose by"
        r"|rises by|increases? by|went up|goes up|increased by|drops by|fell by|has risen by|changed by"
        r"|by)$",
        "",
        said,
        flags=re.IGNORECASE,
    )
    said = re.sub(
        r"^\S*\s*(?:shows?|has|have|had|contains?|reports?|lists?|gives?|reads?|says?)\s+(?:an?|the|its)\s+",
        "",
        said,
        flags=re.IGNORECASE,
    )
    said = re.sub(r"\s+(?:in|of|from|on|at|inside|within)$", "", said, flags=re.IGNORECASE)
    said = re.sub(r"^(?:里面?|中|内)的?(?=.)", "", said)
    said = re.sub(r"(?<=.)(?:的)?(?:数额|一旦|如果|要是|若是?|假如|万一|只要)$|的$", "", said)
    said = said.strip(" ,，、的").lower()
    return (
        ""
        if said
        in {
            "it",
            "its",
            "they",
            "that",
            "which",
            "them",
            "those",
            "is",
            "有",
            "我",
            "anything",
            "ones",
            "only",
            "for",
        }
        else said[:TEXT_CHARS_MAX]
    )


def text_of(copy: Copy, start: int, end: int) -> str:
    """What something is compared with, where it is no number."""
    atom = next(copy.within(start, end, "quote", "url", "mail", "path"), None)
    if atom is not None and not copy.text[start : atom.start].strip(" :："):
        return atom.text[:TEXT_CHARS_MAX]
    said = " ".join(copy.prose[start:end].split()).strip(" ,，。.;；:：")
    said = re.sub(r"^(?:the|a|an|any|some)\s+", "", said, flags=re.IGNORECASE)
    return _TAIL.sub("", said)[:TEXT_CHARS_MAX].strip()
