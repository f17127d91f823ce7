"""What a step passes on, as a text or as rows."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.canonical import Plain
from ergos.drivers.sources.prose import make_document
from ergos.verify.standard_texts import (
    brief_of,
    documents_of,
    language_of,
    pages_of,
    prose_of,
    rows_of,
    table_of,
    text_of,
    words_in,
)

DOCUMENT: Plain = msgspec.to_builtins(
    make_document(url="u", title="Title", text="Body of it.", source="s", published_ns=None)
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("x", "x"),
        (5, "5"),
        (["a", None, "b"], "a\n\nb"),
        ({"text": "x", "bytes": 5}, "x"),
        ({"title": "T", "text": "x"}, "T\n\nx"),
        ({"title": "T", "text": "T and x"}, "T and x"),
        ({"a": 1, "b": {"amount": "5", "currency": "EUR"}, "c": None}, "a: 1\nb: 5 EUR"),
        (DOCUMENT, "Title\n\nBody of it."),
        ({"path": "a.txt", "line": 3, "text": "found"}, "found"),
    ],
)
def test_a_value_has_a_text(value: Plain, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (None, []),
        ("a\n\n b ", [{"text": "a"}, {"text": "b"}]),
        ({"a": 1}, [{"a": 1}]),
        ({"documents": [{"a": 1}], "notes": []}, [{"a": 1}]),
        ([{"a": 1}, None, 5], [{"a": 1}, {"value": 5}]),
    ],
)
def test_a_value_has_rows(value: Plain, rows: list[Plain]) -> None:
    assert rows_of(value) == rows


def test_a_table_that_was_read_is_its_rows() -> None:
    read: Plain = {"documents": [{"url": "here:/a.csv", "text": "name;total\nAcme; 5\nGlobex;\n", "title": "a.csv"}]}
    assert rows_of(read) == table_of(read) == [{"name": "Acme", "total": "5"}, {"name": "Globex", "total": None}]
    assert table_of({"documents": [{"url": "a.md", "text": "x"}]}) is None
    assert table_of([{"url": "a.csv", "text": "x"}, {}]) is None
    assert table_of("x") is None


def test_documents_are_those_that_are_documents() -> None:
    assert [one.title for one in documents_of([DOCUMENT, {"x": 1}])] == ["Title"]
    assert [one.title for one in documents_of({"documents": [DOCUMENT]})] == ["Title"]
    assert [one.title for one in documents_of(DOCUMENT)] == ["Title"]
    assert documents_of("text") == ()
    assert brief_of(DOCUMENT) is None
    assert brief_of({"sections": 5, "documents": []}) is None


def test_length_is_counted_as_readers_count() -> None:
    assert words_in("Two words, and 3 more - here") == 6
    assert words_in("两个词 and one") == 5
    assert pages_of("word " * 450) == 1.0
    assert pages_of("字" * 1_800) == 2.0
    assert prose_of("x") == "x"
    assert language_of("这是一个中文句子。") == "zh"
