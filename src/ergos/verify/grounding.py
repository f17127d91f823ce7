"""The Checker of the newsroom: what a brief says that its cited sources do not say.

Checker of last resort, for what System 1 composes and for what a large model writes. What it demands of every sentence:

- a citation; each citation's document is in the brief, its span valid, its quote exactly the text of the span;
- a quotation stands word for word in a cited document (quotation marks, dashes and spaces may be set differently;
  marked ellipses may leave words out, in order);
- a figure stands in the *cited spans*, equal in kind, value and unit. A date may be less precise than the
  source, or be the day a cited document was published. In a note a figure may stand anywhere in a cited document.
  "26 %" equals "0.26". A comparison or note may count its own documents;
- a figure that rose does not fall, and "over" a figure is not "under" it;
- the words of a source, repeated but for a "not", are a fault;
- a name stands in a cited document, or names its source; possessives, plurals and case aside.

Rules: deny by default; evidence that is itself at fault carries nothing. Out of reach, and therefore *not*
promised by "no fault": who did what to whom, cause, paraphrased negation, which subject a figure belongs to, names
put together from parts that each stand in the source, "one" and vague amounts, headings and titles. A person
or a solver that reads must judge those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ergos.base.documents import (
    Brief,
    Citation,
    Document,
    Fault,
    FaultKind,
    Figure,
    Sentence,
    citable,
    day_of,
)
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.names import names
from ergos.verify.wording import Source, claims, is_negated_copy, masked, quotations, shown_as_number

EDGE_CHARS: Final = 48  # characters beside a span in which a figure may be cut in two by it
SHOWN_CHARS_MAX: Final = 120  # characters of a brief repeated in a fault


class _Evidence(NamedTuple):
    """What carries one sentence: its valid citations with their documents, and the figures of their spans."""

    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    figures: tuple[Figure, ...]


class _Found(NamedTuple):
    kind: FaultKind
    found: str
    why: str


def faults(brief: Brief) -> tuple[Fault, ...]:
    """Every fault of `brief`, in order of sections and sentences; () where none was found. Linear in the cited text."""
    checker = _Checker(brief)
    found: list[Fault] = []
    for section_at, section in enumerate(brief.sections):
        for sentence_at, sentence in enumerate(section.sentences):
            found.extend(
                Fault(section=section_at, sentence=sentence_at, kind=kind, found=_shown(words), why=why)
                for kind, words, why in checker.check(sentence)
            )
    return tuple(found)


def _shown(words: str) -> str:
    return words if len(words) <= SHOWN_CHARS_MAX else words[: SHOWN_CHARS_MAX - 1] + "…"


class _Checker:
    """One pass over one brief; keeps each document's normalised text between sentences."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._documents: dict[str, Document] = {}
        for document in brief.documents:
            self._documents.setdefault(document.id, document)
        self._sources: dict[str, Source] = {}

    def check(self, sentence: Sentence) -> Iterator[_Found]:
        """The faults of one sentence, each as kind, words and reason."""
        if not sentence.text.strip():
            yield _Found("citation", sentence.text, "The sentence is empty.")
            return
        if not sentence.citations:
            yield _Found("citation", sentence.text, "The sentence cites no source.")
            return
        valid: list[Citation] = []
        for citation in sentence.citations:
            fault = self._citation_fault(citation)
            if fault is None:
                valid.append(citation)
            else:
                yield fault
        if not valid:
            return
        evidence = self._evidence(valid)
        text = self._own_words(sentence, evidence)
        yield from _quotation_faults(sentence.text, evidence)
        yield from self._figure_faults(text, sentence, evidence)
        yield from _claim_faults(text, evidence)
        yield from _name_faults(text, evidence)
        yield from _negation_faults(sentence.text, evidence)

    def _citation_fault(self, citation: Citation) -> _Found | None:
        document = self._documents.get(citation.document)
        if document is None:
            return _Found("citation", citation.document, "The cited document is not among the documents of the brief.")
        text = citable(document)
        start, end = citation.span.start, citation.span.end
        if not 0 <= start < end <= len(text):
            return _Found(
                "span",
                citation.quote,
                f"The span {start}..{end} lies outside the {len(text)} characters of the source.",
            )
        if text[start:end] != citation.quote:
            return _Found("span", citation.quote, f"The source says “{_shown(text[start:end])}” at {start}..{end}.")
        if not citation.quote.strip():
            return _Found("span", citation.quote, "The cited span holds no words.")
        return None

    def _evidence(self, citations: Sequence[Citation]) -> _Evidence:
        ids = dict.fromkeys(citation.document for citation in citations)
        for name in ids:
            if name not in self._sources:
                self._sources[name] = Source(self._documents[name])
        carried = [
            figure
            for citation in citations
            for figure in _span_figures(self._sources[citation.document].text, citation)
        ]
        return _Evidence(tuple(citations), tuple(self._sources[name] for name in ids), tuple(carried))

    def _own_words(self, sentence: Sentence, evidence: _Evidence) -> str:
        """The sentence with its sources' names, its citation marks and, in a note, the solver's name blanked out."""
        hidden: list[str] = []
        for source in evidence.sources:
            hidden += [source.document.source, source.document.title]
            hidden += [
                f"[{number}]" for number, other in enumerate(self._brief.documents, 1) if other is source.document
            ]
        if sentence.kind == "note":
            hidden += [document.source for document in self._brief.documents]
            hidden += [self._brief.solver, "System 1", "ErgOS", "Chinese", "English"]
        return masked(sentence.text, hidden)

    def _figure_faults(self, text: str, sentence: Sentence, evidence: _Evidence) -> Iterator[_Found]:
        carried = list(evidence.figures)
        counts: set[str] = set()
        if sentence.kind in {"note", "comparison"}:
            counts.add(str(len(evidence.sources)))
        if sentence.kind == "note":
            read = self._brief.document_count
            counts |= {str(self._brief.source_count), str(len(self._brief.documents))}
            counts |= set() if read is None else {str(read)}
            carried += [figure for source in evidence.sources for figure in source.figures]
        days = {
            day_of(source.document.published_ns).isoformat()
            for source in evidence.sources
            if source.document.published_ns is not None
        }
        for figure in figures(text):
            if shown_as_number(figure) in counts or _is_carried(figure, carried, days) or _is_article(figure):
                continue
            kind: FaultKind = "date" if figure.kind == "date" else "number"
            yield _Found(kind, figure.text, _instead(figure, carried))


