"""Figures that contradict each other, between documents and within one."""

from __future__ import annotations

import hashlib

import pytest

from ergos.base.documents import Document, Finding, citable
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


def _found(*documents: Document) -> list[Finding]:
    return [one for one in find(documents, stories(documents, NOW_NS)) if one.kind == "disagreement"]


def _values(finding: Finding) -> set[str]:
    return {figure.value for figure in finding.figures}


PLAN_EN = _document("Wire", "Alibaba will invest 380 billion yuan over three years in AI infrastructure.")
PLAN_OTHER = _document("Desk", "Alibaba plans to spend 480 billion yuan over three years on AI infrastructure.")
PLAN_ZH = _document("快讯", "阿里巴巴将在三年内投入4800亿元用于人工智能基础设施建设。")


def test_two_amounts_for_one_plan_are_a_disagreement_citing_both() -> None:
    (finding,) = _found(PLAN_EN, PLAN_OTHER)
    assert _values(finding) == {"380000000000", "480000000000"}
    assert {citation.document for citation in finding.citations} == {PLAN_EN.id, PLAN_OTHER.id}
    for citation, figure in zip(finding.citations, finding.figures, strict=True):
        document = PLAN_EN if citation.document == PLAN_EN.id else PLAN_OTHER
        assert citable(document)[figure.span.start : figure.span.end] == figure.text


def test_amounts_are_compared_across_languages() -> None:
    (finding,) = _found(PLAN_EN, PLAN_ZH)
    assert _values(finding) == {"380000000000", "480000000000"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            "Alibaba will invest 380 billion yuan in AI infrastructure.",
            "阿里巴巴将投入3800亿元用于人工智能基础设施建设。",
        ),
        ("The port of Genoa handled over 2 million containers.", "The port of Genoa handled 2.4 million containers."),
        ("The port of Genoa handled nearly 50 million tonnes.", "The port of Genoa handled 48 million tonnes."),
        ("The port of Genoa grew its traffic by 26 percent.", "The port of Genoa grew its traffic by 26.3 percent."),
    ],
)
def test_rounding_and_hedges_are_no_disagreement(one: str, two: str) -> None:
    assert not _found(_document("Wire", one), _document("Desk", two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Tesla delivered 410,000 electric cars in Europe.", "BYD delivered 520,000 electric cars in Europe."),
        ("Alibaba cloud revenue rose 26 percent in Asia.", "Alibaba cloud profit rose 41 percent in Asia."),
        ("The Paris fire left 12 people dead downtown.", "The Paris fire left 30 people injured downtown."),
        (
            "The port of Genoa handled 40 million tonnes in 2023.",
            "The port of Genoa handled 48 million tonnes in 2024.",
        ),
        ("Domestic sales of Huawei phones fell 12 percent.", "Overseas sales of Huawei phones fell 30 percent."),
        (
            "The Genoa port cut its budget from 90 to 70 million euros.",
            "The Genoa port has a budget of 90 million euros.",
        ),
    ],
)
def test_figures_about_different_things_are_no_disagreement(one: str, two: str) -> None:
    assert not _found(_document("Wire", one), _document("Desk", two))


def test_a_figure_that_changed_over_months_is_no_disagreement() -> None:
    old = _document("Wire", "Qwen models have been downloaded 400 million times worldwide.", age_days=200)
    new = _document("Desk", "Qwen models have been downloaded 600 million times worldwide.", age_days=1)
    assert not _found(old, new)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            "Twelve people died in the ferry disaster off Luzon, the coast guard said.",
            "Nineteen people died in the ferry disaster off Luzon, survivors told radio.",
        ),
        ("The fire in Porto destroyed 12 homes and a school.", "A fire destroyed 17 homes in Porto on Sunday night."),
        (
            "The strike cancelled 1,400 flights in Frankfurt and Munich.",
            "About 900 flights were cancelled by the strike in Frankfurt and Munich.",
        ),
        ("Inflation in Germany fell to 1.9 % in November.", "Inflation in Germany fell to 2.3 % in November."),
        ("工厂爆炸造成12人死亡，苏州警方表示。", "苏州工厂爆炸造成19人死亡，救援仍在继续。"),
    ],
)
def test_two_reports_of_one_event_need_not_use_the_same_words(one: str, two: str) -> None:
    assert len(_found(_document("Wire", one), _document("Desk", two))) == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Inflation in Germany fell to 1.9 % in November.", "Inflation in France rose to 1.3 % in November."),
        (
            "The fire in Porto destroyed 12 homes on Sunday night.",
            "The fire in Porto injured 30 firemen on Sunday night.",
        ),
        (
            "Unemployment in Spain fell to 10.3 % in the summer.",
            "Youth unemployment in Spain fell to 25 % in the summer.",
        ),
        ("Apple sold 50 million phones in China last year.", "Apple sold 9 million tablets in China last year."),
    ],
)
def test_figures_that_count_different_things_in_like_words_are_none(one: str, two: str) -> None:
    assert not _found(_document("Wire", one), _document("Desk", two))


def test_a_rate_of_another_quarter_is_shown_and_one_in_the_same_breath_is_not() -> None:
    old = _document("Wire", "Alibaba said that cloud revenue rose 26 % in the last quarter.", age_days=75)
    new = _document("Desk", "Alibaba said that cloud revenue rose 34 % in the last quarter.", age_days=1)
    both = _document("Post", "Alibaba said that cloud revenue rose 34 % after 26 % in the quarter before.", age_days=1)
    assert len(_found(old, new)) == 1
    assert not _found(old, both)


@pytest.mark.parametrize(
    "text",
    [
        (
            "The world economy is worth 110 trillion dollars, and labour makes up 60 % of it. "
            "Two thirds of that is knowledge work, so nearly 50 trillion dollars will be reshaped."
        ),
        "全球经济规模约110万亿美元，其中劳动收入占60%，知识工作又占其中的三分之二，因此将近50万亿美元将被重塑。",
    ],
)
def test_a_product_that_does_not_come_out_is_found(text: str) -> None:
    (finding,) = _found(_document("Letter", text))
    assert _values(finding) == {"110000000000000", "50000000000000"}


@pytest.mark.parametrize(
    "text",
    [
        (
            "The world economy is worth 110 trillion dollars, and labour makes up 60 % of it. "
            "Two thirds of that is knowledge work, so 44 trillion dollars will be reshaped."
        ),
        "The firm earned 100 million dollars, and 40 % of it came from games. The other 60 million dollars came from maps.",
        "The firm earned 100 million dollars in Asia. Its rival in Europe earned 80 million dollars, 5 % more than before.",
    ],
)
def test_a_product_that_comes_out_or_is_none_is_not_found(text: str) -> None:
    assert not _found(_document("Letter", text))
