"""Where figures about one subject differ between documents, or do not multiply out within one.

Precision before recall: a reader who is shown one false contradiction trusts none. Two figures are compared only
when kind and unit agree, the sentences name the same subject and nothing that sets it apart (another name, period
or kind of measure), neither document gives the other's figure as well, and the two differ by more than their
rounding and hedges ("over", "nearly", 约) leave open.

Out of reach: subjects told in other words, figures of which one is old and both are undated.
Must not know: stories' scores, briefs.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import Final

import msgspec

from ergos.base.documents import Figure, Finding, Span, citable
from ergos.drivers.system1 import phrases, segment
from ergos.drivers.system1.cluster import contrasts, named, uninformative
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.glossary import TERMS
from ergos.drivers.system1.passages import Passage, cite, clause

COMPARED_KINDS: Final = frozenset({"number", "percent", "money", "multiple"})
APART_DAYS_MAX: Final = 60  # days between two reports beyond which a figure may simply have changed
SUBJECT_WORDS_MIN: Final = 2  # content words two claims must share
POSTINGS_MAX: Final = 40  # earlier claims compared per subject word, so that common words stay linear
WINDOW_SENTENCES: Final = 4  # consecutive sentences in which a calculation is looked for
SLACK: Final = Decimal("0.1")  # relative distance that "about" and "nearly" leave open
WORDED_SLACK: Final = Decimal("0.05")  # the same for figures written in words, whose rounding is unknown
SHARES_MAX: Final = 3  # factors of one calculation
_DAY_NS: Final = 86_400 * 10**9


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what it is said about."""

    passage: Passage
    figure: Figure
    subject: frozenset[str]
    names: frozenset[str]
    periods: frozenset[str]
    low: Decimal
    high: Decimal


def disagreements(passages: Sequence[Passage], story_of: dict[str, int]) -> tuple[Finding, ...]:
    """Contradictions between documents, then within one; `story_of` gives each document's story by rank.

    Figures of a finding are in the order of its citations, with spans in the cited documents.
    """
    found = [*_between(passages, story_of), *_within(passages)]
    return tuple(sorted(found, key=lambda finding: (-finding.score, finding.subject, finding.citations[0].document)))


def in_document(figure: Figure, passage: Passage) -> Figure:
    """`figure`, found in the text of `passage`, with its span counted in the document."""
    start = passage.span.start
    return msgspec.structs.replace(figure, span=Span(figure.span.start + start, figure.span.end + start))


def claims(passage: Passage) -> tuple[Claim, ...]:
    """The figures of a passage of which it is clear what they are said about."""
    found = passage.figures
    made: list[Claim] = []
    for figure in found:
        value = _decimal(figure)
        if figure.kind not in COMPARED_KINDS or value is None:
            continue
        start, end = clause(passage.text, figure.span.start)
        rivals = [
            other
            for other in found
            if (other.kind, other.unit) == (figure.kind, figure.unit) and start <= other.span.start < end
        ]
        if len(rivals) > 1:
            continue
        low, high = _bounds(figure, value, passage.text)
        names = frozenset(named(passage.text, passage.document.language)) - frozenset(
            named(passage.document.source, "zh")
        )
        made.append(
            Claim(
                passage=passage,
                figure=figure,
                subject=_subject(passage, start, end, found, names),
                names=names,
                periods=frozenset(other.value for other in found if other.kind in {"date", "duration"}),
                low=low,
                high=high,
            )
        )
    return tuple(made)


def _subject(passage: Passage, start: int, end: int, found: Sequence[Figure], names: frozenset[str]) -> frozenset[str]:
    """Stems of the clause without figures and words that say nothing, and the names of the whole sentence."""
    parts: list[str] = []
    at = start
    for figure in found:
        if start <= figure.span.start < end:
            parts.append(passage.text[at : figure.span.start])
            at = max(at, figure.span.end)
    parts.append(passage.text[at:end])
    text = " ".join(parts)
    words = {word for word in segment.content_words(text) if not uninformative(word)}
    own = {TERMS.get(word, phrases.TWO_NAMES.get(word, word)) for word in words}
    single = {word for name in names for word in name.split()}
    return frozenset(own | single)


def _decimal(figure: Figure) -> Decimal | None:
    try:
        return Decimal(figure.value)
    except InvalidOperation:
        return None


def _written(figure: Figure) -> str:
    """The digits as they stand in the text, without magnitude and unit; empty for figures in words."""
    found = re.search(r"[0-9][0-9,]*(?:\.[0-9]+)?", unicodedata.normalize("NFKC", figure.text))
    return found[0].replace(",", "") if found else ""


def _bounds(figure: Figure, value: Decimal, text: str) -> tuple[Decimal, Decimal]:
    """What the figure may mean, given its rounding and the hedge before or after it."""
    before, after = text[: figure.span.start][-24:], text[figure.span.end :][:12]
    if re.search(phrases.AT_LEAST, before, re.IGNORECASE) or re.match(phrases.MORE_AFTER, after):
        return value, value * Decimal("1.5")
    if re.search(phrases.AT_MOST, before, re.IGNORECASE):
        return value / 2, value
    if re.search(phrases.ABOUT, before, re.IGNORECASE) or re.match(phrases.ABOUT_AFTER, after):
        return value * (1 - SLACK), value * (1 + SLACK)
    written = _written(figure)
    number = Decimal(written) if written else Decimal(0)
    if not number:
        return value * (1 - WORDED_SLACK), value * (1 + WORDED_SLACK)
    decimals = len(written.partition(".")[2])
    half = abs(value / number) * Decimal(5).scaleb(-decimals - 1)
    return value - half, value + half


