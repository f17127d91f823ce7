"""Quantities and dates of English and Chinese text, normalised so that two spellings of one compare equal.

"380 billion yuan" and "3800亿元" are both (money, 380000000000, CNY). Rules: leftmost longest; exact decimals;
a percentage keeps its own number ("26 %" is 26 with unit "%"); a fraction has six places; in a range ("$3–5 bn",
"2到3个月") each end is a figure and the first takes over the scale and unit of the second. What has digits but counts
nothing (versions, addresses, product names) is no figure: see `identifiers`.

Out of reach: vague amounts ("dozens", "数百万"), ordinals in words, "one" as a pronoun, what a figure is *of*.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from ergos.base.documents import Figure, FigureKind, Span
from ergos.drivers.system1.dates import dates
from ergos.drivers.system1.identifiers import identifiers
from ergos.drivers.system1.numerals import (
    DIGITS,
    HANZI,
    SCALES,
    WORDS,
    canonical,
    digits_value,
    fraction,
    hanzi_value,
    plain,
    words_value,
)

_CURRENCY_BEFORE: Final = {
    "US$": "USD", "U.S.$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "HK$": "HKD", "NT$": "TWD", "S$": "SGD",
    "R$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "JP¥": "JPY", "CN¥": "CNY", "RMB¥": "CNY", "¥": "CNY", "￥": "CNY",
    "₹": "INR", "₩": "KRW", "USD": "USD", "EUR": "EUR", "GBP": "GBP", "CNY": "CNY", "RMB": "CNY", "JPY": "JPY", "CHF": "CHF",
    "HKD": "HKD", "人民币": "CNY",
}  # fmt: skip
_CURRENCY_AFTER: Final = {
    "US dollars": "USD", "US dollar": "USD", "U.S. dollars": "USD", "American dollars": "USD", "dollars": "USD", "dollar": "USD",
    "USD": "USD", "euros": "EUR", "euro": "EUR", "EUR": "EUR", "€": "EUR", "$": "USD", "yuan": "CNY", "renminbi": "CNY",
    "Chinese yuan": "CNY", "RMB": "CNY", "CNY": "CNY", "yen": "JPY", "JPY": "JPY", "pounds sterling": "GBP", "pounds": "GBP",
    "GBP": "GBP", "rupees": "INR", "Swiss francs": "CHF", "CHF": "CHF", "Hong Kong dollars": "HKD", "HKD": "HKD", "美元": "USD", "美金": "USD",
    "人民币元": "CNY", "元人民币": "CNY", "人民币": "CNY", "元": "CNY", "块钱": "CNY", "欧元": "EUR", "英镑": "GBP", "日元": "JPY",
    "港元": "HKD", "港币": "HKD", "韩元": "KRW", "新台币": "TWD", "瑞士法郎": "CHF", "卢比": "INR",
}  # fmt: skip
_DURATION: Final = {
    "nanosecond": "nanosecond", "microsecond": "microsecond", "millisecond": "millisecond", "second": "second", "minute": "minute",
    "hour": "hour", "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year", "decade": "decade",
    "ns": "nanosecond", "µs": "microsecond", "us": "microsecond", "ms": "millisecond", "s": "second", "min": "minute",
    "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "century": "century", "centuries": "century",
    "纳秒": "nanosecond", "微秒": "microsecond", "毫秒": "millisecond", "秒钟": "second", "秒": "second", "分钟": "minute",
    "个小时": "hour", "小时": "hour", "个钟头": "hour", "天": "day", "日": "day", "个星期": "week", "星期": "week", "个周": "week",
    "周": "week", "个月": "month", "月": "month", "个季度": "quarter", "季度": "quarter", "年": "year", "个世纪": "century",
}  # fmt: skip
_MEASURE: Final = {
    "bit": "bit", "kB": "kB", "KB": "kB", "MB": "MB", "GB": "GB", "TB": "TB", "PB": "PB", "KiB": "KiB", "MiB": "MiB", "GiB": "GiB",
    "TiB": "TiB", "kW": "kW", "MW": "MW", "GW": "GW", "TW": "TW", "kWh": "kWh", "MWh": "MWh", "GWh": "GWh", "TWh": "TWh",
    "Hz": "Hz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "nm": "nm", "mm": "mm", "cm": "cm", "km": "km", "m": "m", "kg": "kg", "mg": "mg",
    "g": "g", "gigawatts": "GW", "gigawatt": "GW", "megawatts": "MW", "megawatt": "MW", "kilowatt hours": "kWh", "kilometres": "km",
    "kilometers": "km", "metres": "m", "meters": "m", "kilograms": "kg", "gigabytes": "GB", "megabytes": "MB", "terabytes": "TB",
    "nanometres": "nm", "nanometers": "nm", "nanometre": "nm", "nanometer": "nm", "miles": "mile", "mile": "mile", "°C": "°C", "°F": "°F",
    "千瓦时": "kWh", "千瓦": "kW", "兆瓦": "MW", "吉瓦": "GW", "公里": "km", "千米": "km", "公斤": "kg", "千克": "kg", "纳米": "nm", "毫米": "mm",
    "厘米": "cm", "米": "m", "吨": "tonne", "tonnes": "tonne", "摄氏度": "°C",
}  # fmt: skip


def _any(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_BEFORE: Final = (
    rf"(?:(?P<cur>{_any(_CURRENCY_BEFORE)})[ \u202f]?(?:约|近|超)?)?(?P<sign>(?<![\w)\]\u2013%°$€£¥])[+-]|负)?"
)
_NUMERAL: Final = (
    rf"(?:(?P<over>\d{{1,3}})/(?P<under>\d{{1,3}})(?![\d/])|(?P<digits>{DIGITS}|(?<![\d.])\.\d+)"
    rf"|(?P<words>(?<![A-Za-z-])(?:{WORDS})(?![A-Za-z]))|(?P<hanzi>(?<!\d)(?:{HANZI})))"
)
_SCALE: Final = (
    r"(?P<scale>(?:[ \u202f-]?(?:hundred|thousand|million|billion|trillion|bn|mln|mn|trn|tn|lakh|crore)(?![A-Za-z])){1,2}"
    r"|[kKMBT](?![A-Za-z0-9])|(?<=\d)[mbt](?![A-Za-z0-9])|(?:[ \u202f]?[多余几])?[ \u202f]?[十百千万亿]+)"
)
_UNIT: Final = (
    r"(?P<pp>个?百分点|[ -]?percentage[ -]points?|[ ]?pp(?![a-z]))|(?P<percent>[ \u202f]?%|[ -]?(?:percent|per[ ]cent|pct)(?![a-z]))"
    r"|(?P<half>成(?![为立功本果品员都长就效交绩语熟人分家年]))"
    r"|(?P<times>[x×](?![\w(])|[ \u202f][x×](?![\w(]|[ ]?\d)|[ -]?times(?![a-z])|[ -]?fold(?![a-z])|倍)"
    rf"|[ \u202f]?(?P<money>{_any(_CURRENCY_AFTER)})(?![A-Za-z]|宵|旦|首|素)"
    rf"|(?:[ \u202f-]?(?P<time>(?:nano|micro|milli)?seconds?|(?:minute|hour|day|week|month|quarter|year|decade)s?|centur(?:y|ies)"
    r"|(?:ns|µs|ms|mins?|hrs?)|(?:(?<=\d)|(?<=\d[ ]))[sh])(?![A-Za-z])"
    r"|(?P<time_zh>纳秒|微秒|毫秒|秒钟?|分钟|个?小时|个钟头|天|日(?!元|本|均|常|前)|个?星期|个?周(?!年|期|岁)|个月|个?季度|年(?!代|级|轻|龄)|个世纪)(?P<and_half>半)?)"
    rf"|(?:[ \u202f-]?(?P<measure>{_any(_MEASURE)})(?![A-Za-z]|[分秒]))"
)
_QUANTITY: Final = re.compile(
    rf"(?<![A-Za-z_](?=\d)){_BEFORE}{_NUMERAL}(?P<plus_half>[ ]and[ ]a[ ]half)?(?:{_SCALE})?(?:[ ]?[余多](?![少次的]))?(?:{_UNIT})?",
    re.IGNORECASE,
)
_SPECIAL: Final = re.compile(
    r"(?P<pct>百分之|千分之|万分之)(?P<of>\d+(?:\.\d+)?|[零一二三四五六七八九十百点两〇]+)"
    r"|(?<![两一二三四五六七八九十百千万\d])(?P<below>[两一二三四五六七八九十百千万\d]{1,12})分之(?P<above>[一二两三四五六七八九十百千万\d]{1,12})"
    r"|(?<![A-Za-z-])(?P<num>one|a|two|three|four|five|six|seven|eight|nine)[ -]"
    r"(?P<den>hal(?:f|ves)|thirds?|fourths?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)(?![a-z])(?P<ofs>[ ]of(?![a-z]))?"
    r"|(?<![A-Za-z-])(?P<fold>two|three|four|five|six|seven|eight|nine|ten|hundred|thousand)-?fold(?![a-z])"
    r"|(?<![A-Za-z-])half[ -](?:an?[ -])?(?P<half_of>million|billion|trillion|year|hour|day|month|century|decade)(?![a-z])"
    r"|(?<![A-Za-z-])(?P<half>half)(?![a-z-])|(?P<half_zh>一半|过半(?!数)|半数)|(?P<half_time>半(?:年|个月|个?小时|天))(?![前后]?辈)"
    r"|(?<![A-Za-z-])(?P<twice>twice|doubl(?:ed|es|ing)|tripl(?:ed|es|ing)|quadrupl(?:ed|es|ing))(?![a-z-])"
    r"|(?<=to )(?P<verb>double|triple)(?![a-z-])|(?P<twice_zh>翻了?一?番|翻了?[一1]?倍)"
    r"|(?<![\d.])(?P<nth>\d{1,4})(?:st|nd|rd|th)(?![A-Za-z])|第(?P<nth_zh>\d{1,4})(?!\d|季度)"
    r"|(?<![\d.,])(?P<comma>\d{1,3},\d{1,2})(?=[ \u202f]?(?:%|€|euros?|million|billion|bn)(?![a-z]))",
    re.IGNORECASE,
)  # fmt: skip
_JOINT: Final = re.compile(r"[ \u202f]?(?:-|–|—|~|to|至|到|~)[ \u202f]?|[ ](?:and|or)[ ]", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"between[ \u202f]\Z", re.IGNORECASE)
_PRONOUN_BEFORE: Final = re.compile(
    r"\b(?:this|that|the|no|any|every|each|which|another|some|just|only|not)[ ]\Z", re.IGNORECASE
)
_PRONOUN_AFTER: Final = re.compile(
    r"[ ](?:of|another|that|who|which|to|can|could|might|must|should|may|day|time|thing)\b|[-'’]", re.IGNORECASE
)
_COUNTER: Final = re.compile(
    r"[ ]?[余多]?(?:[个家名人位款项次种条件台辆篇座只支份届层轮步倍岁张套所块处亿万元美欧日天年月周]|小时|分钟|团队|模型|阶段)"
)
_RANGE_AFTER: Final = re.compile(r"(?:至|到|-|~|–)[一二两三四五六七八九十]")
_VAGUE_BEFORE: Final = frozenset("数几上好第")
_WORD_BEFORE: Final = frozenset("统专唯万第同单逐进周期拜之不星初")


_LOWER_UNITS: Final = {word.lower(): unit for table in (_CURRENCY_AFTER, _MEASURE) for word, unit in table.items()}
_LOWER_BEFORE: Final = {word.lower(): unit for word, unit in _CURRENCY_BEFORE.items()}
_FRACTION: Final = {"hal": 2, "thi": 3, "fou": 4, "qua": 4, "fif": 5, "six": 6, "sev": 7, "eig": 8, "nin": 9, "ten": 10}
_TWICE: Final = {"tw": 2, "do": 2, "tr": 3, "qu": 4}


class _Quantity(NamedTuple):
    """A figure in the making; `scale` is None where its own words name none."""

    value: Decimal
    scale: Decimal | None
    kind: FigureKind
    unit: str
    start: int
    end: int
    scaled_zh: bool = False

    def scaled(self) -> Decimal:
        return self.value if self.scale is None else self.value * self.scale


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of `text` in span order, not overlapping; linear."""
    normal = plain(text)
    # Candidates compete leftmost longest; at equal spans the more specific reading comes first.
    bids: list[tuple[int, int, int, _Quantity | Figure | None]] = []
    for day in dates(normal):
        shown = text[day.span.start : day.span.end]
        date = Figure(kind="date", value=day.value, unit="", text=shown, span=day.span)
        bids.append((day.span.start, -day.span.end, 0, date))
    bids.extend((bid.start, -bid.end, 1, bid) for match in _SPECIAL.finditer(normal) if (bid := _special(match)))
    bids.extend((span.start, -span.end, 2, None) for span in identifiers(normal))
    bids.extend((bid.start, -bid.end, 3, bid) for bid in _quantities(normal))
    bids.sort(key=lambda bid: bid[:3])
    kept: list[_Quantity | Figure] = []
    end = 0
    for start, minus_end, _, bid in bids:
        if start >= end:
            end = -minus_end
            if bid is not None:
                kept.append(bid)
    return tuple(_figure(item, text) if isinstance(item, _Quantity) else item for item in _joined(kept, normal))


