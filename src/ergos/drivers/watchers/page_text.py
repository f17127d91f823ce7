"""The text of a page as far as a change of it means something: pure.

What is taken is the main text as `drivers.sources` extracts it: navigation, scripts, styles, most advertisements and
everything in tags are gone. From its lines goes what changes by itself:

    14:05  14:05:31 UTC  2026-11-26T14:05Z     times of day, with the date they stand beside
    3 minutes ago  vor 2 Stunden  5分钟前        ages
    1,234 views  阅读 99                        counters of readers
    a8f3c0...                                   tokens: 16 characters and more of mixed letters and figures
    Last updated: 26 Nov 2026   Thursday, 26 November 2026    lines that are a date, with or without words for it

Other figures and dates stay: a price or a deadline is what a page is watched for. The order of lines does not count,
nor how often one stands there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LINES_MAX: Final = 4_000  # lines compared; what follows counts as one
LINE_CHARS_MAX: Final = 2_000  # characters of a line compared one by one; longer lines are cut into such pieces

_MONTH: Final = (
    r"(?:jan(?:uar[y]?)?|feb(?:ruar[y]?)?|mar(?:ch)?|m(?:ä|ae)rz|apr(?:il)?|ma[iy]|june?|juni|july?|juli|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_DAY: Final = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}月\d{1,2}日"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s+{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})"
)
_CLOCK: Final = (
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:z|utc|gmt|ce?s?t|uhr|[+-]\d{2}:?\d{2})\b)?"
)
_MOMENT: Final = re.compile(
    rf"(?:{_DAY}[t,\s]{{0,4}}(?:at|um|den)?\s{{0,2}})?(?<![\d:]){_CLOCK}(?![\d:])|\d{{1,2}}[点时]\d{{1,2}}分?"
)
_AGE: Final = re.compile(
    r"(?:\d{1,4}|an?|one|few)\s+(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)\s+ago"
    r"|vor\s+(?:\d{1,4}|einer|einem)\s+(?:sekunden?|minuten?|stunden?|tag(?:en)?|wochen?|monat(?:en)?|jahr(?:en)?)"
    r"|\d{1,4}\s?(?:秒|分钟|小时|天|周|个月|年)\s?前|\bjust now\b|刚刚"
)
_READERS: Final = re.compile(
    r"[\d.,]{1,12}\s?[km]?\s+(?:views?|readers?|reads|visits|visitors|people online|users online|online now|aufrufe)\b"
    r"|(?:views?|visits|visitors|阅读量?|浏览量?|访问量?|点击)\s?[::]?\s?[\d.,]{1,12}\s?[km万]?(?:\s?次)?"
    r"|[\d.,]{1,12}\s?万?\s?次?\s?(?:阅读|浏览|访问|点击)"
)
_TOKEN: Final = re.compile(r"\b(?=[a-z0-9_-]{0,200}\d)(?=[a-z0-9_-]{0,200}[a-z])[a-z0-9_-]{16,200}\b")
_WEEKDAY: Final = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|星期[一二三四五六日天]|周[一二三四五六日]"
)
_ONLY_DATE: Final = re.compile(
    rf"(?:[^\w]|(?:last|page|was|is|on|at|as|of|of:|the|today|now|stand|zuletzt|am|date|time|generated|updated|modified"
    rf"|retrieved|rendered|refreshed|aktualisiert|heute|今天|更新于|最后更新|更新时间|更新|日期|时间|于|{_WEEKDAY})(?![a-z])|{_DAY})+"
)
_BLANKS: Final = re.compile(r"\s+")


def lines_of(text: str) -> dict[str, str]:
    """What is compared, line by line, each once: as it is compared, and as it stands there."""
    found: dict[str, str] = {}
    for paragraph in text.split("\n"):
        for at in range(0, len(paragraph), LINE_CHARS_MAX):
            line = _BLANKS.sub(" ", paragraph[at : at + LINE_CHARS_MAX]).strip()
            compared = settled(line)
            if not compared:
                continue
            if len(found) >= LINES_MAX:
                found["\0"] = found.get("\0", "") + compared
            else:
                found.setdefault(compared, line)
    return found


def settled(line: str) -> str:
    """A line without what changes by itself; '' where nothing is left."""
    text = folded(line)
    for pattern in (_MOMENT, _AGE, _READERS, _TOKEN):
        text = pattern.sub(" ", text)
    text = _BLANKS.sub(" ", text).strip()
    return "" if not any(map(str.isalnum, text)) or _ONLY_DATE.fullmatch(text) else text


def holds(text: str, wanted: str) -> bool:
    """Whether a text holds another one; capitals, widths and blanks make no difference."""
    return folded(wanted) in folded(text)


def folded(text: str) -> str:
    """A text for comparing."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()
