"""The body of `ergos run --dry`: run an agent without effects and show what it would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ergos.base.errors import UsageError

if TYPE_CHECKING:
    from ergos.app.dry_run import DryReport
    from ergos.app.dry_stage import DryCall
    from ergos.app.home import Home
    from ergos.base.canonical import Plain

VALUE_CHARS = 300  # characters of a value that are shown; `--json` shows all
FAILED_EXIT = 1  # something was denied, or failed


def dry(
    here: Home,
    place: Path,
    settings: dict[str, Plain],
    *,
    read: bool,
    event: str | None,
    trigger: str,
    answers: list[str],
    as_json: bool,
) -> int:
    """Run it dry and show the timeline; the exit code. Raises: UsageError, DefinitionError and its children."""
    import asyncio

    from ergos.app.dry_run import dry_run
    from ergos.app.dry_stage import DryOptions
    from ergos.cli.render import emit
    from ergos.drivers.host import HostClock

    options = DryOptions(
        now_ns=HostClock().now_ns(),
        read=read,
        event=_event(event),
        trigger=trigger,
        answers=tuple(answers),
        settings=settings,
    )
    report = asyncio.run(dry_run(place, here.settings, options))
    if as_json:
        emit(msgspec.to_builtins(report))
    else:
        _show(report, here.settings.language)
    bad = report.failure or any(call.decision in ("denied", "failed") for call in report.calls)
    return FAILED_EXIT if bad else 0


def _event(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise UsageError(f"--event is no JSON: {error}", remedy="""write --event '{"path": "…"}'""") from error
    if not isinstance(found, dict):
        raise UsageError("--event is no JSON object", remedy="""write --event '{"path": "…"}'""")
    return found


_WORDS = {
    "en": {
        "allowed": "allowed",
        "asked": "would ask you",
        "denied": "denied",
        "failed": "failed",
        "read": "really read",
        "recorded": "recorded answer",
        "simulated": "made-up answer",
        "": "",
        "start": "at the start",
        "on": "on {name}",
        "end": "Nothing left this machine, nothing was written. It stands: {state}.",
        "reached": "What it read was really read. Nothing was written or sent. It stands: {state}.",
        "failure": "It failed: {why}",
        "cost": "Tools would charge {cost}.",
        "more": "… and {count} more calls",
    },
    "zh": {
        "allowed": "允许",
        "asked": "会先问您",
        "denied": "拒绝",
        "failed": "失败",
        "read": "真实读取",
        "recorded": "录制的回答",
        "simulated": "模拟的回答",
        "": "",
        "start": "启动时",
        "on": "触发：{name}",
        "end": "没有任何东西离开本机，也没有写入任何东西。状态：{state}。",
        "reached": "读取是真实的；没有写入或发送任何东西。状态：{state}。",
        "failure": "失败原因：{why}",
        "cost": "工具收费：{cost}。",
        "more": "…… 另有 {count} 次调用",
    },
}


def _show(report: DryReport, language: str) -> None:
    from ergos.base.money import format_money
    from ergos.cli.render import note, say

    words = _WORDS["zh" if language == "zh" else "en"]
    on: str | None = None
    for number, call in enumerate(report.calls, 1):
        if call.on != on:
            on = call.on
            say(words["on"].format(name=on) if on else words["start"])
        said = ", ".join(part for part in (words[call.decision], words[call.how], call.solver) if part)
        say(f"  {number}. {call.verb} {call.name}".rstrip() + f"  [{said}]")
        for line in _lines(call):
            say(f"       {line}")
    if report.left_out:
        say(words["more"].format(count=report.left_out))
    for one in report.notes:
        note(f"note: {one}")
    if report.costs_microusd:
        note(words["cost"].format(cost=format_money(report.costs_microusd)))
    if report.failure:
        note(words["failure"].format(why=report.failure))
    read = any(call.how == "read" for call in report.calls)
    note(words["reached" if read else "end"].format(state=report.state))


def _lines(call: DryCall) -> list[str]:
    lines = [f"{name}: {_short(value)}" for name, value in call.args.items()] if isinstance(call.args, dict) else []
    if call.why:
        lines.append(f"({_short(call.why)})")
    if call.value is not None:
        lines.append(f"→ {_short(call.value)}")
    return lines


def _short(value: object) -> str:
    from ergos.lib.visible import one_line

    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return one_line(text, VALUE_CHARS)
