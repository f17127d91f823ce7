"""Equal values have equal bytes, and only plain values have any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain, decode, digest_of, encode
from ergos.base.errors import TooLargeError, ValueShapeError
from ergos.base.limits import VALUE_BYTES_MAX, VALUE_DEPTH_MAX

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=15,
)


@given(PLAIN)
def test_decoding_undoes_encoding_and_encoding_is_canonical(value: Plain) -> None:
    encoded = encode(value)
    assert decode(encoded) == value
    assert encode(decode(encoded)) == encoded


@given(st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert digest_of(value) == digest_of(dict(reversed(list(value.items()))))


def nested(depth: int) -> Plain:
    value: Plain = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        [float("-inf")],
        {1: 2},
        {"a": {None: 1}},
        pytest.param([10**5_000], id="digits"),
        "\ud800",
        object(),
        [object()],
    ],
)
def test_what_is_not_plain_is_refused(value: object) -> None:
    with pytest.raises(ValueShapeError):
        encode(value)


def test_nesting_and_size_are_bounded() -> None:
    assert encode(nested(VALUE_DEPTH_MAX))
    with pytest.raises(ValueShapeError):
        encode(nested(VALUE_DEPTH_MAX + 2))
    with pytest.raises(ValueShapeError):
        encode(nested(100_000))
    with pytest.raises(TooLargeError):
        encode("x" * VALUE_BYTES_MAX)


@pytest.mark.parametrize("broken", [b"", b"{", b"\xff", b"nope", b"[" * 100_000, b"9" * 5_000])
def test_bytes_that_are_no_json_are_refused(broken: bytes) -> None:
    with pytest.raises(ValueShapeError):
        decode(broken)
