"""Values as their leaves, as few words for an owner, and texts as pieces that may leave.

A text that leaves is harmless where every piece of it was said by the owner or a trusted source, or is a typed extract:
a number, a date, a time, yes or no. Extracts are few and short, so that they carry an answer and no letter.

Rules: pure and total. This file decides nothing: `policy` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from ergos.base.canonical import Plain
from ergos.kernel.labels import Integrity
from ergos.kernel.permission.readings import pieces

TEXT_PIECES_CHARS_MAX: Final = 4_000  # characters of a text that is looked at piece by piece; a longer one is free text
PIECES_MAX: Final = 24  # pieces of it; more could spell a letter with the owner's own words
EXTRACTS_MAX: Final = 12  # typed extracts one argument may carry that nobody said
EXTRACT_CHARS_MAX: Final = 24  # characters of one of them
KEY_CHARS_PLAIN: Final = 32  # characters up to which a dict's key of letters is a field's name, not something said
SHOWN_CHARS: Final = 60  # characters of a value in a sentence

_YES_NO: Final = frozenset({"w:yes", "w:no", "w:true", "w:false", "w:是", "w:否"})
_TYPED: Final = frozenset({"n:", "d:", "t:"})
_PARTS: Final = "\n\r;|\t；、"


def leaves(value: Plain) -> Iterator[object]:
    """The values in a value, in their order, and those of its keys that say something. Total for any depth."""
    waiting: list[object] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            for key, inner in reversed(part.items()):
                if not (key.isascii() and len(key) <= KEY_CHARS_PLAIN and key.replace("_", "").isalpha()):
                    yield key
                waiting.append(inner)
        elif isinstance(part, (list, tuple)):
            waiting.extend(reversed(part))
        else:
            yield part


def said_throughout(value: Plain, integrity: Callable[[Plain], Integrity]) -> bool:
    """Whether every piece of it was said, or is one of a few typed extracts."""
    extracts = 0
    for leaf in leaves(value):
        if leaf is None or leaf == "" or isinstance(leaf, bool):
            continue
        if isinstance(leaf, (int, float)):
            if integrity(leaf) == "untrusted":
                extracts += 1
                if len(f"{leaf:.24g}" if isinstance(leaf, float) else _digits(leaf)) > EXTRACT_CHARS_MAX:
                    return False
        elif not isinstance(leaf, str):
            return False
        elif integrity(leaf) == "untrusted":
            found = _extracts(leaf, integrity)
            if found is None:
                return False
            extracts += found
        if extracts > EXTRACTS_MAX:
            return False
    return True


def _digits(value: int) -> str:
    return str(value) if value.bit_length() <= 128 else "9" * (EXTRACT_CHARS_MAX + 1)


def _extracts(text: str, integrity: Callable[[Plain], Integrity]) -> int | None:
    """How many typed extracts a text that was not said carries besides what was; None if it carries anything else."""
    if len(text) > TEXT_PIECES_CHARS_MAX:
        return None
    whole = text
    for mark in _PARTS[1:]:
        text = text.replace(mark, "\n")
    parts = found = 0
    for line in text.split("\n"):
        for part in _halves(line.strip(" -*•·")):
            parts += 1
            if parts > PIECES_MAX:
                return None
            if part and (part == whole or integrity(part) == "untrusted"):
                count = _typed(part)
                if count == 0:
                    return None
                found += count
    return found


def _typed(piece: str) -> int:
    """How many short numbers, dates, times, yes and no it consists of; 0 if of anything else."""
    found = 0
    for token in chain.from_iterable(pieces(piece)):
        if token[0] == "q":
            continue
        if (token[:2] not in _TYPED and token not in _YES_NO) or len(token) - 2 > EXTRACT_CHARS_MAX:
            return 0
        found += 1
    return found


def _halves(line: str) -> tuple[str, ...]:
    """A line 'name: value' in two."""
    name, mark, rest = line.partition(": ")
    return (name.strip(), rest.strip()) if mark else (line.removesuffix(":").strip(),)


def shown(value: Plain) -> str:
    """A value in a sentence: short, on one line, with nothing hidden in it."""
    if isinstance(value, (list, dict)):
        first: list[object] = []
        for leaf in leaves(value):
            first.append(leaf)
            if len(first) > 3:
                break
        listed = ", ".join(_scalar(leaf) for leaf in first[:3])
        return f"[{listed}{', …' if len(first) > 3 else ''}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        text = value[: SHOWN_CHARS + 1]
    elif isinstance(value, int) and value.bit_length() > 256:
        text = "a number of very many digits"
    else:
        text = str(value)
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"{text[:SHOWN_CHARS]}…" if len(text) > SHOWN_CHARS else text
