"""What the compiler may know."""

from __future__ import annotations

from tests.compile.office import KNOWN, known


def test_nothing_is_known_that_was_not_said():
    assert (KNOWN.model, KNOWN.secrets, KNOWN.roots, KNOWN.egress) == (False, frozenset(), {}, None)
    assert known(model=True).model
