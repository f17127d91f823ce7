"""Texts of diagnostics about times."""

from __future__ import annotations

import string

import pytest

from ergos.compile.sayings.times import TIMES


@pytest.mark.parametrize("code", sorted(TIMES))
def test_both_languages_say_the_same_things(code: str) -> None:
    saying = TIMES[code]
    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (saying.en, saying.zh)]
    assert fields[0] == fields[1]
    assert code.startswith("C1")
    assert saying.en_remedy
    assert saying.zh_remedy
    assert not saying.en.endswith(".")
