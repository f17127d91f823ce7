"""Sentences fit for a brief."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.documents import Document, Language, citable
from ergos.drivers.system1.passages import clause, headline, passages, quality, quotable


def _document(text: str, language: Language = "en", title: str = "Title") -> Document:
    return Document(id="0" * 16, url="", title=title, text=text, source="Wire", published_ns=None, language=language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Did the council approve the new tram line on Tuesday?", "en"),
        ("Subscribe to our newsletter for more stories about trams.", "en"),
        ("and the new tram line was approved by the council on Tuesday.", "en"),
        ("The council approved the new tram line on Tuesday", "en"),
        ("The council (which met on Tuesday approved the new tram line.", "en"),
        ('The mayor said: "The council approved the new tram line.', "en"),
        ("Photo: The new tram line at the harbour of the city.", "en"),
        ("Home | News | The council approved the new tram line.", "en"),
        ("The Council Approved The New Tram Line On Tuesday.", "en"),
        ("Approved.", "en"),
        ("市议会周二批准了新的有轨电车线路吗？", "zh"),
        ("点击关注我们的公众号，获取更多有轨电车新闻。", "zh"),
        ("责任编辑：张三，市议会批准了新的有轨电车线路。", "zh"),
    ],
)
def test_what_is_no_statement_of_the_report_is_not_fit(text: str, language: Language) -> None:
    assert quality(text, language) == 0


@pytest.mark.parametrize(
    ("alone", "leaning", "language"),
    [
        (
            "The council approved the new tram line after four years of debate.",
            "However, it approved the new tram line after four years of debate.",
            "en",
        ),
        ("市议会经过四年争论，周二批准了新的有轨电车线路。", "他们经过四年争论，周二批准了新的有轨电车线路。", "zh"),
        (
            "The plan that Mayor Reed named is a tram line to the port.",
            "The plan he named is a tram line to the port.",
            "en",
        ),
    ],
)
def test_a_sentence_that_leans_on_another_is_worth_less(alone: str, leaning: str, language: Language) -> None:
    assert quality(alone, language) > quality(leaning, language) > 0


@pytest.mark.parametrize(
    ("lead", "report", "language"),
    [
        ("PASSAU, Oct 3 (Reuters) - ", "The Danube flooded the old town of Passau on Friday.", "en"),
        ("• ", "The Danube flooded the old town of Passau on Friday.", "en"),
        ("【快讯】", "多瑙河周五淹没了帕绍老城，两座桥梁关闭。", "zh"),
        ("新华社柏林10月3日电 ", "多瑙河周五淹没了帕绍老城，两座桥梁关闭。", "zh"),
    ],
)
def test_place_and_agency_are_left_out(lead: str, report: str, language: Language) -> None:
    assert [passage.text for passage in passages(_document(lead + report, language))] == [report]


@given(st.text(max_size=200), st.text(max_size=30))
def test_a_passage_is_exactly_what_stands_there(text: str, title: str) -> None:
    document = _document(text, title=title)
    for passage in passages(document):
        assert passage.text == citable(document)[passage.span.start : passage.span.end]
        assert passage.span.start >= len(title)


def test_a_title_is_a_headline_unless_it_is_a_label() -> None:
    found = headline(_document("", title="  Storm cuts power to Galway "))
    assert found is not None
    assert found.text == "Storm cuts power to Galway"
    assert headline(_document("", title="News")) is None


def test_a_long_sentence_is_quoted_by_the_clauses_around_the_place_asked_for() -> None:
    text = "The council approved the tram line, the mayor said, and work begins in the spring of next year."
    (passage,) = passages(_document(text))
    for most, words in (
        (45, "and work begins in the spring of next year"),
        (60, "the mayor said, and work begins in the spring of next year"),
    ):
        span = quotable(passage, at=text.index("spring"), chars_max=most)
        assert span is not None
        assert citable(passage.document)[span.start : span.end] == words
    assert quotable(passage, at=0, chars_max=45, chars_min=40) is None


def test_words_with_quotation_marks_inside_are_not_quoted_again() -> None:
    (passage,) = passages(_document("The mayor of Galway called the new tram line “a gift” to the city."))
    assert quotable(passage) is None


def test_a_decimal_comma_divides_no_clause() -> None:
    assert clause("Sales of 1,048,575 units", 12) == (0, 24)
