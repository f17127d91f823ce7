"""The newsroom's tasks: what each asks for, and when an answer counts.

Four typed signatures with acceptance checks, and a System 1 solver for each. A model, a peer or a person is
one more solver of the same task; the checks do not care who answered.

Rules: checks examine only what can be decided: that citations point at the words they quote, that no
document is lost, that faults point at sentences that exist. Whether a brief is grounded is the task REVIEW,
because the newsroom's Checker is an agent of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ergos.base.documents import Brief, Citation, Document, Fault, Finding, Language, Story, citable
from ergos.drivers.system1 import cluster, compose, dedupe, findings
from ergos.lib.task import Task, solver
from ergos.verify import grounding


class Gathering(msgspec.Struct, frozen=True):
    """What News has read."""

    documents: tuple[Document, ...]
    now_ns: int


class Selection(msgspec.Struct, frozen=True):
    """Documents without repetitions, grouped into ranked stories."""

    documents: tuple[Document, ...]
    stories: tuple[Story, ...]


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What Writer writes from, and what was wrong with the last version."""

    documents: tuple[Document, ...]
    stories: tuple[Story, ...]
    findings: tuple[Finding, ...]
    language: Language
    made_at_ns: int
    sentences_max: int = 24
    read: int | None = None
    """Documents read before deduplication; the brief tells it."""
    faults: tuple[Fault, ...] = ()
    previous: Brief | None = None


# Acceptance checks


def nothing_lost(inputs: Gathering, answer: Selection) -> Iterator[str]:
    """Every document kept was given, and stands in exactly one story."""
    given = {document.id for document in inputs.documents}
    kept = [document.id for document in answer.documents]
    if set(kept) - given:
        yield "the selection holds a document that was not given"
    told = [name for story in answer.stories for name in story.documents]
    if sorted(told) != sorted(kept):
        yield "the stories do not hold each selected document exactly once"
    if given and not kept:
        yield "documents were given and none was selected"


def quoted_exactly(inputs: Selection, answer: tuple[Finding, ...]) -> Iterator[str]:
    """Every finding cites words that stand where it says."""
    documents = {document.id: document for document in inputs.documents}
    for number, finding in enumerate(answer, 1):
        if not finding.citations:
            yield f"finding {number} has no source"
        yield from _misquoted(finding.citations, documents, f"finding {number}")


def carried_by_sources(inputs: Assignment, answer: Brief) -> Iterator[str]:
    """Every sentence carries a source that was given, in the language that was asked for."""
    documents = {document.id: document for document in inputs.documents}
    if answer.language != inputs.language:
        yield f"the brief is written in {answer.language}, and {inputs.language} was asked for"
    for part, section in enumerate(answer.sections, 1):
        for number, sentence in enumerate(section.sentences, 1):
            where = f"section {part}, sentence {number}"
            if not sentence.citations:
                yield f"{where} has no source"
            yield from _misquoted(sentence.citations, documents, where)


def faults_exist(inputs: Brief, answer: tuple[Fault, ...]) -> Iterator[str]:
    """Every fault points at a sentence of the brief."""
    for fault in answer:
        if not (
            0 <= fault.section < len(inputs.sections)
            and 0 <= fault.sentence < len(inputs.sections[fault.section].sentences)
        ):
            yield f"there is no sentence {fault.sentence} in section {fault.section}"


def _misquoted(citations: Iterable[Citation], documents: dict[str, Document], where: str) -> Iterator[str]:
    for citation in citations:
        document = documents.get(citation.document)
        if document is None:
            yield f"{where} cites a document that was not given"
        elif citable(document)[citation.span.start : citation.span.end] != citation.quote:
            yield f"{where} quotes words that do not stand there"


# Tasks

ATTEMPT_TOKENS_MAX: Final = 2_000_000  # tokens of one attempt: whatever a source may hold, read once
ATTEMPT_S: Final = 300.0  # seconds of one attempt; a model on this machine writes a few words a second

SELECT = Task(
    "select",
    inputs=Gathering,
    output=Selection,
    checks=(nothing_lost,),
    tokens_max=ATTEMPT_TOKENS_MAX,
    deadline_s=ATTEMPT_S,
)
FIND = Task(
    "find",
    inputs=Selection,
    output=tuple[Finding, ...],
    checks=(quoted_exactly,),
    tokens_max=ATTEMPT_TOKENS_MAX,
    deadline_s=ATTEMPT_S,
)
WRITE = Task(
    "write",
    inputs=Assignment,
    output=Brief,
    checks=(carried_by_sources,),
    tokens_max=ATTEMPT_TOKENS_MAX,
    deadline_s=ATTEMPT_S,
)
REVIEW = Task(
    "review",
    inputs=Brief,
    output=tuple[Fault, ...],
    checks=(faults_exist,),
    tokens_max=ATTEMPT_TOKENS_MAX,
    deadline_s=ATTEMPT_S,
)


# System 1


@solver(SELECT, kind="system1", name="system1.select")
def select(inputs: Gathering) -> Selection:
    """Deduplicate, then group into stories ranked by coverage, freshness and centrality."""
    documents = dedupe.unique(inputs.documents)
    return Selection(documents, cluster.stories(documents, inputs.now_ns))


@solver(FIND, kind="system1", name="system1.find")
def find(inputs: Selection) -> tuple[Finding, ...]:
    """Themes, numbers, changes and disagreements."""
    return findings.find(inputs.documents, inputs.stories)


@solver(WRITE, kind="system1", name="system1.write")
def write(inputs: Assignment) -> Brief:
    """Write by extraction; with faults, repair the last version instead."""
    language = "zh" if inputs.language == "zh" else "en"
    return compose.brief(
        inputs.documents,
        inputs.stories,
        inputs.findings,
        language=language,
        made_at_ns=inputs.made_at_ns,
        sentences_max=inputs.sentences_max,
        read=inputs.read,
        faults=inputs.faults,
        previous=inputs.previous,
    )


@solver(REVIEW, kind="code", name="grounding")
def review(inputs: Brief) -> tuple[Fault, ...]:
    """Hold every quotation, name, number and date against the cited source."""
    return grounding.faults(inputs)
