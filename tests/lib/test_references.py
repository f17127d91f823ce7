"""References: a value of its type, text within text, and never a second reading of what came in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import TooLargeError
from ergos.lib import references
from ergos.lib.references import filled, found, paths_of, written

SCOPE: dict[str, Plain] = {
    "read": {"documents": [{"text": "one"}, {"text": "two"}], "count": 2},
    "invoice": {"total": {"amount": "12.50", "currency": "EUR"}, "note": "{secret.key}", "tags": ["a", "b"]},
    "secret": {"key": "s3cr3t"},
    "金额": 5,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{read.count}", 2),
        ("{read.documents}", [{"text": "one"}, {"text": "two"}]),
        ("{read.documents.1.text}", "two"),
        ("{read.documents.7.text}", None),
        ("{read.nothing}", None),
        ("{invoice.total}", {"amount": "12.50", "currency": "EUR"}),
        ("pay {invoice.total} now", "pay 12.50 EUR now"),
        ("{金额} 元", "5 元"),
        ("{{read.count}} is {read.count}", "{read.count} is 2"),
        ("{not a name} {\"a\": 1}", "{not a name} {\"a\": 1}"),
        ("tags: {invoice.tags}", "tags: a, b"),
        ("{read.nothing}!", "!"),
        ("{{}}", "{}"),
    ],
)  # fmt: skip
def test_a_text_is_filled(text: str, value: Plain) -> None:
    assert filled(text, SCOPE) == value


def test_what_a_document_says_is_never_a_reference() -> None:
    assert filled("{invoice.note}", SCOPE) == "{secret.key}"
    assert filled("note: {invoice.note}", SCOPE) == "note: {secret.key}"
    assert filled({"a": ["{invoice.note}"]}, SCOPE) == {"a": ["{secret.key}"]}


def test_arguments_are_filled_however_deep_and_what_is_no_text_stays() -> None:
    assert filled({"a": [{"b": "{read.count}"}, 1, None, True]}, SCOPE) == {"a": [{"b": 2}, 1, None, True]}


def test_the_paths_of_a_text_are_told_in_order() -> None:
    assert paths_of("{a.b} {{c}} {d} {1x} { e }") == ("a.b", "d")
    assert paths_of(5) == ()


def test_a_list_is_walked_by_place_and_nothing_else() -> None:
    assert found("read.documents.-1", SCOPE) is None
    assert found("read.documents.99999999999999999999", SCOPE) is None
    assert found("read.count.real", SCOPE) is None


def test_a_text_that_would_grow_without_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "FILLED_CHARS_MAX", 100)
    with pytest.raises(TooLargeError):
        filled("{a}{a}{a}", {"a": "x" * 60})


def test_values_are_written_as_people_write_them() -> None:
    assert written({"supplier": "Acme", "total": {"amount": "5", "currency": "EUR"}, "no": None}) == (
        "supplier: Acme\ntotal: 5 EUR"
    )
    assert written([{"a": 1}, {"a": 2}]) == "a: 1, a: 2"
    assert written([{"a": 1, "b": 2}, {"a": 2, "b": 3}]) == "a: 1\nb: 2\n\na: 2\nb: 3"
    assert written({"deep": {"a": {"b": 1}, "c": 2}}) == 'deep: {"a":{"b":1},"c":2}'
    assert (written(None), written(True), written(1.5)) == ("", "true", "1.5")


def test_what_only_looks_like_a_brief_is_written_as_it_is() -> None:
    assert written({"sections": [], "documents": []}) == '{"documents":[],"sections":[]}'


@given(st.text(max_size=60))
def test_every_text_is_filled_somehow(text: str) -> None:
    filled(text, SCOPE)
