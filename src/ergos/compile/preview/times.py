"""Triggers in words, and instants as local times: what a preview, a difference and a canonical prose say about when.

    said(Schedule(rule="FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9;BYMINUTE=30"), "en")   ->   every Monday and Friday at 09:30

Rules: pure; the words are those that the grammar of times reads back as the same rule. A rule without words is shown
as it is.
"""

from __future__ import annotations

import datetime
import zoneinfo

from ergos.compile.preview.rules import is_closing, listed_words, rule_words
from ergos.kernel.permission.wording import Language, quoted
from ergos.kernel.triggers import (
    AnyTrigger,
    Condition,
    Feed,
    Files,
    Mailbox,
    Outcome,
    Page,
    Schedule,
    Topic,
    Webhook,
)


def said(trigger: AnyTrigger, language: Language) -> str:
    """When, or on what, in words."""
    zh = language == "zh"
    match trigger:
        case Schedule():
            return _schedule(trigger, language)
        case Files():
            return _files(trigger, language)
        case Feed():
            return f"{trigger.url} 有新条目时" if zh else f"when {trigger.url} has a new entry"
        case Page():
            if trigger.contains:
                return (
                    f"网页 {trigger.url} 出现{quoted(trigger.contains, 'zh')}时" if zh
                    else f"when the page {trigger.url} contains {quoted(trigger.contains, 'en')}"
                )  # fmt: skip
            return f"网页 {trigger.url} 变化时" if zh else f"when the page {trigger.url} changes"
        case Webhook():
            return "收到 webhook 时" if zh else "when a webhook arrives"
        case Mailbox():
            return _mail(trigger, language)
        case Topic():
            return f"主题 {trigger.topic} 有新消息时" if zh else f"when a message arrives on topic {trigger.topic}"
        case Outcome():
            return _outcome(trigger, language)
        case Condition():
            value = f"{trigger.value * 100:g}%" if trigger.share else f"{trigger.value:g}"
            return (
                f"{trigger.figure} {trigger.compare} {value} 时"
                if zh
                else f"when {trigger.figure} {trigger.compare} {value}"
            )


def local(at_ns: int, timezone: str) -> str:
    """An instant as a local time with its zone: '2026-12-01 08:00 CET'."""
    try:
        zone: datetime.tzinfo = zoneinfo.ZoneInfo(timezone) if timezone else datetime.UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zone = datetime.UTC
    moment = datetime.datetime.fromtimestamp(at_ns // 1_000_000_000, zone)
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname()}"


def _files(trigger: Files, language: Language) -> str:
    kind = trigger.pattern
    if language == "zh":
        doing = {"created": "出现", "changed": "改变", "deleted": "被删除"}
        events = "或".join(doing[one] for one in trigger.events)
        what = "文件" if kind == "*" else f" {kind} 文件"
        return f"{trigger.folder} 中有{what}{events}时"
    doing = {"created": "arrives", "changed": "changes", "deleted": "is deleted"}
    events = " or ".join(doing[one] for one in trigger.events)
    what = "a file" if kind == "*" else f"a {kind} file"
    deep = " or below it" if trigger.deep else ""
    return f"when {what} {events} in {trigger.folder}{deep}"


def _mail(trigger: Mailbox, language: Language) -> str:
    if language == "zh":
        who = f"来自 {trigger.sender} 的" if trigger.sender else ""
        about = f"主题含{quoted(trigger.subject, 'zh')}的" if trigger.subject else ""
        return f"收到{who}{about}邮件时"
    who = f" from {trigger.sender}" if trigger.sender else ""
    about = f" with {quoted(trigger.subject, 'en')} in the subject" if trigger.subject else ""
    return f"when mail{who}{about} arrives"


def _outcome(trigger: Outcome, language: Language) -> str:
    if language == "zh":
        how = "或".join({"done": "完成", "failed": "失败", "killed": "被终止"}[one] for one in trigger.states)
        return f"智能体 {trigger.agent} {how}时"
    how = " or ".join({"done": "is done", "failed": "fails", "killed": "is killed"}[one] for one in trigger.states)
    return f"when the agent {trigger.agent} {how}"


def _schedule(trigger: Schedule, language: Language) -> str:
    if trigger.at:
        day, _, time = trigger.at.partition("T")
        words = f"{day} {time}" if language == "zh" else f"on {day} at {time}"
    elif trigger.cron:
        words = f"cron {trigger.cron}"
    else:
        rules = [one for one in trigger.rule.splitlines() if one.strip()]
        rules = rules[:1] if len(rules) == 2 and is_closing(*rules) else rules
        parts = [rule_words(one, language) for one in rules]
        words = _together(parts, language)
    if trigger.start and trigger.rule.startswith(("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY")):
        day = trigger.start.partition("T")[0]
        words += f"，从 {day} 开始" if language == "zh" else f" from {day}"
    if trigger.except_dates:
        days = ("、" if language == "zh" else ", ").join(trigger.except_dates)
        words += f"（{days} 除外）" if language == "zh" else f" except on {days}"
    return words


def _together(parts: list[str], language: Language) -> str:
    """Several rules; those of the same days share them: 'every day at 08:15 and 16:45'."""
    mark = " " if language == "zh" else " at "
    days = {part.rpartition(mark)[0] for part in parts}
    if len(parts) > 1 and len(days) == 1 and "" not in days:
        times = [part.rpartition(mark)[2] for part in parts]
        return next(iter(days)) + mark + ("和".join(times) if language == "zh" else listed_words(times))
    return ("，以及" if language == "zh" else ", and ").join(parts)
