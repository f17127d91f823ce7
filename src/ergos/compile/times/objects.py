"""Times that say of what, and not when: 'this month's spending', 'the meeting at 4pm', 'we launch on 1 June'.

Rules: pure; only a single time can be one: what recurs says when.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from ergos.compile.times.groups import Group
from ergos.compile.times.part import Part

_CLAUSE_CHARS: Final = 80  # characters beside a time that are looked at
_PERIOD: Final = re.compile(
    r"(?:\b(?:about|on|in|of|for|the|my|our)\s)*(?:this\s(?:coming\s)?(?:week|month|quarter|year))(?:['’]s)?"
    r"|(?:在|于)?(?:本|这个?|今)(?:周|月|季度|年)",
    re.IGNORECASE,
)
_TODAY: Final = re.compile(r"(?:\b(?:about|on|in|of|for|the|my|our)\s)*today|在?(?:今天|今日|当天)", re.IGNORECASE)
_EVENT: Final = re.compile(
    r"\b(?:meetings?|calls?|appointments?|launch|flights?|trains?|events?|party|dinner|lunch|breakfast|interviews?"
    r"|class|lessons?|exams?|conference|deadline|sessions?|webinar|demo|concert|game|match|release|trip|visit|ceremony"
    r"|wedding|hearing|shift|birthday|anniversary|standup|stand-up|review)"
    r"(?:\s(?:that|which))?(?:\s(?:is|are|starts?|begins?|takes? place|happens))?(?:\sscheduled)?\s?(?:for\s)?$",
    re.IGNORECASE,
)
_STATED: Final = re.compile(
    r"(?:^|[.!?;:\n]\s*|,\s*(?:and\s|because\s|since\s|as\s)?|\bbecause\s|\bsince\s)"
    r"(?:we|they|he|she|there|i|(?:the|our|my|his|her|their)\s(?:[\w-]+\s){0,3}?[\w-]+)\s"
    r"(?:will\s(?:be\s)?|am\s|are\s|is\s|was\s|were\s|['’]ll\s)?"
    r"(?:launch(?:es|ed|ing)?|ships?|meets?|fly|flies|flying|leaves?|leaving|departs?|arrives?|arriving|travels?"
    r"|travell?ing|moves?|moving|marry|married|opens?|closes?|expires?|takes?\splace|on holiday|away|due|scheduled"
    r"|starts?\swork|born|founded|released|published|is|are|was|were)"
    r"(?:\s[\w'’-]+){0,4}?\s?(?:for\s)?$",
    re.IGNORECASE,
)
_ZH_STATED: Final = re.compile(
    r"(?:^|[,，。;；！!?？\n])\s*(?:我们|咱们|公司|他们?|她们?|会议|航班|火车|产品|项目|新品|活动|比赛|考试|婚礼|面试|发布会|合同|签证)"
    r"[\u4e00-\u9fff]{0,6}?(?:在|是|于|定在|定于|将在|将于)?$"
)
_ZH_HAPPENS: Final = re.compile(
    r"\s?(?:正式)?(?:上线|发布|开会|见面|出发|动身|开始|结束|举行|举办|到期|截止|起飞|开业|搬家|放假|结婚|过生日|开幕|[。;；！!\n]|$)"
)
_ZH_OF: Final = re.compile(r"\s?的(?!时候|话|时间|时刻)")
_REMIND: Final = re.compile(r"\bremind|\bnotify|\bping|\balert|提醒|通知|叫我", re.IGNORECASE)
_BREAK: Final = re.compile(r"[.!?;。;；！!\n]")


def without_periods(said: Sequence[Part], prose: str, today: date) -> list[Part]:
    """The parts, less 'this month' and a 'today' beside which no time of day stands."""
    found: list[Part] = []
    for place, part in enumerate(said):
        words = prose[part.start : part.end].strip()
        beside = [one for one in said[max(place - 1, 0) : place + 2] if one is not part]
        timed = any(one.kind in ("clocks", "part", "window") for one in beside)
        open_day = part.kind == "day" and part.day is not None and not part.day.part and part.day.minute < 0
        this = open_day and _PERIOD.fullmatch(words) is not None
        now = open_day and not timed and part.day is not None and part.day.day == today
        if this or (now and _TODAY.fullmatch(words)):
            found.append(Part("sep", part.start, part.end, name="word"))
        else:
            found.append(part)
    return found


def is_object(group: Group, prose: str) -> bool:
    """Whether a single time says when something else is."""
    if group.recurrences or any(part.kind == "zone" for part in group.limits):
        return False
    if group.point is not None and group.point.kind != "day":
        return False
    start, end = group.span
    before = prose[max(start - _CLAUSE_CHARS, 0) : start]
    clause = _BREAK.split(before)[-1]
    after = prose[end : end + _CLAUSE_CHARS]
    if _REMIND.search(clause) or _REMIND.search(_BREAK.split(after)[0]):
        return False
    if _ZH_OF.match(after) or (_ZH_STATED.search(before) and _ZH_HAPPENS.match(after)):
        return True
    return _EVENT.search(before) is not None or _STATED.search(before) is not None
