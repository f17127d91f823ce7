"""Checks from what was said of the result."""

from __future__ import annotations

from tests.compile.office import compiled


def checks(prose: str) -> list[tuple[str, str, object]]:
    file = compiled(prose).file
    assert file is not None
    return [(one.check, one.of, one.value) for one in file.work.acceptance]


def test_pages_language_and_sources_are_checked_of_what_is_written():
    assert checks("read https://a.example/feed and write a two-page brief in Chinese, citing the sources") == [
        ("pages_max", "brief", 2),
        ("language", "brief", "zh"),
        ("cited", "brief", None),
    ]


def test_fields_must_be_there_and_stand_in_the_source():
    assert checks("read ./a.pdf and extract supplier, total") == [
        ("fields", "extract", ["supplier", "total"]),
        ("found_in_source", "extract", None),
    ]


def test_without_a_word_about_it_a_result_must_at_least_not_be_empty_and_that_is_noted():
    made = compiled("summarise ./a.txt")
    assert made.file is not None
    assert [one.check for one in made.file.work.acceptance] == ["not_empty"]
    assert "C326" in [one.code for one in made.diagnostics]


def test_that_nothing_is_left_is_no_failure_of_a_filter():
    assert checks("read https://x.example/rss and keep only entries about rust and tell me") == []
