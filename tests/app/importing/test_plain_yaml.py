"""YAML of others: read leniently, never executed, never allowed to blow up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.importing.plain_yaml import read_yaml, scalar
from ergos.app.importing.remarks import Findings
from ergos.base.errors import DefinitionError


def read(text: str) -> object:
    return read_yaml(text, "x.yaml", Findings())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: 1.5\nc: true\nd: null\ne: ~\nf:\n", {"a": 1, "b": 1.5, "c": True, "d": None, "e": None, "f": None}),
        (
            "a: no\nb: 12:30\nc: '1'\nd: \"true\"\ne: 0x10\n",
            {"a": "no", "b": "12:30", "c": "1", "d": "true", "e": "0x10"},
        ),
        ("base: &b {x: 1, y: 2}\none:\n  <<: *b\n  x: 9\n", {"base": {"x": 1, "y": 2}, "one": {"x": 9, "y": 2}}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("- [1, {a: b}]\n", [[1, {"a": "b"}]]),
        ("1: a\ntrue: b\n", {"1": "a", "true": "b"}),
        ("a: 1\n---\nb: 2\n", {"a": 1}),
        ("", None),
    ],
)
def test_a_document_is_plain_data(text: str, value: object) -> None:
    assert read(text) == value


def test_a_tag_makes_no_object_and_is_reported() -> None:
    findings = Findings()
    assert read_yaml("a: !!python/object/apply:os.system ['x']\nb: !custom 1\n", "x", findings) == {
        "a": ["x"],
        "b": "1",
    }
    assert [one.code for one in findings.all] == ["I112", "I112"]


def test_the_last_of_two_keys_counts_and_is_reported() -> None:
    findings = Findings()
    assert read_yaml("a: 1\na: 2\n", "x", findings) == {"a": 2}
    assert [one.code for one in findings.all] == ["I102"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "a: *b",
        "[" * 500,
        "{a: " * 70 + "1" + "}" * 70,
        "a: b: c",
        "\x00",
        "a: [1",
        "x" * (5 * 1024 * 1024),
        "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
    ],
)
def test_a_bomb_a_cycle_and_nonsense_are_errors(text: str) -> None:
    with pytest.raises(DefinitionError):
        read(text)


@given(st.text(max_size=60))
def test_any_text_is_data_or_an_error(text: str) -> None:
    try:
        read(text)
    except DefinitionError:
        pass


def test_only_words_and_numbers_of_the_core_schema_are_anything_else_than_text() -> None:
    assert [scalar(one) for one in ("yes", "1_000", "1e3", ".5", "+3", "-", "012")] == [
        "yes",
        "1_000",
        1000.0,
        0.5,
        3,
        "-",
        12,
    ]
