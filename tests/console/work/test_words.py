"""A long value in a list is cut, and says by how much."""

from __future__ import annotations

from ergos.console.work.words import CLIPPED_CHARS, clipped


def test_short_values_are_whole_and_long_ones_say_what_is_missing():
    assert clipped("hello") == "hello"
    assert clipped({"a": [1, "ä"]}) == '{\n  "a": [\n    1,\n    "ä"\n  ]\n}'
    long = clipped("x" * 1_000_000)
    assert len(long) < CLIPPED_CHARS + 20
    assert long.endswith(f"… +{1_000_000 - CLIPPED_CHARS:,}")
