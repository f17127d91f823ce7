"""The newsroom's tasks done by a model: the small types it answers in, and what they stand for.

A model names documents by number and quotes words; where these stand is looked up. What cannot be found is a fault of
the whole reply, never a guess: the next solver takes over.

Rules: no document and no sentence of a source is taken from a reply; nothing a reply leaves out is lost from a
selection; a review by a model may add faults to those that grounding finds, and takes none away; what a title or a
heading claims beyond its sources is replaced by System 1's words. Must not know: how prompts are worded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ergos.base.documents import (
    Brief,
    Citation,
    Fault,
    Figure,
    Finding,
    FindingKind,
    Section,
    Sentence,
    Span,
    Story,
)
from ergos.base.errors import ValueShapeError
from ergos.drivers.system1 import cluster, headings, language, phrases
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.phrases import Written
from ergos.kernel.models import Reply
from ergos.lib.model_solver import model_solver
from ergos.verify import grounding
from ergos.verify.briefing import FIND, REVIEW, SELECT, WRITE, Assignment, Gathering, Selection
from ergos.verify.briefing_prompts import (
    FINDINGS_MAX,
    candidates,
    faulty_places,
    find_prompt,
    in_order,
    review_prompt,
    select_prompt,
    write_prompt,
)
from ergos.verify.briefing_wire import Doubts, Draft, Findings, Found, Quote, Repair, Stories, Told
from ergos.verify.quoting import Shelf, stands_in
from ergos.verify.wording import quotations

FAULTS_SHOWN_MAX: Final = 5  # faults of one reply that are told; a worse reply is not described better by more
QUOTES_MAX: Final = 4  # quotes of one sentence or finding; more carry nothing
DOUBTS_MAX: Final = 200  # faults taken from one reply; a brief has no more sentences to doubt
TEXT_CHARS_MAX: Final = 1_200  # characters of a sentence; a longer one is no sentence
TITLE_CHARS_MAX: Final = 200  # characters of a title or heading
FIRST_SCORE: Final = 1.0  # of the story a model ranks first; the last has half of it
REST_SHARE: Final = 0.4  # what System 1's score of a story the model did not rank counts
SOLVER_CHARS_MAX: Final = 80  # characters of a model's name shown to the reader
SELECT_TOKENS: Final = 4_000  # tokens of an answer: a few a document
FIND_TOKENS: Final = 6_000  # the same, for FINDINGS_MAX findings with their quotes
WRITE_TOKENS: Final = 8_000  # the same, for the longest brief
REVIEW_TOKENS: Final = 4_000  # the same, for faults, of which there are few
KINDS: Final[tuple[FindingKind, ...]] = ("theme", "number", "change", "disagreement")

_MARK: Final = re.compile(r"\s*[\[【]\d+(?:[,，、\s]+\d+)*[\]】]")


# Reading replies


def selected(inputs: Gathering, answer: Stories) -> Selection:
    """The stories in the model's order, then what it did not name, as System 1 groups it."""
    documents = candidates(inputs)
    named = [number for story in answer.stories for number in story]
    faults = [f"there is no document {number}" for number in named if not 1 <= number <= len(documents)]
    faults += [f"document {number} stands in several places" for number in _twice(named)]
    _refuse(faults)
    groups = [[documents[number - 1] for number in story] for story in answer.stories if story]
    step = FIRST_SCORE / 2 / max(1, len(groups))
    ranked = [
        Story(
            title=group[0].title.strip() or group[0].text.strip()[:80] or group[0].url,
            documents=tuple(document.id for document in group),
            score=round(FIRST_SCORE - place * step, 6),
        )
        for place, group in enumerate(groups)
    ]
    told = set(named)
    rest = [document for number, document in enumerate(documents, 1) if number not in told]
    grouped = cluster.stories(rest, inputs.now_ns) if rest else ()
    ranked += [msgspec.structs.replace(story, score=round(story.score * REST_SHARE, 6)) for story in grouped]
    return Selection(documents, tuple(ranked))


def found(inputs: Selection, answer: Findings) -> tuple[Finding, ...]:
    """The findings, each kind by rank, with the whole sentences their quotes stand in."""
    shelf = Shelf(in_order(inputs.documents, inputs.stories))
    faults: list[str] = []
    made: list[Finding] = []
    listed = answer.findings[:FINDINGS_MAX]
    for number, one in enumerate(listed, 1):
        citations = _cited(shelf, one.quotes, f"finding {number}", faults)
        if not citations:
            continue
        if one.kind == "disagreement" and len(citations) < 2:
            faults.append(f"finding {number} is a disagreement and quotes one side")
            continue
        if not any(shelf.holds(quote.document, one.subject) for quote in one.quotes[:QUOTES_MAX]):
            faults.append(f"the subject of finding {number}, {one.subject[:60]!r}, stands in no quoted document")
            continue
        score = round(1 - (number - 1) / len(listed), 6)
        made.append(_finding(one, citations, score))
    _refuse(faults)
    if not made:
        _refuse(["the reply holds no finding"])
    return tuple(sorted(made, key=lambda finding: KINDS.index(finding.kind)))


