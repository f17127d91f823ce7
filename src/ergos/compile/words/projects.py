"""What is said about the agent itself: its name, its team, its milestones, the report it makes of its own work.

Rules: pure. Must not know: actions, triggers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ergos.compile.intent import Found, MilestoneSaid, Span
from ergos.compile.words.atoms import ANY
from ergos.compile.words.draft import Draft
from ergos.kernel.triggers import Schedule

NAME_CHARS_MAX: Final = 60  # characters of a name or of a milestone
WEEKLY: Final = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"

_NAMED: Final = re.compile(
    r"\b(?:call|name) (?:it|the agent|this agent|yourself|him|her|this)\s+(?P<en>[A-Za-z][\w -]{0,40}"
    r"|\ue001+)|\bits name (?:is|should be|shall be)\s+(?P<en2>[A-Za-z][\w -]{0,40}|\ue001+)|\b(?:an? "
    r")?agent (?:called|named)\s+(?P<en3>\ue001+|[A-Za-z][\w-]{0,40})"
    r"|(?:叫它|取名叫?|名字叫|命名为|名为|起名叫?|名叫|名字是|称它为|就叫)\s*(?P<zh>\ue001+|[\w\u4e00-\u9fff-]{1,20})",
    re.IGNORECASE,
)
_TEAM: Final = re.compile(
    r"\b(?:work(?:s|ing)? (?:together )?with|team up with|together with|cooperate with|collaborate "
    r"with|hand (?:it |them |the \w+ )?over to|with the help of)\s+(?:the )?(?:agents? "
    r")?(?P<en>[\w-]+(?:\s*(?:,|and|&)+\s*(?:and\s+)?(?:the\s+)?[\w-]+){0,5}|\ue001+(?:\s*(?:,"
    r"|and)\s*\ue001+){0,5})"
    r"|(?:和|与|跟|同)\s*(?P<zh>[^，。；,;]{1,40}?)\s*(?:一起|共同)?(?:合作|协作|配合|搭档|组队|一起(?:工作|完成|做))",
    re.IGNORECASE,
)
_SPLIT: Final = re.compile(r"\s*(?:,|，|、|\band\b|和|与|及|&|\bagents?\b|这?两个智能体|智能体)\s*")
_SELF: Final = re.compile(
    r"\breport\w*\b[^.;]{0,20}\b(?:where we stand|how far (?:we|it|you))\b|"
    r"\breport\w*\b[^.;]{0,30}?\b(?:your(?:self| (?:own )?(?:work|progress|activit\w+|performance"
    r"|spending|status|doings?))|how you(?:'re| are| were| have been)? (?:do\w*|getting|work\w*"
    r"|spend\w*)|what you(?:'ve| have)? (?:did|done|been doing)|its own work|own work|itself)"
    r"|\b(?:progress|status|activity|self) reports?\b|\b(?:weekly|daily|monthly|regular) reports? "
    r"(?:on|about|of) (?:yourself|your|the agent)|\bhow you(?:'re| are) (?:doing|getting on|getting "
    r"along)\b|\breport (?:back )?(?:on )?(?:your )?progress\b|\b(?:tell|update) me (?:on )?(?:your "
    r"progress|how (?:it|you) (?:is|are) going)"
    r"|(?:进度|进展|工作进展|自身)(?:的)?(?:报告|汇报|周报|日报|小结)|(?:汇报|报告|告诉我|说说"
    r"|总结)(?:一下|一次)?(?:你的?|自己的?|你自己的?)?(?:进度|进展|工作情况|工作进展|表现|花费情况)"
    r"|(?:你自己|你的|自己的|自身|它自己)(?:的)?(?:工作|运行|进展|花费|情况|表现"
    r"|进度)[^，。；]{0,10}(?:报告|汇报|周报|总结|小结)|(?:报告|汇报)(?:你|自己|你自己)",
    re.IGNORECASE,
)
_PERIODIC: Final = (
    (r"\bdaily\b|每天|每日|日报", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"),
    (r"\bmonthly\b|每月|月报", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0"),
)
_MILESTONE: Final = re.compile(r"\bmilestones?\b|\bphases?\b|\bstages?\b|里程碑|阶段|节点", re.IGNORECASE)
_TRIM: Final = re.compile(
    rf"^(?:\s|{ANY}|[,，、:：]|\b(?:first|second|third|then|next|finally|and|the|a|an|by|until|before"
    rf"|have|finish|milestones?|due|with|done|is|are|be|ready|on|to|i want|please|should|must)\b|首先"
    rf"|先|然后|再|接着|最后|完成|前|之前|以前|于|在|要|把|做完|里程碑|是|为|交付|截止)+|(?:\s|{ANY}"
    rf"|[,，、:：]|\b(?:by|until|before|due|on|done|is|are|be|ready|should|must|finished)\b|之?前|以前"
    rf"|完成|截止|到|做完)+$",
    re.IGNORECASE,
)


def read_name(draft: Draft, start: int, end: int) -> bool:
    """As in "call it 'morning brief'"."""
    match = _NAMED.search(draft.copy.text, start, end)
    if match is None:
        return False
    group = match.lastgroup or "en"
    atom = next(draft.copy.within(*match.span(group), "quote"), None)
    draft.name = (atom.text if atom else draft.copy.said(*match.span(group)))[:NAME_CHARS_MAX].strip()
    return match.end() - match.start() > (end - start) // 2


def read_team(draft: Draft, start: int, end: int) -> int:
    """As in "work with writer and checker": where it ends, or 0; names that are no agents' are left alone."""
    match = _TEAM.search(draft.copy.text, start, end)
    if match is None:
        return 0
    group = match.lastgroup or "en"
    low, high = match.span(group)
    names = [atom.text for atom in draft.copy.within(low, high, "quote")] or _SPLIT.split(draft.copy.prose[low:high])
    kept = [
        name.strip(" '\"“”.") for name in names if re.fullmatch(r"[\w\u4e00-\u9fff.-]{1,40}", name.strip(" '\"“”."))
    ]
    known = draft.circumstances.agents
    sure = any(name in known for name in kept) or re.search(
        r"\bwork|team|cooperat|collaborat|合作|协作|配合", match[0], re.IGNORECASE
    )
    if not kept or not sure:
        return 0
    draft.team.extend(Found(name, match.span()) for name in kept if all(one.value != name for one in draft.team))
    return match.end()


