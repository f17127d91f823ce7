"""Where figures about one subject differ between documents, and what documents themselves say of differing figures.

Precision before recall: a reader who is shown one false contradiction trusts none. Two figures are compared only
when kind and unit agree, the sentences name the same subject and nothing that sets it apart (another name, period
or kind of measure), neither document gives the other's figure as well, and the two differ by more than their
rounding and hedges ("over", "nearly", 约) leave open. Reports of one event need less in common; of reports months
apart, or where one gives both figures, only those whose whole subject agrees are kept, and count least.

Out of reach: subjects told in other words, figures of which one is old and both are undated.
Must not know: stories' scores, briefs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from ergos.base.documents import Finding
from ergos.drivers.system1 import phrases, segment
from ergos.drivers.system1.claims import Claim, claims, in_document, written
from ergos.drivers.system1.cluster import contrasts
from ergos.drivers.system1.discrepancies import discrepancies
from ergos.drivers.system1.glossary import TERMS
from ergos.drivers.system1.passages import Passage, cite
from ergos.drivers.system1.sums import miscalculations

APART_DAYS_MAX: Final = 60  # days between two reports beyond which a figure may simply have changed
APART_LOOSE_DAYS_MAX: Final = 100  # days up to which the change is still worth showing: a quarter
SUBJECT_WORDS_MIN: Final = 2  # content words two claims must share
SUBJECT_SHARE_MIN: Final = 0.6  # share of the shorter subject that two reports of one event must have in common
POSTINGS_MAX: Final = 40  # earlier claims compared per subject word, so that common words stay linear
LOOSE_PENALTY: Final = 2.0  # score a comparison loses whose sides may speak of different periods
_WEEKDAYS: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_DAY_NS: Final = 86_400 * 10**9

_Key = tuple[str, str, str]
_Given = Mapping[str, Mapping[_Key, frozenset[int]]]
_Verdict = Literal["", "strict", "loose"]


def disagreements(passages: Sequence[Passage], story_of: dict[str, int]) -> tuple[Finding, ...]:
    """Differing figures between documents, and within one; `story_of` gives each document's story by rank.

    Figures of a finding are in the order of its citations, with spans in the cited documents.
    """
    found = [*_between(passages, story_of), *miscalculations(passages), *discrepancies(passages)]
    language_of = {passage.document.id: passage.document.language for passage in passages}
    return tuple(
        sorted(
            _once(found, language_of),
            key=lambda finding: (-finding.score, finding.subject, finding.citations[0].document),
        )
    )


def are_of_one_scope(one: Passage, two: Passage) -> bool:
    """Whether nothing shows that two sentences speak of different periods."""
    dates = [passage.document.published_ns for passage in (one, two) if passage.document.published_ns is not None]
    if len(dates) > 1 and max(dates) - min(dates) > APART_DAYS_MAX * _DAY_NS:
        return False
    left, right = (
        {
            figure.value[:7]
            for figure in passage.figures
            if figure.kind == "date" and len(figure.value) < len("2025-09-24")
        }
        for passage in (one, two)
    )
    return not left or not right or bool(left & right)


def _between(passages: Sequence[Passage], story_of: dict[str, int]) -> list[Finding]:
    made = [claim for passage in passages for claim in claims(passage)]
    given = _given(passages)
    index: defaultdict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    findings: list[Finding] = []
    for claim in made:
        kind, unit = claim.figure.kind, claim.figure.unit
        rivals = {
            id(rival): rival for word in sorted(claim.subject) for rival in index[kind, unit, word][-POSTINGS_MAX:]
        }
        findings.extend(
            _finding(rival, claim, verdict)
            for rival in rivals.values()
            if (verdict := _contradict(rival, claim, given, story_of))
        )
        for word in sorted(claim.subject):
            index[kind, unit, word].append(claim)
    return findings


def _given(passages: Sequence[Passage]) -> _Given:
    """By document, the sentences in which each figure stands."""
    given: defaultdict[str, dict[_Key, frozenset[int]]] = defaultdict(dict)
    for passage in passages:
        own = given[passage.document.id]
        for figure in passage.figures:
            key = (figure.kind, figure.value, figure.unit)
            own[key] = own.get(key, frozenset()) | {passage.position}
    return given


def _once(findings: Sequence[Finding], language_of: Mapping[str, str]) -> list[Finding]:
    """The best finding for each pair of values and language; sources that repeat a contradiction do not make another."""
    best: dict[tuple[str, str, str, frozenset[str]], Finding] = {}
    for finding in findings:
        first = finding.figures[0]
        language = language_of.get(finding.citations[0].document, "und")
        key = (first.kind, first.unit, language, frozenset(figure.value for figure in finding.figures))
        if key not in best or finding.score > best[key].score:
            best[key] = finding
    return list(best.values())


def _contradict(one: Claim, two: Claim, given: _Given, story_of: dict[str, int]) -> _Verdict:
    first, second = one.passage.document, two.passage.document
    if first.id == second.id or not (one.low > two.high or two.low > one.high):
        return ""
    if any(_set_apart(one.periods, two.periods, kind) for kind in ("date", "duration")):
        return ""
    dates = [document.published_ns for document in (first, second) if document.published_ns is not None]
    apart = max(dates) - min(dates) if len(dates) > 1 else 0
    loose = apart > APART_DAYS_MAX * _DAY_NS
    for mine, other in ((one, two), (two, one)):
        key = (mine.figure.kind, mine.figure.value, mine.figure.unit)
        places = given[other.passage.document.id].get(key, frozenset())
        # "cut from 90 to 70 million": the 90 stands without its unit.
        if other.passage.position in places or written(mine.figure) in {
            figure.value for figure in other.passage.figures
        }:
            return ""
        loose = loose or bool(places)
    if not loose:
        return "strict" if _same_subject(one, two, same_story=story_of.get(first.id) == story_of.get(second.id)) else ""
    is_rate = one.figure.kind == "percent"
    close = apart <= APART_LOOSE_DAYS_MAX * _DAY_NS
    named = bool(one.names) and bool(two.names)
    return "loose" if is_rate and close and named and _same_subject(one, two, same_story=False) else ""


def _set_apart(one: frozenset[str], two: frozenset[str], kind: str) -> bool:
    left, right = ({period for period in periods if period.startswith(kind)} for periods in (one, two))
    return bool(left) and bool(right) and not left & right


def _same_subject(one: Claim, two: Claim, *, same_story: bool) -> bool:
    """Whether one subject contains the other, or in one story most of it, and nothing sets the two apart."""
    shared = one.subject & two.subject
    single = {word for name in (one.names | two.names) for word in name.split()}
    left, right = one.subject, two.subject
    if one.passage.document.language != two.passage.document.language:
        known = frozenset(TERMS.values()) | {word for name in phrases.TWO_NAMES.values() for word in name.split()}
        left, right = left & (known | one.names), right & (known | two.names)
    apart = one.subject ^ two.subject
    names = [{word for name in claim.names for word in name.split()} for claim in (one, two)]
    days = one.subject & _WEEKDAYS, two.subject & _WEEKDAYS
    # A day of the week that only one side names sets nothing apart.
    if apart & (contrasts() if all(days) else contrasts() - _WEEKDAYS) or (names[0] - names[1] and names[1] - names[0]):
        return False
    if one.counted and two.counted:
        if one.passage.document.language == two.passage.document.language and not one.counted & two.counted:
            return False
        if same_story and one.counted & two.counted - single:
            return True
    # A name alone is whom a figure is about, not what: at least one shared word must say what is counted.
    if len(shared) < SUBJECT_WORDS_MIN + (not same_story) or not shared - single:
        return False
    if left <= right or right <= left:
        return True
    enough = len(left & right) >= SUBJECT_SHARE_MIN * min(len(left), len(right))
    return same_story and enough and len(shared - single) >= SUBJECT_WORDS_MIN


def _finding(one: Claim, two: Claim, verdict: _Verdict) -> Finding:
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
            + (one.passage.document.language == two.passage.document.language)
            - (LOOSE_PENALTY if verdict == "loose" else 0.0),
            6,
        ),
    )