def written(inputs: Assignment, answer: Draft, reply: Reply) -> Brief:
    """The brief; with faults, the last version with the repairs in place of the sentences at fault."""
    shelf = Shelf(in_order(inputs.documents, inputs.stories))
    if inputs.previous is not None:
        return _repaired(inputs, inputs.previous, shelf, answer)
    faults: list[str] = []
    sections: list[Section] = []
    left = inputs.sentences_max
    for part, section in enumerate(answer.sections, 1):
        sentences = [
            told
            for place, one in enumerate(section.sentences[:left], 1)
            if (told := _sentence(shelf, one, f"section {part}, sentence {place}", faults))
        ]
        left -= len(section.sentences[:left])
        if sentences:
            sections.append(Section(heading=_line(section.heading), sentences=tuple(sentences)))
    _refuse(faults)
    if not sections:
        _refuse(["the brief holds no sentence"])
    spoken = language.detect("\n".join(told.text for section in sections for told in section.sentences))
    if spoken not in ("und", inputs.language):
        _refuse([f"the brief is written in {spoken}, and {inputs.language} was asked for"])
    return _brief(inputs, shelf, sections, _line(answer.title), _solver(reply))


def reviewed(inputs: Brief, answer: Doubts) -> tuple[Fault, ...]:
    """What grounding finds, and what the model adds."""
    places = [
        (section, sentence) for section, part in enumerate(inputs.sections) for sentence in range(len(part.sentences))
    ]
    own = grounding.faults(inputs)
    known = {(fault.section, fault.sentence) for fault in own}
    faults: list[str] = []
    more: list[Fault] = []
    for doubt in answer.faults[:DOUBTS_MAX]:
        if not 1 <= doubt.sentence <= len(places):
            faults.append(f"there is no sentence {doubt.sentence}")
            continue
        section, sentence = places[doubt.sentence - 1]
        text = inputs.sections[section].sentences[sentence].text
        if not stands_in(doubt.words, text):
            faults.append(f"sentence {doubt.sentence} does not hold the words {doubt.words[:60]!r}")
        elif (section, sentence) not in known:
            known.add((section, sentence))
            why = _line(doubt.why) or "A model doubts that the cited words carry this."
            more.append(Fault(section=section, sentence=sentence, kind=doubt.kind, found=_line(doubt.words), why=why))
    _refuse(faults)
    return tuple(sorted((*own, *more), key=lambda fault: (fault.section, fault.sentence)))


# Solvers

select_by_model = model_solver(
    SELECT, prompt=select_prompt, wire=Stories, read=selected, output_tokens_max=SELECT_TOKENS, temperature=0.0
)
find_by_model = model_solver(
    FIND, prompt=find_prompt, wire=Findings, read=found, output_tokens_max=FIND_TOKENS, temperature=0.0
)
write_by_model = model_solver(
    WRITE, prompt=write_prompt, wire=Draft, read=written, output_tokens_max=WRITE_TOKENS, temperature=0.0
)
review_by_model = model_solver(
    REVIEW, prompt=review_prompt, wire=Doubts, read=reviewed, output_tokens_max=REVIEW_TOKENS, temperature=0.0
)


# Parts


def _cited(shelf: Shelf, quotes: Sequence[Quote], where: str, faults: list[str]) -> tuple[Citation, ...]:
    """The citations of some quotes; what is wrong with them is added to the faults, and then there are none."""
    if not quotes:
        faults.append(f"{where} has no quote")
        return ()
    citations: dict[tuple[str, Span], Citation] = {}
    wrong: list[str] = []
    for quote in quotes[:QUOTES_MAX]:
        came = shelf.cite(quote.document, quote.words)
        if isinstance(came, str):
            wrong.append(f"{where}: {came}")
        else:
            citations.update({(one.document, one.span): one for one in came})
    faults += wrong
    return () if wrong else tuple(citations.values())


def _sentence(shelf: Shelf, told: Told | Repair, where: str, faults: list[str]) -> Sentence | None:
    text = _line(_MARK.sub("", told.text))
    if not 0 < len(text) <= TEXT_CHARS_MAX:
        faults.append(
            f"{where} has {len(text):,} characters, not 1 to {TEXT_CHARS_MAX:,}" if text else f"{where} is empty"
        )
        return None
    citations = _cited(shelf, told.quotes, where, faults)
    if not citations:
        return None
    return Sentence(text=text, citations=citations, kind="quote" if quotations(text) else "fact")


