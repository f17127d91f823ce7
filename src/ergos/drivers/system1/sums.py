"""Calculations a document gives that do not come out: an amount, shares of it, and a result no product of them gives.

Rules: only what the text itself links ("of that", 其中) is multiplied; what any choice of the shares explains within the
slack of "nearly" comes out. Must not know: other documents.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final

import msgspec

from ergos.base.documents import Figure, Finding, Span, citable
from ergos.drivers.system1 import phrases
from ergos.drivers.system1.claims import SLACK, decimal, in_document
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.passages import Passage, cite

WINDOW_SENTENCES: Final = 4  # consecutive sentences in which a calculation is looked for
SHARES_MAX: Final = 3  # factors of one calculation


def miscalculations(passages: Sequence[Passage]) -> list[Finding]:
    """Calculations of the form amount, share of it, share of that, result, whose result no product gives."""
    by_document: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_document[passage.document.id].append(passage)
    findings: list[Finding] = []
    for document in sorted(by_document):
        rows = sorted(by_document[document], key=lambda passage: passage.position)
        end = -1
        for first in rows:
            for last in rows:
                size = last.position - first.position
                if first.position <= end or not 0 <= size < WINDOW_SENTENCES:
                    continue
                if finding := _miscalculated(first, last):
                    findings.append(finding)
                    end = last.position
    return findings


def _miscalculated(first: Passage, last: Passage) -> Finding | None:
    span = Span(first.span.start, last.span.end)
    text = citable(first.document)[span.start : span.end]
    links = len(re.findall(phrases.SHARE_LINKS, text, re.IGNORECASE))
    found = [one for one in figures(text) if one.kind not in {"date", "duration"}] if links else []
    if not found:
        return None
    amounts = [figure for figure in found if figure.kind in {"money", "number"} and not _is_share(figure)]
    shares = [figure for figure in found if _is_share(figure)]
    if len(amounts) != 2 or not 1 <= len(shares) <= SHARES_MAX or links < len(shares) - 1:
        return None
    whole, part = amounts
    if (whole.kind, whole.unit) != (part.kind, part.unit) or found[0] != whole or found[-1] != part:
        return None
    base, result = decimal(whole), decimal(part)
    if base is None or result is None or not 0 < result < base or _explained(base, result, shares):
        return None
    shift = msgspec.structs.replace(first, span=span, text=text)
    return Finding(
        kind="disagreement",
        subject=part.text,
        citations=(cite(shift),),
        figures=(in_document(whole, shift), in_document(part, shift)),
        score=round(2 + first.quality, 6),
    )


def _explained(base: Decimal, result: Decimal, shares: Sequence[Figure]) -> bool:
    """Whether some product of the amount with shares or their complements gives the result."""
    factors = [_fraction(share) for share in shares]
    options = [*factors, *(1 - factor for factor in factors)]
    for size in range(1, len(factors) + 1):
        for chosen in combinations(options, size):
            product = base
            for factor in chosen:
                product *= factor
            if abs(result - product) <= SLACK * product:
                return True
    return False


def _is_share(figure: Figure) -> bool:
    value = decimal(figure)
    if value is None:
        return False
    return (figure.kind == "percent" and 0 < value < 100) or (figure.kind in {"number", "multiple"} and 0 < value < 1)


def _fraction(figure: Figure) -> Decimal:
    value = Decimal(figure.value)
    return value / 100 if figure.kind == "percent" else value
