"""Where documents put the values of their labels: behind them, below them, in their column, in a table's row.

Rules: pure; a value stands at one label only; bounded in lines, labels and characters. It must not know which fields
were asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

import msgspec

from ergos.drivers.system1 import field_names
from ergos.drivers.system1.field_habits import habits_of
from ergos.drivers.system1.field_names import FieldKind
from ergos.drivers.system1.field_own import ASIDE
from ergos.drivers.system1.field_text import plain
from ergos.drivers.system1.field_values import Habits, Value, amounts, joined, values

CHARS_MAX: Final = 100_000  # characters of a document that is looked at; a form has a few thousand
LINES_MAX: Final = 5_000  # lines of it
LINE_CHARS_MAX: Final = 2_000  # characters of one line; what is behind them is a line of its own
LABELS_MAX: Final = 40  # labels of one line; more are prose, or an attack
CANDIDATES_MAX: Final = 40  # labels of one kind whose value is looked for, the first and the last of them
BELOW_MAX: Final = 8  # lines below a label in which its value may stand

_GAP: Final = r"[\s\-_./]{0,2}"
_CJK: Final = "\u3400-\u9fff"
_LABELS: Final = sorted(field_names.BY_LABEL, key=len, reverse=True)
_LATIN: Final = "|".join(
    r"[\s\-_./]{0,2}".join(re.escape(word) for word in label.split()) for label in _LABELS if label.isascii() or not re.search(f"[{_CJK}]", label)
)  # fmt: skip
_HAN: Final = "|".join(
    r" {0,8}".join(re.escape(letter) for letter in label if letter != " ")
    for label in _LABELS
    if re.search(f"[{_CJK}]", label)
)
_LABEL: Final = re.compile(rf"(?<![^\W_])(?P<latin>{_LATIN})(?![^\W_])|(?P<han>{_HAN})", re.IGNORECASE)
_TAIL: Final = re.compile(
    rf"(?:\.?[\s\-]{{0,2}}(?:no|nr|num|number|nummer|n°|nº|№|#)\.?)?{ASIDE}[)）\]]?\s{{0,3}}(?P<mark>[:：=|\t]|[.#№]|-(?=\s)|(?=\s|$|[0-9€$£¥￥]))",
    re.IGNORECASE,
)
CELLS: Final = re.compile(r"\s*[|\t;]\s*|\s{3,}")
RULE: Final = re.compile(r"[\s|:+=\-—–_]*")
_NAMED: Final = re.compile(r"^\s*(?:名\s*称|name)\s*[:：]\s*", re.IGNORECASE)
_PARTY_ENDS: Final = re.compile(
    r"[,，;；|]\s*(?=\d|[A-Za-z]+(?:str|straße|street|road|ave)|tel|vat|ust|税号|地址)", re.IGNORECASE
)
_HEAD: Final = re.compile(r"\s*[^\d:：\n]{2,40}[:：]\s*")
VAGUE: Final = frozenset(
    {"date", "datum", "fecha", "data", "日期", "编号", "号码", "金额", "名称", "地址", "单号", "电话"}
)
"""Names that mean nothing certain behind another word."""
_ADDRESSED: Final = frozenset({"to"})
"""Names that are words of every sentence, unless a mark follows."""
_NAMES_A_FIELD: Final = re.compile(
    r"\s*[\u3400-\u9fff]{0,8}(?:日期|时间|编号|号码|[户姓]名|名称|金额|[水电气物管运]费|[用读]?[水电气]量|单价|税[率额]|地址|电话|期间|方式|类[型别]|状态|单位|备注)\s*"
)
_ROWS: Final = frozenset({"description", "quantity", "price"})
"""Kinds whose heads are of a table of items: what stands in its rows is no total."""
TEXTS: Final = frozenset({"text", "party", "address"})
TRAILERS: Final = " \t:：=|#№.,;-–—"


class Label(msgspec.Struct, frozen=True):
    """A label found in a line."""

    kind: FieldKind
    name: str
    line: int
    start: int
    end: int
    """Behind what belongs to the label, its mark included."""
    strong: bool
    """A mark follows, or it stands alone."""
    marked: bool = False
    """A mark follows."""


class Page(msgspec.Struct, frozen=True):
    """A document, looked at once."""

    lines: tuple[str, ...]
    labels: tuple[tuple[Label, ...], ...]
    """Of each line, in order."""
    habits: Habits


def looked_at(text: str) -> Page:
    """The page of a text: its first lines, their labels, its habits."""
    text = plain(text[:CHARS_MAX])
    whole = text.splitlines()[:LINES_MAX]
    pieces = (line[at : at + LINE_CHARS_MAX] for line in whole for at in range(0, max(1, len(line)), LINE_CHARS_MAX))
    lines = tuple(pieces)[:LINES_MAX]
    return Page(lines, tuple(tuple(_labels(line, number)) for number, line in enumerate(lines)), habits_of(text))


def _labels(line: str, number: int) -> list[Label]:
    found: list[Label] = []
    for match in islice(_LABEL.finditer(line), LABELS_MAX):
        kind = field_names.BY_LABEL.get(field_names.folded(match[0])) or field_names.BY_LABEL.get(
            field_names.folded(match[0]).replace(" ", "")
        )
        tail = _TAIL.match(line, match.end())
        if kind is None or (tail is None and match["latin"]):
            continue
        end = tail.end() if tail is not None else match.end()
        before = line[: match.start()].strip(" \t|*•-–—\"'")
        if _of_another(match, line) or (
            field_names.folded(match[0]) in _ADDRESSED and tail and tail["mark"] not in tuple(":：")
        ):
            continue
        marked = tail is not None and tail["mark"] not in ("", None) and tail["mark"] in ":：=|\t"
        strong = marked or (
            (not before or line[: match.start()].endswith(("  ", "\t")))
            and (not line[end:].strip(TRAILERS) or match[0][0].isupper() or bool(match["han"]))
        )
        found.append(Label(kind, field_names.folded(match[0]), number, match.start(), end, strong, marked))
    return found


def _of_another(match: re.Match[str], line: str) -> bool:
    """Whether a name that fits much is part of another one: a 'renewal date', '房屋地址'."""
    before = line[: match.start()]
    if field_names.folded(match[0]) not in VAGUE or not before:
        return False
    words = (
        before.endswith(" ") and not before.endswith("  ") and before.rstrip()[-1:].isalpha() and bool(match["latin"])
    )
    return words or (bool(match["han"]) and "\u3400" <= before[-1] <= "\u9fff")


def behind(page: Page, label: Label) -> Value | None:
    """The value on the label's own line, up to the next label."""
    line = page.lines[label.line]
    stop = min(
        (
            other.start
            for other in page.labels[label.line]
            if other.start >= label.end and (other.strong or _apart(line, other))
        ),
        default=len(line),
    )
    piece = line[label.end : stop]
    if not piece.strip(TRAILERS):
        return None
    return chosen(label.kind, piece, page.habits)


