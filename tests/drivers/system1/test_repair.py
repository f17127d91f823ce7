"""Briefs without their faults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.documents import Brief, Citation, Document, Fault, Section, Sentence, Span, citable
from ergos.base.errors import ValueShapeError
from ergos.drivers.system1.repair import repaired

LINES = (
    "Damage is put at 40 million euros by the city of Passau.",
    "The Danube flooded the old town of Passau on Friday and closed two bridges.",
    "Insurers expect 12,000 claims from the region in the coming weeks.",
)
FLOOD = Document(
    id="f" * 16, url="", title="Flood", text=" ".join(LINES), source="Wire", published_ns=None, language="en"
)


def _brief(texts: list[str], solver: str) -> Brief:
    """One section; sentence n cites line n, whatever its text."""
    sentences: list[Sentence] = []
    for text, line in zip(texts, LINES, strict=False):
        start = citable(FLOOD).index(line)
        citation = Citation(document=FLOOD.id, span=Span(start, start + len(line)), quote=line)
        sentences.append(Sentence(text=text, citations=(citation,)))
    return Brief(
        title="Brief",
        language="en",
        sections=(Section(heading="News", sentences=tuple(sentences)),),
        documents=(FLOOD,),
        made_at_ns=0,
        solver=solver,
        source_count=1,
    )


def _texts(written: Brief) -> list[str]:
    return [sentence.text for section in written.sections for sentence in section.sentences]


def _fault(section: int, sentence: int) -> Fault:
    return Fault(section=section, sentence=sentence, kind="number", found="7", why="The source says 8.")


def _repaired(previous: Brief, *faults: Fault) -> Brief:
    return repaired(previous, faults, [FLOOD], made_at_ns=1)


@given(st.data())
def test_repairs_drop_every_faulty_sentence_for_good(data: st.DataObject) -> None:
    written = _brief(list(LINES), data.draw(st.sampled_from(["system1", "a large model"])))
    gone: set[str] = set()
    while count := len(_texts(written)):
        chosen = data.draw(st.lists(st.integers(0, count - 1), min_size=1, unique=True))
        gone |= {_texts(written)[place] for place in chosen}
        written = _repaired(written, *(_fault(0, place) for place in chosen))
        assert not gone & set(_texts(written))
        assert len(gone) + len(_texts(written)) == len(LINES)
    assert written.sections == ()
    assert written.documents == ()


def test_a_faulty_sentence_of_another_author_becomes_once_what_its_source_says() -> None:
    wrong = _brief(["Damage is put at 70 million euros.", LINES[1]], "a large model")
    right = _repaired(wrong, _fault(0, 0))
    assert _texts(right) == [LINES[0], LINES[1]]
    assert right.solver == "a large model, repaired by system1"
    assert _texts(_repaired(right, _fault(0, 0))) == [LINES[1]]


def test_a_replacement_tells_nothing_twice() -> None:
    wrong = _brief(["Damage is put at 70 million euros.", LINES[0]], "a large model")
    assert _texts(_repaired(wrong, _fault(0, 0))) == [LINES[0]]


def test_without_faults_a_brief_is_left_as_it_is() -> None:
    written = _brief(list(LINES), "system1")
    assert _repaired(written) is written


@pytest.mark.parametrize(("section", "sentence"), [(9, 0), (0, 9), (-1, 0), (0, -1)])
def test_a_fault_that_names_no_sentence_is_refused(section: int, sentence: int) -> None:
    with pytest.raises(ValueShapeError, match="does not have"):
        _repaired(_brief(list(LINES), "system1"), _fault(section, sentence))
