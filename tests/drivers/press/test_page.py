from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from ergos.base.documents import Brief
from ergos.drivers.press import page
from ergos.drivers.press.untrusted import plain

from .briefs import HOSTILE, HOSTILE_ADDRESSES, brief, document, hostile_brief, hostile_briefs

ALLOWED_TAGS = re.compile(
    r"html|head|meta|title|style|body|a|div|header|p|h1|h2|ul|ol|li"
    r"|time|nav|main|section|span|bdi|blockquote"
)
ALLOWED_ATTRIBUTES = re.compile(
    r"charset|http-equiv|content|name|media|lang|class|id|href|rel|datetime|role"
    r"|aria-(label|labelledby|describedby|hidden)"
)
VOID = frozenset({"meta"})


class Outline(HTMLParser):
    """Every element of a page with its attributes, and the text of each element that has an id."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self.comments: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self.feed(markup)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"attribute twice in {tag}"
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes.get("id")))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"{opened} closed by {tag}"

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name is not None:
                self.texts[name] = self.texts.get(name, "") + data

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def classes(self) -> Counter[str]:
        return Counter(name for value in self.values("class") for name in value.split())


def check_is_safe(written: Brief) -> Outline:
    markup = page.render(written)
    outline = Outline(markup)
    assert all(ALLOWED_TAGS.fullmatch(tag) for tag, _ in outline.elements)
    assert all(ALLOWED_ATTRIBUTES.fullmatch(name) for _, attributes in outline.elements for name in attributes)
    assert not outline.comments
    assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x00]", markup)
    markup.encode()
    identifiers = outline.values("id")
    assert len(identifiers) == len(set(identifiers))
    for address in outline.values("href"):
        assert re.match(r"#|\./|https?://[A-Za-z0-9.\[_-]", address), address
        if address.startswith("#"):
            assert address[1:] in identifiers
    for name in ("aria-labelledby", "aria-describedby"):
        assert set(outline.values(name)) <= set(identifiers)
    return outline


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    calm, hostile = (check_is_safe(hostile_brief(one, "https://example.org/")) for one in ("calm", words))
    assert [tag for tag, _ in hostile.elements if tag != "span"] == [tag for tag, _ in calm.elements if tag != "span"]
    assert plain(words) in " ".join(hostile.texts["said-1-1"].split())


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_a_hostile_address_is_shown_and_never_linked(address: str) -> None:
    outline = check_is_safe(hostile_brief("calm", address))
    followed = [one for one in outline.values("href") if not one.startswith("#")]
    assert not any(re.match(r"(?i)\W*(javascript|data|vbscript|file|mailto)\b", one) for one in followed)
    assert plain(address) in outline.texts["source-1"]


@settings(max_examples=60, deadline=None)
@given(hostile_briefs)
def test_nothing_a_source_says_changes_the_elements_of_a_page(written: Brief) -> None:
    outline = check_is_safe(written)
    sentences = sum(len(section.sentences) for section in written.sections)
    assert outline.classes()["said"] == outline.classes()["cite"] == sentences


@pytest.mark.parametrize("language", ["en", "zh", "und"])
def test_every_sentence_links_to_the_words_it_rests_on(language: str) -> None:
    written = brief("zh" if language == "zh" else "en" if language == "en" else "und")
    outline = check_is_safe(written)
    for number, section in enumerate(written.sections, start=1):
        for place, sentence in enumerate(section.sentences, start=1):
            said = outline.texts[f"said-{number}-{place}"]
            assert sentence.text in said
            for order, citation in enumerate(sentence.citations, start=1):
                assert citation.quote in outline.texts[f"peek-{number}-{place}-{order}"]
    cited = [one for one in outline.values("href") if one.startswith("#words-")]
    assert len(cited) == sum(len(one.citations) for section in written.sections for one in section.sentences)
    assert "All 209 refunds" in outline.texts["words-1-1"]


def test_an_english_page_says_when_how_and_from_how_much_it_was_written() -> None:
    markup = page.render(brief("en"))
    outline = Outline(markup)
    assert outline.elements[0] == ("html", {"lang": "en"})
    assert "24 November 2026, 20:15 UTC" in markup
    assert 'datetime="2026-11-24T20:15:00Z"' in markup
    assert "Written by System 1: extraction, no language model" in markup
    assert "62 documents from 7 sources read, 3 cited" in markup
    assert outline.classes()["comparison"] == outline.classes()["quote"] == outline.classes()["note"] == 1


def test_a_chinese_page_speaks_chinese() -> None:
    markup = page.render(brief("zh"))
    assert '<html lang="zh-Hans">' in markup
    for words in (
        "2026年11月24日 20:15（UTC）",
        "未使用语言模型",
        "阅读 7 个来源的 62 篇文档，引用 3 篇",
        "来源",
        "日期不详",
        "对照",
    ):
        assert words in markup
    assert "Sources" not in markup


def test_a_source_in_another_language_is_marked_with_it() -> None:
    assert '<bdi lang="zh-Hans">三年投入3800亿元</bdi>' in page.render(brief("en"))


def test_the_same_words_cited_twice_stand_once_with_a_way_back_to_both_sentences() -> None:
    outline = Outline(page.render(brief()))
    assert [one for one in outline.values("href") if one.startswith("#said-")].count("#said-1-1") == 1
    assert outline.texts["source-1"].count("All 209 refunds") == 1
    assert outline.texts["words-1-1"].count("↑") == 2


def test_the_policy_allows_exactly_the_style_sheet_of_the_page() -> None:
    markup = page.render(brief())
    sheet = markup.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', markup)
    assert policy is not None
    assert f"style-src &#x27;sha256-{digest}&#x27;" in policy[1]
    assert "default-src &#x27;none&#x27;" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r"url\(|@import|<script|<img|<link|style=", markup)


@pytest.mark.parametrize(
    ("words", "figures"),
    [
        ("grew 26 % to $1.5 billion", ["26 %", "$1.5 billion"]),
        ("GPT-5 on 24 September 2025 had 300 models", ["300"]),
        ("2025年9月24日，投入3800亿元，增长26%", ["3800亿", "26%"]),
        ("version 1.15.30 of v2", ["1.15.30"]),
        ("2.1 × faster, 1,048,575 steps", ["2.1 ×", "1,048,575"]),
    ],
)
def test_quantities_stand_out_and_names_and_days_do_not(words: str, figures: list[str]) -> None:
    markup = page.render(hostile_brief(words, "https://example.org/"))
    said = markup.split('id="said-1-1">')[1].split('<span class="cite">')[0]
    assert re.findall('<span class="figure">(.*?)</span>', said) == figures


def test_a_long_quotation_is_cut_beside_the_sentence_and_whole_among_the_sources() -> None:
    words = "word " * 400 + "end"
    outline = Outline(page.render(hostile_brief(words, "https://example.org/")))
    assert len(outline.texts["peek-1-1-1"]) < len(words)
    assert words in outline.texts["words-1-1"]


def test_an_empty_brief_says_that_there_is_nothing() -> None:
    empty = Brief(
        title="Quiet",
        language="en",
        sections=(),
        documents=(),
        made_at_ns=0,
        solver="system1",
        source_count=0,
    )
    assert "There is nothing to report." in page.render(empty)


def test_the_same_brief_gives_the_same_bytes() -> None:
    assert page.render(brief()) == page.render(brief())


def test_a_source_without_a_title_is_named_by_its_address() -> None:
    nameless = hostile_brief("calm", "https://example.org/x")
    written = Brief(
        title="t",
        language="en",
        sections=nameless.sections,
        documents=(document(1, title="", url="https://example.org/x"),),
        made_at_ns=0,
        solver="system1",
        source_count=1,
    )
    assert '<bdi lang="en">https://example.org/x</bdi></a>' in page.render(written)