def _apart(line: str, label: Label) -> bool:
    """Whether a label begins a column of its own."""
    return line[: label.start].endswith(("  ", "\t", "|")) and line[label.start : label.start + 1].isupper()


def chosen(kind: FieldKind, piece: str, habits: Habits) -> Value | None:
    """The value of a piece: the last amount, else the first of its kind; text up to a wide gap."""
    if kind.value in TEXTS:
        return _words(kind, piece, habits)
    if kind.value == "money":
        piece = joined(piece)
    found = values(kind.value, piece, habits)
    if not found:
        return None
    if kind.value != "money":
        return found[0]
    priced = [value for value, amount in zip(found, amounts(piece, habits), strict=False) if amount.currency]
    return (priced or found)[-1]


def _words(kind: FieldKind, piece: str, habits: Habits) -> Value | None:
    """Text up to a wide gap; a whole amount or a whole day is itself, and nobody is called by an e-mail address."""
    cell = next((one for one in CELLS.split(piece) if one.strip(TRAILERS)), "")
    if kind.value == "party":
        cell = _NAMED.sub("", cell)
        cell = _PARTY_ENDS.split(cell)[0]
    found = next(iter(values(kind.value, cell, habits)), None)
    if found is None or not any(letter.isalnum() for letter in str(found.value)):
        return None
    text = str(found.value)
    if kind.value == "party":
        nobody = "@" in text or not any(letter.isalpha() for letter in text) or text.endswith((":", "："))
        return None if nobody else found
    if kind.value == "text":
        for value in (*values("date", cell, habits)[:1], *values("money", cell, habits)[:1]):
            whole = value.start == len(cell) - len(cell.lstrip(" -−+(:")) and not cell[value.end :].strip(TRAILERS)
            if whole and (isinstance(value.value, str) or next(amounts(cell, habits)).currency):
                return value
    return found


