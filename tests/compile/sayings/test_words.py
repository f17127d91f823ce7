from string import Formatter

import pytest

from ergos.compile.sayings.words import WORDS


@pytest.mark.parametrize("code", sorted(WORDS))
def test_every_saying_has_both_languages_and_the_same_blanks(code: str) -> None:
    saying = WORDS[code]
    blanks = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (saying.en, saying.zh)]
    assert blanks[0] == blanks[1]
    assert all((saying.en, saying.en_remedy, saying.zh, saying.zh_remedy))
