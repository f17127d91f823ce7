"""What looks like a time and cannot be one, or is open: said, because nothing else would notice that it was left out.

Rules: pure; linear; tables only. Each looks at the words themselves, whatever became of them.
"""

# The linter counts a Chinese character as two columns, and a pattern is read best on one line.
# ruff: noqa: E501, ISC004

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ergos.compile.intent import Span
from ergos.compile.times.frame import Frame

ODDITIES_MAX: Final = 20  # of one text that are said; nobody reads more

_UNIT: Final = (
    r"(?:milli|micro|nano)?(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|quarters?|years?)"
)
_ZH_UNIT: Final = "(?:毫秒|微秒|秒钟?|分钟|小时|钟头|天|日|周|星期|礼拜|月|季度?|年)"
_N: Final = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|ten)"

_ROWS: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "C112",
        r"\b(?:on\s)?(?:the\s|each\s|every\s)(?:0th|3[2-9](?:st|nd|rd|th)|[4-9]\d(?:st|nd|rd|th)|[1-9]\d\d(?:st|nd|rd|th))"
        r"(?:\sday)?(?=\s(?:of\s(?:the|each|every|a)\s)?month\b|\s?[,.;]|\s?$|\sof\s(?:each|every)\b)(?:\sof\s(?:the|each|every|a)\smonth)?",
        "no month has such a day",
        "没有哪个月有这一天",
    ),
    ("C112", r"每(?:个)?月的?\s?第?(?:0|3[2-9]|[4-9]\d|\d{3,4}|三十[二三四五六七八九]|[四五六七八九]十[一二三四五六七八九]?)\s?[号日]", "no month has such a day", "没有哪个月有这一天"),
    ("C112", r"每(?:个)?年的?\s?(?:(?:2|二)月(?:30|31|三十一?)|(?:4|6|9|11|四|六|九|十一)月(?:31|三十一))[日号]", "there is no such day", "没有这一天"),
    (
        "C112",
        rf"\b(?:every|each)\s(?:[-–−]\s?\d{{1,6}}|minus\s\w{{1,12}}|0+(?:\.0+)?|zero)\s?{_UNIT}\b",
        "an interval is at least one minute",
        "间隔至少是一分钟",
    ),
    ("C112", rf"每\s?隔?\s?(?:[-–−负]\s?[\d一二三四五六七八九十]{{1,4}}|0+|零)\s?个?{_ZH_UNIT}", "an interval is at least one minute", "间隔至少是一分钟"),
    ("C113", r"\b(?:every|each)\s(?:(?:single|few|couple of|half(?: a)?|\d{1,6})\s)?(?:(?:milli|micro|nano)second|msecs?|ms)s?\b", "", ""),
    ("C113", r"\b(?:every|each)\shalf(?:[\s-]an?)?[\s-]second\b", "", ""),
    ("C113", r"\b(?:once|twice|[\d,]{1,9}\stimes|(?:two|three|ten|hundreds?(?: of)?|thousands?(?: of)?) times)\s(?:an?|per|every|each)\s(?:milli|micro|nano)?second\b", "", ""),
    ("C113", r"每\s?(?:隔\s?)?[\d一二两三四五六七八九十百]{0,4}\s?个?(?:毫秒|微秒|纳秒)|每秒钟?(?:[\d一二两三四五六七八九十百千]{1,4}|好?几)\s?[次遍]", "", ""),
    ("C117", r"\bat\s(?:\d{1,2}:[6-9]\d|(?:2[5-9]|[3-9]\d):\d\d)(?![\d:])", "", ""),
    (
        "C116",
        rf"\b{_N}\s(?:(?:business|working|work|week)[\s-]?)?days?\s(?:before|after)\s(?:(?:the\s)?(?:end|start|beginning|last|first)\b"
        r"[^.,;\n]{0,30}\b(?:month|quarter|year)|(?:the\s)?(?:month|quarter|year)[\s-]?end)\b",
        "",
        "",
    ),
    ("C116", r"(?:每个?月|每季度?|每年)?(?:月|季|年)?(?:底|末|最后一天)的?(?:之)?前\s?[\d一二两三四五六七八九十]{1,3}\s?[天日个]", "", ""),
    ("C116", r"\bevery\s(?:now and then|so often|once in a while|few\s(?:minutes|hours|days|weeks|months))\b|\b(?:from time to time|now and then)\b", "", ""),
    ("C116", r"(?:时不时|每隔一?段时间|每过一?段时间|不定期|每隔?几(?:分钟|小时|天|周|个月))", "", ""),
)  # fmt: skip
"""Code, pattern, and why in English and Chinese."""
_READ: Final = tuple((code, re.compile(pattern, re.IGNORECASE), en, zh) for code, pattern, en, zh in _ROWS)
_BEFORE_DAY: Final = re.compile(
    r"每个?月\s?第?[\d一二三四五六七八九十]{1,3}\s?[号日](?:之前|以前|前)(?![\d一二三四五六七八九十])"
    r"|\b(?:before|by|no later than)\sthe\s\d{1,2}(?:st|nd|rd|th)\sof\s(?:each|every|the)\smonth\b",
    re.IGNORECASE,
)


def say_odd(text: str, taken: Sequence[Span], frame: Frame) -> None:
    """A finding for each; `taken`: what was read as a schedule, which is not open."""
    said = 0
    for code, pattern, en, zh in _READ:
        for match in pattern.finditer(text):
            span = match.span()
            if code == "C116" and any(start <= span[0] and span[1] <= end for start, end in taken):
                continue
            if said >= ODDITIES_MAX:
                return
            said += 1
            if code == "C112":
                frame.say(code, [span], why=zh if frame.language == "zh" else en)
            else:
                frame.say(code, [span])
    for match in _BEFORE_DAY.finditer(text):
        frame.say("C125", [match.span()])
