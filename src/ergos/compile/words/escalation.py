"""What happens when it does not work: "if it fails three times, tell me", 连续失败三次就停止.

Rules: pure; a number of failures and what then; without a number, telling the owner is an action like others.
Must not know: actions.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from ergos.compile.intent import Found, Span
from ergos.compile.words.draft import Draft
from ergos.compile.words.money import number_of
from ergos.lib.work import Escalation

_FAILS: Final = re.compile(
    r"\b(?:fail(?:s|ed|ures?|ing)?|errors?|crash(?:es|ed)?|goes wrong|(?:does not|doesn't|cannot"
    r"|can't|could not|couldn't|can not) (?:work|be (?:read|reached|loaded|opened|fetched)|reach"
    r"|connect|read|finish|complete)|times? out|is down|breaks?|broken?|trouble|problems?|stops? working|hangs?"
    r"|stuck|unreachable|outage|no answer|not respond(?:ing)?|no luck|dies|dead|conks? out|chokes?|falls? over"
    r"|mess(?:es)? up|acts? up|hiccups?)\b|毛病|故障|坏|挂了|挂掉|崩|卡住|断线|不通|没反应|没响应|抓不到|取不到"
    r"|进不去|登不上|掉链子|不了|差错|岔子|纰漏|没成|不成(?!品|本)|不灵|没戏|搞砸|失败|连错|出错|报错"
    r"|错误|读不到|打不开|连不上|异常|超时|出问题|不成功|读取不了|访问不了",
    re.IGNORECASE,
)

_TIMES: Final = re.compile(
    r"(?P<first>\b(?:the )?(?:first|very first) (?:failure|error|crash|problem|time|attempt|try|hiccup)\b)"
    r"|\b(?P<nth>second|third|fourth|fifth|sixth|tenth) (?:failure|error|crash|problem|time|attempt|try|go|run"
    r"|failed)\b|(?P<once>\bonce\b)|(?P<twice>\btwice\b)|(?P<thrice>\bthrice\b)"
    r"|(?P<n>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)(?:\s+or more)?\s+(?:consecutive\s+"
    r"|successive\s+|straight\s+|failed\s+|unsuccessful\s+|fruitless\s+)?(?:times?|failures?|errors?|attempts?"
    r"|runs?|tries|in a row)\b"
    r"|(?:连续|超过|累计|达到?|重试|出现)?\s*(?P<zh>\d{1,3}|[一二两三四五六七八九十]{1,2})\s*(?:次|回"
    r"|遍)",
    re.IGNORECASE,
)

_ORDINALS: Final = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "tenth": 10}

_STOP: Final = re.compile(
    r"\b(?:stop|halt|give up|quit|abort|pause|end it|shut (?:\w+ )?down|turn (?:it|itself|yourself) off"
    r"|switch (?:it |itself |yourself )?off|stand down|call it a day|pack it in|knock it off|cease|cancel)\b|停止"
    r"|停下|停掉|停|中止|终止"
    r"|暂停|别跑|放弃|别再试|别再跑|不要再|歇|收工|关掉|关停|不再",
    re.IGNORECASE,
)

_ASKED: Final = re.compile(
    r"\bask\b|\bcheck with me\b|\bwhat to do\b|let me decide|\bI decide\b|问我|请示|咋办|咋整|怎么弄|拿主意|听我的"
    r"|等我指示|怎么办|让我决定|由我决定",
    re.IGNORECASE,
)

_TOLD: Final = re.compile(
    r"\b(?:tell|notify|alert|inform|let me know|ping|warn|message|e-?mail|send|report|mail|text|shout|holler"
    r"|drop me|give me a|write (?:to )?me|get in touch|contact me|reach me|buzz|flag"
    r"|call)\b|打电话|通知|告诉|提醒|告知|报告|汇报|发(?:给|邮件|消息|短信)|告警|报警|喊我|吱一?声|说一?声|说一下"
    r"|知会|跟我说|找我|叫我",
    re.IGNORECASE,
)


def read_escalation(draft: Draft, start: int, end: int, whole: Span, *, named: bool = False) -> bool:
    """As in "If it fails three times, tell me": how often, and what then; `whole`: up to the end of the sentence."""
    text = draft.copy.text
    fails = _FAILS.search(text, start, end)
    if fails is None:
        return False
    count = 0
    prose = draft.copy.prose
    for times in (*_TIMES.finditer(prose, start, end), *_TIMES.finditer(prose, end, whole[1])):
        if times["once"] and "at once" in draft.copy.prose[max(0, times.start() - 3) : times.end()].lower():
            continue
        if times["nth"]:
            count = _ORDINALS[times["nth"].lower()]
            break
        said = times["n"] or times["zh"]
        count = (
            1
            if times["first"] or times["once"]
            else 2
            if times["twice"]
            else 3
            if times["thrice"]
            else int(number_of(said) or 0)
        )
        break
    then = _then(text[start : whole[1]])
    if not then:
        return False
    if not count and (then == "notify" or named):
        return False
    draft.escalation = Found(
        Escalation(after=max(count, 1), then=then, words=draft.copy.said(start, whole[1])), (start, whole[1])
    )
    return True


def _then(clause: str) -> Literal["ask", "notify", "stop"] | None:
    if _STOP.search(clause) and not re.search(
        r"(?:don't|do not|never|不要|别) ?stop|别停|不要停", clause, re.IGNORECASE
    ):
        return "stop"
    if _ASKED.search(clause):
        return "ask"
    return "notify" if _TOLD.search(clause) else None
