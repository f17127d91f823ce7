"""sources.read: what can be read becomes documents, what cannot is listed, and nothing outside the rooms is reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import SourceError
from ergos.base.world_errors import HttpError
from ergos.drivers.tools import source_reading
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.source_reading import SourceTool
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.labels import TRUSTED
from tests.drivers.tools.errands import RUNNERS, Bench
from tests.lib.pdfs import pdf

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title><link>https://example.org/</link>
<item><title>One</title><link>https://example.org/1</link><description>First text.</description></item>
<item><title>Two</title><link>https://example.org/2</link><description>Second text.</description></item>
</channel></rss>"""


class Page:
    """A reply."""

    def __init__(self, body: bytes, media: str, url: str, status: int = 200) -> None:
        self.body, self.status, self.final_url = body, status, url
        self.headers = {"content-type": media}


class Web:
    """The way out to pages that are known."""

    def __init__(self, pages: Mapping[str, tuple[bytes, str, int]]) -> None:
        self.pages, self.asked = pages, list[str]()

    async def fetch(self, method: str, url: str, headers: Any = None, body: bytes = b"", **_: Any) -> Page:
        assert (method, body, headers) == ("GET", b"", {})
        self.asked.append(url)
        if url not in self.pages:
            raise HttpError(f"{url} was not reached", kind="connect")
        found, media, status = self.pages[url]
        return Page(found, media, url, status)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.pdf").write_bytes(pdf(["Acme GmbH", "Invoice 17", "Total: 5 EUR"]))
    (folder / "b.md").write_text("# Notes\n\nSome *text*.", encoding="utf-8")
    (folder / "deep" / "c.txt").write_text("Deep text.", encoding="utf-8")
    (folder / ".hidden").write_text("secret", encoding="utf-8")
    (folder / "link.txt").symlink_to("/etc/passwd")
    return folder


def bench_of(tmp_path: Path, papers: Path, web: Web | None = None, *, trusted: bool = False) -> Bench:
    rooms = {"papers": Room(papers, write=False, trusted=trusted)}
    return Bench(SourceTool(Workspaces(tmp_path / "home", "alice", rooms), web).tools())


def test_a_folder_is_every_file_in_it_but_hidden_ones_and_links(tmp_path: Path, papers: Path) -> None:
    found = bench_of(tmp_path, papers).do("sources.read", at="papers:/")
    assert [one["url"] for one in found["documents"]] == ["papers:/a.pdf", "papers:/b.md", "papers:/deep/c.txt"]
    assert "Total: 5 EUR" in found["documents"][0]["text"]
    assert found["documents"][1]["title"] == "Notes"
    assert found["unread"] == []


def test_a_pattern_chooses_files_by_name(tmp_path: Path, papers: Path) -> None:
    found = bench_of(tmp_path, papers).do("sources.read", at=["papers:/*.PDF"])
    assert [one["url"] for one in found["documents"]] == ["papers:/a.pdf"]


def test_feeds_and_files_are_read_together_and_what_fails_is_listed(tmp_path: Path, papers: Path) -> None:
    web = Web({
        "https://example.org/feed": (FEED, "application/rss+xml; charset=utf-8", 200),
        "https://example.org/gone": (b"", "text/html", 404),
    })  # fmt: skip
    at = [
        "https://example.org/feed",
        "papers:/b.md",
        "https://example.org/gone",
        "https://down.example/",
        "papers:/no.txt",
    ]
    found = bench_of(tmp_path, papers, web).do("sources.read", at=at)
    assert [one["title"] for one in found["documents"]] == ["One", "Two", "Notes"]
    assert [(one["url"], one["code"]) for one in found["unread"]] == [
        ("https://example.org/gone", "E503"), ("https://down.example/", "E510"), ("papers:/no.txt", "E501"),
    ]  # fmt: skip
    assert "404" in found["unread"][0]["why"]


def test_where_nothing_can_be_read_it_fails_and_says_why(tmp_path: Path, papers: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing could be read: https://example\.org/: nothing may leave"):
        bench_of(tmp_path, papers).do("sources.read", at=["https://example.org/"])
    with pytest.raises(SourceError, match=r"there is no papers:/no\.pdf"):
        bench_of(tmp_path, papers).do("sources.read", at="papers:/no.pdf")
    with pytest.raises(SourceError, match="not followed"):
        bench_of(tmp_path, papers).do("sources.read", at="papers:/link.txt")


def test_an_empty_folder_is_nothing_and_no_failure(tmp_path: Path, papers: Path) -> None:
    (papers / "empty").mkdir()
    found = bench_of(tmp_path, papers).do("sources.read", at="papers:/empty")
    assert (found["documents"], found["notes"]) == ([], ["papers:/empty: there is no file in it"])


def test_a_table_keeps_its_rows_however_long_they_are(tmp_path: Path, papers: Path) -> None:
    rows = [
        f"supplier number {number},a rather long description of what was bought,{number}.00 EUR" for number in range(5)
    ]
    (papers / "t.csv").write_text("\n".join(("supplier,what,total", *rows)), encoding="utf-8")
    (document,) = bench_of(tmp_path, papers).do("sources.read", at="papers:/t.csv")["documents"]
    assert document["text"].splitlines()[1:] == rows
    (papers / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match="it is empty"):
        bench_of(tmp_path, papers).do("sources.read", at="papers:/empty.csv")


def test_the_same_document_twice_is_one(tmp_path: Path, papers: Path) -> None:
    found = bench_of(tmp_path, papers).do("sources.read", at=["papers:/b.md", "papers:/b.md", "papers:/"])
    assert [one["url"] for one in found["documents"]].count("papers:/b.md") == 1


def test_what_is_too_much_is_left_out_and_noted(tmp_path: Path, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_reading, "TEXT_CHARS_MAX", 50)
    found = bench_of(tmp_path, papers).do("sources.read", at="papers:/")
    assert len(found["documents"]) == 2
    assert found["notes"] == ["1 documents were left out: there are too many, or they are too long together"]
    monkeypatch.setattr(source_reading, "FOLDER_FILES_MAX", 1)
    assert "only the first 1 files" in bench_of(tmp_path, papers).do("sources.read", at="papers:/")["notes"][0]


def test_what_is_read_is_trusted_only_where_all_of_it_is(tmp_path: Path, papers: Path) -> None:
    web = Web({"https://example.org/feed": (FEED, "application/rss+xml", 200)})
    bench = bench_of(tmp_path, papers, web, trusted=True)
    read = RUNNERS[0].run
    assert read(bench.performed("sources.read", at=["papers:/b.md"])).label == TRUSTED
    assert read(bench.performed("sources.read", at=["papers:/b.md", "https://example.org/feed"])).label is None
    assert read(bench_of(tmp_path, papers).performed("sources.read", at=["papers:/b.md"])).label is None


@pytest.mark.parametrize(
    "at", [[], "", "../x", "/etc/passwd", "ftp://example.org/x", "file:///etc/passwd", ["a"] * 201, 5]
)
def test_what_names_no_source_is_a_misfit(tmp_path: Path, papers: Path, at: Any) -> None:
    assert bench_of(tmp_path, papers).misfit("sources.read", at=at)
