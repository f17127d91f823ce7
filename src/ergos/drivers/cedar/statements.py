"""The text of Cedar rules cut into tokens and statements, so that what is wrong can be shown by line and column.

Cedar's own parser names no place, and a text that is nested too deeply kills the process it runs in: both are seen to
here, before and around it. Nothing is judged here.

Rules: pure and total; linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

TEXT_BYTES_MAX: Final = 256 * 1024  # bytes of one file of rules; a larger one is not written by people
DEPTH_MAX: Final = 32  # levels of brackets in a rule; real ones have five, and 1,000 end the process
CHAIN_MAX: Final = 1_000  # tokens of one statement, because a chain of operators is nested too; real ones have fifty
STATEMENTS_MAX: Final = 1_000  # rules of one file; each costs about a microsecond per decision

_TOKEN: Final = re.compile(
    r'(?P<blank>\s+|//[^\n]*)|(?P<text>"(?:[^"\\]|\\.)*"?)|(?P<word>[A-Za-z_][A-Za-z0-9_]*|\d+)|(?P<sign>::|==|!=|<=|>=|&&|\|\||.)',
    re.DOTALL,
)
_OPEN: Final = {"(": ")", "[": "]", "{": "}"}


class Token(msgspec.Struct, frozen=True):
    """One token and where it stands, as offset."""

    text: str
    at: int


class Statement(msgspec.Struct, frozen=True):
    """One rule: its tokens, up to and with the semicolon."""

    tokens: tuple[Token, ...]

    @property
    def at(self) -> int:
        """Offset of its first token."""
        return self.tokens[0].at


class Place(msgspec.Struct, frozen=True):
    """Where something is, from 1."""

    line: int
    column: int


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text, without blanks and comments."""
    return tuple(Token(one[0], one.start()) for one in _TOKEN.finditer(text) if one.lastgroup != "blank")


def statements(found: Sequence[Token]) -> tuple[Statement, ...]:
    """Statements by their semicolons; what stands behind the last one is a statement too."""
    made: list[Statement] = []
    begun: list[Token] = []
    for token in found:
        begun.append(token)
        if token.text == ";":
            made.append(Statement(tuple(begun)))
            begun = []
    return (*made, Statement(tuple(begun))) if begun else tuple(made)


def too_much(text: str) -> tuple[str, int] | None:
    """What exceeds a bound and where (offset), or None."""
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
        return f"the rules have more than {TEXT_BYTES_MAX:,} bytes", 0
    depth = 0
    for token in tokens(text):
        if token.text in _OPEN:
            depth += 1
            if depth > DEPTH_MAX:
                return f"brackets are nested deeper than {DEPTH_MAX} levels", token.at
        elif token.text in _OPEN.values():
            depth = max(depth - 1, 0)
    rules = statements(tokens(text))
    if len(rules) > STATEMENTS_MAX:
        return f"there are more than {STATEMENTS_MAX:,} rules", rules[STATEMENTS_MAX].at
    for rule in rules:
        if len(rule.tokens) > CHAIN_MAX:
            return f"a rule has more than {CHAIN_MAX:,} words and signs", rule.at
    return None


def place(text: str, at: int) -> Place:
    """Line and column of an offset."""
    before = text[:at]
    return Place(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
