import pytest

from ergos.compile.words.events import events_of, files_of, kind_of
from ergos.kernel.triggers import Files


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("a PDF", "*.pdf"),
        ("new images", "*.{jpg,jpeg,png}"),
        ("新的照片", "*.{jpg,jpeg,png}"),
        ("a Word document", "*.docx"),
        ("something", ""),
    ],
)
def test_a_kind_of_file_is_a_pattern_of_names(text: str, pattern: str) -> None:
    assert kind_of(text, 0, len(text)) == pattern


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("a file appears", ("created",)),
        ("is changed", ("changed",)),
        ("被修改或者删除", ("changed", "deleted")),
        ("nothing", ()),
    ],
)
def test_events_of_files_are_told_apart(text: str, events: tuple[str, ...]) -> None:
    assert events_of(text) == events


def test_a_single_file_is_a_pattern_of_its_folder() -> None:
    found = files_of("./notes/a.txt", "", ("changed",), "")[0]
    assert isinstance(found, Files)
    assert (found.folder, found.pattern) == ("notes", "a.txt")
