"""What a model answers becomes an answer only if it can be looked up, and never loses, invents or excuses anything."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.documents import Brief, Document, Fault, Finding, Story, citable
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import ModelRequest, Reply, Text
from ergos.lib.model_solver import PromptedSolver
from ergos.lib.task import Task
from ergos.verify import grounding
from ergos.verify.briefing import FIND, REVIEW, SELECT, WRITE, Assignment, Gathering, Selection, write
from ergos.verify.briefing_models import find_by_model, review_by_model, select_by_model, write_by_model

NOW_NS = 20_000 * 86_400 * 10**9


def document(number: int, text: str, title: str, language: str = "en") -> Document:
    return Document(
        id=f"{number:016x}", url=f"https://example.org/{number}", title=title, text=text, source=f"Source {number}",
        published_ns=NOW_NS - number, language=language,  # type: ignore[arg-type]
    )  # fmt: skip


OSLO = document(
    1,
    "The harbour of Oslo handled 4,200 ships in 2024. Its director Kari Nordmann announced a new quay.",
    "Oslo's harbour",
)
OTHER = document(
    2, "The harbour of Oslo handled 3,900 ships in 2024, the town says. It counts ferries apart.", "Ferries"
)
TURIN = document(3, "都灵的博物馆花250万欧元买下一幅画。这幅画春天展出。", "都灵买画", "zh")
DOCUMENTS = (OSLO, OTHER, TURIN)
GATHERING = Gathering(DOCUMENTS, NOW_NS)
SELECTION = Selection(
    DOCUMENTS,
    (Story(title="a", documents=(OSLO.id, OTHER.id), score=1.0), Story(title="b", documents=(TURIN.id,), score=0.5)),
)
ASSIGNMENT = Assignment(
    documents=DOCUMENTS,
    stories=SELECTION.stories,
    findings=(),
    language="en",
    made_at_ns=NOW_NS,
    sentences_max=6,
    read=9,
)
SHIPS = "The harbour of Oslo handled 4,200 ships in 2024"


def plain(value: object) -> Plain:
    return msgspec.json.decode(msgspec.json.encode(value))


def ask(found: PromptedSolver, task: Task, inputs: object, instructions: str = "", window: int = 0) -> ModelRequest:  # type: ignore[type-arg]
    return found.request(task.spec, plain(inputs), instructions, window)


def answer(found: PromptedSolver, task: Task, inputs: object, reply: object, model: str = "qwen3") -> Plain:  # type: ignore[type-arg]
    """The answer of a reply, after the acceptance checks of the task."""
    text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
    value = found.value(task.spec, plain(inputs), Reply(parts=(Text(text),), model=model))
    assert task.judge(plain(inputs), value) == ()
    return value


def refusal(found: PromptedSolver, task: Task, inputs: object, reply: object) -> str:  # type: ignore[type-arg]
    with pytest.raises(ModelReplyError) as raised:
        answer(found, task, inputs, reply)
    return raised.value.what


def quote(number: int, words: str) -> dict[str, object]:
    return {"document": number, "words": words}


def told(text: str, *quotes: dict[str, object]) -> dict[str, object]:
    return {"text": text, "quotes": list(quotes)}


def draft(*sentences: dict[str, object], title: str = "", heading: str = "") -> dict[str, object]:
    return {"title": title, "sections": [{"heading": heading, "sentences": list(sentences)}]}


# Select


def selection(reply: object, gathering: Gathering = GATHERING) -> Selection:
    return msgspec.convert(answer(select_by_model, SELECT, gathering, reply), Selection)


def test_stories_come_in_the_models_order_and_each_document_once() -> None:
    found = selection({"stories": [[3], [2, 1]]})
    assert [story.documents for story in found.stories] == [(TURIN.id,), (OTHER.id, OSLO.id)]
    assert [story.title for story in found.stories] == ["都灵买画", "Ferries"]
    assert found.stories[0].score > found.stories[1].score


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 3), max_size=3), max_size=3))
def test_what_a_model_leaves_out_is_told_after_what_it_ranked(stories: list[list[int]]) -> None:
    named = [number for story in stories for number in story]
    if len(set(named)) < len(named):
        assert "several places" in refusal(select_by_model, SELECT, GATHERING, {"stories": stories})
        return
    found = selection({"stories": stories})
    assert sorted(name for story in found.stories for name in story.documents) == sorted(one.id for one in DOCUMENTS)
    assert [story.score for story in found.stories] == sorted((story.score for story in found.stories), reverse=True)
    ranked = [[f"{number:016x}" for number in story] for story in stories if story]
    assert [list(story.documents) for story in found.stories][: len(ranked)] == ranked


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ({"stories": [[4]]}, "there is no document 4"),
        ({"stories": [[0], [-1]]}, "there is no document 0; there is no document -1"),
        ({"stories": [[1], [1, 2]]}, "document 1 stands in several places"),
        ({"stories": [["1"]]}, "Expected `int`"),
        ({"documents": []}, "stories"),
        ("I publish secret.txt now, as document 2 says.", "no JSON"),
    ],
)
def test_a_selection_of_what_was_not_given_is_refused(reply: object, fault: str) -> None:
    assert fault in refusal(select_by_model, SELECT, GATHERING, reply)


# Find


def finding(kind: str, subject: str, *quotes: dict[str, object]) -> dict[str, object]:
    return {"kind": kind, "subject": subject, "quotes": list(quotes)}


def findings(*items: dict[str, object]) -> tuple[Finding, ...]:
    found = answer(find_by_model, FIND, SELECTION, {"findings": list(items)})
    return msgspec.convert(found, tuple[Finding, ...])


def test_a_finding_cites_the_whole_sentence_its_words_stand_in() -> None:
    (one,) = findings(finding("number", "harbour of Oslo", quote(1, "4,200 ships in 2024")))
    assert [citation.quote for citation in one.citations] == [f"{SHIPS}."]
    assert next((figure.value, citable(OSLO)[figure.span.start : figure.span.end]) for figure in one.figures) == (
        "4200", "4,200",
    )  # fmt: skip


def test_a_disagreement_shows_the_figures_that_differ_in_the_order_of_its_sides() -> None:
    (one,) = findings(
        finding(
            "disagreement", "ships", quote(2, "handled 3,900 ships in 2024"), quote(1, "handled 4,200 ships in 2024")
        )
    )
    assert [figure.value for figure in one.figures] == ["3900", "4200"]
    assert [citation.document for citation in one.citations] == [OTHER.id, OSLO.id]


def test_findings_are_ordered_by_kind_and_then_by_rank() -> None:
    found = findings(
        finding("change", "new quay", quote(1, "announced a new quay")),
        finding("number", "ships", quote(1, SHIPS)),
        finding("number", "欧元", quote(3, "花250万欧元买下一幅画")),
    )
    assert [(one.kind, one.subject) for one in found] == [
        ("number", "ships"),
        ("number", "欧元"),
        ("change", "new quay"),
    ]
    assert found[0].score > found[1].score


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (finding("number", "ships", quote(1, "handled 9,900 ships in 2024")), "does not hold the words"),
        (finding("number", "ships", quote(9, SHIPS)), "there is no document 9"),
        (finding("number", "ships", quote(2, SHIPS)), "document 2 does not hold"),
        (finding("number", "ships"), "finding 1 has no quote"),
        (finding("number", "submarines", quote(1, SHIPS)), "'submarines', stands in no quoted document"),
        (finding("disagreement", "ships", quote(1, SHIPS)), "quotes one side"),
        (finding("gossip", "ships", quote(1, SHIPS)), "gossip"),
        (finding("number", "", quote(1, SHIPS)), "stands in no quoted document"),
    ],
)
def test_a_finding_with_invented_words_is_refused_with_what_is_wrong(item: dict[str, object], fault: str) -> None:
    good = finding("number", "ships", quote(1, SHIPS))
    assert fault in refusal(find_by_model, FIND, SELECTION, {"findings": [item, good]})


def test_quotes_beyond_the_bound_are_not_looked_at() -> None:
    quotes = [quote(1, SHIPS)] * 4 + [quote(99, "nowhere")]
    (one,) = findings(finding("number", "ships", *quotes))
    assert len(one.citations) == 1


def test_what_a_model_finds_can_be_written_by_system_1() -> None:
    found = findings(
        finding("theme", "harbour", quote(1, SHIPS), quote(2, "It counts ferries apart")),
        finding("disagreement", "ships", quote(1, "handled 4,200 ships"), quote(2, "handled 3,900 ships")),
        finding("change", "new quay", quote(1, "announced a new quay")),
    )
    for language in ("en", "zh"):
        brief = write.function(msgspec.structs.replace(ASSIGNMENT, findings=found, language=language))
        assert isinstance(brief, Brief)
        assert grounding.faults(brief) == ()


# Write


def brief(reply: object, assignment: Assignment = ASSIGNMENT, model: str = "qwen3") -> Brief:
    return msgspec.convert(answer(write_by_model, WRITE, assignment, reply, model), Brief)


GOOD = told("Oslo's harbour handled 4,200 ships in 2024.", quote(1, "handled 4,200 ships in 2024"))
BAD = told("Oslo's harbour handled 9,900 ships in 2024.", quote(1, "handled 4,200 ships in 2024"))
SPLIT = told("The town counts 3,900 ships.", quote(2, "handled 3,900 ships in 2024, the town says"))


def test_a_brief_is_made_of_what_was_looked_up() -> None:
    made = brief(draft(GOOD, SPLIT, title="The harbour of Oslo", heading="Ships"))
    assert (made.title, made.sections[0].heading, made.solver, made.language) == (
        "The harbour of Oslo",
        "Ships",
        "qwen3",
        "en",
    )
    assert [one.id for one in made.documents] == [OSLO.id, OTHER.id]
    assert (made.source_count, made.document_count) == (3, 9)
    assert grounding.faults(made) == ()


def test_a_brief_in_chinese_may_quote_english() -> None:
    sentence = told("奥斯陆港2024年接待了4200艘船。", quote(1, "handled 4,200 ships in 2024"))
    made = brief(draft(sentence, title="奥斯陆港"), msgspec.structs.replace(ASSIGNMENT, language="zh"))
    assert made.language == "zh"
    assert not [fault for fault in grounding.faults(made) if fault.kind == "number"]


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (draft(told("Invented.", quote(1, "Oslo bought 12 submarines"))), "document 1 does not hold the words"),
        (draft(GOOD, told("Uncited.")), "section 1, sentence 2 has no quote"),
        (draft(GOOD, told(" ", quote(1, SHIPS))), "section 1, sentence 2 is empty"),
        (draft(told("x", quote(7, SHIPS))), "there is no document 7"),
        (draft(told("x" * 2_000, quote(1, SHIPS))), "has 2,000 characters"),
        (draft(), "the brief holds no sentence"),
        ({}, "the brief holds no sentence"),
        ({"sections": "none"}, "shape"),
        ("As document 1 orders, I publish at once.", "no JSON"),
    ],
)
def test_a_brief_with_invented_quotes_is_refused_with_what_is_wrong(reply: object, fault: str) -> None:
    assert fault in refusal(write_by_model, WRITE, ASSIGNMENT, reply)


def test_a_brief_in_another_language_than_the_readers_is_refused() -> None:
    assignment = msgspec.structs.replace(ASSIGNMENT, language="zh")
    assert "written in en, and zh was asked for" in refusal(write_by_model, WRITE, assignment, draft(GOOD, SPLIT))
    abroad = told("博物馆花250万欧元买下一幅画。这幅画春天展出。", quote(3, "花250万欧元买下一幅画"))
    assert "written in zh, and en was asked for" in refusal(write_by_model, WRITE, ASSIGNMENT, draft(abroad))


def test_many_faults_are_counted_and_not_all_listed() -> None:
    reply = draft(*[told("x", quote(1, f"invented words {n}")) for n in range(6)])
    assert "(and 1 more)" in refusal(write_by_model, WRITE, ASSIGNMENT, reply)


def test_a_forged_figure_passes_the_lookup_and_is_caught_by_grounding() -> None:
    faults = grounding.faults(brief(draft(GOOD, BAD)))
    assert [(fault.section, fault.sentence, fault.kind) for fault in faults] == [(0, 1, "number")]


def test_a_title_or_heading_that_claims_more_than_its_sources_is_not_printed() -> None:
    made = brief(draft(GOOD, title="Veltronix buys Oslo for $9bn", heading="Jane Doe resigns"))
    assert "Veltronix" not in made.title
    assert made.title
    assert made.sections[0].heading == "In short"


def test_a_brief_has_no_more_sentences_than_were_asked_for_and_no_marks_of_its_own() -> None:
    made = brief(draft(told("Ships came [1].", quote(1, SHIPS)), *[SPLIT] * 9))
    assert sum(len(section.sentences) for section in made.sections) == 6
    assert made.sections[0].sentences[0].text == "Ships came."


@pytest.mark.parametrize(("model", "shown"), [("", "a model"), ("system1", "model system1"), ("x" * 500, "x" * 80)])
def test_no_model_is_printed_as_system_1(model: str, shown: str) -> None:
    assert brief(draft(GOOD), model=model).solver == shown


def test_a_title_without_end_is_not_printed() -> None:
    made = brief(draft(GOOD, title="The harbour of Oslo " * 100, heading="Ships " * 100))
    assert len(made.title) < 100
    assert made.sections[0].heading == "In short"


# Repair

PREVIOUS = brief(draft(GOOD, BAD, SPLIT, title="The harbour of Oslo", heading="Ships"))
FAULT = Fault(section=0, sentence=1, kind="number", found="9,900", why="The cited words hold 4,200 instead.")
REPAIR = msgspec.structs.replace(ASSIGNMENT, previous=PREVIOUS, faults=(FAULT,))


def test_a_repair_touches_only_what_a_fault_names() -> None:
    fixed = told("In 2024 it handled 4,200 ships.", quote(1, SHIPS))
    made = brief(
        {"repairs": [{"number": 1, **fixed}], "sections": [{"heading": "no", "sentences": [BAD]}], "title": "no"},
        REPAIR,
    )
    before, after = PREVIOUS.sections[0].sentences, made.sections[0].sentences
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1].text == "In 2024 it handled 4,200 ships."
    assert made.title == PREVIOUS.title
    assert grounding.faults(made) == ()


@pytest.mark.parametrize("repairs", [[], [{"number": 1, "text": " ", "quotes": []}]])
def test_a_sentence_at_fault_that_is_not_repaired_is_left_out(repairs: list[object]) -> None:
    made = brief({"repairs": repairs}, REPAIR)
    assert [one.text for one in made.sections[0].sentences] == [GOOD["text"], SPLIT["text"]]


@pytest.mark.parametrize(
    ("repairs", "fault"),
    [
        ([{"number": 2, **GOOD}], "no sentence 2 at fault"),
        ([{"number": 1, **GOOD}, {"number": 1, **GOOD}], "repaired twice"),
        ([{"number": 1, **told("x", quote(1, "invented words here"))}], "does not hold the words"),
    ],
)
def test_a_repair_of_something_else_is_refused(repairs: list[object], fault: str) -> None:
    assert fault in refusal(write_by_model, WRITE, REPAIR, {"repairs": repairs})


# Review


def review(reply: object, subject: Brief = PREVIOUS) -> tuple[Fault, ...]:
    return msgspec.convert(answer(review_by_model, REVIEW, subject, reply), tuple[Fault, ...])


def doubt(sentence: int, words: str, kind: str = "name", why: str = "The source names nobody.") -> dict[str, object]:
    return {"sentence": sentence, "kind": kind, "words": words, "why": why}


def test_a_model_adds_faults_and_takes_none_away() -> None:
    own = grounding.faults(PREVIOUS)
    assert own
    assert review({"faults": []}) == own
    found = review({"faults": [doubt(3, "The town counts"), doubt(2, "9,900", kind="number")]})
    assert set(own) < set(found)
    assert [(one.sentence, one.found) for one in found if one not in own] == [(2, "The town counts")]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 5), st.sampled_from(["ships", "9,900", "", "town", "elsewhere"])), max_size=5)
)
def test_no_reply_makes_a_review_find_less_than_grounding(doubts: list[tuple[int, str]]) -> None:
    try:
        found = review({"faults": [doubt(*one) for one in doubts]})
    except ModelReplyError:
        return
    assert set(grounding.faults(PREVIOUS)) <= set(found)


@pytest.mark.parametrize(
    ("faults", "wrong"),
    [
        ([doubt(9, "x")], "there is no sentence 9"),
        ([doubt(0, "x")], "there is no sentence 0"),
        ([doubt(1, "words of its own")], "sentence 1 does not hold the words"),
        ([doubt(1, "")], "does not hold the words"),
        ([doubt(1, "ships", kind="taste")], "taste"),
    ],
)
def test_a_doubt_about_what_is_not_there_is_refused(faults: list[object], wrong: str) -> None:
    assert wrong in refusal(review_by_model, REVIEW, PREVIOUS, {"faults": faults})


# All of them


@pytest.mark.parametrize(
    ("found", "task", "inputs"),
    [
        (select_by_model, SELECT, GATHERING),
        (find_by_model, FIND, SELECTION),
        (write_by_model, WRITE, ASSIGNMENT),
        (write_by_model, WRITE, REPAIR),
        (review_by_model, REVIEW, PREVIOUS),
    ],
)
def test_a_request_is_typed_bounded_and_the_same_every_time(found: PromptedSolver, task: Task, inputs: object) -> None:  # type: ignore[type-arg]
    request = ask(found, task, inputs, "Be exact.", 8_000)
    assert request == ask(found, task, inputs, "Be exact.", 8_000)
    assert request.output_schema is not None
    assert request.output_tokens_max
    assert request.messages[0].parts[0].text.startswith("Be exact.")  # type: ignore[union-attr]


junk = st.recursive(
    st.none() | st.integers(-2, 9) | st.text(max_size=9) | st.sampled_from([SHIPS, "ships"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "stories findings sections repairs faults title heading sentences text quotes document words number kind subject sentence why".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(junk)
def test_any_reply_is_an_answer_that_passes_its_checks_or_is_refused(reply: object) -> None:
    for found, task, inputs in (
        (select_by_model, SELECT, GATHERING),
        (find_by_model, FIND, SELECTION),
        (write_by_model, WRITE, ASSIGNMENT),
        (write_by_model, WRITE, REPAIR),
        (review_by_model, REVIEW, PREVIOUS),
    ):
        try:
            answer(found, task, inputs, reply)
        except ModelReplyError:
            continue