def read_report(draft: Draft, start: int, end: int, schedules: Sequence[Found[Schedule]]) -> Found[Schedule] | None:
    """A report of the agent's own work, and the schedule among `schedules` that is its."""
    text = draft.copy.text
    if draft.report is not None or _SELF.search(text, start, end) is None:
        return None
    own = next((one for one in schedules if one.span[0] < end and start < one.span[1] and one.value.rule), None)
    rule = (
        own.value.rule
        if own
        else next(
            (rule for pattern, rule in _PERIODIC if re.search(pattern, draft.copy.prose[start:end], re.IGNORECASE)),
            WEEKLY,
        )
    )
    draft.report = Found(rule, (start, end))
    return own


def is_report(draft: Draft, start: int, end: int) -> bool:
    """Whether a stretch speaks of such a report."""
    return _SELF.search(draft.copy.text, start, end) is not None


def read_milestone(draft: Draft, start: int, end: int, dues: Sequence[Found[str]], *, sure: bool) -> bool:
    """As in "outline by 10 December": a name and a deadline."""
    due = next((one for one in dues if start <= one.span[0] < end), None)
    if due is None:
        return False
    outside = draft.copy.text[start : due.span[0]] + " " + draft.copy.text[due.span[1] : end]
    said = draft.copy.prose[start : due.span[0]] + " " + draft.copy.prose[due.span[1] : end]
    if len(outside) != len(said):
        return False
    name = _TRIM.sub("", _TRIM.sub("", " ".join(said.split())))
    if not name or (
        not sure
        and not re.search(
            r"\b(?:first|then|finally|done|ready|finished|complete)\b|完成|定稿|交付|做完", outside, re.IGNORECASE
        )
    ):
        return False
    draft.milestones.append(Found(MilestoneSaid(name=name[:NAME_CHARS_MAX], due=due.value), (start, end)))
    return True


def speaks_of_milestones(text: str) -> bool:
    """Whether a text announces them."""
    return _MILESTONE.search(text) is not None


def joined(first: Span, second: Span) -> Span:
    """From the beginning of the earlier to the end of the later."""
    return min(first[0], second[0]), max(first[1], second[1])
