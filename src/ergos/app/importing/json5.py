"""JSON5 as plain data: JSON with comments, trailing commas, single quotes and bare names (spec.json5.org).

Rules: iterative, bounded in depth and size; the last of two equal keys counts; an error names line and column.
"""

from __future__ import annotations

import math
import re
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError

JSON5_CHARS_MAX: Final = 4 * 1024 * 1024  # characters; a configuration has a few thousand
DEPTH_MAX: Final = 64  # levels of nesting

_BLANK: Final = re.compile(r"(?:[\s\ufeff\u00a0]+|//[^\n\r\u2028\u2029]*|/\*(?:[^*]|\*(?!/))*\*/)*")
_NAME: Final = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")
_NUMBER: Final = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]{1,15}|Infinity|NaN"
    r"|(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?)"
)
_PLAIN_TEXT: Final = {'"': re.compile(r'[^"\\\n\r]*'), "'": re.compile(r"[^'\\\n\r]*")}
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_WORDS: Final[dict[str, Plain]] = {"true": True, "false": False, "null": None}
_HEX: Final = re.compile(r"[0-9a-fA-F]+")


def read_json5(text: str, where: str) -> Plain:
    """The value. Raises: DefinitionError."""
    if len(text) > JSON5_CHARS_MAX:
        raise DefinitionError(f"{where} has more than {JSON5_CHARS_MAX:,} characters", remedy="import a smaller file")
    return _Reader(text, where).document()


class _Reader:
    """Reads one text from its start to its end."""

    def __init__(self, text: str, where: str) -> None:
        self._text: Final = text
        self._where: Final = where
        self._at = 0

    def document(self) -> Plain:
        """The one value."""
        stack: list[tuple[dict[str, Plain] | list[Plain], str | None]] = []
        key: str | None = None
        value: Plain = None
        while True:
            opened: dict[str, Plain] | list[Plain] | None = None
            if stack and self._closes(stack[-1][0]):
                value, key = stack.pop()
            else:
                if stack and isinstance(stack[-1][0], dict):
                    key = self._key()
                opened = self._opens()
                if opened is None:
                    value = self._scalar()
            if opened is not None:
                if len(stack) >= DEPTH_MAX:
                    raise self._wrong(f"it is nested more than {DEPTH_MAX} levels deep")
                stack.append((opened, key))
                key = None
                continue
            if not stack:
                self._skip()
                if self._at < len(self._text):
                    raise self._wrong("there is more after the value")
                return value
            holder = stack[-1][0]
            if isinstance(holder, dict):
                holder[key or ""] = value
            else:
                holder.append(value)
            key = None
            self._skip()
            if self._peek() == ",":
                self._at += 1
            elif self._peek() not in "}]" or not self._peek():
                raise self._wrong("a comma or a closing bracket is missing")

    def _closes(self, holder: dict[str, Plain] | list[Plain]) -> bool:
        self._skip()
        if self._peek() == ("}" if isinstance(holder, dict) else "]"):
            self._at += 1
            return True
        return False

    def _opens(self) -> dict[str, Plain] | list[Plain] | None:
        self._skip()
        letter = self._peek()
        if letter not in ("{", "["):
            return None
        self._at += 1
        return {} if letter == "{" else []

    def _key(self) -> str:
        self._skip()
        if self._peek() in ('"', "'"):
            name = self._string()
        else:
            found = _NAME.match(self._text, self._at)
            if found is None:
                raise self._wrong("a name is missing")
            name, self._at = found[0], found.end()
        self._skip()
        if self._peek() != ":":
            raise self._wrong("a colon is missing")
        self._at += 1
        return name

    def _scalar(self) -> Plain:
        letter = self._peek()
        if letter in ('"', "'"):
            return self._string()
        word = _NAME.match(self._text, self._at)
        if word is not None and word[0] in _WORDS:
            self._at = word.end()
            return _WORDS[word[0]]
        found = _NUMBER.match(self._text, self._at)
        if found is None:
            raise self._wrong("a value is missing")
        self._at = found.end()
        return self._number(found[0])

    def _number(self, text: str) -> Plain:
        bare = text.lstrip("+-")
        sign = -1 if text.startswith("-") else 1
        if bare[:2].lower() == "0x":
            return sign * int(bare, 16)
        if bare in ("Infinity", "NaN"):
            return None
        if bare.isdigit() and len(bare) <= 18:
            return sign * int(bare)
        number = sign * float(bare)
        return number if math.isfinite(number) else None

    def _string(self) -> str:
        quote = self._peek()
        self._at += 1
        parts: list[str] = []
        while True:
            found = _PLAIN_TEXT[quote].match(self._text, self._at)
            assert found is not None
            parts.append(found[0])
            self._at = found.end()
            letter = self._peek()
            if letter == quote:
                self._at += 1
                return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if letter != "\\":
                raise self._wrong("a text does not end on its line")
            parts.append(self._escape())

    def _escape(self) -> str:
        letter = self._text[self._at + 1 : self._at + 2]
        self._at += 2
        if letter in ("u", "x"):
            digits = self._text[self._at : self._at + (4 if letter == "u" else 2)]
            self._at += len(digits)
            if len(digits) != (4 if letter == "u" else 2) or not _HEX.fullmatch(digits):
                raise self._wrong(f"\\{letter} is not followed by its digits")
            return chr(int(digits, 16))
        if letter == "\r" and self._peek() == "\n":
            self._at += 1
        if letter in ("\n", "\r", "\u2028", "\u2029"):
            return ""
        return _ESCAPES.get(letter, letter)

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _wrong(self, what: str) -> DefinitionError:
        before = self._text[: self._at]
        line, column = before.count("\n") + 1, self._at - before.rfind("\n")
        return DefinitionError(f"{self._where}, line {line}, column {column}: {what}", remedy="correct the file")
