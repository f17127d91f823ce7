import msgspec
import pytest

from ergos.kernel.triggers import AnyTrigger, Feed, Files, Page
from tests.compile.owner import codes, said


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("watch ./invoices and notify me", Files(name="files", folder="invoices")),
        ("when a PDF arrives in ~/scans, notify me", Files(name="files", folder="~/scans", pattern="*.pdf")),
        ("whenever a new CSV lands in data/in, notify me", Files(name="files", folder="data/in", pattern="*.csv")),
        ("当 ./发票 文件夹里出现新的 PDF 时，通知我", Files(name="files", folder="发票", pattern="*.pdf")),
        (
            "when ./notes/a.txt changes, notify me",
            Files(name="files", folder="notes", pattern="a.txt", events=("changed",)),
        ),
        ("when https://x.org/feed.xml has a new post, notify me", Feed(name="feed", url="https://x.org/feed.xml")),
        ("when the page https://x.org/p changes, notify me", Page(name="page", url="https://x.org/p")),
        (
            "as soon as https://x.org/p says 'in stock', notify me",
            Page(name="page", url="https://x.org/p", contains="in stock"),
        ),
        ("盯着 https://x.org/p，有更新就通知我", Page(name="page", url="https://x.org/p")),
    ],
)
def test_files_feeds_and_pages_wake_it(prose: str, expected: AnyTrigger) -> None:
    assert [msgspec.structs.replace(one.value, words="") for one in said(prose).triggers] == [expected]


def test_a_folder_that_is_not_said_is_asked_for() -> None:
    assert "C215" in codes("when a PDF arrives, summarise it")


def test_what_a_trigger_brings_is_no_source() -> None:
    assert not said("when a PDF arrives in ~/scans, summarise it").sources