def _figure(item: _Quantity, text: str) -> Figure:
    span = Span(item.start, item.end)
    shown = text[item.start : item.end]
    return Figure(kind=item.kind, value=canonical(item.scaled()), unit=item.unit, text=shown, span=span)


def _joined(items: list[_Quantity | Figure], normal: str) -> list[_Quantity | Figure]:
    """Lets the ends of a range share scale and unit, and adds up "3亿5000万"."""
    out: list[_Quantity | Figure] = []
    for item in items:
        last = out[-1] if out else None
        if isinstance(item, _Quantity) and isinstance(last, _Quantity) and item.start - last.end <= len("  to  "):
            gap = normal[last.end : item.start]
            if (
                not gap
                and last.scaled_zh
                and item.scaled_zh
                and last.kind == "number"
                and item.scaled() < (last.scale or 1)
            ):
                out[-1] = item._replace(value=last.scaled() + item.scaled(), scale=None, start=last.start)
                continue
            if _JOINT.fullmatch(gap) and (
                " and " not in gap.lower() or _BETWEEN.search(normal, max(0, last.start - 10), last.start)
            ):
                out[-1], high = _range(last, item)
                out.append(high)
                continue
        out.append(item)
    return out


def _range(low: _Quantity, high: _Quantity) -> tuple[_Quantity, _Quantity]:
    if low.value >= high.value:
        return low, high
    if low.kind == "money" and high.kind == "number" and not high.unit:
        high = high._replace(kind="money", unit=low.unit)
    alike = low.unit == high.unit and low.kind == high.kind
    if low.kind == "number" and not low.unit:
        scale = high.scale if low.scale is None else low.scale
        return low._replace(kind=high.kind, unit=high.unit, scale=scale), high
    if alike and low.scale is None:
        return low._replace(scale=high.scale), high
    return low, high


