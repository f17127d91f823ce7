"""Ceilings on what is spent: "at most $5 a month", 每天不超过 10 元, "100k tokens a day", "spend nothing".

A ceiling is an amount in a stretch of a sentence that bounds it, or says that it is for spending, and names a period;
an amount that is part of a question to the owner or of a condition is none.

Rules: pure, linear; a number without a unit is no ceiling but a question; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import BudgetSaid, Found, Period, Span
from ergos.compile.words.atoms import Copy
from ergos.compile.words.money import CEILING, PERIOD, SPENDING, Amount, amounts

SEGMENT_CHARS_MAX: Final = 400  # characters of one stretch that is looked at; a ceiling is short

_SEGMENT: Final = re.compile(
    r"(?:[^\n;；。，!?！？()（）:：.,]|[.,:](?=\d)|\.(?!\s|$)|(?<=\bbudget):|(?<=预算)[：:]"
    r"|(?<=\blimit):|(?<=上限)[：:]|(?<=\bcap):|(?<=\bcost):|(?<=\bcosts):|(?<=费用)[：:]"
    r"|(?<=\bspend):|(?<=\bmax):|(?<=\bmaximum):)+",
    re.IGNORECASE,
)
_DIVIDER: Final = re.compile(r"\b(?:and|but|while|then)\b|并且|而且|同时|且(?!慢)|但是?|然后", re.IGNORECASE)
_ASKS: Final = re.compile(
    r"\b(?:ask|asks|check with|consult|approv\w*|confirm\w*|permission|sign-?off|my (?:ok|okay|yes)"
    r"|if|whenever|unless|alert|notify|tell|warn|let me know|ping)\b"
    r"|问我|问一下|询问|确认|同意|批准|审批|如果|要是|若|当(?![天日月周])|通知|告诉|提醒|告知|请示|时(?!间)|的话",
    re.IGNORECASE,
)
_STOPS_AT: Final = re.compile(
    r"\b(?:stop|end|quit|halt)\b[^.;]{0,20}\b(?:when|once|after|if)\b|(?:到|满|达到?)[^。；]{0,12}就?(?:停|结束)",
    re.IGNORECASE,
)
_COMPARES: Final = re.compile(r"\b(?:compare|price of|prices?)\b|价格|房价|总价|单价|月薪|工资|金额", re.IGNORECASE)
_WHEN: Final = re.compile(r"\b(?:when|once|after)\b", re.IGNORECASE)
_VAGUE_CEILING: Final = frozenset(
    {
        "under",
        "below",
        "less than",
        "within",
        "up to",
        "以下",
        "不到",
        "低于",
        "少于",
        "小于",
        "内",
        "最高",
        "max",
        "以内",
        "之内",
    }
)
_OF_TOKENS: Final = re.compile(r"tokens?|词元", re.IGNORECASE)
_FILLER: Final = re.compile(
    r"[\s\ue001-\ue008]+|\b(?:keep|keeps|it|its|stay|please|the|my|your|our|a|an|of|is|are|be|for"
    r"|this|that|agent|should|must|can|may|not|and|but|with|you|all|on|in|to|i|will"
    r"|want|have|money|at|run|runs|model|models|whole|thing|entire|project|job|task|total|never|do"
    r"|don't|also|so|allowed|them|no|ever|more|than|want|overall|set|hard|there|api|llm|everything"
    r"|costs?)\b"
    r"|请|的|是|为|它|我|总|在|之|金额|以内|之内|以下|整个|任务|项目|运行|模型|把|让|要|也|都|还"
    r"|只能?|能|可以|给|别|不|共|控制|保持|[-'’:：,、]",
    re.IGNORECASE,
)
_NOTHING: Final = re.compile(
    r"\bdon't want (?:it|this|you) to (?:cost|spend)(?: me)? (?:anything|a cent|money)\b|"
    r"(?P<spend>\b(?:spend|use|cost(?:s)?)(?: absolutely)? (?:nothing|no money|zero)(?: (?:at all|on it|on this))?\b"
    r"|\b(?:do not|don't|never|must not|may not|should not|shouldn't|not|without)(?: ever)? "
    r"(?:spend(?:ing)?|pay(?:ing)?|cost(?:ing)?|use|using)(?: (?:any|a single))? (?:money|anything"
    r"|cents?|a cent|a penny|penny|dollars?)(?: at all| for it| on it| on this)?"
    r"|\b(?:for free|free of charge|no spending|no costs?|no money|at no cost|it must be free|must be "
    r"free|must cost nothing|costs? nothing|zero cost|no paid (?:calls|models|services))\b"
    r"|不(?:要|能|得|准|许|可)?(?:再)?花(?:费)?(?:一分)?(?:任何)?钱|一分钱(?:也|都)?(?:别|甭|不(?:要|能|许"
    r"|准)?)(?:花|用)|不花一分钱|(?:不要|不得|禁止|不许|不准|别)(?:产生)?(?:任何)?(?:花费|消费|费用"
    r"|花销|花钱)|禁止花钱|别花钱|零花费|免费(?:完成|运行|就行)?(?=$|[，。；,;\s]))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Budgets:
    """What was said about spending."""

    found: tuple[Found[BudgetSaid], ...]
    nothing: tuple[Span, ...]
    """Where nothing at all may be spent."""
    spans: tuple[Span, ...]
    """Every stretch that was read."""
    diagnostics: tuple[Diagnostic, ...]


def read_budgets(copy: Copy) -> Budgets:
    """The ceilings of a prose. Cost: linear."""
    found: list[Found[BudgetSaid]] = []
    spans: list[Span] = []
    noted: list[Diagnostic] = []
    nothing = [match.span() for match in _NOTHING.finditer(copy.text)]
    carried: tuple[Period, Span] | None = None
    for start, end in _segments(copy.text):
        if any(a < end and start < b for a, b in nothing):
            carried = None
            continue
        alone = PERIOD.fullmatch(copy.text[start:end].strip())
        if alone and alone.lastgroup:
            carried = _period_of(alone), (start, end)
            continue
        read = _of_segment(copy, start, end, carried, noted)
        if read:
            found.extend(read)
            spans.append(_widened(copy.text, start, end, read))
            if carried is not None and any(one.value.period == carried[0] for one in read):
                spans.append(carried[1])
        carried = None
    taken = [span for span in nothing if not any(a < span[1] and span[0] < b for a, b in spans)]
    return Budgets(tuple(found), tuple(nothing), tuple(sorted(spans + taken)), tuple(noted))


def _segments(text: str) -> Iterator[Span]:
    for match in _SEGMENT.finditer(text):
        at = match.start()
        for part in _DIVIDER.finditer(text, *match.span()):
            yield at, part.start()
            at = part.end()
        yield at, match.end()


def _period_of(match: re.Match[str]) -> Period:
    for name in ("month", "week", "day", "call", "process", "total"):
        if match.lastgroup == name:
            return name
    return "total"


def _of_segment(
    copy: Copy, start: int, end: int, carried: tuple[Period, Span] | None, noted: list[Diagnostic]
) -> list[Found[BudgetSaid]]:
    """The ceilings of one stretch."""
    text = copy.text
    if end - start > SEGMENT_CHARS_MAX or not (
        CEILING.search(text, start, end) or SPENDING.search(text, start, end) or PERIOD.search(text, start, end)
    ):
        return []
    stops = bool(_STOPS_AT.search(text, start, end) and SPENDING.search(text, start, end))
    if not stops and (
        _ASKS.search(text, start, end) or (_WHEN.search(text, start, end)) or _COMPARES.search(text, start, end)
    ):
        return []
    some = list(amounts(text, start, end))
    counted = [amount for amount in some if amount.unit]
    if not counted and len(some) == 1 and _OF_TOKENS.search(text, start, some[0].start):
        counted = [replace(some[0], unit="tokens")]
    if not counted:
        _unitless(copy, start, end, some, noted)
        return []
    found: list[Found[BudgetSaid]] = []
    for place, amount in enumerate(counted):
        low = counted[place - 1].end if place else start
        high = counted[place + 1].start if place + 1 < len(counted) else end
        read = _ceiling(text, (low, high), amount, carried, stops=stops)
        if read is not None:
            if amount.ambiguous:
                values = {"words": copy.said(amount.start, amount.end), "read": amount.spelled}
                noted.append(Diagnostic(code="C210", spans=((amount.start, amount.end),), values=values))
            found.append(read)
    return found


def _ceiling(
    text: str, around: Span, amount: Amount, carried: tuple[Period, Span] | None, *, stops: bool
) -> Found[BudgetSaid] | None:
    low, high = around
    after = PERIOD.search(text, amount.end, high)
    if after and (after.start() - amount.end > 24 or "、" in text[amount.end : after.start()]):
        after = None
    before = None
    for match in PERIOD.finditer(text, low, amount.start):
        gap = text[match.end() : amount.start]
        if CEILING.search(gap) or SPENDING.search(gap) or len(gap) <= 4 or match.end() == amount.start:
            before = match
    period: Period = (
        _period_of(after) if after else _period_of(before) if before else carried[0] if carried else "total"
    )
    bound = CEILING.search(text, low, high)
    spending = SPENDING.search(text, low, high)
    direct = after is not None and not text[amount.end : after.start()].strip(" -")
    said = [match for match in (after, before) if match] or carried
    vague = bound is not None and bound[0].lower() in _VAGUE_CEILING
    ok = (
        stops
        or (bound and spending)
        or (bound and said and not (vague and not direct and not before))
        or (spending and said)
    )
    ok = ok or (spending and re.search(r"budget|预算", spending[0], re.IGNORECASE))
    rest = _left(
        text, low, high, [one.span() for one in (after, before, bound, spending) if one] + [(amount.start, amount.end)]
    )
    if not ok and (bound or direct or amount.unit == "tokens"):
        ok = not rest
    if not ok:
        return None
    parts = [one.span() for one in (after, before, bound, spending) if one] + [(amount.start, amount.end)]
    span = min(a for a, _ in parts), max(b for _, b in parts)
    value = amount.value
    return Found(BudgetSaid(amount=value or Decimal(0), unit=amount.unit, period=period), span)


def _unitless(copy: Copy, start: int, end: int, some: list[Amount], noted: list[Diagnostic]) -> None:
    """As in "spend at most 5 a month": five of what."""
    text = copy.text
    spending = SPENDING.search(text, start, end)
    if (
        not some
        or spending is None
        or not (
            CEILING.search(text, start, end)
            or PERIOD.search(text, start, end)
            or re.search(r"budget|预算", spending[0], re.IGNORECASE)
        )
    ):
        return
    if not re.search(r"spend|budget|cost|花|预算|费|开销|成本", spending[0], re.IGNORECASE):
        return
    amount = some[0]
    if re.match(
        r"\s*(?:%|percent|成|pages?|words?|页|字|条|items?|[\w\u4e00-\u9fff]*\s*个)", text[amount.end : amount.end + 12]
    ):
        return
    values = {"words": copy.said(start, end), "number": amount.spelled}
    noted.append(
        Diagnostic(code="C204", spans=((amount.start, amount.end),), values=values, choices=("USD", "EUR", "CNY"))
    )


def _left(text: str, low: int, high: int, parts: list[Span]) -> bool:
    """Whether a stretch says anything beside its parts."""
    kept: list[str] = []
    at = low
    for start, end in sorted(parts):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    kept.append(text[at:high])
    return bool(_FILLER.sub("", " ".join(kept)).strip())


def _widened(text: str, start: int, end: int, read: list[Found[BudgetSaid]]) -> Span:
    """The whole stretch where it says nothing else."""
    spans = [one.span for one in read]
    if not _left(text, start, end, spans):
        return start, end
    return min(a for a, _ in spans), max(b for _, b in spans)
