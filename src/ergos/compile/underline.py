"""A diagnostic as a person reads it: its code and severity, the words concerned underlined, what to do.

    error[C304]: one part says to do what another part forbids
      every morning delete old logs; never delete anything
                    ^^^^^^^^^^^^^^^  ^^^^^^^^^^^^^^^^^^^^^
      say which of the two holds

Rules: pure; columns are those of a terminal, where a Chinese character is two wide and an accent none; what could not
be seen, or would turn the line around, is shown as a dot; a long line is shown around the words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Span
from ergos.kernel.permission.wording import Language

COLUMNS: Final = 100  # columns of the prose shown on one line
AROUND: Final = 20  # columns shown before the words, where the line is cut
LINES_MAX: Final = 4  # lines of the prose shown of one diagnostic
CHOICES_MAX: Final = 6  # choices shown
_SEVERITIES: Final = {"error": "错误", "question": "问题", "warning": "警告", "note": "提示"}
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shown(diagnostic: Diagnostic, prose: str, language: Language) -> tuple[str, ...]:
    """The lines of a diagnostic."""
    zh = language == "zh"
    severity = _SEVERITIES[diagnostic.severity] if zh else diagnostic.severity
    lines = [f"{severity}[{diagnostic.code}]{'：' if zh else ': '}{diagnostic.what(language)}"]
    lines += [f"  {line}" for line in underlined(prose, diagnostic.spans)]
    lines.append(f"  {diagnostic.remedy(language)}")
    if diagnostic.choices:
        more = diagnostic.choices[:CHOICES_MAX]
        lines.append(f"  {'可选：' if zh else 'one of: '}{('、' if zh else ', ').join(more)}")
    return tuple(lines)


def underlined(prose: str, spans: Iterable[Span]) -> tuple[str, ...]:
    """Each line of the prose that a span touches, and below it what is meant."""
    found: list[str] = []
    wanted = sorted((max(0, start), min(end, len(prose))) for start, end in spans if end > start)
    at = 0
    for line in prose.split("\n"):
        here = [(start - at, end - at) for start, end in wanted if start < at + len(line) + 1 and end > at]
        if here and line.strip() and len(found) < 2 * LINES_MAX:
            found += _marked(line, [(max(0, start), min(end, len(line))) for start, end in here])
        at += len(line) + 1
    return tuple(found)


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


def _marked(line: str, spans: list[Span]) -> list[str]:
    """The line and its marks, cut to a window around the first of them."""
    first, last = spans[0][0], len(line)
    if width(line) > COLUMNS:
        begin = first
        while begin > 0 and width(line[begin - 1 : first]) <= AROUND:
            begin -= 1
        last = begin
        while last < len(line) and width(line[begin : last + 1]) <= COLUMNS:
            last += 1
    else:
        begin = 0
    before, after = ("…" if begin else ""), ("…" if last < len(line) else "")
    text, marks = before, " " * len(before)
    for place in range(begin, last):
        letter = _visible(line[place])
        inside = any(start <= place < end for start, end in spans)
        text += letter
        marks += ("^" if inside else " ") * _columns(letter)
    return [text + after, marks.rstrip() or "^"]


def _visible(letter: str) -> str:
    return "·" if unicodedata.category(letter) in _HIDDEN else letter
