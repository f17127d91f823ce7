"""A grant as it is typed: `mail.send to=bob@example.com amount=0..100 path=under:invoices body=any`.

    ARG=VALUE            exactly this                 ARG=under:FOLDER     a path inside this folder
    ARG=one_of:A,B       one of these                 ARG=domain:HOST      an http(s) URL at this host
    ARG=LOW..HIGH        a number from LOW to HIGH    ARG=grounded         from the owner or a trusted source
    ARG=any              anything

Rules: nothing is guessed; a value that looks like a matcher is written `equals:VALUE`; every error says what was
expected.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ergos.base.errors import UsageError
from ergos.kernel.permission.grants import Matcher

_RANGE: Final = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\.\.(-?[0-9]+(?:\.[0-9]+)?)")
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}")


def arguments(words: Sequence[str]) -> dict[str, Matcher] | None:
    """What each argument may be; None for no words: any arguments. Raises: UsageError."""
    found: dict[str, Matcher] = {}
    for word in words:
        name, equals, said = word.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(
                f"{word[:60]!r} is no argument of a grant", remedy="write ARG=VALUE, such as amount=0..100"
            )
        if name in found:
            raise UsageError(f"{name!r} stands there twice", remedy="each argument once; several values: one_of:A,B")
        found[name] = matcher(said)
    return found or None


def matcher(said: str) -> Matcher:
    """One matcher. Raises: UsageError."""
    kind, colon, rest = said.partition(":")
    if said in ("any", "grounded"):
        return Matcher(said)  # type: ignore[arg-type]
    if colon and kind == "equals":
        return Matcher("equals", (_value(rest),))
    if colon and kind == "one_of":
        return Matcher("one_of", tuple(_value(one) for one in rest.split(",")))
    if colon and kind in ("under", "domain"):
        if not rest.strip():
            raise UsageError(f"{kind} has no value", remedy="write under:FOLDER or domain:HOST")
        return Matcher(kind, (rest,))  # type: ignore[arg-type]
    if (numbers := _RANGE.fullmatch(said)) is not None:
        low, high = (_value(one) for one in numbers.groups())
        assert not isinstance(low, str)
        assert not isinstance(high, str)
        if low > high:
            raise UsageError(f"nothing lies between {low} and {high}", remedy="the smaller number first")
        return Matcher("range", (low, high))
    return Matcher("equals", (_value(said),))


def _value(text: str) -> str | int | float:
    """A number where it is written as one; quotes keep it text."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
