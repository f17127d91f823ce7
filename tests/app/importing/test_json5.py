"""JSON5 as plain data; whatever is JSON reads the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.importing.json5 import read_json5
from ergos.base.errors import DefinitionError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_json_reads_as_json(value: object, ascii_only: bool) -> None:
    assert read_json5(json.dumps(value, ensure_ascii=ascii_only, indent=1), "x") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, 'b': 2, \"c\": 3, $d_1: 4,}", {"a": 1, "b": 2, "c": 3, "$d_1": 4}),
        ("// one\n[1, /* two */ 2,]\n// end", [1, 2]),
        ("'it\\'s \\x41\\u00e9\\\nx'", "it's Aéx"),
        ("[+1, -.5, 5., 0xFF, 1e3]", [1, -0.5, 5.0, 255, 1000.0]),
        ("[Infinity, -Infinity, NaN]", [None, None, None]),
        ("\ufeff{}", {}),
        ("{a: {b: [{}]}}", {"a": {"b": [{}]}}),
        ("{a: 1, a: 2}", {"a": 2}),
    ],
)
def test_what_json5_adds_is_read(text: str, value: object) -> None:
    assert read_json5(text, "x") == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1",
        "{a}",
        "{a:}",
        "{a:1 b:2}",
        "'x",
        "'x\ny'",
        "1 2",
        "{a:1}}",
        "/*",
        "\\",
        "'\\u12'",
        "[" * 200,
        "nul",
    ],
)
def test_what_is_none_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(DefinitionError, match="line"):
        read_json5(text, "x")


@given(st.text(alphabet="{}[]:,'\"/*\\ntrue01.eE-+ \n", max_size=40))
def test_any_text_is_data_or_an_error(text: str) -> None:
    try:
        read_json5(text, "x")
    except DefinitionError:
        pass
