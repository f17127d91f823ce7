"""The patterns."""

from __future__ import annotations

import re

import pytest

from ergos.compile.times.patterns import CHINESE, ENGLISH


@pytest.mark.parametrize(("kind", "pattern"), [*ENGLISH, *CHINESE])
def test_no_pattern_takes_nothing_or_repeats_a_repetition(kind: str, pattern: str) -> None:
    compiled = re.compile(pattern, re.IGNORECASE)
    assert compiled.match("") is None, kind
    assert not re.search(r"[*+]\)[*+]", pattern), kind
