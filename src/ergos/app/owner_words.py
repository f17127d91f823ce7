"""What owners are told, in English and Chinese: the sentences of reports and notices, and how instants look in them.

Rules: pure; whatever a program or stranger wrote is shown on one line, bounded, without what hides or steers; a zone
that is not known is UTC.
"""

from __future__ import annotations

from typing import Final

from ergos.base.clock import SECOND
from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.quiet import local_minute
from ergos.kernel.permission.wording import Language
from ergos.lib.visible import one_line

TEXT_CHARS: Final = 160  # characters shown of a stranger's text
YEAR_9999_NS: Final = 253_370_764_800 * SECOND  # nanoseconds; later instants have no date


def name(text: str) -> str:
    """A name of a program's or stranger's, as it can stand in a line."""
    return one_line(text, TEXT_CHARS)


def minute(at_ns: int, timezone: str) -> str:
    """'2026-12-25 08:00', in local time."""
    if at_ns >= YEAR_9999_NS:
        return "—"
    try:
        return local_minute(at_ns, timezone)[:16].replace("T", " ")
    except ValueShapeError:
        return local_minute(at_ns, "")[:16].replace("T", " ")


def day(at_ns: int, timezone: str) -> str:
    """'2026-12-25', in local time."""
    return minute(at_ns, timezone)[:10]


_EN: Final = {
    "title": "Report for {owner}, {since} to {until}",
    "done": "Done:", "done_nothing": "Done: nothing ended in this time.", "runs": "{n} runs", "ended": "{n} ended",
    "killed": "{n} stopped", "nothing": "nothing", "comma": ", ", "failed": "Failed:",
    "because": ", last because {why}",
    "spent": "Spent: {money}",
    "asked": "Questions to you: {asked} ({yes} yes, {no} no, {answered} in words, {decided} calls in doubt decided).",
    "asked_nothing": "You were asked nothing.",
    "waits": "Waiting for you: {n} (`ergos inbox`)", "waits_nothing": "Nothing waits for you.",
    "planned": "Planned:", "next": "next at {at}", "told": "when something happens",
    "milestones": "{n} of {of} milestones",
    "forecast": "probably done between {early} and {late}", "overdue": "overdue: {names}", "stalled": "STALLED",
    "more": "- and {n} more",
}  # fmt: skip
_ZH: Final = {
    "title": "{owner} 的报告，{since} 至 {until}",
    "done": "完成：", "done_nothing": "完成：这段时间没有任何任务结束。", "runs": "运行 {n} 次", "ended": "结束 {n} 个",
    "killed": "停止 {n} 个", "nothing": "无", "comma": "，", "failed": "失败：", "because": "，最近一次原因：{why}",
    "spent": "花费：{money}",
    "asked": "共向您提问 {asked} 次：同意 {yes}，拒绝 {no}，回答 {answered}，裁定存疑调用 {decided}。",
    "asked_nothing": "没有向您提问。",
    "waits": "等待您处理：{n} 项（`ergos inbox`）", "waits_nothing": "没有事项等待您处理。",
    "planned": "计划：", "next": "下次 {at}", "told": "有事发生时", "milestones": "里程碑 {n}/{of}",
    "forecast": "大约在 {early} 至 {late} 之间完成", "overdue": "已逾期：{names}", "stalled": "已停滞",
    "more": "- 另有 {n} 项",
}  # fmt: skip
WEEKLY: Final[dict[Language, dict[str, str]]] = {"en": _EN, "zh": _ZH}

INBOX: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "approval": "approval", "question": "question", "doubt": "doubt",
        "asked": "{kind} for {owner}, {of}, asked {at}", "of": "{agent} ({pid})",
        "process": "process {pid}", "until": ", open until {at}",
        "reserved": "reserved: only {owner} decides this", "delegates": "{names} may decide it, too", "comma": ", ",
        "says": "{agent} ({pid}) says, {at}:", "is": "{agent} ({pid}) is {state}, {at}",
        "delivered": "delivered since you last looked:", "before": "… {n} before these: `ergos ps --all`",
        "report": "a report was made of {since} to {until}: `ergos report --since {since}`",
        "nothing": "nothing waits for you",
    },
    "zh": {
        "approval": "审批", "question": "问题", "doubt": "存疑调用",
        "asked": "{kind}，主人 {owner}，{of}，提出于 {at}", "of": "{agent}（{pid}）",
        "process": "进程 {pid}", "until": "，有效至 {at}",
        "reserved": "保留事项：只有 {owner} 可以决定", "delegates": "{names} 也可以决定", "comma": "、",
        "says": "{agent}（{pid}）说，{at}：", "is": "{agent}（{pid}）{state}，{at}",
        "done": "已完成", "failed": "失败", "killed": "已终止",
        "delivered": "自您上次查看以来的交付：", "before": "……此前还有 {n} 项：`ergos ps --all`",
        "report": "已生成 {since} 至 {until} 的报告：`ergos report --since {since}`",
        "nothing": "没有事项等待您处理",
    },
}  # fmt: skip
