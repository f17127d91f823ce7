"""A notice in words: what came up, why, and what answers it, in English or Chinese.

Rules: pure; bounded in lines and characters; the words of programs and strangers stand between quotation marks, on one
line, with nothing that hides, reorders, calls everybody or can be clicked; what is to be typed is ours alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ergos.app.notices import Entry
from ergos.app.owner_words import minute, name
from ergos.kernel.permission.wording import Language, quoted

ENTRIES_SHOWN: Final = 12  # entries of one notice; a phone shows fewer
BODY_CHARS_MAX: Final = 3_500  # characters of a notice
TITLE_CHARS_MAX: Final = 120  # characters of its title

_CALLS: Final = re.compile(r"@(?=everyone|here|channel|all\b)", re.IGNORECASE)
_LINK: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}):(?=//)|\b(www|mailto|javascript|tel|data)(?=[.:])")


def notice(
    entries: Sequence[Entry], more: int, undelivered: int, language: Language, timezone: str, by: str = ""
) -> tuple[str, str]:
    """Title and body. `by`: name of the delegate who is told; '' for the owner."""
    words = _ZH if language == "zh" else _EN
    asked = sum(one.kind in {"item", "reminder"} for one in entries)
    count = len(entries) + more
    if len(entries) == 1 and not more:
        title = words[f"title_{entries[0].kind}"].format(agent=_agent(entries[0]), n=entries[0].number)
    else:
        title = words["title"].format(n=count, asked=asked)
    lines = [line for one in entries[:ENTRIES_SHOWN] for line in _lines(one, words, language, timezone, by)]
    left = count - min(len(entries), ENTRIES_SHOWN)
    if left:
        lines.append(words["more"].format(n=left))
    if undelivered:
        lines.append(words["undelivered"].format(n=undelivered))
    body = "\n".join(lines)
    if len(body) > BODY_CHARS_MAX:
        body = body[: body.rfind("\n", 0, BODY_CHARS_MAX - len(words["cut"])) + 1] + words["cut"]
    return title[:TITLE_CHARS_MAX], body


def harmless(text: str) -> str:
    """Text that cannot be clicked and calls nobody."""
    return _CALLS.sub("(at)", _LINK.sub(lambda found: f"{found[1] or found[2]}[.]", text))


def _lines(one: Entry, words: dict[str, str], language: Language, timezone: str, by: str) -> list[str]:
    strange = one.item == "question" or one.kind in _STRANGE
    said = harmless(quoted(name(one.text), language) if strange else name(one.text))
    filled = words[one.kind].format(
        n=one.number,
        kind=words.get(one.item, one.item),
        agent=_agent(one),
        pid=one.pid,
        text=said,
        until=minute(one.expires_ns, timezone) if one.expires_ns else "",
    )
    lines = [filled]
    if one.expires_ns and one.kind in {"item", "reminder"}:
        lines.append("  " + words["until"].format(until=minute(one.expires_ns, timezone)))
    how = words.get(f"how_{one.item}") if one.kind in {"item", "reminder"} else words.get(f"how_{one.kind}")
    if how:
        lines.append("  " + how.format(n=one.number, pid=one.pid, by=f" --as {by}" if by else ""))
    return lines


def _agent(one: Entry) -> str:
    return harmless(name(one.agent)) or str(one.pid)


_STRANGE: Final = frozenset({"delivery", "failed", "said"})
"""What a program or a stranger wrote, altogether."""
_HOW: Final = {
    "how_approval": "ergos approve {n}{by}  |  ergos deny {n}{by}",
    "how_question": "ergos answer {n} TEXT{by}",
    "how_doubt": "ergos answer {n} done|redo|fail{by}",
    "how_delivery": "ergos inbox",
    "how_failed": "ergos journal {pid}",
    "how_said": "ergos goals {pid}",
    "how_stalled": "ergos goals {pid}",
    "how_spend": "ergos ledger",
    "how_report": "ergos report",
}
_EN: Final = {
    **_HOW,
    "title": "ErgOS: {n} things, {asked} wait for your answer",
    "title_item": "ErgOS: {agent} waits for you ({n})", "title_reminder": "ErgOS: {agent} still waits for you ({n})",
    "title_expired": "ErgOS: nobody answered {agent} ({n})", "title_delivery": "ErgOS: {agent} is done",
    "title_failed": "ErgOS: {agent} failed", "title_said": "ErgOS: {agent}",
    "title_stalled": "ErgOS: {agent} has stalled",
    "title_spend": "ErgOS: spending", "title_report": "ErgOS: report",
    "approval": "approval", "question": "question", "doubt": "call in doubt",
    "item": "{n} {kind}, {agent}: {text}", "reminder": "{n} {kind}, {agent}, still open: {text}",
    "expired": "{n} {kind}, {agent}: nobody answered in time: {text}",
    "delivery": "{agent} ({pid}) is done: {text}", "failed": "{agent} ({pid}) failed: {text}",
    "said": "{agent} ({pid}) says: {text}", "stalled": "{agent} ({pid}) should have moved by now and has not{text}",
    "spend": "Spending: {text}", "report": "A report was made: {text}",
    "until": "open until {until}", "more": "… and {n} more: `ergos inbox`",
    "undelivered": "{n} earlier notices could not be delivered: `ergos inbox` shows everything.",
    "cut": "… `ergos inbox`",
}  # fmt: skip
_ZH: Final = {
    **_HOW,
    "title": "ErgOS：{n} 件事，其中 {asked} 件等待您的回答",
    "title_item": "ErgOS：{agent} 等待您处理（{n}）", "title_reminder": "ErgOS：{agent} 仍在等待您（{n}）",
    "title_expired": "ErgOS：{agent} 的请求无人回答（{n}）", "title_delivery": "ErgOS：{agent} 已完成",
    "title_failed": "ErgOS：{agent} 失败", "title_said": "ErgOS：{agent}", "title_stalled": "ErgOS：{agent} 已停滞",
    "title_spend": "ErgOS：花费", "title_report": "ErgOS：报告",
    "approval": "审批", "question": "问题", "doubt": "存疑调用",
    "item": "{n} {kind}，{agent}：{text}", "reminder": "{n} {kind}，{agent}，仍未处理：{text}",
    "expired": "{n} {kind}，{agent}：无人及时回答：{text}",
    "delivery": "{agent}（{pid}）已完成：{text}", "failed": "{agent}（{pid}）失败：{text}",
    "said": "{agent}（{pid}）说：{text}", "stalled": "{agent}（{pid}）早该有进展，却没有动静{text}",
    "spend": "花费：{text}", "report": "报告已生成：{text}",
    "until": "有效至 {until}", "more": "……另有 {n} 件：`ergos inbox`",
    "undelivered": "此前有 {n} 条通知未能送达：`ergos inbox` 可查看全部。", "cut": "…… `ergos inbox`",
}  # fmt: skip
