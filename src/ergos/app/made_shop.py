"""The tools that agents made, as their owner sees them: a `Shop` over the workshop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.app.making import Standing, Workshop, change_of, definition_of
from ergos.app.tools_view import State, ToolRow, ToolShown, changed, meaning, row_of
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.wording import Language, quoted
from ergos.lib.tool_making import spec_of
from ergos.lib.visible import one_line

WHY_CHARS: Final = 400  # characters shown of what a draft is for


class MadeShop:
    """Made tools: approved ones run, drafts wait."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop: Final = workshop

    async def rows(self) -> Sequence[ToolRow]:
        """Every made tool."""
        return [_row(one) for one in self._workshop.standings()]

    async def show(self, name: str, language: Language) -> ToolShown | None:
        """One of them, with what waits for a decision."""
        one = next((one for one in self._workshop.standings() if one.name == name), None)
        filed = (one.pending or one.approved) if one is not None else None
        if one is None or filed is None:
            return None if one is None else ToolShown(row=_row(one), definition={}, sentences=())
        spec = spec_of(filed.draft)
        change = change_of(one, language)
        compared = one.approved is not None and one.pending is not None
        difference = (*change.source, *change.tests) if change is not None else ()
        return ToolShown(
            row=_row(one),
            definition=definition_of(filed.draft),
            sentences=(*meaning(spec, language), *_held(language)),
            changes=changed(spec_of(one.approved.draft), spec, language) if compared and one.approved else (),
            difference=difference,
            asks=change.more if change is not None else (),
            notes=_notes(one, language),
        )

    async def approve(self, name: str, digest: str, by: str) -> tuple[Grant, ...]:
        """Let exactly this draft run."""
        return self._workshop.approve(name, digest, by)

    async def reject(self, name: str, digest: str, by: str) -> None:
        """Throw the draft away."""
        del by
        self._workshop.reject(name, digest)

    async def withdraw(self, name: str, by: str) -> None:
        """The tool is gone from the next call on."""
        del by
        self._workshop.withdraw(name)

    async def log(self, server: str) -> str | None:
        """Made tools are no servers."""
        del server
        return None


def _row(one: Standing) -> ToolRow:
    filed = one.pending or one.approved
    if filed is None:
        return ToolRow(name=one.name, origin="made", state="disabled", effect="", reach="", why=one.fault)
    why, state = one.fault, _state(one)
    if one.pending is not None:
        waits = f"a draft of {filed.draft.agent} waits for your decision"
        why = f"{waits}; {one.fault}" if one.fault else waits
    row = row_of(spec_of(filed.draft), origin="made", state=state, why=why)
    return msgspec.structs.replace(row, digest=filed.draft.digest)


def _state(one: Standing) -> State:
    if one.pending is not None:
        return "changed" if one.approved is not None else "pending"
    return "disabled" if one.fault else "ready"


def _held(language: Language) -> tuple[str, ...]:
    return (
        ("它在沙箱中运行，没有网络，也看不到任何其他文件。",)
        if language == "zh"
        else ("It runs in the sandbox, without a network and without any file but its own.",)
    )


def _tests(count: int) -> str:
    return "test" if count == 1 else "tests"


def _notes(one: Standing, language: Language) -> tuple[str, ...]:
    filed = one.pending or one.approved
    if filed is None:
        return ()
    zh = language == "zh"
    draft, report = filed.draft, filed.report
    names = ", ".join(test.name for test in report.tests[:20])
    notes = [
        f"由智能体 {draft.agent} 为 {draft.owner} 提出。" if zh else f"Proposed by {draft.agent} for {draft.owner}.",
        f"{len(report.tests)} 个测试在沙箱（{report.sandbox}）中全部通过：{names}。"
        if zh
        else f"Its {len(report.tests)} {_tests(len(report.tests))} passed in the sandbox ({report.sandbox}): {names}.",
    ]
    if draft.why:
        said = quoted(one_line(draft.why, WHY_CHARS), language)
        notes.append(f"它说的理由：{said}。" if zh else f"Its reason: {said}.")
    return tuple(notes)
