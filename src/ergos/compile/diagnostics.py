"""What a compiler says about an owner's words: a stable code, the words concerned, what is so and what to do.

    error[C107]: 'at 3 am' and 'never at night' contradict each other
      every hour but never at night, at 3 am
                     ^^^^^^^^^^^^^^  ^^^^^^^
      say which of the two holds

Rules: a code means one thing for ever; every text stands here in English and Chinese; what is quoted from the prose is
cut to a bound and shown harmlessly (`permission.wording`). An error keeps a program from being written, a question asks
for what is missing, a warning is worth reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from ergos.compile.sayings.checks import CHECKS
from ergos.compile.sayings.program import PROGRAM
from ergos.compile.sayings.saying import Saying
from ergos.compile.sayings.times import TIMES
from ergos.compile.sayings.words import WORDS
from ergos.kernel.permission.wording import Language, harmless

Severity = Literal["error", "question", "warning", "note"]
RANK: Final[tuple[Severity, ...]] = ("error", "question", "warning", "note")
QUOTED_CHARS: Final = 60  # characters of the prose within a message
OURS: Final = frozenset({"finding", "remedy", "near"})
"""Values that are sentences of our own."""

SAYINGS: Final[MappingProxyType[str, Saying]] = MappingProxyType({**TIMES, **WORDS, **PROGRAM, **CHECKS})
"""Every diagnostic by code: C1xx times, C2xx words, C3xx programs."""
_RANKS: Final[MappingProxyType[str, int]] = MappingProxyType({name: rank for rank, name in enumerate(RANK)})


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    code: str
    spans: tuple[tuple[int, int], ...] = ()
    """Half-open ranges of code points of the prose; (): about all of it."""
    values: dict[str, str] = {}
    """What fills the braces of its text."""
    choices: tuple[str, ...] = ()
    """Of a question: answers that would do, as words that can be added to the prose."""

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return SAYINGS[self.code].severity

    def what(self, language: Language) -> str:
        """What is so."""
        return self._filled(SAYINGS[self.code].what(language))

    def remedy(self, language: Language) -> str:
        """What to do."""
        return self._filled(SAYINGS[self.code].remedy(language))

    def _filled(self, text: str) -> str:
        shown = {name: value if name in OURS else _cut(value) for name, value in self.values.items()}
        return text.format(**shown)


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each once, the gravest first, then in the order of the prose."""
    once = {repr(one): one for one in diagnostics}
    return tuple(sorted(once.values(), key=lambda one: (_RANKS[one.severity], one.spans, one.code)))


def blocks(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether a program with these is not to be written: something is wrong, or has to be asked first."""
    return any(one.severity in ("error", "question") for one in diagnostics)


def _cut(value: str) -> str:
    text = harmless(value[:QUOTED_CHARS], value)
    return text + "…" if len(value) > QUOTED_CHARS else text
