"""press.publish: a brief or a text becomes one file, the same for the same call, and nothing in it comes alive."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ergos.base.documents import Brief, Citation, Document, Section, Sentence, Span
from ergos.base.errors import ToolFailedError
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.publishing import PublishTool
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import Bench

SOURCE = Document(
    id="0123456789abcdef", url="https://example.org/a", title="<b>Port</b>", text="It grew by 12 %.", source="Example",
    published_ns=None, language="en",
)  # fmt: skip
AT = len(SOURCE.title) + 2
SENTENCE = Sentence(
    text="It grew by 12 %.", citations=(Citation(document=SOURCE.id, span=Span(AT, AT + 16), quote="It grew by 12 %."),)
)
BRIEF = Brief(
    title="Ports <script>", language="en", sections=(Section(heading="Main", sentences=(SENTENCE,)),),
    documents=(SOURCE,), made_at_ns=1_767_225_600_000_000_000, solver="system1", source_count=1,
)  # fmt: skip
PLAIN = msgspec.to_builtins(BRIEF)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def bench(tmp_path: Path, out: Path) -> Bench:
    rooms = {"out": Room(out, write=True), "kept": Room(out, write=False)}
    return Bench(PublishTool(Workspaces(tmp_path / "home", "alice", rooms)).tools())


def test_a_brief_becomes_a_page_that_is_named_after_its_day_and_title(bench: Bench, out: Path) -> None:
    found = bench.do("press.publish", "k" * 32, brief=PLAIN, folder="out:/")
    assert found["path"] == "out:/2026-01-01-ports-script-kkkkkkkk.html"
    text = (out / "2026-01-01-ports-script-kkkkkkkk.html").read_text(encoding="utf-8")
    assert "It grew by 12" in text
    assert "<script" not in text
    assert "<b>Port" not in text


def test_a_brief_becomes_markdown_where_that_is_asked_for_or_the_name_says_so(bench: Bench, out: Path) -> None:
    bench.do("press.publish", brief=PLAIN, path="out:/a.md")
    bench.do("press.publish", brief=PLAIN, path="out:/b", format="markdown")
    assert (out / "a.md").read_bytes() == (out / "b").read_bytes()
    assert (out / "a.md").read_text(encoding="utf-8").startswith("# Ports")


def test_the_same_call_makes_the_same_file_and_another_call_another(bench: Bench, out: Path) -> None:
    first = bench.do("press.publish", "a" * 32, brief=PLAIN, folder="out:/")
    assert bench.do("press.publish", "a" * 32, brief=PLAIN, folder="out:/") == first
    bench.do("press.publish", "b" * 32, brief=PLAIN, folder="out:/")
    assert len(list(out.iterdir())) == 2


def test_a_text_becomes_a_page_of_paragraphs_without_markup_of_its_own(bench: Bench, out: Path) -> None:
    text = "One & two\nthree\n\n<script>alert(1)</script> 中文"
    bench.do("press.publish", text=text, path="out:/a.html", title='A "title" <x>')
    page = (out / "a.html").read_text(encoding="utf-8")
    assert "<p>One &amp; two<br>three</p>" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 中文" in page
    assert "default-src 'none'" in page
    bench.do("press.publish", text=text, path="out:/a.md", title="T")
    assert (out / "a.md").read_text(encoding="utf-8") == f"# T\n\n{text}\n"


def test_it_is_written_into_the_workspace_where_no_folder_is_named(bench: Bench, tmp_path: Path) -> None:
    found = bench.do("press.publish", text="x", folder="published")
    assert (tmp_path / "home" / "work" / "scribe" / found["path"]).read_text(encoding="utf-8").count("<p>x</p>") == 1
    assert bench.do("press.publish", text="x", folder=".")["path"].startswith("x-")


@pytest.mark.parametrize(
    "args",
    [{}, {"brief": PLAIN}, {"text": "x"}, {"brief": PLAIN, "text": "x", "path": "a"}, {"text": "x", "path": "a", "folder": "b"},
     {"brief": {"title": "x"}, "path": "a"}, {"brief": "x", "path": "a"}, {"text": "x", "path": "../a"}, {"text": "x", "folder": "/etc"},
     {"text": "x", "path": "a", "format": "pdf"}],
)  # fmt: skip
def test_what_says_not_what_or_where_is_a_misfit(bench: Bench, args: dict[str, object]) -> None:
    assert bench.misfit("press.publish", **args)  # type: ignore[arg-type]


def test_a_folder_that_is_only_read_is_not_written(bench: Bench) -> None:
    with pytest.raises(ToolFailedError, match="read-only"):
        bench.do("press.publish", text="x", folder="kept:/")
