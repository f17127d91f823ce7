"""Stories: which documents report the same event."""

from __future__ import annotations

import hashlib
import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.documents import Document
from ergos.drivers.system1.cluster import anchors, glossed, stories
from ergos.drivers.system1.language import detect

from . import story_cases

DAY_NS = 86_400 * 10**9
NOW_NS = 20_000 * DAY_NS


def _document(source: str, title: str, text: str, *, age_days: float | None = 1) -> Document:
    return Document(
        id=hashlib.sha256(f"{source}\n{title}\n{text}".encode()).hexdigest()[:16],
        url=f"https://{source.lower()}.example/{len(title)}",
        title=title,
        text=text,
        source=source,
        published_ns=None if age_days is None else NOW_NS - int(age_days * DAY_NS),
        language=detect(text or title),
    )


KEYNOTE_EN = _document(
    "Wire",
    "Alibaba to spend 380 billion yuan on AI",
    "Alibaba will invest 380 billion yuan over three years in AI infrastructure, chief executive Eddie Wu told the "
    "Apsara Conference in Hangzhou. The Qwen models are the core of the plan.",
)
KEYNOTE_ZH = _document(
    "快讯",
    "阿里巴巴三年投入3800亿元",
    "阿里巴巴首席执行官吴泳铭在杭州云栖大会上宣布，三年内投入3800亿元建设人工智能基础设施。千问（Qwen）模型是这项计划的核心。",
)
KEYNOTE_TWO = _document(
    "Desk",
    "Alibaba plans huge AI investment",
    "At the Apsara Conference Alibaba said that it will invest 380 billion yuan in AI infrastructure over three years. "
    "Chief executive Eddie Wu praised the Qwen models.",
)
FLOOD = _document(
    "Wire", "Flood closes bridge in Passau", "The Danube flooded the old town of Passau, and two bridges were closed."
)
FLOOD_TWO = _document(
    "Courier", "Passau bridges shut", "Two bridges in the old town of Passau were closed because the Danube flooded it."
)
CHIPS = _document(
    "Desk", "Chip maker opens plant", "The chip maker TSMC opened a plant in Dresden that employs two thousand people."
)
ALL = [KEYNOTE_EN, KEYNOTE_ZH, KEYNOTE_TWO, FLOOD, FLOOD_TWO, CHIPS]


def _together(documents: list[Document]) -> set[frozenset[str]]:
    return {frozenset(story.documents) for story in stories(documents, NOW_NS)}


def test_reports_of_one_event_are_one_story_across_sources_and_languages() -> None:
    assert _together(ALL) == {
        frozenset({KEYNOTE_EN.id, KEYNOTE_ZH.id, KEYNOTE_TWO.id}),
        frozenset({FLOOD.id, FLOOD_TWO.id}),
        frozenset({CHIPS.id}),
    }


def test_the_order_given_does_not_matter() -> None:
    shuffled = list(ALL)
    random.Random(7).shuffle(shuffled)
    assert stories(shuffled, NOW_NS) == stories(ALL, NOW_NS)


def test_the_story_of_most_sources_comes_first() -> None:
    told = stories(ALL, NOW_NS)
    assert len(told[0].documents) == 3
    assert [story.score for story in told] == sorted((story.score for story in told), reverse=True)
    assert all(0 <= story.score <= 1 for story in told)


def test_of_two_equal_stories_the_fresher_comes_first() -> None:
    old = _document("Wire", "Harbour strike ends", "The strike in the harbour of Genoa has ended.", age_days=9)
    new = _document("Wire", "Airport strike begins", "The strike at the airport of Oslo has begun.", age_days=0.1)
    assert stories([old, new], NOW_NS)[0].documents == (new.id,)


def test_the_same_words_months_apart_are_two_events() -> None:
    text = "The central bank of Norway raised its rate by a quarter point, the governor said in Oslo."
    spring = _document("Wire", "Rate raised", text, age_days=200)
    autumn = _document("Desk", "Rate raised", text + " Markets were calm.", age_days=1)
    assert len(stories([spring, autumn], NOW_NS)) == 2


def test_a_name_in_common_makes_no_story_across_languages() -> None:
    chinese = _document(
        "快讯", "阿里巴巴发布年报", "阿里巴巴发布年度报告，物流业务亏损收窄，董事会批准了新的股票回购计划。"
    )
    assert len(stories([KEYNOTE_EN, chinese, FLOOD], NOW_NS)) == 3


def test_keywords_are_words_of_the_story_as_it_writes_them() -> None:
    for story in stories(ALL, NOW_NS):
        texts = " ".join(f"{one.title} {one.text}" for one in ALL if one.id in story.documents)
        assert story.keywords
        assert all(keyword in texts for keyword in story.keywords)


def test_an_amount_is_the_same_anchor_in_both_languages() -> None:
    assert set(anchors("380 billion yuan", "en")) & set(anchors("3800亿元", "zh"))


@pytest.mark.parametrize("count", [0, 1])
def test_few_documents_are_as_many_stories(count: int) -> None:
    assert len(stories(ALL[:count], NOW_NS)) == count


def test_empty_and_undated_documents_have_a_story_too() -> None:
    empty = _document("Wire", "", "", age_days=None)
    assert [story.documents for story in stories([empty], NOW_NS)] == [(empty.id,)]


def test_a_document_dated_in_the_future_is_no_fresher_than_fresh() -> None:
    future = _document("Wire", "Rain tomorrow", "It will rain in Bergen.", age_days=-30)
    assert stories([future], NOW_NS)[0].score <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.text(max_size=40), st.integers(-9, 99)), max_size=8))
def test_every_document_is_in_exactly_one_story(rows: list[tuple[str, str, int]]) -> None:
    documents = [_document(source, text, text, age_days=age) for source, text, age in rows]
    told = [name for story in stories(documents, NOW_NS) for name in story.documents]
    assert sorted(told) == sorted({document.id for document in documents})


@pytest.mark.parametrize("reports", [story_cases.REPORTS, story_cases.HELD_OUT])
def test_most_reports_of_one_event_meet_and_hardly_any_others_do(
    reports: tuple[tuple[str, float, str, str], ...],
) -> None:
    documents = story_cases.documents(reports)
    event = {document.id: row[0] for document, row in zip(documents, reports, strict=True)}
    told = [story.documents for story in stories(documents, story_cases.NOW_NS)]
    met = {frozenset(pair) for group in told for pair in combinations(group, 2)}
    wanted = {frozenset(pair) for pair in combinations(event, 2) if event[pair[0]] == event[pair[1]]}
    assert len(met & wanted) >= 0.95 * len(met)
    assert len(met & wanted) >= 0.9 * len(wanted)


def test_what_one_speaker_said_at_one_conference_is_one_story() -> None:
    goal = _document(
        "Wire", "Wu names a goal", "Eddie Wu told the Apsara Conference that machines will improve themselves."
    )
    price = _document("快讯", "吴泳铭谈代币", "吴泳铭在云栖大会上说，词元将成为未来的电。", age_days=2)
    rival = _document(
        "Desk", "Huang speaks in Taipei", "Jensen Huang showed a new rack of chips in Taipei.", age_days=2
    )
    assert _together([goal, price, rival]) == {frozenset({goal.id, price.id}), frozenset({rival.id})}


def test_a_word_of_the_glossary_is_the_same_in_both_languages() -> None:
    assert set(glossed("The flooded factories were evacuated.", "en")) & set(glossed("洪水中的工厂已疏散", "zh")) >= {
        "~flood"
    }
