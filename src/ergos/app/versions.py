"""The versions of an agent as texts and programs, and what is different between two of them.

A version is a definition in the store; its AGENT.md is written again from it, so that every version can be read,
whatever has become of its files. What an agent may do now that it could not comes first.

Rules: pure; what only reads differently is not told apart.
"""

from __future__ import annotations

import difflib
from typing import Final, Literal

import msgspec

from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.compile.difference import difference
from ergos.compile.preview.page import Section
from ergos.kernel.packages import FOREIGN, Definition
from ergos.kernel.permission.sentences import Difference
from ergos.kernel.permission.sentences import difference as difference_of_grants
from ergos.kernel.permission.wording import Language
from ergos.lib.agent_file import AgentFile
from ergos.lib.agent_text import text_of
from ergos.lib.work import NO_WORK, Work

LINES_MAX: Final = 4_000  # lines of one text that are compared
AROUND: Final = 3  # lines of context around a change

Sign = Literal["+", "-", " ", "@"]


class Line(msgspec.Struct, frozen=True):
    """A line of a comparison. `@`: lines are left out here."""

    sign: Sign
    text: str
    old: int = 0
    """Its number in the older text; 0: it is not there."""
    new: int = 0


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Two versions beside one another."""

    permissions: Difference
    sections: tuple[Section, ...]
    lines: tuple[Line, ...]
    code: bool
    """Their files of code differ; what they do may differ in what no text here shows."""


def file_of(definition: Definition) -> AgentFile:
    """A definition as what AGENT.md says; what its team brought along is among its grants."""
    try:
        work = msgspec.json.decode(definition.work, type=Work | None) or NO_WORK
    except msgspec.MsgspecError:
        work = NO_WORK
    place, _, _ = definition.program.partition("::")
    coded = definition.program.startswith(FOREIGN) or place.endswith(".py") or work is NO_WORK
    return AgentFile(
        name=definition.agent,
        goal="",
        language=definition.language,
        program=_program(definition) if coded else "",
        team=tuple(grant.name for grant in definition.grants if grant.verb == "spawn"),
        grants=definition.grants,
        caps=definition.caps,
        supervision=definition.supervision,
        solvers=definition.solvers,
        window_tokens=definition.window_tokens or WINDOW_TOKENS_DEFAULT,
        settings=definition.settings,
        instructions=definition.instructions,
        work=work,
    )


def _program(definition: Definition) -> str:
    """Where its code is: a file and a function, or what the definition says of it."""
    place, _, member = definition.program.partition("::")
    if place.endswith(".py"):
        return f"{place.rpartition('/')[2]}:{member or definition.agent}"
    return definition.program


def source_of(definition: Definition) -> str:
    """A version as text."""
    return text_of(file_of(definition))


def compared(old: Definition, new: Definition, language: Language) -> Compared:
    """What is different."""
    return Compared(
        permissions=difference_of_grants(old.grants, new.grants, language),
        sections=difference(file_of(old), file_of(new), language),
        lines=lines_of(source_of(old), source_of(new)),
        code=old.code != new.code,
    )


def lines_of(old: str, new: str) -> tuple[Line, ...]:
    """The lines of two texts, those that differ with a few around them."""
    before, after = old.splitlines()[:LINES_MAX], new.splitlines()[:LINES_MAX]
    found: list[Line] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for group in matcher.get_grouped_opcodes(AROUND):
        found.append(Line("@", "", group[0][1] + 1, group[0][3] + 1))
        for what, from_old, to_old, from_new, to_new in group:
            if what == "equal":
                found += [
                    Line(" ", text, from_old + at + 1, from_new + at + 1)
                    for at, text in enumerate(before[from_old:to_old])
                ]
                continue
            found += [Line("-", text, from_old + at + 1, 0) for at, text in enumerate(before[from_old:to_old])]
            found += [Line("+", text, 0, from_new + at + 1) for at, text in enumerate(after[from_new:to_new])]
    return tuple(found)
