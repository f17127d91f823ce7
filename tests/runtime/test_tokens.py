"""A token stands for one start of one process of one store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.runtime.tokens import Tokens, Visitor

HERE = Tokens(b"secret", "store")
visitors = st.builds(Visitor, st.integers(1, 2**60).map(Pid), st.integers(1, 2**30))


@given(visitors)
def test_a_token_stands_for_whom_it_was_made(visitor: Visitor) -> None:
    assert HERE.visitor_of(HERE.token(visitor)) == visitor
    assert Tokens(b"secret", "another store").visitor_of(HERE.token(visitor)) is None
    assert Tokens(b"another secret", "store").visitor_of(HERE.token(visitor)) is None
    assert Tokens(b"", "store").visitor_of(Tokens(b"", "store").token(visitor)) is None


@given(st.text())
def test_nothing_else_is_a_token(text: str) -> None:
    assert HERE.visitor_of(text) is None
    assert HERE.visitor_of(f"ergos-{text}") is None
    assert HERE.visitor_of(f"ergos-1-1-{text}") is None
