from __future__ import annotations

import pytest

from ergos.base.errors import UsageError
from ergos.sim.loopback.directives import PLAIN, last_in, read, without


def test_words_are_read_over_what_holds_already() -> None:
    own = read("tools=5 tokens=9")
    found = last_in(['go [[mind: tokens=50 stall say="two words" retry=0.5]]'], own)
    assert (found.tools, found.tokens, found.stall, found.say, found.retry) == (5, 50, True, "two words", 0.5)


def test_the_last_directive_counts() -> None:
    assert last_in(["[[mind: tokens=1]]", "[[mind: tokens=2]] [[mind: tokens=3]]", "none"]).tokens == 3


def test_no_directive_is_what_holds_already() -> None:
    assert last_in(["hello", "[[mind"]) is PLAIN


@pytest.mark.parametrize("words", ["tokens=many", "unknown=1", "usage=maybe", "fail"])
def test_a_directive_that_cannot_be_read_is_refused(words: str) -> None:
    if words == "fail":
        words = "fail=x"
    with pytest.raises(UsageError):
        read(words)


def test_a_directive_is_no_part_of_what_was_said() -> None:
    assert without("a [[mind: stall]] b").split() == ["a", "b"]


def test_behaving_takes_the_mischief_and_leaves_the_rest() -> None:
    bad = read("tools=2 fail=500 stall truncate drop unfinished midfail malformed endless type=text/html usage=zero")
    assert bad.is_mischief
    assert bad.behaving() == read("tools=2")
    assert not read("tools=2 tokens=5 pause=0.1").is_mischief
