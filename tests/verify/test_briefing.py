"""The newsroom's acceptance checks reject what is lost, made up or misquoted, whoever answered."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.documents import Brief, Citation, Document, Fault, Finding, Section, Sentence, Span, Story, citable
from ergos.verify.briefing import (
    FIND,
    REVIEW,
    SELECT,
    WRITE,
    Assignment,
    Gathering,
    Selection,
    find,
    review,
    select,
    write,
)

NOW_NS = 20_000 * 86_400 * 10**9


def document(number: int, text: str) -> Document:
    return Document(
        id=f"{number:016x}", url=f"https://example.org/{number}", title=f"Report {number}", text=text,
        source="Example", published_ns=NOW_NS, language="en",
    )  # fmt: skip


DOCUMENTS = (
    document(
        1,
        "The harbour of Oslo handled 4,200 ships in 2024. Its director Kari Nordmann announced a new quay for 30 million euros.",
    ),
    document(
        2,
        "A storm closed the airport of Lisbon on Friday. Some 12,000 passengers spent the night in the halls of the airport.",
    ),
    document(
        3, "The museum of Turin bought a painting for 2.5 million euros. It will be shown to the public in the spring."
    ),
)
GATHERING = Gathering(DOCUMENTS, NOW_NS)


def story(*documents: Document) -> Story:
    return Story(title=documents[0].title, documents=tuple(one.id for one in documents), score=1.0)


WHOLE = Selection(DOCUMENTS, (story(DOCUMENTS[0], DOCUMENTS[1]), story(DOCUMENTS[2])))


def cite(source: Document, quote: str) -> Citation:
    start = citable(source).index(quote)
    return Citation(document=source.id, span=Span(start, start + len(quote)), quote=quote)


GOOD = cite(DOCUMENTS[0], "4,200 ships in 2024")


def judged(task, inputs: object, answer: object) -> tuple[str, ...]:
    return task.judge(msgspec.to_builtins(inputs, str_keys=True), msgspec.to_builtins(answer, str_keys=True))


def brief(*sentences: Sentence) -> Brief:
    return Brief(
        title="t", language="en", sections=(Section(heading="h", sentences=sentences),), documents=DOCUMENTS,
        made_at_ns=NOW_NS, solver="test", source_count=1,
    )  # fmt: skip


ASSIGNMENT = Assignment(
    documents=DOCUMENTS, stories=WHOLE.stories, findings=(), language="en", made_at_ns=NOW_NS, sentences_max=6
)


def test_a_selection_that_holds_every_document_once_is_accepted():
    assert judged(SELECT, GATHERING, WHOLE) == ()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Selection(DOCUMENTS, (story(DOCUMENTS[0]),)), "each selected document exactly once"),
        (Selection(DOCUMENTS[:1], (story(DOCUMENTS[0]), story(DOCUMENTS[0]))), "each selected document exactly once"),
        (Selection((document(9, "made up"),), (story(document(9, "made up")),)), "not given"),
        (Selection((), ()), "none was selected"),
    ],
)
def test_a_selection_that_loses_doubles_or_invents_documents_is_rejected(answer: Selection, fault: str):
    assert any(fault in found for found in judged(SELECT, GATHERING, answer))


def test_nothing_to_select_from_is_no_fault():
    assert judged(SELECT, Gathering((), NOW_NS), Selection((), ())) == ()


@pytest.mark.parametrize(
    ("citations", "fault"),
    [
        ((GOOD,), ""),
        ((), "no source"),
        ((msgspec.structs.replace(GOOD, quote="4,300 ships in 2024"),), "do not stand there"),
        ((msgspec.structs.replace(GOOD, span=Span(GOOD.span.start + 1, GOOD.span.end + 1)),), "do not stand there"),
        ((GOOD, msgspec.structs.replace(GOOD, document="f" * 16)), "not given"),
    ],
)
def test_findings_and_sentences_must_quote_what_stands_in_a_given_source(citations: tuple[Citation, ...], fault: str):
    found = judged(FIND, WHOLE, (Finding(kind="theme", subject="ships", citations=citations),))
    told = judged(WRITE, ASSIGNMENT, brief(Sentence(text="Ships came.", citations=citations)))
    for faults in (found, told):
        assert (faults == ()) if not fault else any(fault in one for one in faults)


def test_a_fault_says_which_sentence_it_is_about():
    bad = Sentence(text="Nobody says so.", citations=())
    faults = judged(WRITE, ASSIGNMENT, brief(Sentence(text="Ships came.", citations=(GOOD,)), bad))
    assert faults == ("section 1, sentence 2 has no source",)


def test_a_brief_in_another_language_than_was_asked_for_is_rejected():
    answer = msgspec.structs.replace(brief(Sentence(text="Ships came.", citations=(GOOD,))), language="zh")
    assert judged(WRITE, ASSIGNMENT, answer) == ("the brief is written in zh, and en was asked for",)


@pytest.mark.parametrize(
    ("section", "sentence", "exists"), [(0, 0, True), (0, 1, False), (1, 0, False), (-1, 0, False), (0, -1, False)]
)
def test_a_reviewers_fault_must_point_at_a_sentence(section: int, sentence: int, exists: bool):
    fault = Fault(section=section, sentence=sentence, kind="number", found="x", why="y")
    faults = judged(REVIEW, brief(Sentence(text="Ships came.", citations=(GOOD,))), (fault,))
    assert (faults == ()) is exists


@pytest.mark.parametrize("answer", [None, 7, [], {"documents": "x"}, [{"section": "zero"}]])
def test_an_answer_of_another_shape_is_rejected_before_the_checks_see_it(answer: object):
    for task, inputs in ((SELECT, GATHERING), (WRITE, ASSIGNMENT)):
        assert any("shape" in fault for fault in judged(task, inputs, answer))


def test_what_system_1_answers_passes_the_checks_of_its_own_tasks():
    selection = select.function(GATHERING)
    assert isinstance(selection, Selection)
    assert judged(SELECT, GATHERING, selection) == ()
    findings = find.function(selection)
    assert judged(FIND, selection, findings) == ()
    assignment = msgspec.structs.replace(ASSIGNMENT, stories=selection.stories, findings=findings)
    written = write.function(assignment)
    assert isinstance(written, Brief)
    assert written.sections
    assert judged(WRITE, assignment, written) == ()
    assert judged(REVIEW, written, review.function(written)) == ()
    assert review.function(written) == ()


def test_a_forged_figure_is_found_by_the_review():
    forged = brief(Sentence(text="The harbour handled 9,900 ships in 2024.", citations=(GOOD,)))
    faults = review.function(forged)
    assert isinstance(faults, tuple)
    assert [(fault.section, fault.sentence, fault.kind) for fault in faults] == [(0, 0, "number")]
