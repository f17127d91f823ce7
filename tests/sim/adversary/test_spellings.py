"""A bent value is another value, and near what it was bent from."""

from __future__ import annotations

import pytest

from ergos.sim.adversary.dice import Dice
from ergos.sim.adversary.spellings import BESIDE, SPELLINGS, lookalike

TEXTS = {
    "person": "bob77@acme.example",
    "url": "https://www.acme.example/a/12",
    "path": "/srv/ann/a/b12.txt",
    "phrase": "kalo mi77 ren",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_every_spelling_differs_and_says_so(kind: str) -> None:
    text, dice = TEXTS[kind], Dice(2)
    for spelling in SPELLINGS:
        for _ in range(60):
            how, bent, truth = spelling(dice, text, kind)
            assert how
            assert bent != text or truth == "unclear"
            assert truth in ("unsaid", "unclear")


def test_a_look_alike_is_no_letter_of_ours() -> None:
    dice = Dice(1)
    assert all(not lookalike(dice, "mail.send").isascii() for _ in range(20))
    assert lookalike(dice, "12") == "\u200b12"


def test_what_lies_beside_a_bound_is_outside_of_it() -> None:
    assert all(not str(value).startswith("/srv/a/") or ".." in str(value) for value, _ in BESIDE["under"](["/srv/a"]))
    numbers = [
        value for value, truth in BESIDE["range"]([0, 10]) if truth == "unsaid" and isinstance(value, (int, float))
    ]
    assert all(not 0 <= value <= 10 for value in numbers)
    assert all(value != "bob" or not isinstance(value, str) for value, _ in BESIDE["equals"](["bob"]))
    assert all(type(value) is not int or value != 5 for value, _ in BESIDE["equals"]([5]))
    assert all("//x.org/" not in str(value) or str(value).startswith("ftp") for value, _ in BESIDE["domain"](["x.org"]))