def _between(passages: Sequence[Passage], story_of: dict[str, int]) -> list[Finding]:
    made = [claim for passage in passages for claim in claims(passage)]
    given: defaultdict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for passage in passages:
        for figure in passage.figures:
            given[passage.document.id].add((figure.kind, figure.value, figure.unit))
    index: defaultdict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    findings: list[Finding] = []
    for claim in made:
        kind, unit = claim.figure.kind, claim.figure.unit
        rivals = {
            id(rival): rival for word in sorted(claim.subject) for rival in index[kind, unit, word][-POSTINGS_MAX:]
        }
        findings.extend(
            _finding(rival, claim) for rival in rivals.values() if _contradict(rival, claim, given, story_of)
        )
        for word in sorted(claim.subject):
            index[kind, unit, word].append(claim)
    return _once(findings)


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """The best finding for each pair of values; sources that repeat a contradiction do not make another."""
    best: dict[tuple[str, str, frozenset[str]], Finding] = {}
    for finding in findings:
        first = finding.figures[0]
        key = (first.kind, first.unit, frozenset(figure.value for figure in finding.figures))
        if key not in best or finding.score > best[key].score:
            best[key] = finding
    return list(best.values())


def _contradict(one: Claim, two: Claim, given: dict[str, set[tuple[str, str, str]]], story_of: dict[str, int]) -> bool:
    first, second = one.passage.document, two.passage.document
    if first.id == second.id or not (one.low > two.high or two.low > one.high):
        return False
    dates = [document.published_ns for document in (first, second) if document.published_ns is not None]
    if len(dates) > 1 and max(dates) - min(dates) > APART_DAYS_MAX * _DAY_NS:
        return False
    for mine, other in ((one, two), (two, one)):
        if (mine.figure.kind, mine.figure.value, mine.figure.unit) in given[other.passage.document.id]:
            return False
        # "cut from 90 to 70 million": the 90 stands without its unit.
        if _written(mine.figure) in {figure.value for figure in other.passage.figures}:
            return False
    if one.periods and two.periods and not one.periods & two.periods:
        return False
    return _same_subject(one, two, same_story=story_of.get(first.id) == story_of.get(second.id))


def _same_subject(one: Claim, two: Claim, *, same_story: bool) -> bool:
    """Whether one subject contains the other, and nothing sets the two apart."""
    shared = one.subject & two.subject
    abroad = one.passage.document.language != two.passage.document.language
    if abroad:
        known = frozenset(TERMS.values()) | {
            word for name in phrases.TWO_NAMES.values() for word in name.split()
        }
        left, right = one.subject & (known | one.names), two.subject & (known | two.names)
    else:
        left, right = one.subject, two.subject
    if not (left <= right or right <= left) or len(shared) < SUBJECT_WORDS_MIN + (not same_story):
        return False
    apart = one.subject ^ two.subject
    if apart & contrasts() or ((one.names - two.names) and (two.names - one.names)):
        return False
    # A name alone is whom a figure is about, not what: at least one shared word must say what is counted.
    single = {word for name in (one.names | two.names) for word in name.split()}
    return bool(shared - single)


def _finding(one: Claim, two: Claim) -> Finding:
    shared = one.subject & two.subject
    subject = " ".join(word for word in segment.content_words(one.passage.text) if word in shared)
    return Finding(
        kind="disagreement",
        subject=subject or " ".join(sorted(shared)),
        citations=(cite(one.passage), cite(two.passage)),
        figures=(in_document(one.figure, one.passage), in_document(two.figure, two.passage)),
        score=round(
            len(shared)
            + (one.passage.quality + two.passage.quality) / 2
            # Two quotations the reader can compare word by word convince more than one across languages.
            + (one.passage.document.language == two.passage.document.language),
            6,
        ),
    )


def _within(passages: Sequence[Passage]) -> list[Finding]:
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
    found: tuple[Figure, ...] = figures(text) if links else ()
    if not found:
        return None
    amounts = [figure for figure in found if figure.kind in {"money", "number"} and not _is_share(figure)]
    shares = [figure for figure in found if _is_share(figure)]
    if len(amounts) != 2 or not 1 <= len(shares) <= SHARES_MAX or links < len(shares) - 1:
        return None
    whole, part = amounts
    if (whole.kind, whole.unit) != (part.kind, part.unit) or found[0] != whole or found[-1] != part:
        return None
    base, result = _decimal(whole), _decimal(part)
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
    value = _decimal(figure)
    if value is None:
        return False
    return (figure.kind == "percent" and 0 < value < 100) or (figure.kind in {"number", "multiple"} and 0 < value < 1)


def _fraction(figure: Figure) -> Decimal:
    value = Decimal(figure.value)
    return value / 100 if figure.kind == "percent" else value
