"""Differing figures that a document itself tells of."""

from __future__ import annotations

import hashlib

import pytest

from ergos.base.documents import Document, citable
from ergos.drivers.system1.discrepancies import discrepancies, is_reported
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.passages import passages


def _document(source: str, text: str, *, title: str = "Report") -> Document:
    return Document(
        id=hashlib.sha256(f"{source}\n{title}\n{text}".encode()).hexdigest()[:16],
        url=f"https://{source.lower()}.example/",
        title=title,
        text=text,
        source=source,
        published_ns=0,
        language=detect(text),
    )


def _values(*documents: Document) -> list[tuple[str, ...]]:
    found = discrepancies([passage for document in documents for passage in passages(document)])
    by_id = {document.id: document for document in documents}
    for finding in found:
        for figure in finding.figures:
            assert any(
                one.span.start <= figure.span.start
                and figure.span.end <= one.span.end
                and citable(by_id[one.document])[figure.span.start : figure.span.end] == figure.text
                for one in finding.citations
            )
    return [tuple(figure.value for figure in finding.figures) for finding in found]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Counts of the dead in Genoa differ by source, from 30 to 43.", ("30", "43")),
        ("Police in Rome counted 20,000 marchers on Sunday. Another estimate by the unions puts it at 150,000.", ("20000", "150000")),
        ("Trump says the club in Florida is worth $50m. The appraiser in Palm Beach disagrees, saying it is worth $19m.", ("50000000", "19000000")),
        ("热那亚桥梁事故的死亡人数说法不一，从30人到43人不等。", ("30", "43")),
        ("罗马警方统计有2万人参加游行。另一份统计报告称，参加者为15万人。", ("20000", "150000")),
    ],
)  # fmt: skip
def test_a_document_that_says_counts_differ_is_believed(text: str, values: tuple[str, str]) -> None:
    assert _values(_document("Wire", text)) == [values]


@pytest.mark.parametrize(
    "text",
    [
        "Police in Rome counted 20,000 marchers on Sunday. The march lasted from noon to six.",
        "Sales in Italy rose 4 % in May. Another study found 31 million cars on the roads of Italy.",
        "Police in Rome counted 20,000 marchers on Sunday. Another estimate speaks of 20,000 marchers too.",
    ],
)
def test_without_a_second_count_there_is_none(text: str) -> None:
    assert _values(_document("Wire", text)) == []


def test_a_side_another_document_gives_is_cited_from_there() -> None:
    told = _document(
        "Wire",
        "Police in Rome counted 20,000 marchers on Sunday. Another estimate by the unions puts the marchers at 150,000.",
    )
    union = _document("Union", "The unions in Rome speak of 150,000 marchers on the Circus Maximus.")
    found = discrepancies([passage for document in (told, union) for passage in passages(document)])
    assert {citation.document for citation in found[0].citations} == {told.id, union.id}


def test_a_title_that_sets_two_figures_against_each_other_is_believed() -> None:
    text = "The agency in Paris expects use to rise to twice the level of 2024. Alibaba in Hangzhou plans for ten times the use of 2022."
    assert _values(_document("Agency", text, title="Data centres: twice by 2030, or ten times by 2032")) == [
        ("2", "10")
    ]
    assert _values(_document("Agency", text, title="Data centres grow")) == []


def test_is_reported_needs_a_word_of_difference() -> None:
    assert is_reported("Estimates of the cost vary widely.")
    assert not is_reported("The cost was put at 3 million euros.")
