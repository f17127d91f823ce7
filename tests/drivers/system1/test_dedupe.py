"""Duplicates by address and by words."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.documents import Document
from ergos.drivers.system1.dedupe import address, duplicates, unique
from ergos.drivers.system1.language import detect

REPORT = (
    "The city council approved the new tram line on Tuesday after four years of debate. The line will join the harbour "
    "with the university and carry forty thousand passengers a day. Work begins in the spring, the mayor said, and the "
    "first trams are to run before the end of the decade. Opponents fear noise and the loss of old trees."
)
REPORT_ZH = (
    "市议会周二批准了新的有轨电车线路，此前争论持续了四年。该线路将连接港口和大学，每天运送四万名乘客。"
    "市长表示，工程将于春季开工，首批电车将在本十年结束前运行。反对者担心噪音和古树被砍伐。"
)


def _document(url: str, text: str, *, title: str = "Tram line approved", day: int | None = None) -> Document:
    return Document(
        id=hashlib.sha256(f"{url}\n{title}\n{text}".encode()).hexdigest()[:16],
        url=url,
        title=title,
        text=text,
        source="Source",
        published_ns=None if day is None else day * 86_400 * 10**9,
        language=detect(text),
    )


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/tram",
        "https://www.example.org/tram/",
        "https://EXAMPLE.org:443/tram?utm_source=feed&utm_medium=rss",
        "https://example.org/tram?fbclid=x",
        "https://example.org/tram#top",
    ],
)
def test_an_address_written_otherwise_is_the_same_page(other: str) -> None:
    documents = [_document("https://example.org/tram", REPORT), _document(other, "Short teaser.")]
    assert [document.text for document in unique(documents)] == [REPORT]


def test_what_people_write_about_one_page_is_kept() -> None:
    page = "https://example.org/tram"
    documents = [
        _document(page, REPORT),
        _document(page, REPORT_ZH, title="有轨电车线路获批"),
        _document(page, "Insurers in the harbour want to be heard before any rail is laid.", title="Insurers object"),
    ]
    assert unique(documents) == tuple(documents)


def test_a_teaser_under_another_title_is_the_same_page() -> None:
    teaser = "The city council approved the new tram line. Work begins in the spring, the mayor said."
    page = "https://example.org/tram"
    assert unique([_document(page, REPORT), _document(page, teaser, title="Tram")]) == (_document(page, REPORT),)


def test_another_query_is_another_page() -> None:
    assert address("https://example.org/a?id=1") != address("https://example.org/a?id=2")
    assert address("https://example.org/a?b=2&a=1") == address("https://example.org/a?a=1&b=2")


def test_items_of_one_page_told_apart_by_fragment_are_all_kept() -> None:
    documents = [
        _document("https://example.org/log#1", "The parser accepts tabs now.", title="One"),
        _document("https://example.org/log#2", "Printing of wide tables was repaired.", title="Two"),
    ]
    assert len(unique(documents)) == 2


@pytest.mark.parametrize("url", ["", "notes/a.md", "http://[broken", "http://example.org:port/x"])
def test_an_address_that_is_none_is_left_as_it_is(url: str) -> None:
    assert address(url) == url


@pytest.mark.parametrize("report", [REPORT, REPORT_ZH])
def test_a_lightly_edited_copy_is_a_duplicate_and_the_longest_is_kept(report: str) -> None:
    longer = report + (" More follows." if report is REPORT else "更多消息随后报道。")
    documents = [_document("https://a.example/1", report), _document("https://b.example/2", longer)]
    assert duplicates(documents) == ((documents[1], documents[0]),)
    assert unique(documents) == (documents[1],)


def test_of_equally_long_copies_the_earliest_is_kept() -> None:
    late, early = _document("https://a.example/1", REPORT, day=20), _document("https://b.example/2", REPORT, day=10)
    assert unique([late, early]) == (early,)


def test_a_copy_with_another_number_is_kept() -> None:
    documents = [
        _document("https://a.example/1", REPORT + " The line costs 310 million euros."),
        _document("https://b.example/2", REPORT + " The line costs 390 million euros."),
    ]
    assert len(unique(documents)) == 2


def test_two_reports_in_other_words_are_kept() -> None:
    other = (
        "Trams will run from the port to the campus. Councillors voted for the scheme by a narrow margin on Tuesday."
    )
    assert len(unique([_document("https://a.example/1", REPORT), _document("https://b.example/2", other)])) == 2


def test_a_document_given_twice_is_kept_once() -> None:
    document = _document("https://a.example/1", REPORT)
    assert unique([document, document]) == (document,)


def test_documents_without_text_or_address_are_told_apart_by_title() -> None:
    documents = [_document("", "", title=title) for title in ("Rain in the north", "Sun in the south", "...", "!")]
    assert unique(documents) == tuple(documents)


def test_the_order_given_does_not_matter() -> None:
    documents = [
        _document("https://a.example/1", REPORT),
        _document("https://b.example/2", REPORT + " More follows."),
        _document("https://b.example/2?utm_campaign=x", "Teaser."),
        _document("https://c.example/3", REPORT_ZH),
    ]
    assert {duplicates(order) for order in permutations(documents)} == {duplicates(documents)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["u1", "u2", ""]), st.text(alphabet="ab c1中文。", max_size=30)), max_size=8))
def test_every_document_is_kept_or_stands_for_by_one_that_is(rows: list[tuple[str, str]]) -> None:
    documents = [_document(f"https://x.example/{url}{at}", text) for at, (url, text) in enumerate(rows)]
    kept = {document.id for document in unique(documents)}
    groups = duplicates(documents)
    replaced = [document.id for group in groups for document in group[1:]]
    assert len(set(replaced)) == len(replaced)
    assert kept | set(replaced) == {document.id for document in documents}
    assert not kept & set(replaced)
    assert {group[0].id for group in groups} <= kept
