"""Conditions of a step, as its owner writes them: 'invoice.total > 1000 EUR', 'mail.subject contains offer'.

    parse("invoice.total > 1000 EUR")   # Condition(left="invoice.total", compare=">", right="1000 EUR")

What is compared decides how: two amounts of one currency, two numbers, two dates, two truths, else two texts without
regard to case and width. Values come from documents, so nothing of them is ever run.

Rules: pure; what cannot be compared (nothing there, another currency, text where a number is meant) is None, never a
guess: an ask then happens, anything else does not. Must not know: where values come from.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, get_args

import msgspec

from ergos.base.amounts import Money, money, number
from ergos.base.canonical import Plain
from ergos.base.errors import ValueShapeError
from ergos.kernel.triggers import Comparison

CONDITION_CHARS_MAX: Final = 500  # characters of one condition; a longer one is a program
TEXT_CHARS_MAX: Final = 1_000_000  # characters of a text that is searched
COMPARISONS: Final[tuple[str, ...]] = (*get_args(Comparison), "contains")
PATH: Final = re.compile(r"[^\W\d][\w-]*(?:\.[\w-]+)*")
"""Of a value: 'invoice.total', 'rows.0.price'."""

_PARTS: Final = re.compile(r"(?P<left>\S+)\s*(?P<compare>>=|<=|==|!=|>|<|\bcontains\b)\s*(?P<right>\S.*)", re.DOTALL)
_CLOCK: Final = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_DATE: Final = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_CLOCK})?")
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False, "yes": True, "no": False}


class Condition(msgspec.Struct, frozen=True):
    """A comparison of a value with something written."""

    left: str
    """Path of the value."""
    compare: str
    right: str
    """As it was written; '{path}' names another value."""


def parse(text: str) -> Condition:
    """A condition. Raises: ValueShapeError that says what is missing."""
    if len(text) > CONDITION_CHARS_MAX:
        raise ValueShapeError(f"a condition has at most {CONDITION_CHARS_MAX} characters")
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise ValueShapeError(f"{text[:60]!r} is no condition: VALUE, one of {' '.join(COMPARISONS)}, and what with")
    left, compare, right = found["left"], found["compare"], found["right"].strip()
    left = left.removeprefix("{").removesuffix("}")
    if PATH.fullmatch(left) is None:
        raise ValueShapeError(f"{left[:60]!r} names no value: write `step.field`")
    if len(right) > 1 and right[0] == right[-1] and right[0] in "\"'":
        right = right[1:-1]
    return Condition(left, compare, right)


def holds(condition: Condition, left: Plain, right: Plain) -> bool | None:
    """Whether it holds of these values; None: they cannot be compared. `right` is what its text stands for."""
    if condition.compare == "contains":
        return _contains(left, right)
    if left is None or right is None:
        return _absent(condition.compare, left, right)
    for read in (_moneys, _numbers, _dates, _truths):
        pair = read(left, right)
        if pair is not None:
            return None if pair == () else _compared(condition.compare, *pair)
    return _texts(condition.compare, left, right)


def _absent(compare: str, left: Plain, right: Plain) -> bool | None:
    """Nothing is equal to nothing, and to an empty text; it has no order."""
    same = (left is None or left == "") and (right is None or right == "")
    return {"==": same, "!=": not same}.get(compare) if same or compare == "!=" else None


def _contains(left: Plain, right: Plain) -> bool | None:
    if isinstance(left, list):
        return any(_same(item, right) for item in left)
    if isinstance(left, str) and isinstance(right, str | int | float) and not isinstance(right, bool):
        return _folded(str(right)) in _folded(left[:TEXT_CHARS_MAX])
    return None


def _same(left: Plain, right: Plain) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return _folded(left) == _folded(right)
    return left == right or str(left) == str(right)


def _moneys(left: Plain, right: Plain) -> tuple[Decimal, Decimal] | tuple[()] | None:
    """Amounts of one currency; () where the currencies differ or only one is known."""
    one, other = money(left), money(right)
    if one is None and other is None:
        return None
    if one is not None and other is not None:
        return (one.amount, other.amount) if one.currency == other.currency else ()
    known, text = (one, right) if one is not None else (other, left)
    return _plain_amount(known, text, swapped=one is None)


def _plain_amount(known: Money | None, other: Plain, *, swapped: bool) -> tuple[Decimal, Decimal] | tuple[()]:
    """An amount against a bare number: 'total > 1000' means 1000 of the total's own currency."""
    bare = number(other)
    if known is None or bare is None or swapped:
        return ()
    return (known.amount, bare)


def _numbers(left: Plain, right: Plain) -> tuple[Decimal, Decimal] | tuple[()] | None:
    one, other = number(left), number(right)
    if one is None and other is None:
        return None
    if one is None or other is None:
        return None if isinstance(left, str) and isinstance(right, str) else ()
    return one, other


def _dates(left: Plain, right: Plain) -> tuple[datetime.datetime, datetime.datetime] | None:
    one, other = _date(left), _date(right)
    return None if one is None or other is None else (one, other)


def _date(value: Plain) -> datetime.datetime | None:
    if not isinstance(value, str) or _DATE.fullmatch(value.strip()) is None:
        return None
    try:
        found = datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _truths(left: Plain, right: Plain) -> tuple[bool, bool] | None:
    if not isinstance(left, bool) and not isinstance(right, bool):
        return None
    one, other = (item if isinstance(item, bool) else _TRUTHS.get(str(item).casefold()) for item in (left, right))
    return None if one is None or other is None else (one, other)


def _texts(compare: str, left: Plain, right: Plain) -> bool | None:
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return {"==": left == right, "!=": left != right}.get(compare)
    same = _folded(str(left)) == _folded(str(right))
    return {"==": same, "!=": not same}.get(compare)


def _compared(compare: str, left: Any, right: Any) -> bool:  # noqa: ANN401 - two of one ordered type
    match compare:
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case "==":
            return left == right
        case _:
            return left != right


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
