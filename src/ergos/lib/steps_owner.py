"""What an owner says to an agent that is there already, in a message: run, status, stop, and what it answers.

Rules: pure; only the owner is obeyed, never another process nor what a trigger tells; a message that is none of these
is said back to be none, and changes nothing. An order is the whole message, or what stands before its first colon.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.lib.steps_memory import Past
from ergos.lib.visible import one_line

_NAMING: Final = ("path", "subject", "title", "url")
"""Of what a trigger tells: the fields by which a person knows it, the best first."""

Order = Literal["run", "status", "stop", "plan", "goal", "unknown"]

ABOUT_CHARS_MAX: Final = 200  # characters that name a happening
ORDER_CHARS_MAX: Final = 4_000  # characters of a message; a longer one is a document

_ORDERS: Final[tuple[tuple[Order, tuple[str, ...]], ...]] = (
    (
        "run",
        (
            "run",
            "run now",
            "go",
            "start",
            "do it",
            "now",
            "运行",
            "现在运行",
            "立即运行",
            "执行",
            "开始",
            "跑一次",
            "马上执行",
        ),
    ),
    (
        "status",
        ("status", "state", "how is it going", "progress", "report", "状态", "进度", "情况", "怎么样了", "汇报"),
    ),
    ("stop", ("stop", "end", "quit", "finish", "停止", "停", "结束", "停下", "不用再做了", "停止运行")),
)
_PREFIXES: Final[tuple[tuple[Order, tuple[str, ...]], ...]] = (
    ("plan", ("plan:", "new plan:", "计划：", "计划:", "新计划：", "新计划:")),
    ("goal", ("goal:", "new goal:", "目标：", "目标:", "新目标：", "新目标:")),
)


def order_of(body: Plain) -> tuple[Order, str]:
    """What is wanted, and what was said about it."""
    if isinstance(body, dict) and isinstance(body.get("order"), str):
        body = str(body["order"])
    if not isinstance(body, str):
        return "unknown", ""
    said = body[:ORDER_CHARS_MAX].strip()
    folded = " ".join(said.casefold().strip(".!?。！？ ").split())
    for order, words in _ORDERS:
        if folded in words:
            return order, ""
    for order, prefixes in _PREFIXES:
        for prefix in prefixes:
            if said.casefold().startswith(prefix):
                return order, said[len(prefix) :].strip()
    return "unknown", said


def status(past: Past, language: str) -> str:
    """How it stands, in one paragraph."""
    if language == "zh":
        parts = [f"已运行 {past.runs} 次"]
        parts += [f"您拒绝 {past.declined} 次"] if past.declined else []
        parts += (
            [f"失败 {past.failures} 次{f'（最近连续 {past.failed} 次）' if past.failed > 1 else ''}"]
            if past.failures
            else []
        )
        parts += [f"上次结束于 {moment(past.last_ns)}"] if past.last_ns else []
        parts += [f"上次失败原因：{past.last_failure}"] if past.last_failure else []
        parts += [f"{len(past.again)} 件待重试"] if past.again else []
        parts += [f"已达成里程碑：{'、'.join(past.milestones)}"] if past.milestones else []
        return "；".join(parts) + "。"
    parts = ["1 run came to its end" if past.runs == 1 else f"{past.runs} runs came to their end"]
    parts += [f"{past.declined} ended with your no"] if past.declined else []
    in_a_row = f", the last {past.failed} of them in a row" if past.failed > 1 else ""
    parts += [f"{past.failures} failed{in_a_row}"] if past.failures else []
    parts += [f"the last one ended {moment(past.last_ns)}"] if past.last_ns else []
    parts += [f"the last failure was: {past.last_failure}"] if past.last_failure else []
    parts += [f"{len(past.again)} to be tried again"] if past.again else []
    parts += [f"milestones reached: {', '.join(past.milestones)}"] if past.milestones else []
    return "; ".join(parts) + "."


def help_text(language: str) -> str:
    """What can be said to it."""
    if language == "zh":
        return "我听得懂：运行、状态、停止；由我定计划或目标时，还有“计划：…”“目标：…”。"
    return "I understand: run, status, stop; and, where I set the plan or the goal, `plan: …` and `goal: …`."


def nothing_to_run_on(language: str) -> str:
    """Why `run` does nothing for an agent that works on what its trigger tells."""
    if language == "zh":
        return "我处理触发器告诉我的东西；现在没有新的，所以没有可以运行的。"
    return "I work on what my trigger tells; nothing is new, so that there is nothing to run on."


def about(event: Plain) -> str:
    """What a happening is about, on one line: a file's path, a mail's subject, an entry's title; '' if it has none."""
    value = event.get("value", event) if isinstance(event, dict) else None
    named = (value.get(key) for key in _NAMING) if isinstance(value, dict) else ()
    found = next((one for one in named if isinstance(one, str) and one.strip()), "")
    return one_line(found, ABOUT_CHARS_MAX)


def moment(at_ns: int) -> str:
    """UTC to the minute."""
    return datetime.datetime.fromtimestamp(at_ns // SECOND, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
