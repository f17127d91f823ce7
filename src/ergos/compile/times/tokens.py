"""From prose to tokens of time: one pass over the text, in both languages at once.

Rules: pure; linear; a token has the span of its words in the prose. What lies between tokens is a `word`, or a `stop`
where a sentence ends there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ergos.compile.times.patterns import CHINESE, ENGLISH
from ergos.compile.times.reading import read
from ergos.compile.times.token import Token
from ergos.drivers.system1.numerals import plain

_SIGNS: Final = (("dash", r"[-–—~]"), ("comma", r"[,，]"))
_STOP: Final = re.compile(r"[。;；!！?？\n]|\.(?=\s|\Z)")
_HAN: Final = r"(?=[\d\u3001\u3007\u4e00-\u9fff~–—])"
_EDGE: Final = r"(?=[A-Za-z\d@&+])(?<![A-Za-z\d_$€£¥#])"
_QUOTED: Final = re.compile(r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|「[^」\n]{1,300}」|『[^』\n]{1,300}』|«[^»\n]{1,300}»")
_NAMED: Final = re.compile(r"\(\?P<\w+>")
_BLANK: Final = " \t\r\n()[]\"'“”‘’:：（）"


@cache
def _lexer() -> tuple[re.Pattern[str], tuple[tuple[str, re.Pattern[str]], ...]]:
    """One pattern that finds, and those that read what it found."""
    rows = [*CHINESE, *ENGLISH, *_SIGNS]
    named = [f"(?P<r{number}>{_NAMED.sub('(?:', pattern)})" for number, (_, pattern) in enumerate(rows)]
    chinese, english = "|".join(named[: len(CHINESE)]), "|".join(named[len(CHINESE) : -len(_SIGNS)])
    # What cannot begin a token is passed over without a try of each pattern.
    finder = f"{_HAN}(?:{chinese})|{_EDGE}(?:{english})|{'|'.join(named[-len(_SIGNS) :])}"
    readers = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in rows)
    return re.compile(finder, re.IGNORECASE), readers


def tokens(prose: str) -> tuple[Token, ...]:
    """Every token, with what lies between as words and stops."""
    text = unquoted(plain(prose))
    finder, readers = _lexer()
    found: list[Token] = []
    end = 0
    for match in finder.finditer(text):
        kind, reader = readers[int((match.lastgroup or "r0")[1:])]
        parts = reader.match(text, match.start())
        token = read(kind, parts) if parts is not None and parts.end() > parts.start() else None
        if token is None or (text[token.start].isascii() and _is_name(text, token, found[-1].end if found else -1)):
            continue
        blanks = len(text[token.start : token.end]) - len(text[token.start : token.end].lstrip())
        token = token._replace(start=token.start + blanks)
        _between(text, end, token.start, found)
        found.append(token)
        end = token.end
    _between(text, end, len(text), found)
    return tuple(found)


def unquoted(text: str) -> str:
    """The text with what stands between quotation marks blanked out: it is quoted, not said."""
    bare = _QUOTED.sub(lambda match: "x" * len(match[0]), text)
    return text if bare.count("x") - text.count("x") > len(text) * 4 // 5 else bare


def _is_name(text: str, token: Token, before: int) -> bool:
    """Whether it is a piece of a path, an address or a name: 'reports/weekly.md', 'nightly-backup'."""
    start = token.start - 1
    if start >= 0 and start != before - 1 and before <= start:
        # A hyphen belongs to a name where letters stand on both sides.
        joined = text[start] == "-" and start > 0 and text[start - 1].isalnum() and start > before
        if text[start] in "/\\_@" or (text[start] == "." and start > 0 and not text[start - 1].isspace()) or joined:
            return True
    after = text[token.end : token.end + 2]
    if after[:1] in ("_", "@", "\\") or (after[:1] in (".", "/") and after[1:].isalnum() and after[1:].isascii()):
        return token.kind not in ("zone", "day", "num")
    return after[:1] == "-" and after[1:].isalpha() and token.kind in ("adverb", "rel", "part", "every", "weekend")


def _between(text: str, start: int, end: int, found: list[Token]) -> None:
    """What is no token: a stop where a sentence ends, else words, unless it is blank."""
    if start >= end:
        return
    if _STOP.search(text, start, end + 1 if text[end - 1] == "." else end) is not None:
        found.append(Token("stop", start, end))
    elif text[start:end].strip(_BLANK):
        found.append(Token("word", start, end))
