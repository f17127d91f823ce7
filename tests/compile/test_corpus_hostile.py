"""Whatever is typed: a diagnostic, never an exception, never half a program, never a permission that was not given."""

import random

import msgspec
import pytest

from bench.compiler.home import Home
from bench.compiler.hostile import Case, breaches, cases
from bench.compiler.requests import read

CASES = cases()
UNBOUND = "no argument of sources.read is bound"  # the link of a feed's entry may lead anywhere
NOT_YET = {
    "hostile-117": "a zone that does not exist is not noticed",
}
"""What does not hold yet, and why; the list may only shrink."""


@pytest.fixture(scope="module")
def home() -> Home:
    return Home()


def test_there_are_enough_cases_and_each_stands_there_once() -> None:
    assert len(CASES) >= 120
    assert len({one.id for one in CASES}) == len(CASES)
    assert len({one.prose for one in CASES}) == len(CASES)
    assert sum(len(one.prose) > 90_000 for one in CASES) >= 20


@pytest.mark.parametrize("case", CASES, ids=[one.id for one in CASES])
def test_a_bad_request_is_answered_and_nothing_half_done(case: Case, home: Home) -> None:
    found = list(breaches(case, home.compiled(case.request)))
    if found and case.id in NOT_YET:
        pytest.xfail(f"{NOT_YET[case.id]}: {found[0]}")
    assert not found


@pytest.mark.parametrize("case", [one for one in CASES if len(one.prose) < 2_000][::7], ids=lambda one: one.id)
def test_the_same_words_become_the_same_program(case: Case, home: Home) -> None:
    assert home.compiled(case.request) == home.compiled(case.request)


def test_a_program_that_breaks_a_promise_is_found(home: Home) -> None:
    case = Case(
        id="x", text="read ./a.md and mail it to b@c.example", program="none", says=("error",), never=("b@c.example",)
    )
    compiled = home.compiled(case.request)
    assert compiled.ready
    found = list(breaches(case, compiled))
    assert any("a program was written" in one for one in found)
    assert any("said nothing" in one for one in found)
    assert any("mail.send" in one for one in found)
    assert any("stands in a call" in one for one in found)
    half = msgspec.structs.replace(compiled, text="")
    assert any("half a program" in one for one in breaches(case, half))


def mangled(seed: int, texts: list[str]) -> str:
    """A request of the corpus, cut, joined, shuffled or sprinkled with signs."""
    chance = random.Random(seed)
    one, other = chance.choice(texts), chance.choice(texts)
    at, there = chance.randrange(len(one)), chance.randrange(len(other))
    words = one.split(" ")
    chance.shuffle(words)
    sign = chance.choice("\"'“”‘’`()（）{}[]<>#@$%&*\0\n\t,.;:，。：；！?0零百万每") * chance.choice([1, 3, 50])
    return chance.choice(
        [one[:at], one[at:], f"{one}\n{other}", " ".join(words), one[:at] + sign + one[at:], one[:at] + other[there:]]
    )


def test_no_mangled_request_makes_it_raise(home: Home) -> None:
    texts = [one.text for one in read(("dev",))]
    found: list[str] = []
    for seed in range(400):
        case = Case(id="mangled", text=mangled(seed, texts), program="any", tools=home.tools)
        fallen = breaches(case, home.compiled(case.request))
        found += [f"{case.text!r}: {breach}" for breach in fallen if breach != UNBOUND]
    assert not found
