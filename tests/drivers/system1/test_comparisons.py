"""Disagreements as sentences."""

from __future__ import annotations

from typing import get_args

import pytest

from ergos.base.documents import Document, Sentence
from ergos.drivers.system1.cluster import stories
from ergos.drivers.system1.comparisons import differing
from ergos.drivers.system1.draft import Draft
from ergos.drivers.system1.findings import by_kind, find
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.phrases import Written

DAY_NS = 86_400 * 10**9
LANGUAGES: tuple[Written, ...] = get_args(Written)


def _document(at: int, source: str, text: str, *, day: int = 1) -> Document:
    return Document(
        id=f"{at:016x}", url=f"https://{at}.example/", title="Report", text=text, source=source,
        published_ns=day * DAY_NS, language=detect(text),
    )  # fmt: skip


def _told(documents: list[Document], language: Written = "en") -> list[Sentence]:
    found = by_kind(find(documents, stories(documents, 2 * DAY_NS))).get("disagreement", ())
    return differing(Draft(documents, language, 9), found, most=9)


PLAN = [
    _document(1, "Wire", "Alibaba will invest 380 billion yuan over three years in AI infrastructure."),
    _document(2, "Desk, issue 7", "Alibaba plans to spend 480 billion yuan over three years on AI infrastructure."),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_sides_are_quoted_and_named(language: Written) -> None:
    (sentence,) = _told(PLAN, language)
    assert sentence.kind == "comparison"
    for words in ("380 billion yuan", "480 billion yuan", "Wire", "Desk, issue 7"):
        assert words in sentence.text
    assert len(sentence.citations) == 2


def test_sides_months_apart_differ_and_do_not_contradict() -> None:
    documents = [
        _document(1, "Wire", "Alibaba said that cloud revenue rose 26 % in the last quarter.", day=1),
        _document(2, "Desk", "Alibaba said that cloud revenue rose 34 % in the last quarter.", day=75),
    ]
    (sentence,) = _told(documents)
    assert sentence.text.startswith("Figures differ, perhaps because periods or definitions do.")


def test_a_source_that_gives_two_counts_is_quoted_once() -> None:
    (sentence,) = _told([_document(1, "Wire", "Counts of the dead in Genoa differ by source, from 30 to 43.")])
    assert sentence.text == (
        "A source says itself that counts differ: “Counts of the dead in Genoa differ by source, from 30 to 43”."
    )
