"""Text as tokens in one normal form, so that two spellings of a value are equal and a part of one is not.

A number, date, time, address, path or name is one token: '12' is no part of '2024-05-12', 'eve@x.com' none of
'steve@x.com'. Words are folded; what a machine tells apart by case (a path, a password, an id with digits) is not.
Chinese is read letter by letter, since words are not marked in it.

| token | of |
|---|---|
| n:1000.5 | 1,000.50  1000.5  $1,000.50  1.000,50  50k  三百二十  3万 |
| d:2024-05-26, d:-05-26 | 2024-05-26  May 26th, 2024  26 May  May 26-28  2024年5月26日  5月26号 |
| t:19:00 | 19:00  7pm  7:00 p.m.  晚上7点  19点  下午三点半 |
| e: u: i: | mail address; URL; path, file name, account number, anything with digits and letters |
| w:lunch w:午 | words |
| s:+ | signs that mean something to a machine |

Rules: pure, total, linear in the text. What can be read in two ways (1,5; 03/04/2024) is no number and no date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ergos.kernel.permission import days
from ergos.kernel.permission.numerals import HAN_DIGITS, han_value, shifted, shortest

TEXT_CHARS_MAX: Final = 200_000  # characters read of one text; what stands behind grounds nothing

_CJK: Final = r"\u2e80-\u9fff\uf900-\ufaff"
_L: Final = rf"[^\W{_CJK}]"  # a letter, digit or underscore of a script that parts its words
_ALONE: Final = rf"(?<!{_L})"
_HAN_COUNT: Final = rf"\d{{1,2}}|[{HAN_DIGITS}]{{1,3}}"
_MONTHS: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_NTH: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_TO: Final = r"\s?(?:-|–|to|until|through)\s?(?:the\s)?"
_YEAR: Final = r",?\s(?P<{}>\d{{4}})(?![\d:.,/-]*\d)"
_HALF: Final = r"\.?m\b\.?"

# Runs that no other pattern can begin with or reach into are taken at once: words with a blank between them that none
# but a sentence's sign follows, signs of a sentence, Chinese letters that are no part of a number, a date or a time.
_NO_MONTH: Final = "[BCEG-IKLP-RT-Zbceg-iklp-rt-z]|(?!(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[A-Za-z]"
_PLAIN_WORD: Final = rf"(?-i:(?:{_NO_MONTH})[A-Za-z]*+(?=[.,;:!?)]?(?:\s|\Z)))"
_HAN_OF_NUMBERS: Final = HAN_DIGITS + "凌早上中下傍晚"

# What is found, in the order in which it is tried at each place.
_PATTERNS: Final = {
    "words": rf"{_PLAIN_WORD}(?:\s{_PLAIN_WORD}){{0,7}}+",
    "blank": r"\s++",
    "signs": r"(?:[,;:!?()\"]|\.(?=\s|\Z))++",
    "hans": rf"(?:(?![{_HAN_OF_NUMBERS}])[{_CJK}])++",
    "url": rf"{_ALONE}(?:[a-z][a-z0-9+.-]{{1,20}}://|www\.)[^\s<>\"'“”‘’「」《》，。；、（）|{_CJK}]+",
    "mail": rf"(?<![.%+\-@]){_ALONE}[a-z0-9._%+\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+(?!{_L})(?!@)",
    "iso": rf"{_ALONE}(?<![\d][./-])(?P<iy>\d{{4}})(?P<is>[-/.])(?P<im>\d{{1,2}})(?P=is)(?P<id>\d{{1,2}})"
    rf"(?:t(?=\d{{1,2}}:\d\d)|(?!{_L})(?![./-]\d))",
    "han_day": r"(?:(?P<hy>\d{4})年)?(?<![\d.])(?P<hm>\d{1,2})月(?P<hd>\d{1,2})[日号]",
    "month_day": rf"{_ALONE}(?P<mm>{_MONTHS})\.?\s(?P<md>{_NTH})(?:{_TO}(?P<me>{_NTH})(?!{_L})(?!\s(?:{_MONTHS})\b))?"
    rf"(?:{_YEAR.format('my')})?(?!{_L})(?![:.,/]\d)",
    "day_month": rf"{_ALONE}(?<![.,:/-])(?:(?P<db>{_NTH}){_TO})?(?P<dd>{_NTH})(?:\sof)?\s(?P<dm>{_MONTHS})"
    rf"(?:{_YEAR.format('dy')})?(?!{_L})",
    "clock": rf"(?:{_ALONE}|(?<=\d[t]))(?<![:.,])(?P<ch>\d{{1,2}}):(?P<cm>[0-5]\d)(?::(?P<cs>[0-5]\d)(?:\.0+)?)?"
    rf"(?:\s?(?P<ca>[ap]){_HALF})?(?P<zone>\s?z(?!{_L})|[+-]\d\d:?\d\d(?!\d))?(?![\d:])",
    "hour": rf"{_ALONE}(?<![:.,])(?P<hh>\d{{1,2}})\s?(?P<ha>[ap]){_HALF}",
    "han_clock": rf"(?P<hp>凌晨|早上|上午|中午|下午|傍晚|晚上)?(?<![\d.])(?P<kh>{_HAN_COUNT})(?:点|點|时(?!间))"
    rf"(?:(?P<km>{_HAN_COUNT})分?|(?P<kk>半)|整|钟)?",
    "iban": r"(?<![a-z0-9])[a-z]{2}\d{2}(?: [a-z0-9]{4}){2,7}(?: [a-z0-9]{1,3})?(?![a-z0-9])",
    "number": rf"{_ALONE}(?<![.,/:]\d)(?<!\d[.,/:-])(?P<sign>(?<![^\s(,:¥€$£{_CJK}])[+-])?"
    r"(?:(?P<eu>\d{1,3}(?:\.\d{3})+,\d{1,2})|(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?)"
    rf"(?P<scale>k(?!{_L})|[万亿])?(?:st|nd|rd|th)?(?!{_L})(?![.,/:-]\d)",
    "han_number": rf"[{HAN_DIGITS}]{{2,12}}",
    "name": rf"(?:~?/|\.{{1,2}}/|[#@])?{_L}(?:{_L}|[._/\\@~\-](?={_L})|/)*",
    "apostrophe": rf"(?<={_L})['’]{_L}+",
    "han": rf"[{_CJK}]",
    "other": r"\S",
}
_TOKEN: Final = re.compile("|".join(f"(?P<{name}>{one})" for name, one in _PATTERNS.items()), re.IGNORECASE)
_QUIET: Final = frozenset(".,;:!?'\"()-–—_…‘’“”，。；：！？、（）《》〈〉「」『』【】·•#@$€£¥%")  # fmt: skip
_MONTH_OF: Final = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_WORDS_OF_NUMBERS: Final = {
    word: str(at) for at, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)
}
_WORDS_OF_COUNTS: Final = {word: f"n:{count}" for word, count in _WORDS_OF_NUMBERS.items()}
_AFTERNOON: Final = frozenset({"下午", "傍晚", "晚上"})


def tokens(text: str, *, quiet: bool = False) -> list[str]:
    """The tokens of a text. Cost: linear. `quiet`: also, as q:, the signs that a sentence has between them."""
    found: list[str] = []
    for some in pieces(text):
        found += some
    return found if quiet else [token for token in found if token[0] != "q"]


def pieces(text: str) -> Iterator[Sequence[str]]:
    """The tokens of a text, quiet ones too, a few at a time. Cost: what is taken of them."""
    text = text[:TEXT_CHARS_MAX]
    for match in _TOKEN.finditer(text if text.isascii() else unicodedata.normalize("NFKC", text)):
        assert match.lastgroup is not None  # the group that closed last is the outermost one: what was found
        yield _READERS[match.lastgroup](match)


def _read_number(match: re.Match[str]) -> tuple[str, ...]:
    if match["eu"]:
        digits = match["eu"].replace(".", "").replace(",", ".")
    else:
        digits = match["whole"].replace(",", "") + (match["part"] or "")
    if len(digits) > 60:
        return (f"i:{match[0]}",)
    scale = (match["scale"] or "").lower()
    if scale:
        digits = shifted(digits, {"k": 3, "万": 4, "亿": 8}[scale])
    return (f"n:{shortest((match['sign'] or '') + digits)}",)


def _read_han_number(match: re.Match[str]) -> tuple[str, ...]:
    text = match[0]
    if text[0] in "百千万亿":  # no numeral begins with one; a word does
        return tuple(f"w:{letter}" for letter in text)
    return (f"n:{han_value(text)}",)


def _days(year: str | None, month: int, texts: tuple[str | None, ...], whole: str) -> tuple[str, ...]:
    """One day, or the first and the last of several."""
    found: list[str] = []
    for text in texts:
        if text is not None:
            day = int(text.rstrip("stndrhSTNDRH"))
            if not days.is_day(int(year) if year else 2000, month, day):
                return (f"i:{whole}",)
            found.append(f"d:{year or ''}-{month:02}-{day:02}")
    return tuple(found)


def _read_iso(match: re.Match[str]) -> tuple[str, ...]:
    return _days(match["iy"], int(match["im"]), (match["id"],), match[0])


def _read_han_day(match: re.Match[str]) -> tuple[str, ...]:
    return _days(match["hy"], int(match["hm"]), (match["hd"],), match[0])


def _read_month_day(match: re.Match[str]) -> tuple[str, ...]:
    return _days(match["my"], _MONTH_OF[match["mm"][:3].lower()], (match["md"], match["me"]), match[0])


def _read_day_month(match: re.Match[str]) -> tuple[str, ...]:
    return _days(match["dy"], _MONTH_OF[match["dm"][:3].lower()], (match["db"], match["dd"]), match[0])


def _time(hour: int, minute: int, second: int, half: str, text: str) -> tuple[str, ...]:
    if half:
        if not 1 <= hour <= 12:
            return (f"i:{text}",)
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        return (f"i:{text}",)
    return (f"t:{hour:02}:{minute:02}" + (f":{second:02}" if second else ""),)


def _read_clock(match: re.Match[str]) -> tuple[str, ...]:
    half, zone = (match["ca"] or "").lower(), (match["zone"] or "").strip().lower()
    read = _time(int(match["ch"]), int(match["cm"]), int(match["cs"] or 0), half, match[0])
    return (f"{read[0]} {zone}",) if zone else read


def _read_hour(match: re.Match[str]) -> tuple[str, ...]:
    return _time(int(match["hh"]), 0, 0, match["ha"].lower(), match[0])


def _read_han_clock(match: re.Match[str]) -> tuple[str, ...]:
    def of(digits: str | None) -> int:
        return 0 if not digits else int(digits) if digits.isdecimal() else han_value(digits)

    hour, part = of(match["kh"]), match["hp"] or ""
    if (part in _AFTERNOON and hour < 12) or (part == "中午" and hour < 3):
        hour += 12
    return _time(hour, 30 if match["kk"] else of(match["km"]), 0, "", match[0])


def _read_url(match: re.Match[str]) -> tuple[str, ...]:
    url = match[0].rstrip(".,;:!?)]}'\"*")
    scheme, parted, rest = url.partition("://")
    if not parted:
        scheme, rest = "http", url
    host, slash, path = rest.partition("/")
    token = f"u:{scheme.lower()}://{host.lower()}{slash if path else ''}{path}"
    return (token, *(f"q:{sign}" for sign in match[0][len(url) :]))


def _read_mail(match: re.Match[str]) -> tuple[str, ...]:
    return (f"e:{match[0].lower()}",)


def _read_iban(match: re.Match[str]) -> tuple[str, ...]:
    """An account number in groups; without its check digits it is a row of words. Source: ISO 13616, mod 97."""
    joined = match[0].replace(" ", "").upper()
    digits = "".join(str(int(letter, 36)) for letter in joined[4:] + joined[:4]) if match[0].isascii() else "0"
    if int(digits) % 97 == 1:
        return (f"i:{joined}",)
    return tuple(token for part in match[0].split(" ") for token in tokens(part))


def _read_name(match: re.Match[str]) -> tuple[str, ...]:
    text = match[0].lstrip("#@")
    signs = [f"q:{sign}" for sign in match[0][: len(match[0]) - len(text)]]
    bare = text.rstrip("/") or text
    if bare.replace("-", "").isalpha():
        parts = bare.casefold().split("-")
        words = (f"n:{_WORDS_OF_NUMBERS[part]}" if part in _WORDS_OF_NUMBERS else f"w:{part}" for part in parts if part)
        return (*signs, *words)
    account = len(bare) >= 15 and bare.isascii() and bare.isalnum() and bare[:2].isalpha() and bare[2:4].isdigit()
    return (*signs, f"i:{bare.upper() if account else bare}")


def _read_words(match: re.Match[str]) -> list[str]:
    return [_WORDS_OF_COUNTS.get(word) or f"w:{word}" for word in match[0].casefold().split()]


def _read_blank(_: re.Match[str]) -> tuple[str, ...]:
    return ()


def _read_signs(match: re.Match[str]) -> list[str]:
    return [f"q:{sign}" for sign in match[0]]


def _read_hans(match: re.Match[str]) -> list[str]:
    return [f"w:{letter}" for letter in match[0]]


def _read_word(match: re.Match[str]) -> tuple[str, ...]:
    return (f"w:{match[0].casefold().replace('’', chr(39))}",)


def _read_sign(match: re.Match[str]) -> tuple[str, ...]:
    return (f"{'q' if match[0] in _QUIET else 's'}:{match[0]}",)


_READERS: Final[dict[str, Callable[[re.Match[str]], Sequence[str]]]] = {
    "words": _read_words,
    "blank": _read_blank,
    "signs": _read_signs,
    "hans": _read_hans,
    "url": _read_url,
    "mail": _read_mail,
    "iso": _read_iso,
    "han_day": _read_han_day,
    "month_day": _read_month_day,
    "day_month": _read_day_month,
    "clock": _read_clock,
    "hour": _read_hour,
    "han_clock": _read_han_clock,
    "iban": _read_iban,
    "number": _read_number,
    "han_number": _read_han_number,
    "name": _read_name,
    "apostrophe": _read_word,
    "han": _read_word,
    "other": _read_sign,
}
