r"""Named fields of a document that is a form more than a text: invoices, receipts, orders, letters, key: value lines, tables.

    extract("Rechnung Nr. 4711\nDatum: 03.02.2026\nGesamtbetrag: 1.190,00 EUR", ("number", "date", "total"))
    # {"number": "4711", "date": "2026-02-03", "total": {"amount": "1190.00", "currency": "EUR"}}

A field is found by what documents call it; its value stands behind that, below it, or in its column. A supplier without a
label is who the document comes from: the first line that names a company.

Rules: pure and deterministic; a value stands in the document, or there is none (None): nothing is worked out or guessed.
Out of reach: what needs understanding ("the person who complained"), pictures, columns that a reader of PDFs has mixed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from ergos.base.amounts import Money
from ergos.base.canonical import Plain
from ergos.drivers.system1 import field_names, field_terms
from ergos.drivers.system1.field_capitals import capitals
from ergos.drivers.system1.field_names import FieldKind
from ergos.drivers.system1.field_own import ASIDE, own, spelled
from ergos.drivers.system1.field_parties import applicant, is_company, named_twice, sender
from ergos.drivers.system1.field_places import (
    BELOW_MAX,
    CANDIDATES_MAX,
    LABELS_MAX,
    RULE,
    TEXTS,
    Label,
    Page,
    before,
    behind,
    below,
    cells_of,
    chosen,
    column,
    columns_of,
    looked_at,
    of_items,
)  # fmt: skip
from ergos.drivers.system1.field_values import Value, amounts, values

_CLAUSE: Final = re.compile(
    r"(?:第.{1,4}[条款]|§{1,2}\s?[0-9]{1,3}[a-z]?|[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}[.)、]?|[一二三四五六七八九十]{1,3}、|[(（][0-9一二三四五六七八九十]{1,3}[)）])"
)
_TIME: Final = re.compile(r"(?:时间|\btime|zeit)$", re.IGNORECASE)  # a moment is more than its day
_TAX_INVOICE: Final = "发票"
_MOBILE: Final = re.compile(r"1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}")
_SUMMED: Final = re.compile(r"\s*合\s*计\s*[¥￥]")


def extract(text: str, fields: Iterable[str]) -> dict[str, Plain]:
    """The value of each field, or None."""
    page = looked_at(text)
    return {field: _found(page, field) for field in fields}


def _found(page: Page, field: str) -> Plain:
    """The value of one field: by its own name, as a term of a contract, by other names of its kind."""
    known = field_names.kind_of(field) if not _TIME.search(field) else None
    kind = known or own(field)
    value = _named(page, field, kind, known=known is not None)
    if value is not None:
        return value
    if kind.name in ("supplier", "customer"):
        pair = named_twice(page.lines)
        if pair is not None:
            return pair[kind.name == "supplier"]
    value = field_terms.defined("\n".join(page.lines), field, kind, page.habits)
    for name in (kind.name, *kind.otherwise):
        if value is None:
            value = _of_kind(page, field_names.BY_NAME.get(name, kind))
    return value if value is not None else _unlabelled(page, kind)


def _named(page: Page, field: str, kind: FieldKind, *, known: bool) -> Plain:
    """A field that the document calls by exactly the asked name, before any other name of its kind: 'order date'."""
    wanted = field_names.folded(field)
    if not wanted:
        return None
    bare = not known or " " in wanted
    pattern = re.compile(
        rf"(?<![^\W_])(?:{spelled(field)})(?![a-z]){ASIDE}[)）\]]?(?P<tail>\s{{0,3}}[:：=\t]|\s+(?=\S)|\s*$)",
        re.IGNORECASE,
    )
    found: list[Plain] = []
    for number, line in enumerate(page.lines):
        cell = _cell_below(page, number, wanted, kind)
        if cell is not None:
            found.append(cell.value)
        for match in islice(pattern.finditer(line), LABELS_MAX):
            if not _begins(line, match.start()):
                continue  # 'order date' is another date
            label = Label(kind, wanted, number, match.start(), match.end(), strong=True)
            marked = match["tail"].strip() != "" or "\t" in match["tail"]
            value = (
                (behind(page, label) or below(page, label))
                if marked
                else _unmarked(page, label, match["tail"], bare=bare)
            )
            if value is not None:
                found.append(value.value)
    return found[-1 if kind.last else 0] if found else None


def _unmarked(page: Page, label: Label, tail: str, *, bare: bool) -> Value | None:
    """The value behind a name without a mark: at once, and of the form that its kind has."""
    line = page.lines[label.line]
    if not tail.strip(" ") and label.end == len(line):
        return below(page, label) if bare and not line[: label.start].strip() else None
    value = behind(page, label) if bare else None
    if value is None:
        return None
    if label.kind.value not in TEXTS:
        between = line[label.end : label.end + value.start]
        return value if not any(letter.isalnum() for letter in between) else None
    value = chosen(label.kind, columns_of(line[label.end :])[0], page.habits)
    if value is None:
        return None
    first = line[label.end :].split()[0]
    named = len(tail) > 1 or any("\u3400" <= letter <= "\u9fff" for letter in label.name)
    return value if named or any(letter.isdigit() for letter in first) else None


def _begins(line: str, at: int) -> bool:
    """Whether what stands at a place begins something: a line, a cell, a column, or what follows a mark."""
    before = line[:at].rstrip(" *•-–(（")
    return (
        not before
        or _CLAUSE.fullmatch(before.strip()) is not None
        or before[-1] in "|,;.)]\t"
        or line[len(before) : at].count(" ") > 1
    )


def _cell_below(page: Page, number: int, name: str, kind: FieldKind) -> Value | None:
    """The value below a cell of this name, where the line is the head of a table whose next row has as many cells."""
    for split in (cells_of, columns_of):
        found = _cell_of(page, number, name, kind, split)
        if found is not None:
            return found
    return None


def _cell_of(page: Page, number: int, name: str, kind: FieldKind, split: Callable[[str], list[str]]) -> Value | None:
    cells = split(page.lines[number])
    place = next((place for place, cell in enumerate(cells) if field_names.folded(cell) == name), None)
    if place is None or len(cells) < 2 or any(letter.isdigit() for cell in cells for letter in cell):
        return None
    if of_items(page, number) and (kind.last or kind.name == "date"):
        return None
    below = next(
        (line for line in page.lines[number + 1 : number + 1 + BELOW_MAX] if line.strip() and not RULE.fullmatch(line)),
        "",
    )
    row = split(below)
    if len(row) != len(cells) or not row[place].strip() or field_names.folded(row[0]) in field_names.BY_LABEL:
        return None
    heads = sum(field_names.folded(cell) in field_names.BY_LABEL for cell in cells)
    figures = any(letter.isdigit() for cell in row for letter in cell)
    ruled = RULE.fullmatch(page.lines[number + 1]) is not None and page.lines[number + 1].strip() != ""
    sure = ruled or heads * 2 > len(cells) or (len(cells) > 2 and figures)
    return chosen(kind, row[place], page.habits) if sure else None


def _of_kind(page: Page, kind: FieldKind) -> Plain:
    candidates: list[tuple[float, int, Value]] = []
    own = [label for labels in page.labels for label in labels if label.kind.name == kind.name]
    if len(own) > CANDIDATES_MAX:
        own = [*own[: CANDIDATES_MAX // 2], *own[-CANDIDATES_MAX // 2 :]]
    for label in own:
        value = behind(page, label)
        if value is not None and not label.marked and kind.value in TEXTS and _prose(label, str(value.value)):
            continue
        if value is None:
            value = column(page, label) or below(page, label) or before(page, label)
        if value is not None:
            candidates.append((_weight(label, kind), label.line, value))
    if candidates:
        best = max(weight for weight, _, _ in candidates)
        fits = [(line, value) for weight, line, value in candidates if weight == best]
        return (fits[-1] if kind.last else fits[0])[1].value
    return None


def _prose(label: Label, value: str) -> bool:
    """Whether a word is no label but part of a sentence: 'the client shall pay', 'receipt from'."""
    if is_company(value):
        return False
    return (
        not label.strong
        or value[:1].islower()
        or (label.kind.value == "party" and any(letter.isdigit() for letter in value))
    )


def _weight(label: Label, kind: FieldKind) -> float:
    """How surely a label names its kind: a longer one says more, one with a mark says it outright."""
    place = kind.labels.index(label.name) if label.name in kind.labels else len(kind.labels)
    vague = label.name in {"amount", "balance", "betrag", "金额", "number", "no", "invoice", "rechnung", "发票", "facture", "from", "date",
                           "company", "reference", "ref", "order", "summe", "net", "name", "address", "nummer", "编号", "号码"}  # fmt: skip
    return (2.0 if label.strong else 0.0) + (0.0 if vague else 1.5) - (place / 1_000 if kind.value == "date" else 0.0)


def _unlabelled(page: Page, kind: FieldKind) -> Plain:
    """What is known by its shape or its place alone."""
    match kind.name:
        case "supplier":
            return sender(page.lines)
        case "currency":
            total = None if page.habits.currency else _of_kind(page, field_names.BY_NAME["total"])
            return (total.get("currency") if isinstance(total, dict) else page.habits.currency) or None
        case "name":
            return applicant(page.lines)
        case "due_date":
            return field_terms.paid_by(page.lines, page.habits)
        case "date":
            found = {str(one.value) for line in page.lines for one in values("date", line, page.habits)}
            if len(found) == 1:
                return found.pop()
            return field_terms.dated(page.lines, page.habits) or field_terms.dateline(page.lines, page.habits)
        case "total":
            return _in_capitals(page)
        case "net" | "tax":
            return _summed(page, kind)
        case _:
            return _shaped(page, kind)


def _in_capitals(page: Page) -> Plain:
    """The only amount in capitals, as the document writes it in digits where it does."""
    said = {amount for line in page.lines for amount in capitals(line)}
    if len(said) != 1:
        return None
    amount = said.pop()
    digits = (one for line in page.lines for one in amounts(line, page.habits))
    return Money(next((one.amount for one in digits if one.amount == amount), amount), "CNY").plain()


def _shaped(page: Page, kind: FieldKind) -> Plain:
    """The only value of a shape that nothing else has; of an account or an address the first one."""
    if kind.value not in ("iban", "email", "url", "bic", "phone"):
        return None
    found = [str(one.value) for line in page.lines for one in values(kind.value, line, page.habits)]
    if kind.value != "phone":
        return found[0] if found else None
    phones = {one for one in found if one[0] in "+(" or _MOBILE.fullmatch(one)}
    return phones.pop() if len(phones) == 1 else None


def _summed(page: Page, kind: FieldKind) -> Plain:
    """Net and tax of a Chinese invoice: its line of sums has both, in this order."""
    if not any(_TAX_INVOICE in line for line in page.lines):
        return None
    for line in page.lines:
        found = values("money", line, page.habits)
        if _SUMMED.match(line) and len(found) == 2:
            return found[kind.name == "tax"].value
    return None
