"""Front matter: what is read, and that a fault is shown at the place where it stands."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import AgentFileError
from ergos.base.limits import AGENT_FILE_BYTES_MAX
from ergos.lib.frontmatter import DEPTH_MAX, Field, parse, plain


def value(text: str) -> object:
    return plain(parse(f"---\nx: {text}\n---\n", "f").fields["x"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2027-01-31", "2027-01-31"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1e5", "1e5"),
        (".nan", ".nan"),
        ("=", "="),
        ("true", True),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"7"', "7"),
        ("7", 7),
        ("-7", -7),
        ("1_000", 1000),
        ("1__0", "1__0"),
        ("007", 7),
        ("2.50", 2.5),
        ("1.", "1."),
        ("[a, 1, [true]]", ["a", 1, [True]]),
        ("{a: {b: c}}", {"a": {"b": "c"}}),
        ("你好", "你好"),
    ],
)
def test_only_numbers_true_false_and_null_are_anything_but_text(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_the_body_is_what_stands_below_and_keeps_its_own_rulers() -> None:
    matter = parse("---\nx: 1\n---\n\n# Title\n\n---\n\ny: 2\n", "f")
    assert matter.body == "# Title\n\n---\n\ny: 2"
    assert set(matter.fields) == {"x"}


@pytest.mark.parametrize(
    "text", ["\ufeff---\nx: 1\n---\n", "---\r\nx: 1\r\n---\r\n", "--- \nx: 1\n---\t\n", "---\nx: 1\n---"]
)
def test_marks_windows_line_ends_and_trailing_blanks_do_not_matter(text: str) -> None:
    assert plain(parse(text, "f").fields["x"]) == 1


def test_values_and_names_know_where_they_stand() -> None:
    found = parse("---\na: 1\nbb:\n  - ccc\n---\n", "f").fields["bb"]
    assert found.key == (3, 1)
    assert isinstance(found.value, list)
    assert (found.value[0].line, found.value[0].column) == (4, 5)


FAULTS = [
    ("", 1, 1, "begin"),
    ("name: a", 1, 1, "begin"),
    ("---", 1, 1, "begin"),
    ("---\nx: 1\n", 3, 1, "does not end"),
    ("---\nx: 1\n---- \n", 4, 1, "does not end"),
    ("---\n- 1\n---", 2, 1, "not a mapping"),
    ("---\njust words\n---", 2, 1, "not a mapping"),
    ("---\n\tx: 1\n---", 2, 1, "'\\t'"),
    ("---\nx: 1\nx: 2\n---", 3, 1, "second time"),
    ("---\na:\n  x: 1\n  x: 2\n---", 4, 3, "second time"),
    ("---\nx: 1\n1: 2\n'1': 3\n---", 4, 1, "second time"),
    ("---\n? [a]: b\n---", 2, 3, "name is missing"),
    ("---\nnull: b\n---", 2, 1, "name is missing"),
    ("---\ntrue: b\n---", 2, 1, "name is missing"),
    ("---\n1.5: b\n---", 2, 1, "name is missing"),
    ("---\nx: &y 1\n---", 2, 4, "anchors"),
    ("---\nx: *y\n---", 2, 4, "anchors"),
    ("---\nx: !!int 1\n---", 2, 4, "tag"),
    ("---\nx: !python/object:os.system 1\n---", 2, 4, "tag"),
    ("---\nx: a: b\n---", 2, 5, ""),
    ("---\nx: [1, 2\n---", 3, 1, ""),
    ("---\nx: {a: 1\n---", 3, 1, ""),
    ("---\nx: 'open\n---", 3, 1, ""),
    ("---\nx: %y\n---", 2, 4, ""),
    ("---\nx: @y\n---", 2, 4, ""),
    ("---\nx: a\x00b\n---", 2, 5, "U+0000"),
    ("---\nx: 1\ny: \x07\n---", 3, 4, "U+0007"),
    ('---\nx: "\\ud800"\n---', 2, 4, "half a character"),
    ("---\nx: 9999999999999999999\n---", 2, 4, "digits"),
    ("---\nx: 1.0e999\n---", 2, 4, "too large"),
    ("---\nx: 1\n...\ny: 2\n---", 4, 1, ""),
    ("---\nx: " + "[" * 40 + "]" * 40 + "\n---", 2, 4 + DEPTH_MAX - 1, "nested"),
]


@pytest.mark.parametrize(("text", "line", "column", "what"), FAULTS, ids=[repr(case[0])[:40] for case in FAULTS])
def test_a_fault_is_shown_where_it_stands_with_what_was_expected(text: str, line: int, column: int, what: str) -> None:
    with pytest.raises(AgentFileError) as raised:
        parse(text, "AGENT.md")
    assert raised.value.what.startswith(f"AGENT.md, line {line}, column {column}: "), raised.value.what
    assert what in raised.value.what
    assert raised.value.what_to_do.startswith("expected ")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_bomb_of_brackets_is_refused_before_it_is_built(opening: str) -> None:
    with pytest.raises(AgentFileError):
        parse("---\nx:\n  " + opening * (60_000 // len(opening)) + "\n---\n", "f")


def test_a_file_beyond_the_bound_is_refused_unread() -> None:
    with pytest.raises(AgentFileError, match="larger"):
        parse("---\nx: 1\n---\n" + "é" * (AGENT_FILE_BYTES_MAX // 2), "f")


YAMLISH = st.text(alphabet="ab:-[]{}#'\"|>&*!%?~, \n\t0179.\\uxd8\u2028\x85", max_size=60)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(alphabet="abc -:#'\n", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(max_size=80) | YAMLISH)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n"):
        try:
            found = parse(whole, "f")
        except AgentFileError as error:
            assert "line " in error.what  # noqa: PT017 - most texts are refused, some are read
        else:
            assert all(isinstance(field, Field) for field in found.fields.values())


@given(st.dictionaries(st.text("xyz", min_size=1), PLAIN, max_size=4))
def test_what_yaml_writes_is_read_back(fields: dict[str, object]) -> None:
    quoted = yaml.safe_dump({"x0": 1, **fields}, default_style=None, allow_unicode=True)
    if "&" in quoted or "!!" in quoted:
        return
    found = {name: plain(field) for name, field in parse(f"---\n{quoted}---\n", "f").fields.items()}
    assert found == {"x0": 1, **fields}
