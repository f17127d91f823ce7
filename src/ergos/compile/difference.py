"""What is different between two programs, in sentences for their owner: what it may do now that it could not, when it
works, what it does, what it may spend.

Rules: pure; nothing is said of what only reads differently (words, the prose, the order of grants); a permission that
is added comes first, because it has to be agreed to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ergos.compile.preview.page import Section, budget_lines, check_words, failure_lines
from ergos.compile.preview.rules import rule_words
from ergos.compile.preview.steps import step_words
from ergos.compile.preview.times import local, said
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.sentences import difference as difference_of_grants
from ergos.kernel.permission.wording import Language
from ergos.lib.agent_file import AgentFile, granted
from ergos.lib.work import Step

_OF_WORDS: Final = ("question", "title", "subject")
"""Arguments that are made of the owner's words."""


def difference(old: AgentFile, new: AgentFile, language: Language) -> tuple[Section, ...]:
    """The differences, section by section; none at all: both do the same."""
    zh = language == "zh"
    permissions = difference_of_grants(
        _bare(old), _bare(new, old.name), language, lambda at_ns: local(at_ns, new.work.timezone)
    )
    found = (
        Section("现在还可以" if zh else "It may now also", permissions.more),
        Section("不再可以" if zh else "It may no longer", permissions.less),
        Section("名称" if zh else "Name", _changed([old.name], [new.name], language) if old.name != new.name else ()),
        Section("何时" if zh else "When", _changed(_when(old, language), _when(new, language), language)),
        Section("步骤" if zh else "Does", _changed(_steps(old, language), _steps(new, language), language)),
        Section(
            "检验" if zh else "Accepts a result only if",
            _changed(_checks(old, language), _checks(new, language), language),
        ),
        Section(
            "预算" if zh else "Budget",
            _changed(budget_lines(old.caps, language), budget_lines(new.caps, language), language),
        ),
        Section(
            "失败时" if zh else "When it fails",
            _changed(failure_lines(old, language), failure_lines(new, language), language),
        ),
        Section("其他" if zh else "Besides", _changed(_rest(old, language), _rest(new, language), language)),
    )
    return tuple(one for one in found if one.lines)


def same(one: AgentFile, other: AgentFile) -> bool:
    """Whether two programs are the same up to words: the prose, and what points at it."""
    return wordless(one) == wordless(other)


def wordless(file: AgentFile) -> AgentFile:
    """The program without anything that only shows where it came from."""
    work = file.work
    bare = msgspec.structs.replace(
        work,
        triggers=tuple(msgspec.structs.replace(one, words="") for one in work.triggers),
        sources=tuple(msgspec.structs.replace(one, words="") for one in work.sources),
        steps=tuple(_wordless_step(step) for step in work.steps),
        acceptance=tuple(msgspec.structs.replace(one, words="") for one in work.acceptance),
        escalation=None if work.escalation is None else msgspec.structs.replace(work.escalation, words=""),
        quiet_hours=None if work.quiet_hours is None else msgspec.structs.replace(work.quiet_hours, words=""),
        milestones=tuple(msgspec.structs.replace(one, words="") for one in work.milestones),
    )
    grants = tuple(_wordless_grant(one) for one in file.grants)
    return msgspec.structs.replace(file, name="", goal="", instructions="", grants=grants, work=bare)


def _wordless_grant(grant: Grant) -> Grant:
    """A title or a subject is made of the owner's words, too."""
    args = grant.args and {name: one for name, one in grant.args.items() if name not in _OF_WORDS}
    return msgspec.structs.replace(grant, words="", agent="", args=args)


def _wordless_step(step: Step) -> Step:
    """A question and a title are made of the owner's words."""
    given = {name: value for name, value in step.given.items() if name not in _OF_WORDS}
    return msgspec.structs.replace(step, words="", given=given)


def _bare(file: AgentFile, name: str = "") -> tuple[Grant, ...]:
    """Its grants without words, under one name."""
    return tuple(
        msgspec.structs.replace(one, words="", agent=name or file.name) if one.agent == file.name else one
        for one in granted(file)
    )


def _changed(old: Sequence[str], new: Sequence[str], language: Language) -> tuple[str, ...]:
    """What went and what came."""
    gone, come = _without(old, new), _without(new, old)
    minus, plus = ("不再：", "现在：") if language == "zh" else ("no longer: ", "now: ")
    return (*(minus + one for one in gone), *(plus + one for one in come))


def _without(these: Iterable[str], those: Sequence[str]) -> list[str]:
    left = list(those)
    found: list[str] = []
    for one in these:
        if one in left:
            left.remove(one)
        else:
            found.append(one)
    return found


def _when(file: AgentFile, language: Language) -> list[str]:
    zone = file.work.timezone or "UTC"
    lines = [f"{said(one, language)} ({getattr(one, 'timezone', '') or zone})" for one in file.work.triggers]
    quiet = file.work.quiet_hours
    if quiet is not None:
        days = ",".join(quiet.days)
        lines.append(f"{'免打扰' if language == 'zh' else 'quiet'} {quiet.start}-{quiet.end} {days}".rstrip())
    return lines


def _steps(file: AgentFile, language: Language) -> list[str]:
    return [step_words(step, language) for step in file.work.steps]


def _checks(file: AgentFile, language: Language) -> list[str]:
    return [check_words(one, language) for one in file.work.acceptance]


def _rest(file: AgentFile, language: Language) -> list[str]:
    work, zh = file.work, language == "zh"
    lines = [f"{'里程碑' if zh else 'milestone'} {one.name} {one.due}".rstrip() for one in work.milestones]
    lines += [f"{'报告' if zh else 'report'} {rule_words(work.report, language)}"] if work.report else []
    lines += [f"{'只由您决定' if zh else 'yours alone to decide'}: {name}" for name in work.reserved]
    lines += [f"{'求解' if zh else 'solvers'}: {', '.join(file.solvers)}"] if file.solvers else []
    lines += [f"{'成员' if zh else 'team'}: {name}" for name in file.team]
    lines += [f"{'程序' if zh else 'program'}: {file.program}"] if file.program else []
    return lines
