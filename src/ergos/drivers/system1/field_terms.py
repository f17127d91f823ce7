r"""What sentences say of fields: terms that a contract defines, and until when something is to be paid.

    defined("between Acme Ltd. ("Client") and …", "client", "party")      # "Acme Ltd."

Rules: pure; only the forms in which contracts define terms and invoices set their term; two answers are none.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from ergos.drivers.system1.field_days import days
from ergos.drivers.system1.field_names import FieldKind, folded
from ergos.drivers.system1.field_values import Habits

BEFORE_CHARS: Final = 160  # characters before a defined term in which what it means stands
FOUND_MAX: Final = 20  # places that are looked at

_TERM: Final = re.compile(
    r"\s*[(（]\s*(?:(?:the|each|hereinafter|hereafter|together|referred|to|as|collectively|nachfolgend|im folgenden|以下|简称|下称|称|为|即|：|:|,|，)\s*){0,6}"
    r"[\"“”„「『'‘](?:the )?(?P<term>[^\"“”」』'’\n]{1,40})[\"“”」』'’]\s*[)）]",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(
    r"(?:\b(?:between|and|by|from|of|zwischen|und|der|die)\b(?: and between)?[:：]?|[;；。:：]|^|由|与|和|及|\(1\)|\(2\))\s*",
    re.IGNORECASE,
)
_PAID_BY: Final = re.compile(
    r"(?:zahlbar|fällig|zu zahlen|begleichen|überweisen|zahlungseingang|payable|payment|pay|due|settle|请于|请在|缴费|付款|支付|还款|交费)[^\n.。;；]{0,50}?"
    r"(?:\bbis(?: zum| spätestens)?|\bspätestens(?: am)?|\bby|\bbefore|\bon or before|\buntil|\bno later than|\bam|\bon|于|在|前|至|：|:)\s*",
    re.IGNORECASE,
)
_HAN_BEFORE: Final = re.compile(r"\s*(?:之前|以前|前)[^\n。]{0,12}(?:付|缴|交|支付|还|汇)")
_DATELINE: Final = re.compile(r"^[^\W\d][^\d:：\n]{1,40},\s*(?:den |le |am )?$|^\s*$")
_TIME: Final = re.compile(
    r"\s*(?:[,，T]?\s*[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?:\s?[ap]\.?m\.?)?)?\s*", re.IGNORECASE
)
_HEADED: Final = re.compile(
    r"\W*(?:tax )?(?:invoice|receipt|bill|rechnung|quittung|facture|factura|fattura|factuur|发票|收据)\b[^\n:：]{0,40}"
    r"\b(?:dated|of|from|vom|del?|du|van)\s+(?=\d|[A-Z])",
    re.IGNORECASE,
)
_LEGAL_TAIL: Final = re.compile(
    r",\s*[^,]*\d.*$|,\s+(?:a|an|eine?|with|having|whose|registered|incorporated|organi[sz]ed|located|represented)\b.*$|,\s*$",
    re.IGNORECASE,
)


def defined(text: str, field: str, kind: FieldKind, habits: Habits) -> str | None:
    """What a contract calls by this field's name."""
    wanted = {folded(field), *(folded(label) for label in kind.labels)} if kind.value == "party" else {folded(field)}
    flat = " ".join(text.split())
    for match in islice(_TERM.finditer(flat), FOUND_MAX):
        if folded(match["term"]) not in wanted:
            continue
        before = flat[max(0, match.start() - BEFORE_CHARS) : match.start()]
        if kind.value == "date":
            found = days(before, day_first=habits.day_first)
            return found[-1].value if found and len(before) - found[-1].end < 3 else None
        if kind.value in ("party", "text"):
            return _party(before)
    return None


def paid_by(lines: tuple[str, ...], habits: Habits) -> str | None:
    """The day until which a sentence wants it paid."""
    found: set[str] = set()
    for line in lines:
        at = [match.end() for match in islice(_PAID_BY.finditer(line), FOUND_MAX)]
        for day in days(line, day_first=habits.day_first):
            if any(0 <= day.start - end <= 1 for end in at) or _HAN_BEFORE.match(line, day.end):
                found.add(day.value)
    return found.pop() if len(found) == 1 else None


def dateline(lines: tuple[str, ...], habits: Habits) -> str | None:
    """The day that stands alone in a line, or behind a place, as letters and receipts are dated."""
    found: set[str] = set()
    for line in lines:
        one = days(line, day_first=habits.day_first)
        if len(one) == 1 and _DATELINE.match(line[: one[0].start]) and _TIME.fullmatch(line[one[0].end :]):
            found.add(one[0].value)
    return found.pop() if len(found) == 1 else None


def dated(lines: tuple[str, ...], habits: Habits) -> str | None:
    """The day in the heading of a document: 'Fattura n. 88 del 14/02/2026'."""
    for line in lines:
        head = _HEADED.match(line)
        found = days(line, day_first=habits.day_first)[:1]
        if head is not None and found and _TIME.fullmatch(line[found[0].end :]):
            return found[0].value
    return None


def _party(before: str) -> str | None:
    begins = [match.end() for match in _BEGINS.finditer(before) if match.end() < len(before)]
    for match in _BEGINS.finditer(before):
        joins = match[0].strip().casefold() in {"and", "und", "与", "和", "及"}
        if (
            joins
            and match.end() == max(begins, default=0)
            and before[: match.start()].rstrip()[-1:] not in (*")）,，;", "")
        ):
            return None  # several people are one party
    for begin in reversed(begins):
        name = before[begin:].strip(' ,，"“')
        if name[:1].isupper() or re.match(r"[\u3400-\u9fff]", name):
            cut = _LEGAL_TAIL.sub("", name).strip(" ,，")
            return cut if 1 < len(cut) <= 80 and " and " not in cut else None
    return None