def _finding(one: Found, citations: tuple[Citation, ...], score: float) -> Finding:
    each = [_figures(citation) for citation in citations]
    if one.kind == "disagreement":
        return Finding(
            kind=one.kind,
            subject=_line(one.subject),
            citations=citations,
            figures=next((pair for pair in _apart(each[0], each[1])), ()),
            score=score,
        )
    return Finding(
        kind=one.kind,
        subject=_line(one.subject),
        citations=citations,
        figures=tuple(figure for some in each for figure in some) if one.kind in ("number", "change") else (),
        score=score,
    )


def _apart(one: Iterable[Figure], other: Sequence[Figure]) -> Iterable[tuple[Figure, Figure]]:
    """Pairs of figures of one kind and unit that differ."""
    return (
        (first, second)
        for first in one
        for second in other
        if (first.kind, first.unit) == (second.kind, second.unit) and first.value != second.value
    )


def _figures(citation: Citation) -> tuple[Figure, ...]:
    start = citation.span.start
    return tuple(
        msgspec.structs.replace(figure, span=Span(figure.span.start + start, figure.span.end + start))
        for figure in figures(citation.quote)
    )


def _repaired(inputs: Assignment, previous: Brief, shelf: Shelf, answer: Draft) -> Brief:
    """A sentence no fault names stays as it is; one at fault is replaced, or left out."""
    places = faulty_places(inputs)
    faults = [
        f"there is no sentence {one.number} at fault" for one in answer.repairs if not 1 <= one.number <= len(places)
    ]
    faults += [f"sentence {number} is repaired twice" for number in _twice([one.number for one in answer.repairs])]
    _refuse(faults)
    put: dict[tuple[int, int], Sentence | None] = {(section, at): None for section, at, _ in places}
    for one in answer.repairs:
        if one.text.strip():
            section, at, _ = places[one.number - 1]
            put[section, at] = _sentence(shelf, one, f"sentence {one.number}", faults)
    _refuse(faults)
    sections: list[Section] = []
    for number, section in enumerate(previous.sections):
        sentences = [put.get((number, at), sentence) for at, sentence in enumerate(section.sentences)]
        kept = tuple(sentence for sentence in sentences if sentence is not None)
        if kept:
            sections.append(Section(heading=section.heading, sentences=kept))
    return _brief(inputs, shelf, sections, previous.title, previous.solver)


def _brief(inputs: Assignment, shelf: Shelf, sections: Sequence[Section], title: str, solver: str) -> Brief:
    by_id = {document.id: document for document in shelf.documents}
    reader: Written = "zh" if inputs.language == "zh" else "en"
    cited = dict.fromkeys(one.document for section in sections for told in section.sentences for one in told.citations)
    brief = Brief(
        title="",
        language=reader,
        sections=(),
        documents=tuple(by_id[name] for name in cited if name in by_id),
        made_at_ns=inputs.made_at_ns,
        solver=solver,
        source_count=len({document.source or document.url for document in shelf.documents}),
        document_count=len(shelf.documents) if inputs.read is None else inputs.read,
    )
    spare = phrases.HEADINGS[reader]
    headed = [
        msgspec.structs.replace(section, heading=spare["other" if at else "lead"])
        if not _is_carried(brief, section.heading, [section])
        else section
        for at, section in enumerate(sections)
    ]
    if not _is_carried(brief, title, sections):
        title = headings.title(inputs.findings, reader, inputs.made_at_ns, is_empty=not sections)
    return msgspec.structs.replace(brief, title=title, sections=tuple(headed))


def _is_carried(brief: Brief, words: str, sections: Sequence[Section]) -> bool:
    """Whether the sources of these sections carry what a title or heading claims."""
    if not 0 < len(words) <= TITLE_CHARS_MAX:
        return False
    citations = tuple(one for section in sections for told in section.sentences for one in told.citations)
    claim = Section(heading="", sentences=(Sentence(text=words, citations=citations),))
    return not grounding.faults(msgspec.structs.replace(brief, sections=(claim,)))


def _solver(reply: Reply) -> str:
    """Who wrote it, for the reader; no model may call itself System 1."""
    name = _line(reply.model)[:SOLVER_CHARS_MAX]
    if not name:
        return "a model"
    return f"model {name}" if "system" in name.lower() else name


def _twice(numbers: Sequence[int]) -> list[int]:
    return sorted(number for number, count in Counter(numbers).items() if count > 1)


def _refuse(faults: Sequence[str]) -> None:
    """Raises: ValueShapeError if there are any."""
    if faults:
        more = f" (and {len(faults) - FAULTS_SHOWN_MAX} more)" if len(faults) > FAULTS_SHOWN_MAX else ""
        raise ValueShapeError(f"{'; '.join(faults[:FAULTS_SHOWN_MAX])}{more}")


def _line(text: str) -> str:
    return " ".join(text.split())
