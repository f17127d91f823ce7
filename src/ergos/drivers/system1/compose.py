"""A brief by extraction: what several sources report, in their own sentences, each with its citation.

Rules: a fact is a sentence of a source as it stands; what is in another language than the reader's is quoted in the
original, because System 1 does not translate; a comparison is a template of `phrases` around two quotations. So a
brief says nothing its cited spans do not say. Nothing is told twice. Without documents a brief has no sections.

Out of reach: judgement, and any connection between sentences that no source states.
Must not know: where the documents came from, how a brief is shown or checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, final

from ergos.base.documents import (
    Brief,
    Citation,
    Document,
    Fault,
    Figure,
    Finding,
    Section,
    Sentence,
    SentenceKind,
    Span,
    Story,
    citable,
)
from ergos.base.errors import BoundError, ValueShapeError
from ergos.base.limits import BRIEF_SENTENCES_MAX
from ergos.drivers.system1 import headings, phrases, rank, segment
from ergos.drivers.system1.cluster import anchors
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.findings import Ranked, by_kind, read, supporting
from ergos.drivers.system1.passages import Passage, cite, headline, quality, quotable
from ergos.drivers.system1.phrases import Written
from ergos.drivers.system1.repair import repaired

SOLVER: Final = "system1"
READ_SENTENCES_MAX: Final = 600  # sentences a brief is chosen from; ten times the longest brief
REPEAT_MIN: Final = 0.45  # overlap of content words from which a sentence says what was said
REPEAT_ABROAD_MIN: Final = 0.4  # the same for names and figures, where the languages differ
FOREIGN_WEIGHT: Final = {"en": 0.6, "zh": 0.6, "und": 0.3}  # worth of a sentence the reader may not be able to read
LEAD_QUALITY_MIN: Final = 0.5  # the first sentences of a brief must stand alone
THEME_SECTIONS_MAX: Final = 4
THEME_SENTENCES_MAX: Final = 3
SOURCE_CHARS_MAX: Final = 60  # characters of a source's name inside a sentence
SUM_CHARS_MAX: Final = 420  # characters of a quoted calculation, which spans sentences
NOTE_CITATIONS_MAX: Final = 3
_QUOTES: Final = frozenset('“”„‟"「」『』«»‘’‹›')


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
) -> Brief:
    """A brief of at most `sentences_max` sentences in `language`; or `previous` without its `faults`.

    A repair keeps every sentence that no fault names and brings none of the others back, so the loop of
    composing and checking ends. `made_at_ns` is UTC nanoseconds since 1970.
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
    draft = _Draft(documents, language, sentences_max)
    if any(citation.document not in draft.by_id for finding in findings for citation in finding.citations):
        raise ValueShapeError(
            "a finding cites a document that was not given", remedy="pass the documents the findings were made from"
        )
    sections = _sections(draft, stories, findings)
    cited = dict.fromkeys(
        citation.document for section in sections for sentence in section.sentences for citation in sentence.citations
    )
    return Brief(
        title=headings.title(stories, findings, language, made_at_ns, is_empty=not sections),
        language=language,
        sections=sections,
        documents=tuple(draft.by_id[name] for name in cited),
        made_at_ns=made_at_ns,
        solver=SOLVER,
        source_count=len(draft.by_id),
    )