def _span_figures(text: str, citation: Citation) -> list[Figure]:
    """The figures of a cited span, without those that an edge of the span cuts out of a longer one."""
    start, end = citation.span.start, citation.span.end
    low, high = max(0, start - EDGE_CHARS), min(len(text), end + EDGE_CHARS)
    own = figures(citation.quote)
    cut: list[tuple[int, int]] = []
    for edge in (start, end):
        around = text[max(low, edge - EDGE_CHARS) : min(high, edge + EDGE_CHARS)]
        base = max(low, edge - EDGE_CHARS)
        spans = [(base + figure.span.start, base + figure.span.end) for figure in figures(around)]
        cut += [(left, right) for left, right in spans if left < edge < right]
    return [
        figure
        for figure in own
        if not any(left < start + figure.span.end and start + figure.span.start < right for left, right in cut)
    ]


def _is_article(figure: Figure) -> bool:
    """Whether "one" stands here as a word of grammar, which another language or wording need not show."""
    return figure.value == "1" and figure.kind == "number" and not any(character.isdigit() for character in figure.text)


def _is_carried(figure: Figure, carried: Sequence[Figure], days: set[str]) -> bool:
    if any(_same(figure, other) for other in carried):
        return True
    if figure.kind != "date":
        return False
    if any(_is_within(day, figure.value) for day in days):
        return True
    # The source says "24 September" and was published in 2025: a sentence may say "24 September 2025".
    years = {day[:4] for day in days}
    return figure.value[:4] in years and any(
        other.kind == "date"
        and other.value.startswith("--")
        and _is_within(f"{figure.value[:4]}-{other.value[2:]}", figure.value)
        for other in carried
    )


def _same(figure: Figure, other: Figure) -> bool:
    if figure.kind == other.kind == "date":
        return _is_within(other.value, figure.value)
    if {figure.kind, other.kind} == {"date", "number"}:
        # Whether a bare 2000 is a year or a count is a guess that may differ between two wordings.
        return figure.value == other.value and figure.unit == other.unit
    if (figure.kind, figure.value, figure.unit) == (other.kind, other.value, other.unit):
        return True
    pair = {(figure.kind, figure.unit), (other.kind, other.unit)}
    return pair == {("percent", "%"), ("number", "")} and shown_as_number(figure) == shown_as_number(other)


def _is_within(exact: str, loose: str) -> bool:
    """Whether the date `loose` says no more than `exact` ("2025-09" of "2025-09-24", "--09-24" of "2025-09-24")."""
    if exact == loose or exact.startswith(f"{loose}-"):
        return True
    if loose.startswith("--") and not exact.startswith("--"):
        rest = exact[5:]
        return rest == loose[2:] or rest.startswith(f"{loose[2:]}-")
    return exact.startswith("--") and loose.startswith("--") and exact.startswith(f"{loose}-")


def _instead(figure: Figure, carried: Sequence[Figure]) -> str:
    near = [other.text for other in carried if (other.kind, other.unit) == (figure.kind, figure.unit)]
    near = near or [other.text for other in carried]
    if not near:
        return "The cited words hold no figure."
    return f"The cited words hold {', '.join(dict.fromkeys(near[:4]))} instead."


def _quotation_faults(text: str, evidence: _Evidence) -> Iterator[_Found]:
    for quotation in quotations(text):
        if not any(source.holds_quotation(quotation) for source in evidence.sources):
            yield _Found("quotation", quotation, "No cited document holds these words.")


def _claim_faults(text: str, evidence: _Evidence) -> Iterator[_Found]:
    """A figure whose every cited occurrence moves the other way, or is bounded on the other side."""
    own = claims(text)
    if not any(claim.direction or claim.bound for claim in own):
        return
    cited = [claim for citation in evidence.citations for claim in claims(citation.quote)]
    for claim in own:
        others = [other for other in cited if _same(claim.figure, other.figure)]
        if claim.direction and others and all(other.direction == -claim.direction for other in others):
            yield _Found("number", claim.figure.text, "The cited words say that it moved the other way.")
        if claim.bound and others and all(other.bound == -claim.bound for other in others):
            yield _Found("number", claim.figure.text, "The cited words bound this figure on the other side.")


def _name_faults(text: str, evidence: _Evidence) -> Iterator[_Found]:
    quoted = set(quotations(text))
    shown = {name.text for citation in evidence.citations for name in names(citation.quote)}
    for name in dict.fromkeys(name.text for name in names(text)):
        # A name the cited words themselves show needs no search; how it is cut out is the same on both sides.
        if name not in quoted and name not in shown and not any(source.holds_name(name) for source in evidence.sources):
            yield _Found("name", name, "No cited document holds this name.")


def _negation_faults(text: str, evidence: _Evidence) -> Iterator[_Found]:
    for citation in evidence.citations:
        if is_negated_copy(text, citation.quote):
            yield _Found("quotation", text, f"The source says the opposite: “{_shown(citation.quote)}”.")
            return
