"""A program in plain sentences for its owner, in the owner's language: what it is for, when, what it does and may, what
it costs, and what is said when it does not work.

Rules: every sentence is made from the program alone, never from the prose; values of others stand in quotes
(`permission.wording`). What is not known is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.compile.check.cost import MONTH_DAYS, Cost, cost_of, dollars
from ergos.compile.circumstances import Circumstances
from ergos.compile.lower.places import FolderNeeded
from ergos.compile.preview.rules import rule_words
from ergos.compile.preview.steps import step_words
from ergos.compile.preview.times import local, said
from ergos.compile.prose_words import LANGUAGES
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.permission.sentences import sentence
from ergos.kernel.permission.wording import Language, listed, quoted
from ergos.kernel.triggers import Schedule
from ergos.lib.agent_file import AgentFile, granted
from ergos.lib.work import Acceptance, Escalation

FIRINGS_SHOWN: Final = 10  # firing times of a preview
_PERIODS: Final = {
    "call": ("in one call", "每次调用"), "process": ("in one run of the process", "每个进程"),
    "agent": ("in all", "总共"), "owner": ("of its owner in all", "所有者总共"), "day": ("a day", "每天"),
    "week": ("a week", "每周"), "month": ("a month", "每月"),
}  # fmt: skip
_CHECKS: Final = {
    "cited": ("every sentence of {of} names its source", "{of} 的每句话都注明出处"),
    "pages_max": ("{of} has at most {value} page{s}", "{of} 不超过 {value} 页"),
    "words_max": ("{of} has at most {value} word{s}", "{of} 不超过 {value} 字"),
    "words_min": ("{of} has at least {value} word{s}", "{of} 不少于 {value} 字"),
    "items_max": ("{of} has at most {value} item{s}", "{of} 不超过 {value} 条"),
    "items_min": ("{of} has at least {value} item{s}", "{of} 不少于 {value} 条"),
    "language": ("{of} is in {value}", "{of} 用{value}写成"),
    "fields": ("{of} has the fields {value}", "{of} 含有字段 {value}"),
    "found_in_source": ("what {of} gives stands in what was read", "{of} 的内容都出自所读材料"),
    "numbers_in_source": ("the numbers of {of} stand in what was read", "{of} 的数字都出自所读材料"),
    "not_empty": ("{of} is not empty", "{of} 不为空"),
    "contains": ("{of} contains {value}", "{of} 含有 {value}"),
    "format": ("{of} is {value}", "{of} 是 {value} 格式"),
}
_UNKNOWN: Final = (
    "Not known beforehand: its own code decides what it does; never above the budget.",
    "事先无法得知：由它自己的代码决定；不会超过预算。",
)
"""Of an agent whose program is code."""
_DAYS: Final = {"MO": "一", "TU": "二", "WE": "三", "TH": "四", "FR": "五", "SA": "六", "SU": "日"}


class Section(msgspec.Struct, frozen=True):
    """A heading and its sentences."""

    heading: str
    lines: tuple[str, ...]


def preview(
    file: AgentFile, circumstances: Circumstances, language: Language, folders: Sequence[FolderNeeded] = ()
) -> tuple[Section, ...]:
    """The program, section by section; empty ones are left out."""
    zh = language == "zh"
    cost = cost_of(file, circumstances)
    found = (
        Section("目标" if zh else "Goal", (file.goal,) if file.goal else ()),
        Section("何时" if zh else "When", _when(file, circumstances, language)),
        Section("读取" if zh else "Reads", tuple(dict.fromkeys(one.at for one in file.work.sources))),
        Section("步骤" if zh else "Does", _does(file, language)),
        Section(
            "检验" if zh else "Accepts a result only if",
            tuple(check_words(one, language) for one in file.work.acceptance),
        ),
        Section("询问您" if zh else "Asks you", _asks(file, language)),
        Section("可以" if zh else "May", _may(file, language)),
        Section("不可以" if zh else "May not", _may_not(file, language)),
        Section("文件夹" if zh else "Folders that it needs", tuple(_folder(one, language) for one in folders)),
        Section("预算" if zh else "Budget", budget_lines(file.caps, language)),
        Section("花费" if zh else "Cost", _cost(cost, language) if not file.program else (_UNKNOWN[zh],)),
        Section("里程碑与报告" if zh else "Milestones and reports", _milestones(file, language)),
        Section("失败时" if zh else "When it fails", () if file.program else failure_lines(file, language)),
    )
    return tuple(one for one in found if one.lines)


def text_of(sections: Sequence[Section]) -> str:
    """As plain text."""
    return "\n".join("\n".join((one.heading, *(f"  {line}" for line in one.lines))) for one in sections)


def _when(file: AgentFile, circumstances: Circumstances, language: Language) -> tuple[str, ...]:
    zh, zone = language == "zh", file.work.timezone or "UTC"
    if not file.work.triggers:
        return ("启动后运行一次。" if zh else "Once, when it is started.",)
    lines = [said(one, language) for one in file.work.triggers]
    coming = next_firings(file, circumstances)
    if coming:
        lines.append(f"接下来（{zone}）：" if zh else f"next ({zone}):")
        lines += [f"  {one}" for one in coming]
    quiet = file.work.quiet_hours
    if quiet is not None:
        if zh:
            days = "、".join(f"周{_DAYS[day]}" for day in quiet.days)
            lines.append(f"{days}{quiet.start} 至 {quiet.end} 不打扰您；询问和通知等到结束后。")
        else:
            days = f" on {', '.join(quiet.days)}" if quiet.days else ""
            lines.append(f"From {quiet.start} to {quiet.end}{days} you are not disturbed; questions and notices wait.")
    return tuple(lines)


def next_firings(file: AgentFile, circumstances: Circumstances, most: int = FIRINGS_SHOWN) -> tuple[str, ...]:
    """The next times at which its schedules fire, with their zone, in order."""
    found: list[tuple[int, str]] = []
    for trigger in file.work.triggers:
        if not isinstance(trigger, Schedule):
            continue
        zone = trigger.timezone or file.work.timezone or "UTC"
        if circumstances.calendar.misfit(trigger, zone):
            continue
        at_ns: int | None = circumstances.now_ns
        for _ in range(most):
            at_ns = circumstances.calendar.next_ns(trigger, zone, at_ns, circumstances.now_ns)
            if at_ns is None:
                break
            found.append((at_ns, zone))
    return tuple(local(at_ns, zone) for at_ns, zone in sorted(set(found))[:most])


def _does(file: AgentFile, language: Language) -> tuple[str, ...]:
    return tuple(f"{number}. {step_words(step, language)}" for number, step in enumerate(file.work.steps, 1))


def check_words(one: Acceptance, language: Language) -> str:
    """What a check asks of a result."""
    words = _CHECKS.get(one.check)
    value = _value(one.value, language)
    if words is None:
        return f"{one.check}({one.of}) {value}".rstrip()
    if one.check == "language":
        value = LANGUAGES.get(value, (value,) * 2)[language == "zh"]
    return words[language == "zh"].format(of=one.of, value=value, s="" if value == "1" else "s")


def _value(value: Plain, language: Language) -> str:
    if isinstance(value, list):
        return ("、" if language == "zh" else ", ").join(str(one) for one in value)
    return "" if value is None else str(value)


def _asks(file: AgentFile, language: Language) -> tuple[str, ...]:
    zh = language == "zh"
    lines: list[str] = []
    for step in file.work.steps:
        if step.verb != "ask":
            continue
        when = (" 且 " if zh else " and ").join(step.when)
        question = quoted(str(step.given.get("question", "")), language)
        if zh:
            lines.append(f"{f'{when} 时' if when else '每次'}：{question}；答“否”则到此为止。")
        else:
            lines.append(f"{'if ' + when if when else 'each time'}: {question}; a no ends the run there.")
    asked = [grant.name for grant in granted(file) if grant.ask]
    lines += [f"每次使用 {name} 之前。" if zh else f"before every use of {name}." for name in asked]
    lines += [f"{name} 只由您决定。" if zh else f"{name} is yours alone to decide." for name in file.work.reserved]
    return tuple(dict.fromkeys(lines))


def _may(file: AgentFile, language: Language) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            sentence(grant, language, lambda at_ns: local(at_ns, file.work.timezone)) for grant in file.grants
        )
    )


def _may_not(file: AgentFile, language: Language) -> tuple[str, ...]:
    """What it might be feared to do and cannot, for want of a grant."""
    zh, names = language == "zh", {grant.name for grant in file.grants if grant.verb == "act"}
    feared = (
        (("mail.send",), "send mail", "发邮件"),
        (("files.delete",), "delete files", "删除文件"),
        (("http.send", "webhook.send"), "send anything to other machines", "向其他机器发送任何内容"),
        (("shell.run", "python.run", "python.cell"), "run commands or code", "运行命令或代码"),
    )
    cannot = [(en, chinese) for tools, en, chinese in feared if not names & set(tools)]
    if not cannot:
        return ()
    if zh:
        return ("其他任何事，例如" + "、".join(one[1] for one in cannot) + "。",)
    return ("Anything else; it cannot " + listed([one[0] for one in cannot], "en") + ".",)


def _folder(one: FolderNeeded, language: Language) -> str:
    if language == "zh":
        return f"{one.name}:/ 即 {one.path}，{'可写' if one.write else '只读'}"
    return f"{one.name}:/ is {one.path}, {'read and written' if one.write else 'read only'}"


def budget_lines(caps: Caps, language: Language) -> tuple[str, ...]:
    """Its ceilings."""
    zh = language == "zh"
    lines: list[str] = []
    for scope, (en, chinese) in _PERIODS.items():
        amount = getattr(caps, scope)
        if amount is None:
            continue
        parts = [dollars(amount.microusd)] if amount.microusd != UNCAPPED else []
        parts += [f"{amount.tokens:,} {'个 token' if zh else 'tokens'}"] if amount.tokens != UNCAPPED else []
        lines.append(f"{chinese}最多 {'、'.join(parts)}。" if zh else f"At most {' and '.join(parts)} {en}.")
    return tuple(lines)


def _cost(cost: Cost, language: Language) -> tuple[str, ...]:
    zh = language == "zh"
    if not cost.paid and cost.firing_worst == 0:
        return ("不花钱：没有步骤需要付费。",) if zh else ("Nothing: no step of it is paid for.",)
    unknown = "未知" if zh else "unknown"
    worst, usual = (unknown if one is None else dollars(one) for one in (cost.firing_worst, cost.firing_expected))
    lines = [f"每次运行：预计 {usual}，最多 {worst}。" if zh else f"A firing: {usual} expected, {worst} at worst."]
    if cost.month_worst is not None:
        most = dollars(cost.month_worst)
        expected = unknown if cost.month_expected is None else dollars(cost.month_expected)
        times = (
            ""
            if cost.firings_month is None
            else (f"（{cost.firings_month:,} 次）" if zh else f" ({cost.firings_month:,} firings)")
        )
        lines.append(
            f"{MONTH_DAYS} 天{times}：预计 {expected}，最多 {most}，以预算为限。" if zh
            else f"{MONTH_DAYS} days{times}: {expected} expected, {most} at worst, and never above the budget."
        )  # fmt: skip
    return tuple(lines)


def _milestones(file: AgentFile, language: Language) -> tuple[str, ...]:
    zh = language == "zh"
    lines = [
        one.name + ((f"（{one.due} 前）" if zh else f" (by {one.due})") if one.due else "")
        for one in file.work.milestones
    ]
    if file.work.report:
        when = rule_words(file.work.report, language)
        lines.append(f"{when}向您报告。" if zh else f"You get a report {when}.")
    return tuple(lines)


def failure_lines(file: AgentFile, language: Language) -> tuple[str, ...]:
    """What is said and done when it does not work."""
    plan = file.work.escalation or Escalation()
    if language == "zh":
        then = {"ask": "询问您怎么办（重试、跳过或停止）", "notify": "通知您并继续", "stop": "通知您并停止"}[plan.then]
        return (f"连续失败 {plan.after} 次后{then}；在此之前，若尚未改动任何东西，会自动重试。",)
    then = {"ask": "you are asked what to do (again, skip or stop)", "notify": "you are told and it goes on",
            "stop": "you are told and it stops"}[plan.then]  # fmt: skip
    times = f"{plan.after} failures in a row" if plan.after > 1 else "a failure"
    return (f"After {times} {then}; before that it tries again where nothing was changed yet.",)
