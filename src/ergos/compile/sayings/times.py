"""Diagnostics about times: schedules that cannot be, are ambiguous, or fire in a storm (C1xx)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ergos.compile.sayings.saying import Saying

TIMES: Final[MappingProxyType[str, Saying]] = MappingProxyType(
    {
        "C101": Saying(
            "error",
            "'{words}' is {when}, which has passed",
            "name a time that is still to come",
            "“{words}”是 {when}，已经过去了",
            "请给出一个将来的时间",
        ),
        "C102": Saying(
            "note",
            "'{words}' is counted from its first time, {when}",
            "say 'starting …' for another beginning",
            "“{words}”从第一次（{when}）起算",
            "若要从别的日子算起，请写“从……开始”",
        ),
        "C103": Saying(
            "note",
            "'{words}' is read as {reading}",
            "name the time if it is to be another one",
            "“{words}”按 {reading} 理解",
            "若不对，请写明具体时间",
        ),
        "C104": Saying(
            "warning",
            "'{words}' is read as {when}: of the week after this one",
            "name the date if you mean another day",
            "“{words}”按下一周的 {when} 理解",
            "若指的是另一天，请写出日期",
        ),
        "C105": Saying(
            "note",
            "'{words}' is read as {reading}: nothing says whether morning or afternoon",
            "write am or pm, or 24 hours",
            "“{words}”按 {reading} 理解：没有说上午还是下午",
            "请写“上午”“下午”，或用 24 小时制",
        ),
        "C106": Saying(
            "question",
            "'{words}' may be {one} or {other}",
            "write the month as a word",
            "“{words}”可能是 {one}，也可能是 {other}",
            "请写成“几月几日”",
        ),
        "C107": Saying(
            "error",
            "'{one}' and '{other}' contradict each other",
            "say which of the two holds",
            "“{one}”与“{other}”互相矛盾",
            "请说明以哪一个为准",
        ),
        "C108": Saying(
            "note",
            "no time zone is named; times are those of {zone}",
            "name a place or a zone if they are of another one",
            "没有说明时区，按 {zone} 理解",
            "若是别的时区，请写明地点或时区",
        ),
        "C109": Saying(
            "question",
            "'{words}' is the abbreviation of several time zones: {zones}",
            "write the zone's full name",
            "“{words}”是几个时区共用的缩写：{zones}",
            "请写出时区的全名",
        ),
        "C110": Saying(
            "question",
            "no time zone is known for '{words}'{near}",
            "write an IANA name such as Europe/Berlin",
            "不知道“{words}”的时区{near}",
            "请写 IANA 名称，例如 Asia/Shanghai",
        ),
        "C111": Saying(
            "note",
            "on {when} the clocks of {zone} change: {clock} is {what} that day",
            "another time of day is free of it",
            "{when} 这天 {zone} 调整时钟：{clock} {what}",
            "换一个时间就不受影响",
        ),
        "C112": Saying(
            "error",
            "'{words}' never happens: {why}",
            "change the day or the time",
            "“{words}”永远不会发生：{why}",
            "请改日期或时间",
        ),
        "C113": Saying(
            "error",
            "'{words}' is a storm: once a minute is the fastest",
            "let an event wake it, or ask for every few minutes",
            "“{words}”太频繁：最快每分钟一次",
            "请用事件触发，或改为每几分钟一次",
        ),
        "C114": Saying(
            "warning",
            "'{words}' is {count} times a day",
            "ask for fewer, if it may be later",
            "“{words}”每天有 {count} 次",
            "若不急，请减少次数",
        ),
        "C115": Saying(
            "question",
            "'{words}' is no day this can compute: it depends on place and year",
            "write the dates",
            "“{words}”是哪天取决于地点和年份，这里算不出来",
            "请写出具体日期",
        ),
        "C116": Saying(
            "question",
            "'{words}' leaves open when",
            "name the times",
            "“{words}”没有说是什么时候",
            "请写明时间",
        ),
        "C117": Saying(
            "error",
            "'{words}' is no time of day",
            "write it like 8 am or 20:00",
            "“{words}”不是一个有效的时间",
            "请写成“上午八点”或 20:00",
        ),
        "C118": Saying(
            "note",
            "'{words}' is left out in the years to {year}",
            "say it again after that",
            "“{words}”在 {year} 年之前都会跳过",
            "之后请再说明一次",
        ),
        "C119": Saying(
            "warning",
            "'{words}' leaves out nothing that would happen",
            "take it out, or say when it runs",
            "“{words}”没有排除任何会发生的时间",
            "请删去，或说明何时运行",
        ),
        "C120": Saying(
            "note",
            "'{words}' is read as: until {when}",
            "name the last day if it is another one",
            "“{words}”按“到 {when} 为止”理解",
            "若是别的日子，请写明最后一天",
        ),
        "C121": Saying(
            "error",
            "it ends on {end}, before it begins on {start}",
            "change one of the two",
            "结束日 {end} 早于开始日 {start}",
            "请修改其中一个",
        ),
        "C122": Saying(
            "note",
            "months without a day {day} are left out",
            "say 'the last day of the month' to have one in each",
            "没有 {day} 日的月份会跳过",
            "若每月都要，请写“每月最后一天”",
        ),
        "C123": Saying(
            "note",
            "'{words}' is read as once, on {when}",
            "say 'every day' if it is to be done again",
            "“{words}”按一次理解：{when}",
            "若要重复，请写“每天”",
        ),
        "C124": Saying(
            "warning",
            "'{words}' is no place whose time is known here; times are those of {zone}",
            "write an IANA name such as Europe/Berlin if another zone is meant",
            "不知道“{words}”是哪里的时间，按 {zone} 理解",
            "若指别的时区，请写 IANA 名称，例如 Asia/Shanghai",
        ),
        "C125": Saying(
            "warning",
            "'{words}' is read as on that day itself",
            "name the day on which it is to run if it is an earlier one",
            "“{words}”按当天理解",
            "若要提前，请写明提前到哪一天",
        ),
    }
)
