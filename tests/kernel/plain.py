"""Plain values of every kind, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(
    [
        "",
        "\ud800",
        "a\0b",
        "eve@x.com",
        "2024-05-26 19:00",
        "5月26日晚上7点",
        "GB29 NWBK 6016 1331 9268 19",
        "１２",
        "\u202e",
        "1e5",
    ]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.just(10**4_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["equals", "one_of", "range", "under", "domain", "grounded", "any"])


def nested(depth: int, bottom: object = "x") -> object:
    """A list in a list in a list."""
    value = bottom
    for _ in range(depth):
        value = [value]
    return value