@final
class _Draft:
    """What was told so far, and room for the rest."""

    def __init__(self, documents: Sequence[Document], language: Written, sentences_max: int) -> None:
        self.by_id = {document.id: document for document in documents}
        self.language: Written = language
        self.words = phrases.SENTENCES[language]
        self.left = sentences_max
        self.total = sentences_max
        self.foreign: list[Citation] = []
        self._told: list[tuple[frozenset[str], frozenset[str]]] = []

    def tell(self, passage: Passage, support: Sequence[Citation] = ()) -> Sentence | None:
        """The passage as a sentence of the brief; None where it repeats, cannot be quoted, or nothing is left."""
        if not self.left or self.repeats(passage):
            return None
        sentence = self._written(passage, support)
        if sentence is None or not _is_carried(sentence):
            return None
        self.keep(sentence, [passage])
        if passage.document.language != self.language:
            self.foreign.append(sentence.citations[0])
        return sentence

    def tell_supported(self, choice: Ranked, others: Sequence[Ranked]) -> Sentence | None:
        """`tell`, citing also those of `others` in other documents that state the same."""
        if not self.left or self.repeats(choice.passage):
            return None
        return self.tell(choice.passage, [cite(passage) for passage in supporting(choice, others)[1:]])

    def keep(self, sentence: Sentence, passages: Iterable[Passage]) -> None:
        """Counts a sentence made of `passages` as told."""
        assert sentence.citations
        self.left -= 1
        self._told.extend((passage.words, _anchored(passage)) for passage in passages)

    def worth(self, document: Document) -> float:
        """How much a reader gets from a sentence of the document as it stands, in 0..1."""
        return 1.0 if document.language == self.language else FOREIGN_WEIGHT[document.language]

    def by_worth(self, stories: Sequence[Story]) -> list[int]:
        """Positions of the stories, by score and by what the reader can read of them."""
        worth = [
            story.score * max((self.worth(self.by_id[name]) for name in story.documents), default=0.0)
            for story in stories
        ]
        return sorted(range(len(stories)), key=lambda position: (-worth[position], position))

    def named(self, document: Document) -> str | None:
        """The source's name, where it may stand in a sentence: short, without figures and quotation marks."""
        name = " ".join(document.source.split())
        if not name or len(name) > SOURCE_CHARS_MAX or _QUOTES & set(name) or figures(name):
            return None
        return None if name[-1] in ".!?。！？:：" or "://" in name else name

    def passage(self, citation: Citation) -> Passage:
        """The cited words as a passage."""
        return Passage(
            document=self.by_id[citation.document],
            span=citation.span,
            text=citation.quote,
            position=0,
            words=frozenset(segment.content_words(citation.quote)),
            figures=figures(citation.quote),
            quality=1.0,
        )

    def repeats(self, passage: Passage) -> bool:
        mine = _anchored(passage)
        for words, anchored in self._told:
            if rank.overlap(passage.words, words) >= REPEAT_MIN:
                return True
            shared = mine & anchored
            if any(anchor.startswith("#") for anchor in shared) and rank.overlap(mine, anchored) >= REPEAT_ABROAD_MIN:
                return True
        return False

    def _written(self, passage: Passage, support: Sequence[Citation]) -> Sentence | None:
        citations = (cite(passage), *(one for one in support if one.document != passage.document.id))
        is_title = passage.position < 0
        if passage.document.language == self.language and not is_title:
            return Sentence(text=" ".join(passage.text.split()), citations=citations)
        span = quotable(passage)
        if span is None:
            return None
        source = self.named(passage.document)
        form = ("headline" if is_title else "foreign") + ("" if source else "_unnamed")
        text = self.words[form].format(source=source, quote=_quoted(passage.document, span))
        return Sentence(text=text, citations=citations, kind="quote")


