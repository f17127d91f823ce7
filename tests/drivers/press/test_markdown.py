from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ergos.base.documents import Brief
from ergos.drivers.press import markdown

from .briefs import HOSTILE, HOSTILE_ADDRESSES, brief, hostile_brief, hostile_briefs


def tokens(text: str) -> list[Token]:
    """Every token of the text, block and inline, in order."""
    flat: list[Token] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        flat += [token, *(token.children or [])]
    return flat


def links(text: str) -> list[str]:
    return [str(token.attrGet("href")) for token in tokens(text) if token.type == "link_open"]


def check_is_safe(written: Brief) -> str:
    text = markdown.render(written)
    found = tokens(text)
    html = [token.content for token in found if token.type in {"html_inline", "html_block"}]
    assert all(re.fullmatch(r'<a id="source-[0-9]+">|</a>', one) for one in html), html
    assert not {token.type for token in found} & {"image", "fence", "code_block", "table_open", "code_inline", "hr"}
    assert sum(token.type == "heading_open" for token in found) == 1 + len(written.sections) + 1
    assert all(re.match(r"#source-[0-9]+$|\./|https?://", one) for one in links(text))
    text.encode()
    return text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    check_is_safe(hostile_brief(words, "https://example.org/"))


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_a_hostile_address_is_never_linked_as_it_stands(address: str) -> None:
    text = check_is_safe(hostile_brief("calm", address))
    assert not any(re.match("(?i)(javascript|data|vbscript|file):", one) for one in links(text))


@settings(max_examples=60, deadline=None)
@given(hostile_briefs)
def test_nothing_a_source_says_becomes_markup(written: Brief) -> None:
    check_is_safe(written)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_ends_in_numbers_that_lead_to_the_sources(language: str) -> None:
    written = brief("zh" if language == "zh" else "en")
    text = check_is_safe(written)
    for section in written.sections:
        for sentence in section.sentences:
            line = next(line for line in text.splitlines() if sentence.text in line)
            assert re.search(r"\[\[[0-9]+\]\]\(#source-[0-9]+\)$", line)
    for target in re.findall(r"\(#(source-[0-9]+)\)", text):
        assert f'<a id="{target}"></a>' in text
    assert "[[2]](#source-2)[[1]](#source-1)" in text


def test_a_source_stands_with_title_name_day_address_and_the_quoted_words() -> None:
    text = markdown.render(brief("en"))
    entry = text.split('<a id="source-1"></a>')[1].split('<a id="source-2"></a>')[0]
    for words in ("Refunds were paid twice", "Example Wire", "13 February 2026", "<https://example.org/refunds>"):
        assert words in entry
    assert "> “All 209 refunds”" in entry
    assert "(<./notes/a%20note.md>)" in text


def test_the_sources_are_one_list_numbered_as_they_are_cited() -> None:
    found = tokens(markdown.render(brief("en")))
    assert sum(token.type == "ordered_list_open" for token in found) == 1
    assert [token.info for token in found if token.type == "list_item_open"] == ["1", "2", "3"]


def test_a_chinese_brief_has_chinese_labels() -> None:
    text = markdown.render(brief("zh"))
    assert text.startswith("# 一日要闻\n\n*2026年11月24日 20:15（UTC） · 由系统一（System 1）撰写")
    assert "## 来源" in text
    assert "**对照：** 380" in text


def test_ordinary_words_are_not_littered_with_escapes() -> None:
    assert "\\" not in markdown.render(brief("en"))
