"""Figures from rows: how many, the sum, the average, the smallest and the largest of a field, in groups where asked.

    computed([{"total": "100 EUR"}, {"total": "20.50 EUR"}], "the sum of total")     # "120.50 EUR"

Rules: exact; amounts of different currencies are never added, each currency has its own figure; a row without the value
is left out and counted. What is not one of these is left to a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import Final

from ergos.base.amounts import money, number
from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.drivers.system1.field_names import folded, kind_of
from ergos.verify.standard_rows import restricted

ROWS_MAX: Final = 100_000  # rows that are read
GROUPS_MAX: Final = 200  # groups that are told

_OPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        op: tuple(words.split("|"))
        for op, words in (
            ("average", "average|mean|avg|平均|均值|durchschnitt|per row"),
            (
                "count",
                (
                    "count|how many|number of|多少个|多少条|多少份|多少笔|多少张|多少次"
                    "|几个|几条|几份|几笔|几张|几次|数量|个数|计数|份数|笔数|条数|张数|次数|anzahl"
                ),
            ),
            ("min", "minimum|min|smallest|lowest|cheapest|least|最小|最低|最便宜|最少"),
            ("max", "maximum|max|largest|highest|biggest|most expensive|最大|最高|最贵|最多"),
            (
                "sum",
                "sum|total|add up|altogether|in all|spend|总和|总计|合计|总额|求和|加起来|一共|共计|总共|summe",
            ),
        )
    }
)
_BY: Final = re.compile(
    r"(?:\bby\b|\bper\b|\bfor each\b|\bgrouped by\b)\s+(?P<name>[\w ]+)"
    r"|(?:按|每个|每种|每类|各个|各)(?P<han>[^\s，。统分汇求计的]{1,12})的?",
    re.IGNORECASE,
)
_OTHERS: Final = (
    "median", "predict", "forecast", "trend", "growth", "ratio", "percent", "share of", "variance", "deviation",
    "correlat", "中位", "预测", "趋势", "增长", "比例", "占比", "百分", "方差", "相关",
)  # fmt: skip
"""Words of figures that are none of these, whatever else is said with them."""
_WHEN: Final = re.compile(
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december|yesterday|today"
    r"|(?:this|last|next|each|every|per|by) (?:day|week|month|quarter|year)"
    r"|(?:in|since|before|after|until|of) (?:19|20)\d\d|q[1-4])\b"
    r"|\d{1,2}月|今[年天]|去年|[上本]个?[月周]|昨天|[每按][日天周月年]",
    re.IGNORECASE,
)
_CENT: Final = Decimal("0.01")


def computed(rows: Sequence[Mapping[str, Plain]], what: str) -> str:
    """The figure in words. Raises: NoModelError."""
    rows = rows[:ROWS_MAX]
    group = _group(rows, what)
    asked = what if group is None else what.replace(group[0], " ")
    op = _operation(asked)
    when = _WHEN.search(asked)
    if when is not None and not any(
        when[0].casefold() == str(cell).casefold() for row in rows for cell in row.values()
    ):
        raise NoModelError(f"System 1 chooses no rows by time: {what[:60]!r}")
    rows = restricted(rows, asked)
    if group is None:
        return _figure(op, rows, asked)
    parts: dict[str, list[Mapping[str, Plain]]] = {}
    for row in rows:
        parts.setdefault(str(row.get(group[1]) or "-"), []).append(row)
    if len(parts) > GROUPS_MAX:
        raise NoModelError(f"there are {len(parts)} groups; at most {GROUPS_MAX} are told")
    return "\n".join(f"{name}: {_figure(op, part, asked)}" for name, part in sorted(parts.items()))


def _figure(op: str, rows: Sequence[Mapping[str, Plain]], what: str) -> str:
    if op == "count":
        return str(len(rows))
    field = _field(rows, what)
    found: dict[str, list[Decimal]] = {}
    left_out = 0
    for row in rows:
        amount = money(row.get(field))
        bare = None if amount is not None else number(row.get(field))
        if amount is None and bare is None:
            left_out += 1
        else:
            found.setdefault(amount.currency if amount else "", []).append(
                amount.amount if amount else bare or Decimal(0)
            )
    if not found:
        raise NoModelError(f"no row has a number in {field!r}")
    said = "; ".join(f"{_DO[op](values):f} {currency}".strip() for currency, values in sorted(found.items()))
    return said + (f" ({left_out} rows without a number)" if left_out else "")


def _average(values: Sequence[Decimal]) -> Decimal:
    return (sum(values, Decimal(0)) / len(values)).quantize(_CENT, rounding=ROUND_HALF_EVEN)


_DO: Final[Mapping[str, Callable[[Sequence[Decimal]], Decimal]]] = MappingProxyType(
    {"sum": lambda values: sum(values, Decimal(0)), "average": _average, "min": min, "max": max}
)


def _operation(what: str) -> str:
    lowered = f" {what.casefold()} "
    plain = re.sub(r"[^\w]+", " ", lowered)
    if any(word in lowered for word in _OTHERS):
        raise NoModelError(f"System 1 computes counts, sums, averages, minima and maxima, not {what[:60]!r}")
    for op, words in _OPS.items():
        if any(f" {word} " in plain if word.isascii() else word in lowered for word in words):
            return op
    return "sum"  # 'the money spent on food'; of rows without one field of numbers there is none


def _field(rows: Sequence[Mapping[str, Plain]], what: str) -> str:
    """The field that is meant: one that is named, else the only one that holds numbers. Raises: NoModelError."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    said = folded(what)
    named = [name for name in names if _numeric(rows, name) and (folded(name) in said or _same_kind(name, said))]
    if named:
        return max(named, key=len)
    numeric = [name for name in names if _numeric(rows, name)]
    priced = [name for name in numeric if any(money(row.get(name)) is not None for row in rows)]
    for choice in (priced, numeric):
        if len(choice) == 1:
            return choice[0]
    totals = [name for name in numeric if (kind := kind_of(name)) is not None and kind.name == "total"]
    if len(totals) == 1:
        return totals[0]
    raise NoModelError(f"it does not say which of {', '.join(numeric[:8]) or 'no fields with numbers'} is meant")


def _same_kind(name: str, said: str) -> bool:
    kind = kind_of(name)
    words = said.split()
    return kind is not None and any(
        (found := kind_of(" ".join(words[place : place + size]))) is not None and found.name == kind.name
        for size in (1, 2)
        for place in range(len(words) - size + 1)
    )


def _numeric(rows: Sequence[Mapping[str, Plain]], name: str) -> bool:
    values = [row[name] for row in rows if row.get(name) is not None]
    return bool(values) and sum(money(one) is not None or number(one) is not None for one in values) * 2 > len(values)


def _group(rows: Sequence[Mapping[str, Plain]], what: str) -> tuple[str, str] | None:
    """The words that name the groups, and the field they mean."""
    match = _BY.search(what)
    if match is None:
        return None
    wanted = folded(match["name"] or match["han"])
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        if folded(name) == wanted or wanted.startswith(folded(name)):
            return match[0], name
    kind = kind_of(wanted)
    for name in names:
        own = kind_of(name)
        if kind is not None and own is not None and own.name == kind.name:
            return match[0], name
    return None