def _quantities(normal: str) -> list[_Quantity]:
    found: list[_Quantity] = []
    at = 0
    while match := _QUANTITY.search(normal, at):
        quantity = _quantity(match, normal)
        if quantity is not None:
            found.append(quantity)
        at = max(quantity.end if quantity else match.end(), at + 1)
    return found


def _quantity(match: re.Match[str], normal: str) -> _Quantity | None:
    start, end = match.span()
    value: Decimal | None
    if match["words"]:
        read = words_value(match["words"])
        if read is None:
            return None
        value, length = read
        if length < len(match["words"]):
            return _Quantity(value, None, "number", "", start, match.start("words") + length)
        if value == 1 and end == match.end("words") and _is_pronoun(normal, start, end):
            return None
    elif match["hanzi"]:
        value = hanzi_value(match["hanzi"])
        if value is None or not _is_counted(match, normal):
            return None
    elif match["over"]:
        value = fraction(Decimal(match["over"]), Decimal(match["under"]))
    else:
        value = digits_value(match["digits"])
    if value is None:
        return None
    if match["plus_half"] or match["and_half"]:
        value += Decimal("0.5")
    if match["sign"] in {"-", "负"}:
        value = -value
    currency = _LOWER_BEFORE.get((match["cur"] or "").lower(), "")
    scale, letter = _scale(match["scale"] or "", is_money=bool(currency) or bool(match["money"]))
    kind, unit, factor = _unit(match)
    if letter and not unit:
        unit = letter
    if currency and kind == "number" and not unit:
        kind, unit = "money", currency
    zh = bool(match["scale"]) and not match["scale"].isascii()
    return _Quantity(value * factor, scale, kind, unit, start, end, zh or bool(match["hanzi"]))


