"""The end of a prefix, whatever its letters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.sqlite_reads import past_prefix

TEXT = st.text(
    st.sampled_from(["a", "b", "\ud7ff", "\ue000", "\U0010ffff", "\0"]) | st.characters(exclude_categories=["Cs"]),
    max_size=4,
)


@given(TEXT, TEXT)
def test_a_text_has_the_prefix_exactly_if_it_lies_between_both_ends(prefix: str, text: str) -> None:
    end = past_prefix(prefix)
    for one in (text, prefix + text):
        inside = prefix.encode() <= one.encode() and (end is None or one.encode() < end.encode())
        assert inside is one.startswith(prefix)


def test_the_last_letters_have_no_end() -> None:
    assert past_prefix("") is None
    assert past_prefix("\U0010ffff") is None
    assert past_prefix("a\U0010ffff") == "b"
    assert past_prefix("\ud7ff") == "\ue000"
