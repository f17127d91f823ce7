"""Conditions on records as people say them: 'total over 100 EUR', 'category is food', '金额大于100元'.

    kept([{"total": "120 EUR"}, {"total": "80 EUR"}], "total over 100 EUR")     # [{"total": "120 EUR"}]

Rules: pure; a condition names a field of the records, how it is compared, and a value. Amounts of other currencies do
not fit; a record without the field does not either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from ergos.base.amounts import money, number
from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.drivers.system1.field_days import days
from ergos.drivers.system1.field_names import folded, kind_of

ROWS_MAX: Final = 100_000  # records that are read
ABOUT_CHARS_MAX: Final = 300  # characters of a condition; a longer one is prose

Sign = Literal["<", "<=", "==", "!=", ">=", ">"]
_AT_MOST: Final = (
    r"<=|≤|at most|no more than|not over|not above|up to|不超过|不大于|不高于|不晚于|至多|最多|小于等于|小于或等于"
)
_AT_LEAST: Final = (
    r">=|≥|at least|no less than|not under|not below|from|since"
    r"|不低于|不小于|不少于|不早于|至少|最少|大于等于|大于或等于|自"
)
_ABOVE: Final = (
    r">|(?:is |are )?(?:over|above|more than|greater than|higher than|larger than|exceeds|exceeding|after|later than)"
    r"|大于|超过|高于|多于|晚于|迟于"
)
_UNDER: Final = (
    r"<|(?:is |are )?(?:under|below|less than|lower than|smaller than|before|earlier than)|小于|低于|少于|早于"
)
_UNLIKE: Final = r"!=|≠|<>|is not|isn't|are not|other than|不是|不为|不等于|非"
_LIKE: Final = r"==?|is|are|equals|equal to|等于|为|是|：|:"
_SIGNS: Final[tuple[tuple[Sign, str], ...]] = (
    ("<=", _AT_MOST),
    (">=", _AT_LEAST),
    ("!=", _UNLIKE),
    (">", _ABOVE),
    ("<", _UNDER),
    ("==", _LIKE),
)
_SIGN: Final[tuple[tuple[Sign, re.Pattern[str]], ...]] = tuple(
    (sign, re.compile(rf"^\s*(?:{pattern})(?![a-z])\s*", re.IGNORECASE)) for sign, pattern in _SIGNS
)
_HEAD: Final = re.compile(
    r"^(?:only |all |those |the |where |with |whose |rows |items |records |只要|只留|保留|其中)*", re.IGNORECASE
)
_TAIL: Final = re.compile(r"(?:的)?(?:记录|行|条目|项|发票|订单)?[。.]?$")
_WORD: Final = re.compile(r"[^\W_]+")
_JOINED: Final = re.compile(r"\b(?:and|or|but|nor)\b|并且|而且|且|或者|或|、", re.IGNORECASE)


class Said(msgspec.Struct, frozen=True):
    """A condition as it was said."""

    field: str
    sign: Sign
    value: str


def said(names: Sequence[str], about: str) -> Said | None:
    """The condition on one of these fields; None where it is none. Raises: NoModelError for several."""
    text = _HEAD.sub("", " ".join(about[:ABOUT_CHARS_MAX].split()))
    for name in sorted(names, key=len, reverse=True):
        rest = _behind(name, text)
        for sign, pattern in _SIGN if rest is not None else ():
            found = pattern.match(rest or "")
            if found is not None:
                value = _TAIL.sub("", (rest or "")[found.end() :]).strip(" \"'“”")
                if not value or _JOINED.search(value):
                    raise NoModelError(f"System 1 filters by one condition, and {about[:60]!r} is not one")
                return Said(name, sign, value)
    return None


def restricted(rows: Sequence[Mapping[str, Plain]], what: str) -> list[Mapping[str, Plain]]:
    """The records with the values that a question names: 'the total for supplier A' is not the total of all."""
    words = f" {' '.join(_WORD.findall(what.casefold()))} "
    for name in dict.fromkeys(name for row in rows for name in row):
        named = {
            text
            for text in {str(row.get(name) or "").strip() for row in rows}
            if _is_named(text, name.casefold(), words, what)
        }
        if named:
            rows = [row for row in rows if str(row.get(name) or "").strip() in named]
    return list(rows)


def _is_named(text: str, field: str, words: str, what: str) -> bool:
    """Whether a question names a value: a word of it, or, of one letter, behind its field."""
    plain = " ".join(_WORD.findall(text.casefold()))
    if not plain or len(plain) > 60 or number(text) is not None or money(text) is not None:
        return False
    if not plain.isascii():
        return len(plain) > 1 and text in what
    return f" {field} {plain} " in words or (len(plain) > 2 and f" {plain} " in words)


def kept(rows: Sequence[Any], about: str) -> list[Any] | None:
    """The records for which a condition holds; None: it is no condition on them. Raises: NoModelError."""
    records = [row for row in rows[:ROWS_MAX] if isinstance(row, Mapping)]
    if len(records) != len(rows) or not records:
        return None
    condition = said(list(dict.fromkeys(name for row in records for name in row)), about)
    return None if condition is None else [row for row in records if _holds(row.get(condition.field), condition)]


def _behind(name: str, text: str) -> str | None:
    """What follows a field's name at the beginning of a text: its own name, or another of its kind."""
    if text.casefold().startswith(name.casefold()):
        return text[len(name) :]
    kind = kind_of(name)
    first = re.match(
        r"[A-Za-z]+(?: [A-Za-z]+)?(?= )|[A-Za-z]+|[\u3400-\u9fff]{1,8}?(?=[大小超高低多少早晚不为是等至])", text
    )
    if first is None or kind is None:
        return None
    for said_name in (first[0], first[0].split()[0]):
        other = kind_of(said_name)
        if other is not None and other.name == kind.name:
            return text[len(said_name) :]
    return None


def _holds(value: Plain, condition: Said) -> bool:
    if value is None or value == "":
        return False
    order = _compared(value, condition.value)
    if order is None:
        return condition.sign == "!="
    match condition.sign:
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case "==":
            return order == 0
        case "!=":
            return order != 0
        case ">=":
            return order >= 0
        case ">":
            return order > 0


def _compared(value: Plain, wanted: str) -> int | None:
    """-1, 0 or 1; None where they cannot be compared."""
    day, other_day = (days(str(one), day_first=None) for one in (value, wanted))
    if day and other_day:
        return (day[0].value > other_day[0].value) - (day[0].value < other_day[0].value)
    amount, limit = money(value), money(wanted)
    if amount is not None and limit is not None and amount.currency != limit.currency:
        return None
    left = amount.amount if amount is not None else number(value)
    right = limit.amount if limit is not None else number(wanted)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    return 0 if folded(str(value)) == folded(wanted) else None