def _scale(words: str, *, is_money: bool) -> tuple[Decimal | None, str]:
    """The scale and, where a lone small letter is no scale outside money ("5m"), that letter as a unit."""
    words = words.strip(" \u202f-多余几")
    if not words:
        return None, ""
    if len(words) == 1 and words in "mbt" and not is_money:
        return None, words
    if words.isascii():
        power = sum(
            SCALES[word] if word in SCALES else SCALES[word.lower()] for word in re.split(r"[ \u202f-]+", words)
        )
    else:
        power = sum(SCALES[character] for character in words)
    return Decimal(10) ** power, ""


def _unit(match: re.Match[str]) -> tuple[FigureKind, str, int]:
    """Kind, canonical unit and the factor that brings the numeral to that unit."""
    if match["pp"]:
        return "percent", "pp", 1
    if match["percent"]:
        return "percent", "%", 1
    if match["half"]:
        return "percent", "%", 10
    if match["times"]:
        return "multiple", "x", 1
    if match["money"]:
        return "money", _LOWER_UNITS[match["money"].lower()], 1
    if match["time_zh"]:
        return "duration", _DURATION[match["time_zh"]], 1
    if match["time"]:
        word = match["time"].lower()
        return "duration", _DURATION.get(word) or _DURATION[word.removesuffix("s")], 1
    if match["measure"]:
        return "number", _MEASURE.get(match["measure"]) or _LOWER_UNITS[match["measure"].lower()], 1
    return "number", "", 1


