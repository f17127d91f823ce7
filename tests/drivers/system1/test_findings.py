"""Themes, numbers, changes and disagreements."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.documents import Document, Finding, Story, citable
from ergos.base.errors import ValueShapeError
from ergos.drivers.system1.cluster import stories
from ergos.drivers.system1.findings import find
from ergos.drivers.system1.language import detect

DAY_NS = 86_400 * 10**9
NOW_NS = 20_000 * DAY_NS


def _document(source: str, text: str, *, title: str = "Report", age_days: float = 1) -> Document:
    return Document(
        id=hashlib.sha256(f"{source}\n{title}\n{text}".encode()).hexdigest()[:16],
        url=f"https://{source.lower()}.example/",
        title=title,
        text=text,
        source=source,
        published_ns=NOW_NS - int(age_days * DAY_NS),
        language=detect(text or title),
    )


def _found(*documents: Document, kind: str) -> list[Finding]:
    return [one for one in find(documents, stories(documents, NOW_NS)) if one.kind == kind]


@pytest.mark.parametrize(
    "text",
    [
        "Revenue of the cloud business rose 26 percent in the last quarter.",
        "Token consumption doubles every two to three months in China.",
        "The number of branches fell from 90 to 70 within a single year.",
        "云业务收入同比增长26%，创下三年来的新高。",
        "日均调用量在半年内翻了两番，超出公司预期。",
    ],
)
def test_a_sentence_that_tells_a_change_is_one(text: str) -> None:
    (finding,) = _found(_document("Wire", text), kind="change")
    assert finding.citations[0].quote == text


def test_growing_without_a_figure_is_no_change() -> None:
    assert not _found(_document("Wire", "Interest in pottery is growing among the young."), kind="change")


def test_a_theme_is_what_several_sources_write_about() -> None:
    documents = (
        _document("Wire", "The Danube flooded the old town of Passau on Monday morning.", title="Water in Passau"),
        _document("Desk", "Insurers expect claims after the Danube left its banks near Linz.", title="Claims"),
        _document("Post", "A tenor sang at the reopening of the opera house in Milan.", title="Opera"),
    )
    themes = _found(*documents, kind="theme")
    assert "Danube" in {theme.subject for theme in themes}
    assert all(len({citation.document for citation in theme.citations}) > 1 for theme in themes)


def test_a_number_that_two_sources_give_cites_both() -> None:
    documents = (
        _document("Wire", "The Genoa port handled 41 million tonnes of freight."),
        _document("Desk", "Freight of 41 million tonnes was handled by the Genoa port."),
    )
    (finding,) = _found(*documents, kind="number")
    assert {citation.document for citation in finding.citations} == {document.id for document in documents}


def test_a_story_of_a_document_that_was_not_given_is_refused() -> None:
    with pytest.raises(ValueShapeError, match="E105"):
        find([], [Story(title="Lost", documents=("0" * 16,), score=1.0)])


SENTENCES = (
    "Alibaba will invest 380 billion yuan over three years.",
    "Revenue rose from 3 to 5 million dollars, half of it abroad.",
    "阿里云收入同比增长26%，其中一半来自海外。",
    "“Nothing” was said, he said. Why? ",
    "1,2,3 %%% 三分之二 99 ... 》",
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.sampled_from(SENTENCES) | st.text(max_size=30), max_size=5), max_size=5))
def test_every_citation_of_every_finding_is_exact(texts: list[list[str]]) -> None:
    documents = [_document(f"S{at}", " ".join(rows), title=f"Title {at}") for at, rows in enumerate(texts)]
    by_id = {document.id: document for document in documents}
    for finding in find(documents, stories(documents, NOW_NS)):
        assert finding.citations
        for citation in finding.citations:
            assert citation.quote == citable(by_id[citation.document])[citation.span.start : citation.span.end]
