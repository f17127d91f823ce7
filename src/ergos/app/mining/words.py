"""What is said of a habit, in English and Chinese: the sentence, its evidence, and the wish that `ergos new` compiles.

Rules: pure; numbers come from the habit; what was assumed is said.
"""

from __future__ import annotations

import datetime
from typing import Final

from ergos.app.mining.grants import DenialHabit, GrantHabit
from ergos.app.mining.periods import Period
from ergos.app.mining.sequences import Pair
from ergos.base.clock import SECOND
from ergos.base.money import format_money
from ergos.kernel.permission.sentences import sentence as grant_sentence
from ergos.kernel.permission.wording import Language
from ergos.lib.visible import one_line

SHOWN_CHARS: Final = 200  # characters of a command within a sentence
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_ZH: Final = "一二三四五六日"

Said = tuple[str, tuple[str, ...]]


def when(period: Period, language: Language) -> str:
    """'every Friday at 17:00', as the compiler reads it."""
    clock = f"{period.minute // 60:02}:{period.minute % 60:02}"
    if language == "zh":
        day = {
            "weekly": f"每周{_DAYS_ZH[period.weekday]}",
            "daily": "每天",
            "workdays": "每个工作日",
            "monthly": f"每月{period.month_day}号",
        }[period.kind]
        return f"{day}{clock}"
    day = {
        "weekly": f"every {_DAYS[period.weekday]}",
        "daily": "every day",
        "workdays": "every weekday",
        "monthly": f"on day {period.month_day} of every month",
    }[period.kind]
    return f"{day} at {clock}"


def command_prose(text: str, period: Period, language: Language) -> str:
    """The wish."""
    if language == "zh":
        return f"{when(period, 'zh')}运行 `{text}`，运行前问我，然后把结果告诉我。"
    return f"{_upper(when(period, 'en'))}, run `{text}`; ask me before you run it, and tell me the result."


def command_words(text: str, period: Period, span_ns: tuple[int, int], examples: list[str], language: Language) -> Said:
    """Of a command with a period."""
    shown = one_line(text, SHOWN_CHARS)
    seen = [one_line(example, SHOWN_CHARS) for example in examples]
    if language == "zh":
        unit = {"weekly": "周", "daily": "天", "workdays": "个工作日", "monthly": "个月"}[period.kind]
        sentence = (
            f"您约在{when(period, 'zh')}运行 `{shown}`，{period.spanned} {unit}中有 {period.hits} {unit}："
            "可以交给智能体。"
        )
        return sentence, (
            f"从 {_day(span_ns[0], None)} 到 {_day(span_ns[1], None)}；占比至少 {period.cover_low:.0%}（95 % 置信）",
            f"二项检验，按全部检验次数校正（Bonferroni）：随机出现的概率不超过 {_odds(period.p_value)}",
            *(f"例如：{example}" for example in seen),
            "节省的时间：假定每次 30 秒加上命令本身的时长",
            "智能体在沙箱中运行它：除非您开放，否则没有网络和主目录",
        )
    unit = {"weekly": "weeks", "daily": "days", "workdays": "working days", "monthly": "months"}[period.kind]
    sentence = (
        f"you ran `{shown}` {when(period, 'en')} or about then, {period.hits} of {period.spanned} {unit}: "
        "an agent could do that."
    )
    return sentence, (
        (
            f"from {_day(span_ns[0], None)} to {_day(span_ns[1], None)}; "
            f"in at least {period.cover_low:.0%} of the {unit} (95 % confidence)"
        ),
        f"binomial test, corrected (Bonferroni): chance does that with at most {_odds(period.p_value)}",
        *(f"example: {example}" for example in seen),
        "saving: 30 seconds for each time are assumed, and what the command took",
        "an agent runs it in the sandbox: without network and home, unless you open them",
    )


def pair_prose(pair: Pair, language: Language) -> str:
    """The wish."""
    if language == "zh":
        return f"先运行 `{pair.first}`，再运行 `{pair.second}`，运行前问我，然后把结果告诉我。"
    return f"Run `{pair.first}`, then run `{pair.second}`; ask me before you run them, and tell me the result."


def pair_words(pair: Pair, language: Language) -> Said:
    """Of two commands in a row."""
    first, second = one_line(pair.first, SHOWN_CHARS), one_line(pair.second, SHOWN_CHARS)
    if language == "zh":
        sentence = (
            f"您运行 `{first}` 之后，{pair.of} 次中有 {pair.times} 次接着运行 `{second}`：可以由一个智能体连着做。"
        )
        odds = f"二项检验（Bonferroni 校正）：随机出现的概率不超过 {_odds(pair.p_value)}"
        return sentence, (f"发生在 {pair.days} 天", odds, "节省的时间：假定每次 30 秒")
    sentence = f"after `{first}` you ran `{second}` {pair.times} of {pair.of} times: one agent could do both."
    odds = f"binomial test, corrected (Bonferroni): chance does that with at most {_odds(pair.p_value)}"
    return sentence, (f"on {pair.days} days", odds, "saving: 30 seconds for each time are assumed")


def changing_words(language: Language) -> str:
    """Of a command in which something changes that nobody but its owner knows."""
    if language == "zh":
        return "花括号中的内容每次不同，机密则从不写入：请用 `ergos new` 自己写明它从何而来"
    return "what stands in braces changes each time, a secret is never written: say to `ergos new` where it comes from"


