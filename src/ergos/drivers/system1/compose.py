"""A brief by extraction: what several sources report, in their own sentences, each with its citation.

Rules: a fact is a sentence of a source as it stands; what is in another language than the reader's is quoted in the
original, because System 1 does not translate; a comparison is a template of `phrases` around two quotations. So a
brief says nothing its cited spans do not say. Nothing is told twice. Without documents a brief has no sections.

Out of reach: judgement, and any connection between sentences that no source states.
Must not know: where the documents came from, how a brief is shown or checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ergos.base.documents import (
    Brief,
    Document,
    Fault,
    Finding,
    Section,
    Sentence,
    SentenceKind,
    Story,
)
from ergos.base.errors import BoundError, ValueShapeError
from ergos.base.limits import BRIEF_SENTENCES_MAX
from ergos.drivers.system1 import headings, phrases, themes
from ergos.drivers.system1.anaphora import leans
from ergos.drivers.system1.comparisons import differing
from ergos.drivers.system1.draft import Draft, whole_of
from ergos.drivers.system1.findings import Ranked, by_kind, read, supporting
from ergos.drivers.system1.passages import cite, headline, quality
from ergos.drivers.system1.phrases import Written
from ergos.drivers.system1.repair import repaired

SOLVER: Final = "system1"
READ_SENTENCES_MAX: Final = 600  # sentences a brief is chosen from; ten times the longest brief
FIT_QUALITY_MIN: Final = 0.5  # how well a sentence of a brief must stand alone
LEAD_SHARE: Final = 4  # one sentence in so many opens the brief, and as many may be disagreements
LEAD_MAX: Final = 8
NUMBER_SHARE: Final = 8  # one sentence in so many tells a change, and as many a number
THEME_SECTIONS_MAX: Final = 4
THEME_SENTENCES_MAX: Final = 3
NOTE_CITATIONS_MAX: Final = 3
_TALKING: Final = re.compile(
    r"[?？]|\b(?:I|[Ww]e|[Mm]y|[Oo]ur|[Yy]ou|[Yy]our)\b|[我你您咱]"
)  # a title of talk, not of news


def brief(
    documents: Sequence[Document],
    stories: Sequence[Story],
    findings: Sequence[Finding],
    *,
    language: Written,
    made_at_ns: int,
    sentences_max: int = 24,
    faults: tuple[Fault, ...] = (),
    previous: Brief | None = None,
    read: int | None = None,
) -> Brief:
    """A brief of at most `sentences_max` sentences in `language`; or `previous` without its `faults`.

    A repair keeps every sentence that no fault names and brings none of the others back, so the loop of
    composing and checking ends. `made_at_ns` is UTC nanoseconds since 1970; `read` counts the documents read before
    duplicates were taken out, where that is known.
    Raises: ValueShapeError for faults without the brief they are about, or a length below 1; BoundError for a
    length above BRIEF_SENTENCES_MAX.
    """
    if sentences_max < 1:
        raise ValueShapeError(f"a brief of {sentences_max} sentences was asked for", remedy="ask for at least one")
    if sentences_max > BRIEF_SENTENCES_MAX:
        raise BoundError(f"a brief of {sentences_max} sentences was asked for; the bound is {BRIEF_SENTENCES_MAX}")
    if previous is not None:
        return repaired(previous, faults, documents, made_at_ns=made_at_ns)
    if faults:
        raise ValueShapeError("faults came without the brief they are about", remedy="pass it as `previous`")
    draft = Draft(documents, language, sentences_max)
    if any(citation.document not in draft.by_id for finding in findings for citation in finding.citations):
        raise ValueShapeError(
            "a finding cites a document that was not given", remedy="pass the documents the findings were made from"
        )
    if read is not None and read < len(draft.by_id):
        raise ValueShapeError(f"{read} documents were read, and {len(draft.by_id)} given", remedy="count them all")
    sections = _sections(draft, stories, findings)
    cited = dict.fromkeys(
        citation.document for section in sections for sentence in section.sentences for citation in sentence.citations
    )
    return Brief(
        title=headings.title(
            findings,
            language,
            made_at_ns,
            is_empty=not sections,
            headlines=_headlines(draft, stories, sections),
        ),
        language=language,
        sections=sections,
        documents=tuple(draft.by_id[name] for name in cited),
        made_at_ns=made_at_ns,
        solver=SOLVER,
        source_count=len({document.source or document.url for document in draft.by_id.values()}),
        document_count=len(draft.by_id) if read is None else read,
    )


def _headlines(draft: Draft, stories: Sequence[Story], sections: Sequence[Section]) -> list[str]:
    """Titles, in the reader's language, of the stories the brief opens with, in its order."""
    told = {name: story for story in stories for name in story.documents}
    found: dict[str, None] = {}
    for sentence in sections[0].sentences if sections else ():
        story = told.get(sentence.citations[0].document)
        names = [sentence.citations[0].document, *(story.documents if story else ())]
        titles = [
            draft.by_id[name].title.strip()
            for name in names
            if draft.by_id[name].language == draft.language and headline(draft.by_id[name])
        ]
        if titles and not _TALKING.search(titles[0]):
            found.setdefault(titles[0])
    return list(found)


