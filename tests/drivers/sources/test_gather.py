"""Sources are read side by side; none harms the others, and their order is settled."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from ergos.base.errors import SourceError
from ergos.base.limits import SOURCES_PARALLEL_MAX
from ergos.drivers.sources import gather as gather_module
from ergos.drivers.sources.fetch import Fetched
from ergos.drivers.sources.gather import gather

from .origins import NOW_NS, clock, collect, replying, response, serving

ROOT: Final = Path(__file__).resolve().parents[3]
NEWSROOM: Final = ROOT / "examples" / "newsroom" / "feeds"
SHARED: Final = ROOT.parent / "shared" / "feeds"
RSS: Final = "<rss version='2.0'><channel><title>N</title><item><title>{}</title></item></channel></rss>"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real feeds and pages is not here")


class Library:
    """A fetcher that knows a few pages, and counts how many are asked for at once."""

    def __init__(self) -> None:
        self.open = 0
        self.most = 0

    async def fetch(self, url: str, *, deadline_s: float) -> Fetched:
        self.open += 1
        self.most = max(self.most, self.open)
        # The later a source stands in the list, the sooner it answers.
        await asyncio.sleep(0.05 / (1 + int(url.rpartition("/")[2])))
        self.open -= 1
        if url.endswith("3"):
            raise SourceError("it is gone")
        return Fetched(body=RSS.format(f"Story {url[-2:]}").encode(), url=url)


def test_documents_stand_in_the_order_of_their_sources_whatever_answers_first() -> None:
    library = Library()
    sources = [f"http://n.example/{number}" for number in range(10, 40)]
    found = asyncio.run(gather(sources, fetcher=library, clock=clock))
    assert [document.title for document in found.documents] == [
        f"Story {number}" for number in range(10, 40) if number % 10 != 3
    ]
    assert [(gone.url, gone.code, gone.why) for gone in found.unread] == [
        (f"http://n.example/{number}", "E503", "it is gone") for number in (13, 23, 33)
    ]
    assert 1 < library.most <= SOURCES_PARALLEL_MAX


def test_one_bad_source_does_not_harm_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nwords")
    (tmp_path / "bad.bin").write_bytes(bytes(500))
    (tmp_path / "feed.xml").write_text(RSS.format("Story"))

    async def run() -> None:
        async with serving(replying(response(b"no", status="500 Oops"))) as broken:
            found = await collect(broken, str(tmp_path), "/no/such/file", "ftp://x/y", "http://u:secret@h.example/")
        assert [document.title for document in found.documents] == ["Story", "Good"]
        assert [gone.url for gone in found.unread] == [
            broken,
            str(tmp_path / "bad.bin"),
            "/no/such/file",
            "ftp://x/y",
            "http://h.example/",
        ]
        assert all(gone.code == "E503" and gone.why for gone in found.unread)
        assert "secret" not in repr(found)

    asyncio.run(run())


def test_a_slow_source_is_unread_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather_module, "SOURCE_DEADLINE_S", 0.2)
    (tmp_path / "good.txt").write_text("words")

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def run() -> None:
        async with serving(drip) as slow:
            found = await collect(slow, str(tmp_path))
        assert [(gone.url, gone.code) for gone in found.unread] == [(slow, "E502")]
        assert len(found.documents) == 1

    asyncio.run(run())


def test_after_the_deadline_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    found = asyncio.run(collect(str(tmp_path / "a.txt"), deadline_ns=NOW_NS))
    assert [gone.code for gone in found.unread] == ["E502"]


def test_a_page_from_a_server_knows_its_site_and_charset() -> None:
    page = "<html><head><title>新闻</title></head><body><p>人工智能公司宣布营业收入增长。</p></body></html>"
    reply = replying(response(page.encode("gb18030"), "Content-Type: text/html; charset=gb2312"))

    async def run() -> None:
        async with serving(reply) as url:
            (document,) = (await collect(url)).documents
        assert (document.title, document.text, document.language) == ("新闻", "人工智能公司宣布营业收入增长。", "zh")
        assert (document.source, document.url) == (url.split("/")[2], url)

    asyncio.run(run())


def test_a_wrong_charset_in_the_header_is_survived_with_a_note() -> None:
    reply = replying(response(RSS.format("营业收入增长").encode(), "Content-Type: text/xml; charset=iso-8859-1"))

    async def run() -> None:
        async with serving(reply) as url:
            found = await collect(url)
        assert found.documents[0].title == "营业收入增长"
        assert found.notes[0].startswith(url)
        assert "utf-8" in found.notes[0]

    asyncio.run(run())


def test_the_same_document_from_two_sources_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    found = asyncio.run(collect(str(tmp_path / "a.txt"), str(tmp_path)))
    assert len(found.documents) == 1


def test_more_sources_than_the_bound_are_unread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gather_module, "SOURCES_MAX", 1)
    (tmp_path / "a.txt").write_text("words")
    found = asyncio.run(collect(str(tmp_path / "a.txt"), str(tmp_path / "b.txt")))
    assert [(gone.url, gone.code) for gone in found.unread] == [(str(tmp_path / "b.txt"), "E304")]


def test_no_sources_are_no_documents() -> None:
    assert asyncio.run(collect()).documents == ()


@pytest.mark.skipif(not NEWSROOM.is_dir(), reason="the newsroom example is not here")
def test_every_feed_of_the_newsroom_is_read_without_a_remark() -> None:
    found = asyncio.run(collect(str(NEWSROOM)))
    assert found.documents
    assert found.unread == ()
    assert found.notes == ()


EXPECTED: Final[dict[str, tuple[int, str]]] = {
    "complexNamespaceFeed.xml": (1, "This is the title"),
    "compressed.xml": (10, "В Бузулуке главные стройплощадки – детсад и Ледовый дворец"),
    "content-encoded.rss": (7, "THE CREATIVE FORAGER"),
    "encoding.rss": (40, "Mãe de utente é a nova presidente da Raríssimas"),
    "feedburner.atom": (25, "AdWords and DFP Java client library will soon require Java 7+"),
    "giantbomb-podcast.rss": (730, "Giant Bombcast 603: Call of Tuesday"),
    "guardian.rss": (55, "Trump State of the Union address promised unity but emphasized discord"),
    "guid-dupes.xml": (1, "Huh?"),
    "heise.atom": (15, "Java-Anwendungsserver: Red Hat gibt WildFly 10 frei"),
    "heraldsun.rss": (2, "The First Item"),
    "iconv.xml": (10, "В Бузулуке главные стройплощадки – детсад и Ледовый дворец"),
    "illegally-nested.xml": (10, "My Professional Armchair Analysis of CES"),
    "instant-article.rss": (1, "My first Instant Article"),
    "intertwingly.atom": (20, "Inhibiting Suspend"),
    "invalid-characters-gzipped.xml": (25, "NSOperation"),
    "missing-fields.atom": (0, ""),
    "narro.rss": (1, "FAQ for Narro"),
    "notafeed.html": (1, "The Is Not The Feed You're Looking For"),
    "reddit-home.rss": (24, "How the British as seen by Americans and Europeans"),
    "rss-with-relative-urls.xml": (2, "Neverwinter & Jingle Jam Humble Bundle!"),
    "saxerror.xml": (3, "Good Item"),
    "tpm.atom": (20, "Hannity Announces Fox Has Hired Sebastian Gorka As NatSec Strategist"),
    "uolNoticias.rss": (15, "Ibope: Bolsonaro perde de Haddad, Ciro e Alckmin em simulações de 2º turno"),
}


@needs_shared
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_real_feed_gives_the_items_its_author_wrote(name: str) -> None:
    count, first = EXPECTED[name]
    found = asyncio.run(collect(str(SHARED / "rss" / name)))
    assert len(found.documents) == count
    assert (found.documents[0].title == first) if count else "no item" in found.unread[0].why


@needs_shared
def test_every_real_feed_and_page_is_documents_or_a_reason() -> None:
    files = sorted(path for path in SHARED.rglob("*") if path.is_file())
    found = asyncio.run(collect(*map(str, files)))
    assert [gone.url for gone in found.unread] == [str(SHARED / "rss" / "missing-fields.atom")]
    assert len(found.documents) > 1_100
    assert not any("<p>" in document.text or "<br" in document.text for document in found.documents)
    assert not any("\ufffd" in document.title for document in found.documents)


PAGES: Final[dict[str, tuple[str, str]]] = {
    "lemire.me.json.html": ("JSON parsing: simdjson vs. JSON for Modern C++", "simdjson"),
    "heise.de.lithium.html": ("Lithium aus dem Schredder", "Lithium"),
    "luxuryhaven.co.hyatt.html": ("Nam Nghi Phu Quoc, The Unbound Collection by Hyatt Officially Opens", "Phu Quoc"),
    "zeit.de.zugverkehr.html": ("Zugverkehr: Im ICE von Frankfurt nach Barcelona", "Barcelona"),
    "gregoryszorc.com.python3.html": ("Mercurial's Journey to and Reflections on Python 3", "Mercurial"),
}


@needs_shared
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_real_page_gives_its_article(name: str) -> None:
    title, word = PAGES[name]
    (document,) = asyncio.run(collect(str(SHARED / "pages" / name))).documents
    assert document.title == title
    assert word in document.text
    assert document.published_ns is not None
