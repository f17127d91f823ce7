"""Amounts of money and of tokens, and the ceilings an owner sets with them.

"$5", "five dollars", "20 cents", "1.000,50 €", "五块五", "十万 tokens": a value and a unit. With them stand the words
of a ceiling: what bounds ("at most", 最多), what speaks of spending, and periods.

Rules: exact decimals; a number that can be read in two ways says so; pure and linear. Must not know: verbs, triggers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ergos.compile.intent import Period
from ergos.drivers.system1.numerals import HANZI, WORDS, hanzi_value, words_value

NUMBER_CHARS_MAX: Final = 40  # characters of one numeral; a longer one is none

_BEFORE: Final = {
    "us$": "USD",
    "hk$": "HKD",
    "nt$": "TWD",
    "a$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "s$": "SGD",
    "nz$": "NZD",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY",
    "cn¥": "CNY",
    "jp¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "usd": "USD",
    "eur": "EUR",
    "gbp": "GBP",
    "cny": "CNY",
    "rmb": "CNY",
    "jpy": "JPY",
    "chf": "CHF",
    "人民币": "CNY",
    "美元": "USD",
    "美金": "USD",
    "欧元": "EUR",
}
_AFTER: Final = {
    "us dollars": "USD",
    "us dollar": "USD",
    "u.s. dollars": "USD",
    "american dollars": "USD",
    "dollars": "USD",
    "dollar": "USD",
    "bucks": "USD",
    "buck": "USD",
    "usd": "USD",
    "us$": "USD",
    "$": "USD",
    "euros": "EUR",
    "euro": "EUR",
    "eur": "EUR",
    "€": "EUR",
    "pounds": "GBP",
    "pound": "GBP",
    "pounds sterling": "GBP",
    "quid": "GBP",
    "gbp": "GBP",
    "£": "GBP",
    "yuan": "CNY",
    "renminbi": "CNY",
    "rmb": "CNY",
    "cny": "CNY",
    "yen": "JPY",
    "jpy": "JPY",
    "swiss francs": "CHF",
    "francs": "CHF",
    "chf": "CHF",
    "rupees": "INR",
    "inr": "INR",
    "hkd": "HKD",
    "cad": "CAD",
    "aud": "AUD",
    "sgd": "SGD",
    "krw": "KRW",
    "won": "KRW",
    "canadian dollars": "CAD",
    "australian dollars": "AUD",
    "hong kong dollars": "HKD",
    "sek": "SEK",
    "kronor": "SEK",
    "nok": "NOK",
    "dkk": "DKK",
    "pln": "PLN",
    "zloty": "PLN",
    "美元": "USD",
    "美金": "USD",
    "美刀": "USD",
    "刀": "USD",
    "欧元": "EUR",
    "欧": "EUR",
    "英镑": "GBP",
    "镑": "GBP",
    "日元": "JPY",
    "日圆": "JPY",
    "人民币": "CNY",
    "元人民币": "CNY",
    "块钱": "CNY",
    "块": "CNY",
    "元钱": "CNY",
    "元": "CNY",
    "圆": "CNY",
    "¥": "CNY",
    "港币": "HKD",
    "港元": "HKD",
    "新台币": "TWD",
    "台币": "TWD",
    "瑞士法郎": "CHF",
    "瑞郎": "CHF",
    "法郎": "CHF",
    "韩元": "KRW",
    "卢比": "INR",
    "加元": "CAD",
    "澳元": "AUD",
    "新元": "SGD",
}
_PARTS: Final = {
    "us cents": ("USD", 100),
    "euro cents": ("EUR", 100),
    "eurocents": ("EUR", 100),
    "cents": ("USD", 100),
    "cent": ("USD", 100),
    "¢": ("USD", 100),
    "pence": ("GBP", 100),
    "美分": ("USD", 100),
    "欧分": ("EUR", 100),
    "毛钱": ("CNY", 10),
    "毛": ("CNY", 10),
    "角": ("CNY", 10),
    "分钱": ("CNY", 100),
}
_TOKENS: Final = "tokens|token|个token|个词元|词元|个令牌|令牌"
_SCALES: Final = {
    "k": 3,
    "thousand": 3,
    "grand": 3,
    "hundred": 2,
    "m": 6,
    "mn": 6,
    "mio": 6,
    "million": 6,
    "bn": 9,
    "billion": 9,
    "十": 1,
    "百": 2,
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "亿": 8,
}


def _any(words: dict[str, object] | dict[str, str] | dict[str, tuple[str, int]] | dict[str, int]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_DIGITS: Final = r"(?:\d{1,3}(?:[,.' \u202f]\d{3})+(?:[.,]\d{1,2})?(?![\d])|\d+(?:[.,]\d+)?|[.]\d+)"
_WHOLE: Final = (
    rf"(?:(?P<digits>{_DIGITS})|(?P<half>(?<![A-Za-z])half(?: an?)?(?![a-z]))"
    rf"|(?P<words>(?<![A-Za-z-])(?:{WORDS})(?![A-Za-z]))|(?P<hanzi>(?<![\d第])(?:{HANZI}|半))"
    rf"|(?P<an>(?<![A-Za-z])an?(?= )))"
)
_SCALE: Final = (
    r"(?:[ -]?(?P<scale>hundred|thousand|grand|million|mio|billion|bn|mn|(?<=\d)[kKmM](?![A-Za-z])"
    r"|(?<=\d )[kK](?= )|[十百千]?万|亿|[十百千]))?"
)
_CURRENCY: Final = (
    rf"[ -]?(?:(?P<part>{_any(_PARTS)})|(?P<tokens>{_TOKENS})|(?P<after>{_any(_AFTER)}))(?![A-Za-z]|宵|旦|首|素)"
)
_AMOUNT: Final = re.compile(
    rf"(?<![\w.,])?(?P<minus>(?<![\w)])-\s?|minus |负)?(?:(?P<before>(?<![A-Za-z]){_any(_BEFORE)})[ "
    rf"]?(?P<minus2>-)?)?{_WHOLE}{_SCALE}(?:{_CURRENCY}(?P<tail>[零一二三四五六七八九半\d](?![零一二三四"
    rf"五六七八九十百千万\d年月日天周个]))?)?",
    re.IGNORECASE,
)
_FIFTY: Final = re.compile(
    r" (?:(?P<half>and a half)|(?P<cents>(?:twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety)(?:[- ]five)?))(?![\w-])",
    re.IGNORECASE,
)
"""As in 'a dollar fifty'."""
_WHOLE_AFTER_PART: Final = re.compile("美元|美金|欧元|英镑|人民币")
_TAIL_DIGITS: Final = "零一二三四五六七八九0123456789"
_NUMERAL: Final = re.compile(rf"{_WHOLE}{_SCALE}", re.IGNORECASE)
_AMBIGUOUS: Final = re.compile(r"\d{1,3}[.,]\d{3}")
_GROUPED: Final = re.compile(r"\d{1,3}(?:([,.' \u202f])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?")


@dataclass(frozen=True)
class Amount:
    """A number with what it counts, and where it stands."""

    value: Decimal
    unit: str
    """ISO 4217 code, 'tokens', or ''."""
    start: int
    end: int
    ambiguous: bool = False

    @property
    def spelled(self) -> str:
        """'1000 EUR'."""
        return f"{plain_number(self.value)} {self.unit}".strip()


def plain_number(value: Decimal) -> str:
    """Without exponent, grouping and needless zeros."""
    spelled = format(value, "f")
    return spelled.rstrip("0").rstrip(".") if "." in spelled else spelled


def number_of(text: str) -> Decimal | None:
    """The number a short text is, in whatever spelling: '3', 'three', 三, '1.5k'."""
    match = _NUMERAL.fullmatch(text.strip())
    read = _value(match) if match else None
    return read[0] if read else None


def amounts(text: str, start: int = 0, end: int | None = None) -> Iterator[Amount]:
    """Numbers with and without units of a stretch, in order. Cost: linear."""
    stop = len(text) if end is None else end
    at = start
    while match := _AMOUNT.search(text, at, stop):
        at = max(match.end(), match.start() + 1)
        read = _value(match)
        if read is None or (match["an"] and not (match["part"] or match["after"])):
            at = match.start() + 1 if match["an"] else at
            continue
        value, ambiguous = read
        unit = _BEFORE[match["before"].lower()] if match["before"] else ""
        if match["part"]:
            code, parts = _PARTS[match["part"].lower()]
            unit, value = code, value / parts
            whole = _WHOLE_AFTER_PART.match(text, match.end(), stop)
            if whole:
                unit = _AFTER[whole[0]]
                at = whole.end()
        elif match["tokens"]:
            unit = "tokens"
        elif match["after"] and (not unit or unit == "CNY" or match["after"] != "$"):
            unit = unit if match["before"] and match["before"] != "$" else _AFTER[match["after"].lower()]
        if match["tail"] and match["after"] in {"块", "元", "块钱"}:
            tail = match["tail"]
            digit = (
                Decimal(5)
                if tail == "半"
                else (hanzi_value(tail) or Decimal(tail))
                if not tail.isdecimal()
                else Decimal(tail)
            )
            value += digit / 10
        elif match["tail"] and match["part"] in {"毛", "角"}:
            value += Decimal(_TAIL_DIGITS.index(match["tail"]) % 10) / 100 if match["tail"] in _TAIL_DIGITS else 0
        elif match["tail"]:
            at -= 1
        if match["tail"]:
            whole = _WHOLE_AFTER_PART.match(text, match.end(), stop)
            if whole and match["after"] in {"块", "元"}:
                unit, at = _AFTER[whole[0]], whole.end()
        fifty = _FIFTY.match(text, match.end(), stop) if unit and match["after"] else None
        if fifty and value == int(value):
            value += Decimal("0.5") if fifty["half"] else (words_value(fifty["cents"]) or (Decimal(0),))[0] / 100
            at = fifty.end()
        if match["minus"] or match["minus2"]:
            value = -value
        ends = match.end() - (
            1
            if match["tail"] and match["after"] not in {"块", "元", "块钱"} and match["part"] not in {"毛", "角"}
            else 0
        )
        yield Amount(value, unit, match.start(), ends, ambiguous)


def _value(match: re.Match[str]) -> tuple[Decimal, bool] | None:
    """The value, and whether it could be another."""
    ambiguous = False
    value: Decimal | None
    if match["digits"]:
        value, ambiguous = _digits(match["digits"])
    elif match["half"]:
        value = Decimal("0.5")
    elif match["an"]:
        value = Decimal(1)
    elif match["words"]:
        read = words_value(match["words"])
        value = read[0] if read else None
    else:
        value = Decimal("0.5") if match["hanzi"] == "半" else hanzi_value(match["hanzi"])
    if value is None:
        return None
    if match["scale"]:
        value *= Decimal(10) ** _SCALES[match["scale"].lower()]
    return value, ambiguous and not match["scale"]


def _digits(text: str) -> tuple[Decimal | None, bool]:
    """Thousands are grouped by threes; one point or comma before three last digits can be either."""
    if len(text) > NUMBER_CHARS_MAX:
        return None, False
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        mark = grouped[1]
        rest = text.replace(mark, "")
        # "1.500" is fifteen hundred to a German and one and a half to an American; "1,500" is thousands to nearly all.
        return Decimal(rest.replace(",", ".")), mark == "." and bool(_AMBIGUOUS.fullmatch(text))
    return Decimal(text.replace(",", ".")), False


PERIODS: Final[tuple[tuple[Period, str], ...]] = (
    (
        "month",
        (
            r"(?:(?:a|per|each|every|/|in a|in any|of each|the)\s*(?:calendar )?(?:month|mo)\b|monthly"
            r"|/\s*mo\b|this month|每个?月(?:份)?|每月|一个?月(?:内)?|月度|/\s*月|当月|本月|按月|月预算)"
        ),
    ),
    (
        "week",
        (
            r"(?:(?:a|per|each|every|/|in a|in any)\s*(?:week|wk)\b|weekly|每个?(?:周|星期|礼拜)|一(?:周"
            r"|个?星期)|/\s*周|本周|当周|周预算)"
        ),
    ),
    (
        "day",
        (
            r"(?:(?:a|per|each|every|/|in a|in any)\s*day\b|daily|today|每(?:一)?(?:天|日)|一天|/\s*[天日]"
            r"|当天|当日|日预算)"
        ),
    ),
    (
        "call",
        (
            r"(?:(?:a|per|each|every|/)\s*(?:single )?(?:model )?(?:call|request|query)\b|每次调用|每个请求"
            r"|每次请求|单次调用|每调用一次)"
        ),
    ),
    (
        "process",
        (
            r"(?:(?:a|per|each|every|/|for (?:each|every|one))\s*(?:single )?(?:run|time|execution|round"
            r"|brief|report|issue|go|pass|job|process)\b|at a time|each time|every time|每(?:一)?(?:次|回|轮"
            r"|趟)(?:运行|执行)?|单次(?:运行|执行)?|一次|一回|一趟|/\s*次|每跑一次|每运行一次|跑一次|运行一次)"
        ),
    ),
    (
        "total",
        (
            r"(?:in total|altogether|in all|overall|all in all|all told|for everything|for the whole thing"
            r"|total(?:ly)?\b|总共|一共|总计|合计|总额|总预算|全部|总的?)"
        ),
    ),
)
PERIOD: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in PERIODS), re.IGNORECASE)
CEILING: Final = re.compile(
    r"\b(?:at (?:the )?most|no more than|not more than|not (?:to )?exceed(?:ing)?|(?:never|must not"
    r"|don't|do not|shouldn't|can't|cannot|may not|mustn't|not)"
    r" (?:ever )?(?:spend|cost|use|exceed|go (?:over|above|beyond)|go past)(?: (?:more than|over"
    r"|above|beyond))?|up to|max(?:imum)?(?: of)?|under|below|less than|within|not over"
    r"|limit(?:ed)?(?: (?:is|of|it|to|the budget to|spending to|yourself to|costs? to))*"
    r"|cap(?:ped)?(?: (?:is|of|it|at|the budget at|spending at|costs? at))*|ceiling(?: of| is)?|or "
    r"less|tops|max\b|without exceeding)"
    r"|<=|≤|最多|至多|不(?:得|要|能|可|可以|许|准|会)?(?:超过|超出|多于|高于|超)|别超过?|不超|顶多"
    r"|上限(?:为|是)?|以内|之内|以下|封顶|限(?=[\d零一二两三四五六七八九十百])|控制在|限制在|限额|为限|最高(?!的)"
    r"|不到|小于|低于|少于|内",
    re.IGNORECASE,
)
SPENDING: Final = re.compile(
    r"\b(?:spend(?:ing|s)?|costs?|budget(?:ed)?|use|pay(?:ing)?|burn|expenses?|consume)\b"
    r"|花费|花销|只?给你|花(?=钱|了|掉|[零一二两三四五六七八九十\d$¥€不最超])|(?<=[多会要能只])花"
    r"|预算|费用|开销|成本|花销|消费|支出|用掉?|消耗|钱",
    re.IGNORECASE,
)
