"""A saying says the same in two languages, and nothing in a third."""

from __future__ import annotations

import re

import pytest

from ergos.compile.diagnostics import SAYINGS
from ergos.compile.sayings.saying import Saying

BRACES = re.compile(r"\{(\w+)\}")


def test_a_saying_is_told_in_the_language_that_is_asked_for() -> None:
    saying = Saying("error", "what", "do", "何事", "怎么办")
    assert (saying.what("en"), saying.remedy("en")) == ("what", "do")
    assert (saying.what("zh"), saying.remedy("zh")) == ("何事", "怎么办")


@pytest.mark.parametrize("code", sorted(SAYINGS))
def test_both_languages_are_filled_from_the_same_values(code: str) -> None:
    saying = SAYINGS[code]
    english = set(BRACES.findall(saying.en + saying.en_remedy))
    chinese = set(BRACES.findall(saying.zh + saying.zh_remedy))
    assert english == chinese
    assert saying.en.strip() and saying.zh.strip() and saying.en_remedy.strip() and saying.zh_remedy.strip()