def below(page: Page, label: Label) -> Value | None:
    """The value below a label that stands alone: on the next line, or as many lines on as there are labels before it."""
    line = page.lines[label.line]
    if line[label.end :].strip(TRAILERS) or line[: label.start].strip(" \t*•-|"):
        return None
    first = label.line
    while first > max(0, label.line - BELOW_MAX) and _alone(page, first - 1) and _alike(page, first - 1, label.line):
        first -= 1
    last = label.line
    end = min(len(page.lines), label.line + BELOW_MAX)
    while last + 1 < end and _alone(page, last + 1) and _alike(page, last + 1, label.line):
        last += 1
    count, place = last - first + 1, label.line - first
    below = [
        number
        for number in range(last + 1, min(len(page.lines), last + 1 + 2 * BELOW_MAX))
        if page.lines[number].strip()
    ]
    if place >= len(below) or (count > 1 and len(below) < count):
        return None
    number = below[place]
    if _heads(page.lines[number]):
        return None
    named = label.kind.value == "party" and _NAMED.match(page.lines[number]) is not None
    if not named and any(
        other.marked and not page.lines[number][: other.start].strip() for other in page.labels[number]
    ):
        return None
    return chosen(label.kind, page.lines[number], page.habits)


def _alike(page: Page, one: int, other: int) -> bool:
    """Whether two lines both end with a colon, or neither: a heading is none of the labels below it."""
    return page.lines[one].rstrip().endswith((":", "：")) == page.lines[other].rstrip().endswith((":", "："))


def before(page: Page, label: Label) -> Value | None:
    """The value in front of a label, where the line is nothing but these two: '£402.42 Total to pay'."""
    line = page.lines[label.line]
    piece = line[: label.start].strip()
    if label.kind.value in TEXTS or not piece or line[label.end :].strip(TRAILERS):
        return None
    found = values(label.kind.value, piece, page.habits)
    whole = (
        len(found) == 1 and not piece[: found[0].start].strip(TRAILERS) and not piece[found[0].end :].strip(TRAILERS)
    )
    return found[0] if whole else None


def _heads(line: str) -> bool:
    """Whether a line is the name of some field and nothing else."""
    return _HEAD.fullmatch(line) is not None or _NAMES_A_FIELD.fullmatch(line) is not None


def _alone(page: Page, number: int) -> bool:
    """Whether a line holds one label and nothing else."""
    line, labels = page.lines[number], page.labels[number]
    return _heads(line) or (
        bool(labels)
        and not line[: labels[0].start].strip(" \t*•-|")
        and not line[labels[-1].end :].strip(TRAILERS)
        and len(labels) == 1
    )


def column(page: Page, label: Label) -> Value | None:
    """The value in the label's column, where its line is the head of a table."""
    heads = page.labels[label.line]
    line = page.lines[label.line]
    cells = cells_of(line)
    below = [number for number in range(label.line + 1, min(len(page.lines), label.line + 1 + BELOW_MAX))
             if page.lines[number].strip() and not RULE.fullmatch(page.lines[number])]  # fmt: skip
    if (
        not below
        or (len(heads) < 2 and len(cells) < 2)
        or (of_items(page, label.line) and (label.kind.last or label.kind.name == "date"))
    ):
        return None
    values_line = page.lines[below[0]]
    row = cells_of(values_line)
    if len(cells) >= 2 and len(row) == len(cells):
        place = next((place for place, cell in enumerate(cells) if field_names.folded(cell) == label.name), None)
        if place is not None:
            return chosen(label.kind, row[place], page.habits)
    return _in_order(page, label, heads, values_line)


def of_items(page: Page, number: int) -> bool:
    """Whether a line is the head of a table of items."""
    return any(head.kind.name in _ROWS for head in page.labels[number])


def _in_order(page: Page, label: Label, heads: Sequence[Label], line: str) -> Value | None:
    """The value at the label's place, where the heads are all there is and each takes the next value of its kind."""
    rest = page.lines[label.line]
    for head in reversed(heads):
        rest = rest[: head.start] + rest[head.end :]
    if rest.strip(TRAILERS):
        return None
    at = 0
    for head in heads:
        found = next((one for one in values(head.kind.value, line[at:], page.habits)), None)
        if found is None:
            return None
        if head is label:
            return found
        at += found.end
    return None


def columns_of(line: str) -> list[str]:
    """Cells of a line whose columns stand at least two blanks apart."""
    return [cell.strip() for cell in re.split(r"\s{2,}", line.strip())]


def cells_of(line: str) -> list[str]:
    """Cells of a line: between bars, tabs, semicolons or wide gaps, else between commas."""
    bare = line.strip().strip("|")
    cells = [cell.strip() for cell in CELLS.split(bare)]
    return cells if len(cells) > 1 else [cell.strip() for cell in bare.split(",")]
