"""How a hosted agent stands, in words: one line of a list, or everything about it, in English or Chinese.

Rules: pure; what an agent wrote stands on one line, bounded and harmless; what cannot be said yet is said to be so.
"""

from __future__ import annotations

from typing import Final

from ergos.app.owner_words import day, minute, name
from ergos.app.progress import Standing
from ergos.base.money import format_money
from ergos.kernel.permission.wording import Language
from ergos.lib.milestones import NS_MAX

SAID_SHOWN: Final = 3  # things it said that are shown; its memory has more
DAYS_AHEAD: Final = 30  # days that a cost is carried forward


def goal_lines(one: Standing, now_ns: int, zone: str, language: Language) -> list[str]:
    """Everything about one agent."""
    words, past = _WORDS[language], one.past
    zone = one.work.timezone or zone

    def line(key: str, **parts: object) -> str:
        label = words["label_" + key]
        return f"  {label}{' ' * max(1, 11 - _width(label))}{words[key].format(**parts)}"

    lines = [
        words["head"].format(
            agent=name(one.agent), pid=one.pid, owner=one.owner, since=minute(one.began_ns, zone),
            stands=stands(one, now_ns, language),
        )
    ]  # fmt: skip
    lines.append(line("runs", runs=past.runs, failures=past.failures, declined=past.declined))
    if past.last_ns:
        lines.append(line("last", at=minute(past.last_ns, zone)))
    if past.failed:
        lines.append(line("failures" if past.failed > 1 else "failure", n=past.failed, why=name(past.last_failure)))
    lines.append(line("next", at=next_of(one, zone, language)))
    lines.append(line("spent", money=format_money(one.spent_microusd)))
    if one.rate is not None:
        ahead = format_money(one.rate.per_day_microusd * DAYS_AHEAD)
        lines.append(line("costs", run=format_money(one.rate.per_run_microusd), ahead=ahead, days=DAYS_AHEAD))
    else:
        lines.append(line("costs_early"))
    for milestone in one.work.milestones:
        at_ns = past.milestones.get(milestone.name)
        mark = "done" if at_ns is not None else "late" if milestone in one.overdue else "open"
        when = f" {minute(at_ns, zone)}" if at_ns else words["due"].format(day=milestone.due) if milestone.due else ""
        lines.append(line("milestone", mark=words[mark], name=name(milestone.name), when=when))
    if len(one.reached) < len(one.work.milestones):
        lines.append(line("forecast", text=forecast_of(one, zone, language)))
    lines += [
        line("trigger", name=name(blind.name), since=minute(blind.since_ns, zone), why=name(blind.why))
        for blind in one.faults
    ]
    if one.broken:
        lines.append(line("files", why=name(one.broken)))
    if one.asked:
        lines.append(line("waits", items=", ".join(map(str, one.asked))))
    if one.unread:
        lines.append(line("unread", n=one.unread))
    lines += [line("said", at=minute(note.at_ns, zone), text=name(note.text)) for note in past.said[-SAID_SHOWN:]]
    return lines


def forecast_of(one: Standing, zone: str, language: Language) -> str:
    """When it will be done and what it will have cost, with bounds; or that it is too early to tell."""
    words, found = _WORDS[language], one.forecast
    if found is None:
        return words["early"]
    late = words["never"] if found.late_ns >= NS_MAX else day(found.late_ns, zone)
    said = words["when"].format(done=day(found.done_ns, zone), early=day(found.early_ns, zone), late=late)
    if not one.spent_microusd:
        return said
    high = "" if found.high_microusd >= NS_MAX else f" – {format_money(found.high_microusd)}"
    span = f"{format_money(found.low_microusd)}{high}"
    return said + words["cost"].format(money=format_money(found.cost_microusd), span=span)


def how_far(one: Standing, language: Language) -> str:
    """Milestones, or runs where there are none."""
    if one.work.milestones:
        return f"{len(one.reached)}/{len(one.work.milestones)}"
    return _WORDS[language]["n_run" if one.past.runs == 1 else "n_runs"].format(n=one.past.runs)


def next_of(one: Standing, zone: str, language: Language) -> str:
    """When it is woken next."""
    if one.next_ns is None:
        return _WORDS[language]["told"]
    return minute(one.next_ns, one.work.timezone or zone)


def stands(one: Standing, now_ns: int, language: Language) -> str:
    """What needs its owner first; else what it waits for."""
    words = _WORDS[language]
    if one.asked:
        behind = words["behind"].format(n=one.unread) if one.unread else ""
        return words["asked"].format(n=one.asked[0]) + behind
    if one.broken:
        return words["broken"]
    if one.stalled(now_ns):
        return words["stalled"]
    if one.faults:
        return words["blind"].format(name=name(one.faults[0].name))
    if one.past.failed:
        return words["failed_once" if one.past.failed == 1 else "failed"].format(n=one.past.failed)
    if one.overdue:
        return words["overdue"].format(name=name(one.overdue[0].name))
    return words.get(f"waits_{one.waits}", str(one.state))