def _sections(draft: Draft, stories: Sequence[Story], findings: Sequence[Finding]) -> tuple[Section, ...]:
    """Written in the order of worth, laid out in the order of reading."""
    heads = phrases.HEADINGS[draft.language]
    sentences = sorted(read(list(draft.by_id.values()), stories, bound=READ_SENTENCES_MAX), key=_for_reader(draft))
    kinds = by_kind(findings)
    abroad = any(document.language != draft.language for document in draft.by_id.values())
    noted = abroad and draft.total > 2
    draft.left -= noted
    native = [one for one in sentences if one.passage.document.language == draft.language and _is_fit(one)]
    draft.reserve(len(native))
    share = max(1, draft.total // LEAD_SHARE)
    lead = _lead(draft, stories, sentences, most=min(LEAD_MAX, share))
    differ = differing(draft, kinds.get("disagreement", ()), most=share)
    few = max(1, draft.total // NUMBER_SHARE)
    change = _told(draft, kinds.get("change", ()), most=few)
    number = _told(draft, kinds.get("number", ()), most=few)
    about, spare = _themes(draft, kinds.get("theme", ()), sentences)
    other = [*spare, *_others(draft, stories, sentences)]
    if draft.left + noted == draft.total:
        # Better a sentence that hangs in the air than an empty brief.
        lead = [told for one in sentences[: draft.left] if (told := draft.tell(one.passage, as_is=True))]
    draft.left += noted
    note = _note(draft)
    found = [
        (heads["lead"], lead),
        (heads["disagreement"], differ),
        *about,
        (heads["other"], other),
        (heads["change"], change),
        (heads["number"], number),
        (heads["note"], note),
    ]
    return tuple(Section(heading=heading, sentences=tuple(_spread(told))) for heading, told in found if told)


def _spread(told: Sequence[Sentence]) -> list[Sentence]:
    """The sentences with no two of one document in a row, where that can be had."""
    left, spread = list(told), list[Sentence]()
    while left:
        last = spread[-1].citations[0].document if spread else ""
        at = next((at for at, one in enumerate(left) if one.citations[0].document != last), 0)
        spread.append(left.pop(at))
    return spread


def _is_fit(sentence: Ranked) -> bool:
    """Whether a sentence can stand in a brief, if need be with the one before it."""
    passage = sentence.passage
    if passage.quality >= FIT_QUALITY_MIN:
        return True
    return leans(passage.text, passage.document.language) and whole_of(passage) is not None


def _for_reader(draft: Draft) -> Callable[[Ranked], tuple[float, str, int]]:
    """Sort key: weight, less what the reader may not be able to read."""

    def key(sentence: Ranked) -> tuple[float, str, int]:
        passage = sentence.passage
        return (-sentence.weight * draft.worth(passage.document), passage.document.id, passage.span.start)

    return key


def _by_worth(draft: Draft, stories: Sequence[Story]) -> list[int]:
    """Positions of the stories, by score and by what the reader can read of them."""
    worth = [
        story.score * max((draft.worth(draft.by_id[name]) for name in story.documents), default=0.0)
        for story in stories
    ]
    return sorted(range(len(stories)), key=lambda position: (-worth[position], position))


def _lead(draft: Draft, stories: Sequence[Story], sentences: Sequence[Ranked], *, most: int) -> list[Sentence]:
    """The best sentence of each of the best stories."""
    of_story: dict[int, list[Ranked]] = {}
    for sentence in sentences:
        of_story.setdefault(sentence.story, []).append(sentence)
    lead: list[Sentence] = []
    for position in _by_worth(draft, stories):
        if len(lead) == most:
            break
        choices = of_story.get(position, [])
        fit = [one for one in choices if one.passage.quality >= FIT_QUALITY_MIN]
        fit += [one for one in choices if one.passage.quality < FIT_QUALITY_MIN and _is_fit(one)]
        told = next((one for choice in fit if (one := _supported(draft, choice, choices))), None)
        if told:
            lead.append(told)
    return lead


def _supported(draft: Draft, choice: Ranked, others: Sequence[Ranked]) -> Sentence | None:
    """The choice as a sentence, citing also those of `others` in other documents that state the same."""
    if not draft.left or draft.repeats(choice.passage):
        return None
    return draft.tell(choice.passage, [cite(passage) for passage in supporting(choice, others)[1:]])


def _told(draft: Draft, findings: Sequence[Finding], *, most: int) -> list[Sentence]:
    """The findings' sentences with all their citations, the reader's language first."""
    ordered = sorted(findings, key=lambda one: draft.by_id[one.citations[0].document].language != draft.language)
    if draft.prefers_native:
        ordered = [one for one in ordered if draft.by_id[one.citations[0].document].language == draft.language]
    told: list[Sentence] = []
    for finding in ordered:
        if len(told) == most:
            break
        first = finding.citations[0]
        language = draft.by_id[first.document].language
        if quality(first.quote, language) < FIT_QUALITY_MIN and not leans(first.quote, language):
            continue
        if sentence := draft.tell(draft.passage(finding.citations[0]), finding.citations[1:]):
            told.append(sentence)
    return told


def _themes(
    draft: Draft, findings: Sequence[Finding], sentences: Sequence[Ranked]
) -> tuple[list[tuple[str, list[Sentence]]], list[Sentence]]:
    """A section for each theme the reader can read the name of and of which two documents are left to tell.

    Then the sentences told for a theme that turned out to have no second one.
    """
    sections: list[tuple[str, list[Sentence]]] = []
    spare: list[Sentence] = []
    heads: set[str] = set()
    for finding in findings:
        heading = headings.in_language(finding.subject, draft.language)
        if len(sections) == THEME_SECTIONS_MAX or draft.left < 2:
            break
        fitting = [one.passage for one in sentences if themes.mentions(finding.subject, one.passage) and _is_fit(one)]
        fresh = {passage.document.id for passage in fitting if not draft.repeats(passage)}
        if heading is None or heading.lower() in heads or len(fresh) < 2:
            continue
        told: list[Sentence] = []
        used: set[str] = set()
        for passage in fitting:
            name = passage.document.id
            if len(told) < THEME_SENTENCES_MAX and name not in used and (sentence := draft.tell(passage)):
                used.add(name)
                told.append(sentence)
        if len(told) > 1:
            heads.add(heading.lower())
            sections.append((heading, told))
        else:
            spare.extend(told)
    return sections, spare


def _others(draft: Draft, stories: Sequence[Story], sentences: Sequence[Ranked]) -> list[Sentence]:
    """A further sentence of each story while there is room, or its title where it has no fit sentence."""
    told: list[Sentence] = []
    seen: set[int] = set()
    order = _by_worth(draft, stories)
    turn = {position: at for at, position in enumerate(order)}
    for sentence in sorted(sentences, key=lambda one: turn[one.story]):
        if sentence.story not in seen and _is_fit(sentence) and (written := draft.tell(sentence.passage)):
            seen.add(sentence.story)
            told.append(written)
    fit_from = {sentence.story for sentence in sentences if _is_fit(sentence)}
    for position in order:
        title = None if position in fit_from else headline(draft.by_id[stories[position].documents[0]])
        if title and (written := draft.tell(title)):
            told.append(written)
    return told


def _note(draft: Draft) -> list[Sentence]:
    """Says that System 1 does not translate, citing what it quoted in the original."""
    if not draft.foreign or not draft.left:
        return []
    citations = tuple({one.document: one for one in reversed(draft.foreign)}.values())[::-1][:NOTE_CITATIONS_MAX]
    kind: SentenceKind = "note"
    return [Sentence(text=draft.words["note"], citations=citations, kind=kind)]
