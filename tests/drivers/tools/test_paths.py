from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.tools.paths import DRAFT_PREFIX, file_of, is_plain, place_of
from ergos.kernel.permission.grants import Matcher, matches

REFUSED = [
    "", "/etc/passwd", "..", "../x", "a/../b", "a/..", "a\0b", "a\nb", "a\x1b[2Jb", "a\\b", "a\u2215b", "a\uff0fb",
    "\uff0e\uff0e/x", "\u2025/x", "\u2024\u2024", "x\u202egnp.exe", "a\u200bb", "\ufeffa", "a\udcffb", " a", "a ", "a/ b",
    "x" * 300, "d/" * 50 + "x", "y" * 5_000, DRAFT_PREFIX + "ab", ":/x", "a\u2028b", "\u3002\u3002/x",
]  # fmt: skip


@pytest.mark.parametrize("path", REFUSED)
def test_a_path_that_could_mean_something_else_is_refused(path: str) -> None:
    with pytest.raises(ValueShapeError):
        place_of(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a/b.md", "a/b.md"), ("./a//b", "a/b"), (".", "."), ("报告/七月.md", "报告/七月.md"), ("a/", "a"),
        ("invoices:/2031/a.pdf", "invoices:/2031/a.pdf"), ("invoices:/", "invoices:/"), ("a:b", "a:b"), (".hidden", ".hidden"),
        ("卡尔·马克思", "卡尔·马克思"), ("a..b", "a..b"), ("结束。", "结束。"),
    ],
)  # fmt: skip
def test_a_place_has_one_text(path: str, text: str) -> None:
    assert place_of(path).text == text
    assert place_of(place_of(path).text) == place_of(path)


def test_the_folder_itself_is_no_file() -> None:
    for path in (".", "invoices:/", "./"):
        with pytest.raises(ValueShapeError):
            file_of(path)


@given(st.text(max_size=40), st.sampled_from(["", "../", "/", "a/", "room:/", "x:/../"]))
def test_whatever_is_taken_stays_inside(text: str, before: str) -> None:
    try:
        place = place_of(before + text)
    except ValueShapeError:
        return
    inside = "/".join(place.parts)
    assert not inside.startswith("/")
    assert ".." not in place.parts
    assert posixpath.normpath("/root-folder/" + inside).startswith("/root-folder")
    assert "\0" not in inside


@given(st.text(max_size=20))
def test_what_a_grant_takes_for_inside_is_opened_inside(text: str) -> None:
    path = f"reports/{text}"
    try:
        place = place_of(path)
    except ValueShapeError:
        return
    if matches(Matcher("under", ("reports",)), path):
        assert not place.room
        assert place.parts[0] == "reports"


def test_a_name_found_on_disk_can_be_asked_for_or_not() -> None:
    assert is_plain("a.txt")
    assert not is_plain("a\udcff")
    assert not is_plain("a\\b")
    assert not is_plain(DRAFT_PREFIX + "1")