def _is_pronoun(normal: str, start: int, end: int) -> bool:
    return bool(_PRONOUN_BEFORE.search(normal, max(0, start - 12), start) or _PRONOUN_AFTER.match(normal, end))


def _is_counted(match: re.Match[str], normal: str) -> bool:
    """Whether Chinese numerals count something here rather than being part of a word ("百度", "统一", "十分")."""
    run, before = match["hanzi"], normal[match.start("hanzi") - 1 : match.start("hanzi")]
    has_unit = match.end() > match.end("hanzi")
    if before in _VAGUE_BEFORE:
        return False
    if len(run) > 1:
        return True
    if before in _WORD_BEFORE:
        return False
    if _RANGE_AFTER.match(normal, match.end()):
        return True
    return has_unit or (run != "一" and bool(_COUNTER.match(normal, match.end())))


def _special(match: re.Match[str]) -> _Quantity | None:
    part = {name: text for name, text in match.groupdict().items() if text}
    kind: FigureKind = "number"
    unit = ""
    value: Decimal | None
    if "pct" in part:
        value = hanzi_value(part["of"]) if not part["of"][0].isascii() else Decimal(part["of"])
        kind, unit = "percent", "%"
        if value is not None:
            value /= {"百": 1, "千": 10, "万": 100}[part["pct"][0]]
    elif "below" in part:
        value = _ratio(part["above"], part["below"])
    elif "num" in part:
        return _worded_fraction(part, match)
    elif "half_of" in part or "half_time" in part:
        word = (part.get("half_of") or part["half_time"].removeprefix("半")).lower()
        scale = Decimal(10) ** SCALES[word] if word in SCALES else Decimal(1)
        value = scale / 2
        if word not in SCALES:
            kind, unit = "duration", _DURATION[word]
    elif "nth" in part or "nth_zh" in part:
        value, unit = Decimal(part.get("nth") or part["nth_zh"]), "th"
    elif "comma" in part:
        return _comma(part["comma"], match)
    elif "fold" in part or "twice" in part or "verb" in part or "twice_zh" in part:
        kind, unit = "multiple", "x"
        word = part.get("twice") or part.get("verb") or "two"
        value = Decimal(_TWICE[word[:2].lower()])
        if "fold" in part:
            read = words_value(part["fold"]) or words_value(f"a {part['fold']}")
            value = read[0] if read else None
    else:
        value = Decimal("0.5")
    return None if value is None else _Quantity(value, None, kind, unit, match.start(), match.end())


def _comma(numeral: str, match: re.Match[str]) -> _Quantity | None:
    """A decimal comma, read as such only where a unit follows; the unit is taken along."""
    tail = _QUANTITY.match("1" + match.string[match.end() : match.end() + 24])
    if tail is None:
        return None
    before = match.string[match.start() - 1 : match.start()]
    kind, unit, _ = _unit(tail)
    if before in {"€", "$", "£"} and kind == "number":
        kind, unit = "money", _CURRENCY_BEFORE[before]
    scale, _ = _scale(tail["scale"] or "", is_money=unit != "")
    start = match.start() - (kind == "money" and before in {"€", "$", "£"})
    return _Quantity(Decimal(numeral.replace(",", ".")), scale, kind, unit, start, match.end() + tail.end() - 1)


def _ratio(above: str, below: str) -> Decimal | None:
    top = Decimal(above) if above.isdecimal() and above.isascii() else hanzi_value(above)
    bottom = Decimal(below) if below.isdecimal() and below.isascii() else hanzi_value(below)
    return None if top is None or bottom is None else fraction(top, bottom)


def _worded_fraction(part: dict[str, str], match: re.Match[str]) -> _Quantity | None:
    """A fraction in words; "a third" and "three quarters" are one only before "of"."""
    number, name = part["num"].lower(), part["den"].lower()
    plural = name.endswith("s")
    is_one = number in {"one", "a"}
    if is_one == plural or ((number == "a" or name.startswith("quarter")) and "ofs" not in part and name[:3] != "hal"):
        return None
    read = words_value(number) or (Decimal(1), 1)
    value = fraction(read[0], Decimal(_FRACTION[name[:3]]))
    end = match.end("den")
    return None if value is None else _Quantity(value, None, "number", "", match.start(), end)