def _sections(draft: _Draft, stories: Sequence[Story], findings: Sequence[Finding]) -> tuple[Section, ...]:
    """Written in the order of worth, laid out in the order of reading."""
    heads = phrases.HEADINGS[draft.language]
    sentences = sorted(read(list(draft.by_id.values()), stories, bound=READ_SENTENCES_MAX), key=_for_reader(draft))
    kinds = by_kind(findings)
    abroad = any(document.language != draft.language for document in draft.by_id.values())
    noted = abroad and draft.total > 2
    draft.left -= noted
    lead = _lead(draft, stories, sentences)
    differ = _differing(draft, kinds.get("disagreement", ()), most=max(1, draft.total // 6))
    change = _told(draft, kinds.get("change", ()), most=max(1, draft.total // 6))
    number = _told(draft, kinds.get("number", ()), most=max(1, draft.total // 6))
    themes = _themes(draft, kinds.get("theme", ()), sentences)
    other = _others(draft, stories, sentences)
    draft.left += noted
    note = _note(draft)
    found = [
        (heads["lead"], lead),
        *themes,
        (heads["other"], other),
        (heads["change"], change),
        (heads["number"], number),
        (heads["disagreement"], differ),
        (heads["note"], note),
    ]
    return tuple(Section(heading=heading, sentences=tuple(told)) for heading, told in found if told)


def _for_reader(draft: _Draft) -> Callable[[Ranked], tuple[float, str, int]]:
    """Sort key: weight, less what the reader may not be able to read."""

    def key(sentence: Ranked) -> tuple[float, str, int]:
        passage = sentence.passage
        return (-sentence.weight * draft.worth(passage.document), passage.document.id, passage.span.start)

    return key


def _lead(draft: _Draft, stories: Sequence[Story], sentences: Sequence[Ranked]) -> list[Sentence]:
    """The best sentence of each of the best stories; its title where it has no sentence fit for a brief."""
    most = max(1, min(6, draft.total // 5))
    of_story: dict[int, list[Ranked]] = {}
    for sentence in sentences:
        of_story.setdefault(sentence.story, []).append(sentence)
    lead: list[Sentence] = []
    for position in draft.by_worth(stories):
        if len(lead) == most:
            break
        choices = of_story.get(position, [])
        fit = [one for one in choices if one.passage.quality >= LEAD_QUALITY_MIN] or choices
        told = next((one for choice in fit if (one := draft.tell_supported(choice, choices))), None)
        if not choices and (title := headline(draft.by_id[stories[position].documents[0]])):
            told = draft.tell(title)
        if told:
            lead.append(told)
    return lead


def _told(draft: _Draft, findings: Sequence[Finding], *, most: int) -> list[Sentence]:
    """The findings' sentences with all their citations, the reader's language first."""
    ordered = sorted(findings, key=lambda one: draft.by_id[one.citations[0].document].language != draft.language)
    told: list[Sentence] = []
    for finding in ordered:
        if len(told) == most:
            break
        first = finding.citations[0]
        if quality(first.quote, draft.by_id[first.document].language) < LEAD_QUALITY_MIN:
            continue
        if sentence := draft.tell(draft.passage(finding.citations[0]), finding.citations[1:]):
            told.append(sentence)
    return told


def _differing(draft: _Draft, findings: Sequence[Finding], *, most: int) -> list[Sentence]:
    told: list[Sentence] = []
    for finding in findings:
        if len(told) == min(most, draft.left + len(told)):
            break
        passages = [draft.passage(citation) for citation in finding.citations]
        text = _compared(draft, passages, finding.figures) if len(passages) > 1 else _miscounted(draft, passages[0])
        if text is None:
            continue
        sentence = Sentence(text=text, citations=finding.citations, kind="comparison")
        if draft.left and _is_carried(sentence):
            draft.keep(sentence, passages)
            told.append(sentence)
            draft.foreign.extend(cite(passage) for passage in passages if passage.document.language != draft.language)
    return told


def _compared(draft: _Draft, passages: Sequence[Passage], found: Sequence[Figure]) -> str | None:
    one, two = passages[0], passages[1]
    offsets = [figure.span.start - passage.span.start for figure, passage in zip(found, passages, strict=False)]
    if len(offsets) < 2:
        return None
    spans = quotable(one, at=offsets[0]), quotable(two, at=offsets[1])
    if spans[0] is None or spans[1] is None:
        return None
    source, other = draft.named(one.document), draft.named(two.document)
    form = "differ_unnamed"
    if source and other:
        form = "differ_same" if source == other else "differ"
    return draft.words[form].format(
        source=source, other=other, quote=_quoted(one.document, spans[0]), counter=_quoted(two.document, spans[1])
    )


def _miscounted(draft: _Draft, passage: Passage) -> str | None:
    span = quotable(passage, chars_max=SUM_CHARS_MAX)
    return draft.words["sum"].format(quote=_quoted(passage.document, span)) if span else None


def _themes(
    draft: _Draft, findings: Sequence[Finding], sentences: Sequence[Ranked]
) -> list[tuple[str, list[Sentence]]]:
    """A section for each theme the reader can read the name of and of which two sentences are left to tell."""
    sections: list[tuple[str, list[Sentence]]] = []
    for finding in findings:
        heading = headings.in_language(finding.subject, draft.language)
        if len(sections) == THEME_SECTIONS_MAX or draft.left < 2:
            break
        wanted = frozenset(segment.content_words(finding.subject))
        fitting = [
            one.passage for one in sentences if wanted <= one.passage.words and one.passage.quality >= LEAD_QUALITY_MIN
        ]
        if heading is None or sum(not draft.repeats(passage) for passage in fitting) < 2:
            continue
        told: list[Sentence] = []
        for passage in fitting:
            if len(told) < THEME_SENTENCES_MAX and (sentence := draft.tell(passage)):
                told.append(sentence)
        if told:
            sections.append((heading, told))
    return sections


def _others(draft: _Draft, stories: Sequence[Story], sentences: Sequence[Ranked]) -> list[Sentence]:
    """A further sentence of each story while there is room, or its title where it has no fit sentence."""
    told: list[Sentence] = []
    seen: set[int] = set()
    order = draft.by_worth(stories)
    turn = {position: at for at, position in enumerate(order)}
    for sentence in sorted(sentences, key=lambda one: turn[one.story]):
        fit = sentence.passage.quality >= LEAD_QUALITY_MIN and sentence.story not in seen
        if fit and (written := draft.tell(sentence.passage)):
            seen.add(sentence.story)
            told.append(written)
    told_from = {sentence.story for sentence in sentences}
    for position in order:
        title = None if position in told_from else headline(draft.by_id[stories[position].documents[0]])
        if title and (written := draft.tell(title)):
            told.append(written)
    return told


def _note(draft: _Draft) -> list[Sentence]:
    """Says that System 1 does not translate, citing what it quoted in the original."""
    if not draft.foreign or not draft.left:
        return []
    citations = tuple({one.document: one for one in reversed(draft.foreign)}.values())[::-1][:NOTE_CITATIONS_MAX]
    kind: SentenceKind = "note"
    return [Sentence(text=draft.words["note"], citations=citations, kind=kind)]


def _anchored(passage: Passage) -> frozenset[str]:
    return frozenset(anchors(passage.text, passage.document.language))


def _quoted(document: Document, span: Span) -> str:
    return " ".join(citable(document)[span.start : span.end].split())


def _is_carried(sentence: Sentence) -> bool:
    """Whether every figure of the sentence stands in its quotations, the template and the source's name included."""
    carried = {(figure.kind, figure.value, figure.unit) for one in sentence.citations for figure in figures(one.quote)}
    return all((figure.kind, figure.value, figure.unit) in carried for figure in figures(sentence.text))