def rule_of(period: Period) -> str:
    """The period as a recurrence of RFC 5545."""
    days = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    day = {
        "weekly": f"FREQ=WEEKLY;BYDAY={days[period.weekday]}",
        "daily": "FREQ=DAILY",
        "workdays": f"FREQ=WEEKLY;BYDAY={','.join(days[:5])}",
        "monthly": f"FREQ=MONTHLY;BYMONTHDAY={period.month_day}",
    }[period.kind]
    return f"{day};BYHOUR={period.minute // 60};BYMINUTE={period.minute % 60}"


def run_words(agent: str, period: Period, microusd: int, language: Language) -> Said:
    """Of an agent that is started at set times."""
    if language == "zh":
        unit = {"weekly": "周", "daily": "天", "workdays": "个工作日", "monthly": "个月"}[period.kind]
        sentence = (
            f"您约在{when(period, 'zh')}启动 {agent}，{period.spanned} {unit}中有 {period.hits} {unit}：可以定时启动。"
        )
        odds = f"二项检验（Bonferroni 校正）：随机出现的概率不超过 {_odds(period.p_value)}"
        cost = f"每月费用约 {format_money(microusd)}，按以往每次的花费计算"
        return sentence, (
            odds,
            cost,
            f"在其 AGENT.md 的 triggers 中加入：- {{on: schedule, rule: {rule_of(period)!r}}}",
        )
    unit = {"weekly": "weeks", "daily": "days", "workdays": "working days", "monthly": "months"}[period.kind]
    sentence = (
        f"you started {agent} {when(period, 'en')} or about then, {period.hits} of {period.spanned} {unit}: "
        "a schedule could do that."
    )
    odds = f"binomial test, corrected (Bonferroni): chance does that with at most {_odds(period.p_value)}"
    cost = f"about {format_money(microusd)} a month, from what it cost each time so far"
    return sentence, (odds, cost, f"add to triggers in its AGENT.md: - {{on: schedule, rule: {rule_of(period)!r}}}")


def grant_words(
    habit: GrantHabit, language: Language, zone: datetime.tzinfo | None
) -> tuple[str, tuple[str, ...], str]:
    """Of what was always approved; and the words that are kept with the grant."""
    said = grant_sentence(habit.grant, language, lambda at_ns: _day(at_ns, zone))
    first, last = _day(habit.first_ns, zone), _day(habit.last_ns, zone)
    if language == "zh":
        return (
            f"您在 {habit.asked} 次请求中批准了 {habit.approved} 次：{said}",
            (
                f"从 {first} 到 {last}；批准率至少 {habit.share_low:.0%}（97.5 % 置信，Clopper-Pearson）",
                f"符号检验（Bonferroni 校正）：抛硬币做到这样的概率不超过 {_odds(habit.p_value)}",
                "节省的时间：假定每次批准 30 秒",
            ),
            f"我在 {first} 至 {last} 间批准了 {habit.approved} 次",
        )
    return (
        f"you approved this {habit.approved} of {habit.asked} times: {said}",
        (
            f"from {first} to {last}; you approve at least {habit.share_low:.0%} (97.5 % confidence, Clopper-Pearson)",
            f"sign test, corrected (Bonferroni): a coin does that with at most {_odds(habit.p_value)}",
            "saving: 30 seconds for each approval are assumed",
        ),
        f"I approved it {habit.approved} times from {first} to {last}",
    )


def denial_words(habit: DenialHabit, language: Language, zone: datetime.tzinfo | None) -> Said:
    """Of what was always denied."""
    first, last = _day(habit.first_ns, zone), _day(habit.last_ns, zone)
    if language == "zh":
        sentence = f"您 {habit.denied} 次都拒绝了 {habit.agent} 的 {habit.tool}：可以收回该授权，就不会再问您。"
        return sentence, (f"从 {first} 到 {last}",)
    sentence = f"you denied {habit.tool} of {habit.agent} {habit.denied} of {habit.denied} times: take its grant back."
    return sentence, (f"from {first} to {last}",)


def answer_words(
    agent: str,
    question: str,
    answer: str,
    counted: tuple[int, int, int],
    language: Language,
    zone: datetime.tzinfo | None,
) -> Said:
    """Of a question that is always answered alike. `counted`: how often, first and last time."""
    count, first, last = counted[0], _day(counted[1], zone), _day(counted[2], zone)
    asked, said = one_line(question, 100), one_line(answer, 100)
    if language == "zh":
        sentence = f"{agent} 问“{asked}”，您 {count} 次都答“{said}”：可以写进它的 AGENT.md。"
        return sentence, (f"从 {first} 到 {last}",)
    sentence = f"{agent} asked {asked!r} and you said {said!r} {count} of {count} times: say so in its AGENT.md."
    return sentence, (f"from {first} to {last}",)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def saving_words(minutes: float, microusd: int, language: Language) -> str:
    """What it would save and cost."""
    if language == "zh":
        cost = f"，费用约 {format_money(microusd)}" if microusd else ""
        return f"每月约节省 {minutes:.0f} 分钟{cost}"
    cost = f", costs about {format_money(microusd)}" if microusd else ""
    return f"saves about {minutes:.0f} minutes a month{cost}"


def _odds(p_value: float) -> str:
    return f"{p_value:.1g}" if p_value >= 1e-12 else "1e-12"


def _day(at_ns: int, zone: datetime.tzinfo | None) -> str:
    return datetime.datetime.fromtimestamp(at_ns // SECOND, zone or datetime.UTC).strftime("%Y-%m-%d")
