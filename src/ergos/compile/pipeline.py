"""From an owner's words to a program: intent, program, findings, text. One call for all of it.

    compiled = compile_prose("every morning at 8 read https://...", circumstances)
    compiled.text           # AGENT.md, or '' while something is wrong or has to be asked
    compiled.diagnostics

Rules: pure and deterministic; System 1 alone. Only the owner's words are read: no source, no file, no network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.compile.check.lints import check
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic, blocks, ordered
from ergos.compile.intent import PROSE_CHARS_MAX, Intent, Span
from ergos.compile.lower.places import FolderNeeded
from ergos.compile.lower.program import Lowered, lower
from ergos.lib.agent_file import AgentFile
from ergos.lib.agent_text import text_of

_SAID: Final = {
    "C301": ("C208", "C209"), "C305": ("C208", "C209"), "C316": ("C206",), "C304": ("C207",), "C307": ("C203",),
    "C308": ("C203",), "C327": ("C214",), "C328": ("C214",), "C329": ("C214",), "C346": ("C214",), "C355": ("C214",),
    "C318": ("C215",), "C349": ("C212",),
}  # fmt: skip
"""What is not said again where the reading said one of these about the same words."""
RESTRICTS: Final = re.compile(
    r"\b(?:never|don[’']?t|do not|must ?n[o’']t|may not|unless|without asking|ask (?:me|us)"
    r"|confirm|approv\w*|at most|no more than|if|when(?:ever)?|until)\b"
    r"|不要(?!忘)|不得|不许|不准|不能|别(?!忘|的)|勿|禁止|严禁|除非|问我|批准|最多|上限|不超过|如果|要是|一旦|假如|倘若|的话",
    re.IGNORECASE,
)
"""Words of a clause that takes something away, or on which something depends."""


_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a pair of code units (surrogate), which is no character and which no UTF-8 file can hold."""


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    intent: Intent
    file: AgentFile | None
    """The program as far as it is understood; None where something said cannot be."""
    text: str
    """AGENT.md; '' where it is not to be written: `ready` is false."""
    folders: tuple[FolderNeeded, ...] = ()
    """Folders that must be known to the home first."""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it may be written: nothing is wrong and nothing has to be asked."""
        return self.file is not None and not blocks(self.diagnostics)


def compile_prose(prose: str, circumstances: Circumstances, *, name: str = "") -> Compiled:
    """The program of a prose. `name`: what the agent is called, whatever the words say. Total."""
    refusal = refused(prose)
    if refusal is not None:
        return Compiled(intent=_none(prose, circumstances), file=None, text="", diagnostics=(refusal,))
    from ergos.compile.words.grammar import read_intent  # the grammar is large, and not needed for a check

    return compile_intent(read_intent(prose, circumstances), circumstances, name=name)


def compile_intent(
    intent: Intent, circumstances: Circumstances, *, name: str = "", more: Sequence[Diagnostic] = ()
) -> Compiled:
    """The program of an intent, whoever read it. `more`: what was said about the reading."""
    if name:
        intent = msgspec.structs.replace(intent, name=name)
    lowered = lower(intent, circumstances)
    found = [
        *more,
        *_settled(intent.diagnostics, lowered.diagnostics),
        *_fresh(lowered.diagnostics, intent.diagnostics),
    ]
    file = lowered.file
    if file is not None:
        if name:
            file = named(file, name)
        if not blocks(found):  # what is unfinished is not judged as if it were meant so
            found += _unsaid(check(file, circumstances, spans=_spans(intent, lowered)), found)
    found += _unheeded(intent, found)
    diagnostics = ordered(found)
    ready = file is not None and not blocks(diagnostics)
    return Compiled(
        intent=intent,
        file=file,
        text=text_of(file) if file is not None and ready else "",
        folders=lowered.folders,
        diagnostics=diagnostics,
    )


def refused(prose: str) -> Diagnostic | None:
    """Why a prose is not read at all."""
    if not prose.strip():
        return Diagnostic(code="C350")
    half = _HALF.search(prose)
    if half is not None:
        return Diagnostic(code="C361", spans=(half.span(),), values={"place": f"{half.start() + 1:,}"})
    if len(prose) > PROSE_CHARS_MAX:
        return Diagnostic(code="C349", values={"count": f"{len(prose):,}", "most": f"{PROSE_CHARS_MAX:,}"})
    return None


def named(file: AgentFile, name: str) -> AgentFile:
    """The same program under another name: its grants are its own."""
    grants = tuple(
        msgspec.structs.replace(grant, agent=name) if grant.agent == file.name else grant for grant in file.grants
    )
    return msgspec.structs.replace(file, name=name, grants=grants)


def _none(prose: str, circumstances: Circumstances) -> Intent:
    language = circumstances.language or ("en" if prose.isascii() else "zh")
    return Intent(prose=prose[:PROSE_CHARS_MAX], language=language, timezone=circumstances.timezone)


def _spans(intent: Intent, lowered: Lowered) -> dict[str, Span]:
    """Words by the id of a step or the name of a trigger."""
    spans = dict(lowered.spans)
    if lowered.file is not None:
        triggers = zip(lowered.file.work.triggers, intent.triggers, strict=False)
        spans |= {trigger.name: found.span for trigger, found in triggers if trigger.name not in spans}
    return spans


def _settled(said: Sequence[Diagnostic], lowered: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What the reading says, less what is said again, or answered, by what was made of it."""
    addresses = [span for one in lowered if one.code in ("C303", "C353") for span in one.spans]
    return [one for one in said if not (one.code == "C202" and one.spans and _inside(one.spans, addresses))]


def _fresh(lowered: Sequence[Diagnostic], said: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What was made, less what the reading said already: that a budget is nothing, that nothing is to be done."""
    return [
        one
        for one in lowered
        if not any(
            other.code in _SAID.get(one.code, ())
            and (not other.spans or not one.spans or _touches(one.spans, other.spans))
            for other in said
        )
    ]


def _inside(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    return all(_touches((span,), others) for span in spans)


def _unheeded(intent: Intent, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """A restriction or condition that was not understood is asked about: else more would be done than was said."""
    words = [span for one in found if one.code == "C201" for span in one.spans]
    return [
        Diagnostic(code="C359", spans=((start, end),), values={"words": intent.prose[start:end]})
        for start, end in dict.fromkeys((*words, *intent.unread))
        if RESTRICTS.search(intent.prose[start:end])
    ]


def _unsaid(found: Sequence[Diagnostic], before: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What the reading of times has not said already about the same words."""
    said = [span for one in before if one.code.startswith("C1") for span in one.spans]
    return [one for one in found if not (one.code in ("C337", "C338", "C339") and _touches(one.spans, said))]


def _touches(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    return any(start < end_other and start_other < end for start, end in spans for start_other, end_other in others)
