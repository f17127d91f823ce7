"""Proper names in English and Chinese text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.names import names


def _found(text: str) -> list[str]:
    return [name.text for name in names(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Eddie Wu, CEO of Alibaba Cloud, said it was GPT-4o.", ["Eddie Wu", "CEO", "Alibaba Cloud", "GPT-4o"]),
        ("Alibaba's Joseph Tsai met Roland Busch of Siemens.", ["Alibaba", "Joseph Tsai", "Roland Busch", "Siemens"]),
        ("The winner, Ludwig van Beethoven, met J. K. Rowling there.", ["Ludwig van Beethoven", "J. K. Rowling"]),
        ("Researchers said the US-based firm's AI-powered tools won.", ["US", "AI"]),
        ("Nvidia rose 5% in September on Monday.", ["Nvidia"]),
        ("LangGraph 1.2.22 and pkg==0.3.1 fixed it.", ["LangGraph", "1.2.22", "0.3.1"]),
        ("It is in arXiv 2511.09030 and https://a.org/b?c=1.", ["arXiv", "2511.09030", "https://a.org/b?c=1"]),
        ("Then xAI sold an iPhone and a MacBook.", ["xAI", "iPhone", "MacBook"]),
        ("Token consumption doubles. However, nothing happened. I agree.", []),
        ("The government of the day ended.", []),
        ("It cost 5 USD in May 2025.", []),
    ],
)
def test_english_names_are_found_and_sentence_openings_are_not(text: str, expected: list[str]) -> None:
    assert _found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("阿里巴巴集团CEO吴泳铭在云栖大会上表示", ["阿里巴巴集团", "CEO", "吴泳铭", "云栖大会"]),
        ("《人工智能》由清华大学出版", ["人工智能", "清华大学"]),
        ("王海峰说，「智能体」很多。", ["王海峰", "智能体"]),
        ("Eddie Wu（吴泳铭）来了", ["Eddie Wu", "吴泳铭"]),
        ("多个Agent协作，Token消耗很大", []),
        ("Qwen3与GPT-4o", ["Qwen3", "GPT-4o"]),
        ("这家公司很大，许多大学也是。", []),
    ],
)
def test_chinese_names_with_a_sign_of_being_one_are_found(text: str, expected: list[str]) -> None:
    assert _found(text) == expected


def test_in_a_heading_set_in_capitals_common_words_are_no_names() -> None:
    assert "More" not in _found("OpenAI To Invest More In Cloud Computing With Microsoft")
    assert {"OpenAI", "Microsoft"} <= set(_found("OpenAI To Invest More In Cloud Computing With Microsoft"))


_PIECES = st.sampled_from(
    ["Al", "ibaba ", "of ", "U.S. ", "’s ", "《", "》", "公司", "王", "说", "“", ". ", "GPT-", "4o", "van ", "\n", "-a"]
)


@given(st.lists(_PIECES, max_size=30).map("".join) | st.text(max_size=80))
def test_names_stand_in_order_without_overlap_and_show_their_own_words(text: str) -> None:
    at = 0
    for name in names(text):
        assert at <= name.span.start < name.span.end <= len(text)
        assert text[name.span.start : name.span.end] == name.text
        at = name.span.end


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", ["A ", "“", "1.2.", "《", "云公司", "a@"])
def test_hostile_repetition_ends(seed: str) -> None:
    text = seed * (200_000 // len(seed))
    assert all(name.span.end <= len(text) for name in names(text))
