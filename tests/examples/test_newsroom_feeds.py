"""The newsroom's own feed is readable by the readers of the field, complete and without accidents."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, cast

import feedparser  # pyright: ignore[reportMissingTypeStubs]
import msgspec
import pypdf
import pytest

FEEDS: Final = Path(__file__).parents[2] / "examples" / "newsroom" / "feeds"
FIRST: Final = datetime.date(2025, 5, 1)
LAST: Final = datetime.date(2026, 11, 30)
HAN: Final = re.compile("[\u4e00-\u9fff]")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item of any kind of file, as its own reader sees it."""

    file: str
    id: str
    title: str
    link: str
    date: datetime.date
    source: str
    text: str

    @property
    def chinese(self) -> bool:
        """Whether the text is Chinese."""
        return len(HAN.findall(self.text)) > len(self.text) / 4


def feed_items(path: Path) -> Iterator[Item]:
    parsed = feedparser.parse(path.read_bytes())
    assert not parsed.bozo, f"{path.name}: {parsed.get('bozo_exception')}"
    for entry in parsed.entries:
        yield Item(
            file=path.name,
            id=entry.id,
            title=entry.title,
            link=entry.link,
            date=datetime.date(*entry.published_parsed[:3]),
            source=entry.source.title,
            text=re.sub("<[^>]*>", "", entry.content[0].value if "content" in entry else entry.summary),
        )


def json_items(path: Path) -> Iterator[Item]:
    feed = json.loads(path.read_text("utf-8"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    for entry in feed["items"]:
        yield Item(
            file=path.name,
            id=entry["id"],
            title=entry["title"],
            link=entry["url"],
            date=datetime.datetime.fromisoformat(entry["date_published"]).date(),
            source=entry["authors"][0]["name"],
            text=entry["content_text"],
        )


def note_item(path: Path) -> Item:
    opening, front, text = path.read_text("utf-8").split("---\n", 2)
    assert not opening
    fields = dict(line.split(": ", 1) for line in front.splitlines())
    return Item(
        file="notes",
        id=path.name,
        title=json.loads(fields["title"]),
        link=fields["url"],
        date=datetime.date.fromisoformat(fields["date"]),
        source=json.loads(fields["source"]),
        text=text.strip(),
    )


class Article(HTMLParser):
    """Title, metadata and paragraphs of the one HTML page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        self._tag = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        if tag == "meta" and "content" in fields:
            self.meta[fields.get("name") or fields.get("property", "")] = fields["content"]
        elif tag == "link" and fields.get("rel") == "canonical":
            self.meta["canonical"] = fields["href"]
        elif tag not in {"meta", "link", "time", "a"}:
            self._tag = tag

    def handle_data(self, data: str) -> None:
        self.parts[self._tag] = self.parts.get(self._tag, "") + data


def page_item(path: Path) -> Item:
    article = Article(path.read_text("utf-8"))
    return Item(
        file=path.name,
        id=path.name,
        title=article.parts["h1"].strip(),
        link=article.meta["canonical"],
        date=datetime.date.fromisoformat(article.meta["date"]),
        source=article.meta["author"],
        text=article.parts["p"],
    )


def pdf_item(path: Path) -> Item:
    reader = pypdf.PdfReader(path, strict=True)
    facts = reader.metadata
    assert facts is not None
    assert facts.title is not None
    assert facts.author is not None
    assert facts.creation_date is not None
    page = reader.pages[0]
    assert page.annotations is not None
    link = cast("dict[str, dict[str, str]]", page.annotations[0].get_object())
    return Item(
        file=path.name,
        id=path.name,
        title=facts.title,
        link=str(link["/A"]["/URI"]),
        date=facts.creation_date.date(),
        source=facts.author,
        text=page.extract_text(),
    )


def every_item() -> list[Item]:
    return [
        *feed_items(FEEDS / "agents-en.xml"),
        *feed_items(FEEDS / "agents-zh.xml"),
        *feed_items(FEEDS / "systems-en.atom"),
        *json_items(FEEDS / "research.json"),
        *map(note_item, sorted((FEEDS / "notes").glob("*.md"))),
        page_item(FEEDS / "three-stages.html"),
        pdf_item(FEEDS / "open-source-record.pdf"),
    ]


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return every_item()


def test_there_is_enough_to_read_in_both_languages(items: list[Item]) -> None:
    assert len(items) >= 55
    chinese = sum(item.chinese for item in items)
    assert chinese >= 20
    assert len(items) - chinese >= 30


def test_every_item_has_title_link_day_source_and_a_sentence_or_more(items: list[Item]) -> None:
    for item in items:
        assert item.title.strip(), item
        assert item.source.strip(), item
        assert re.fullmatch(r"https?://[a-z0-9.-]+\.[a-z]+(/[!-~]*)?", item.link), item
        assert FIRST <= item.date <= LAST, item
        assert len(re.findall(r"[.。]", item.text)) >= 1, item
        assert len(item.text) >= 60, item


def test_no_identifier_stands_twice(items: list[Item]) -> None:
    identifiers = [item.id for item in items]
    assert len(set(identifiers)) == len(identifiers)


def test_some_events_stand_twice_word_for_word_and_some_in_both_languages(items: list[Item]) -> None:
    texts = [item.text for item in items]
    assert len(texts) - len(set(texts)) == 2
    links = {link: {item.chinese for item in items if item.link == link} for link in (item.link for item in items)}
    assert sum(languages == {True, False} for languages in links.values()) >= 5


def test_a_text_without_an_exact_double_stands_under_a_title_of_its_own(items: list[Item]) -> None:
    by_title: dict[str, set[str]] = {}
    for item in items:
        by_title.setdefault(item.title, set()).add(item.text)
    assert all(len(texts) == 1 for texts in by_title.values())


def test_the_file_table_of_the_readme_counts_right(items: list[Item]) -> None:
    table = (FEEDS / "README.md").read_text("utf-8")
    counted = {name.strip("/"): int(count) for name, count in re.findall(r"\| `([^`]+)` \|.*\| ([0-9]+) \|", table)}
    found: dict[str, int] = {}
    for item in items:
        found[item.file] = found.get(item.file, 0) + 1
    assert counted == found
    assert f"{len(items)} items" in table


def test_nothing_in_the_folder_is_left_unread(items: list[Item]) -> None:
    files = {path.relative_to(FEEDS).parts[0] for path in FEEDS.rglob("*") if path.is_file()}
    assert files == {item.file for item in items} | {"README.md"}
