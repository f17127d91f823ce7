"""Themes: names and phrases."""

from __future__ import annotations

import hashlib

import pytest

from ergos.base.documents import Document
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.passages import passages
from ergos.drivers.system1.themes import in_both, mentions, themes


def _document(source: str, text: str) -> Document:
    return Document(
        id=hashlib.sha256(f"{source}\n{text}".encode()).hexdigest()[:16],
        url=f"https://{source.lower()}.example/",
        title="Report",
        text=text,
        source=source,
        published_ns=0,
        language=detect(text),
    )


def _subjects(*documents: Document) -> list[str]:
    return [theme.subject for theme in themes([one for document in documents for one in passages(document)])]


def test_a_phrase_two_sources_use_is_a_theme_and_a_lone_word_is_none() -> None:
    found = _subjects(
        _document("Wire", "Every request in Oslo carries tool schemas that nobody in the model team reads."),
        _document("Desk", "In Bergen the tool schemas of a model filled most of the window."),
        _document("Post", "A tenor sang at the reopening of the opera house in Milan last night."),
    )
    assert "tool schemas" in found
    assert "model" not in [subject.lower() for subject in found]


def test_a_name_is_one_theme_in_both_languages() -> None:
    documents = (
        _document("Wire", "Shares of the chip maker rose after Nvidia showed a new rack in Taipei."),
        _document("快讯", "英伟达周二在台北展示了新的机架，股价随之上涨。"),
        _document("Post", "A tenor sang at the reopening of the opera house in Milan last night."),
    )
    found = _subjects(*documents)
    assert len({"Nvidia", "英伟达"} & set(found)) == 1
    assert in_both("英伟达") == in_both("Nvidia")
    assert all(mentions("Nvidia", passages(document)[0]) for document in documents[:2])
    assert not mentions("Nvidia", passages(documents[2])[0])


def test_a_mention_is_a_whole_word() -> None:
    (passage,) = passages(_document("Wire", "A juror known as Mr. Tea showed up at a courthouse near Chicago."))
    assert not mentions("AT&T", passage)
    assert not mentions("Chic", passage)


@pytest.mark.parametrize("count", [0, 1])
def test_one_document_has_no_theme(count: int) -> None:
    assert _subjects(*[_document("Wire", "The Danube flooded Passau on Monday, the mayor said.")][:count]) == []