def _width(text: str) -> int:
    """Columns of a terminal."""
    return sum(1 if letter.isascii() else 2 for letter in text)


_EN: Final = {
    "head": "{agent} ({pid}), for {owner}, since {since}: {stands}",
    "label_runs": "runs", "runs": "{runs} ended, {failures} failed, {declined} declined by you",
    "label_last": "last", "last": "{at}",
    "label_failures": "failures", "failures": "{n} in a row: {why}",
    "label_failure": "failure", "failure": "{why}",
    "label_next": "next", "next": "{at}",
    "label_spent": "spent", "spent": "{money}",
    "label_costs": "costs", "costs": "{run} a run; at this rate {ahead} in {days} days",
    "label_costs_early": "costs", "costs_early": "too early to tell",
    "label_milestone": "milestone", "milestone": "[{mark}] {name}{when}",
    "done": "done", "late": "late", "open": "open", "due": ", due {day}",
    "label_forecast": "forecast", "forecast": "{text}",
    "label_trigger": "trigger", "trigger": "{name} sees nothing since {since}: {why}",
    "label_unread": "behind", "unread": "{n} more happenings wait until this one is done",
    "label_files": "files", "files": "{why}; it goes on when they are mended", "broken": "BROKEN: its files",
    "label_waits": "waits", "waits": "for you: item {items} (`ergos inbox`)",
    "label_said": "said", "said": "{at} {text}",
    "early": "too early to tell", "never": "nobody can say when",
    "when": "done about {done}, four times in five between {early} and {late}", "cost": "; {money} in all ({span})",
    "n_run": "1 run", "n_runs": "{n:,} runs", "behind": "; {n} more wait behind it", "blind": "SEES NOTHING: {name}",
    "failed_once": "failed", "told": "when told", "asked": "waits for you: item {n}",
    "stalled": "STALLED: it should have moved by now", "failed": "failed {n} times in a row", "overdue": "late: {name}",
    "waits_mail": "idle", "waits_timer": "waits for a time", "waits_owner": "waits for you",
    "waits_child": "waits for a child", "waits_program": "waits for its program",
}  # fmt: skip
_ZH: Final = {
    "head": "{agent}（{pid}），主人 {owner}，始于 {since}：{stands}",
    "label_runs": "运行", "runs": "完成 {runs} 次，失败 {failures} 次，被您拒绝 {declined} 次",
    "label_last": "上次", "last": "{at}",
    "label_failures": "失败", "failures": "连续 {n} 次：{why}",
    "label_failure": "失败", "failure": "{why}",
    "label_next": "下次", "next": "{at}",
    "label_spent": "花费", "spent": "{money}",
    "label_costs": "成本", "costs": "每次 {run}；照此速度 {days} 天约 {ahead}",
    "label_costs_early": "成本", "costs_early": "现在判断为时过早",
    "label_milestone": "里程碑", "milestone": "[{mark}] {name}{when}",
    "done": "已达成", "late": "已逾期", "open": "未达成", "due": "，期限 {day}",
    "label_forecast": "预测", "forecast": "{text}",
    "label_trigger": "触发器", "trigger": "{name} 自 {since} 起无法查看：{why}",
    "label_unread": "积压", "unread": "另有 {n} 件事等当前这件处理完",
    "label_files": "文件", "files": "{why}；改好后会继续", "broken": "文件有误，无法继续",
    "label_waits": "等待", "waits": "等您处理：第 {items} 项（`ergos inbox`）",
    "label_said": "说", "said": "{at} {text}",
    "early": "现在判断为时过早", "never": "无法预计",
    "when": "约 {done} 完成，五次中有四次在 {early} 至 {late} 之间", "cost": "；总计约 {money}（{span}）",
    "n_run": "1 次", "n_runs": "{n:,} 次", "behind": "；其后还有 {n} 件", "blind": "看不到新情况：{name}",
    "failed_once": "失败", "told": "有事发生时", "asked": "等您处理：第 {n} 项",
    "stalled": "已停滞：早该有进展", "failed": "连续失败 {n} 次", "overdue": "已逾期：{name}",
    "waits_mail": "待命", "waits_timer": "等待时间", "waits_owner": "等您处理", "waits_child": "等待子进程",
    "waits_program": "等待其程序",
}  # fmt: skip
_WORDS: Final[dict[Language, dict[str, str]]] = {"en": _EN, "zh": _ZH}
