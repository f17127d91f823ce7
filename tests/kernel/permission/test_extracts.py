"""What may leave: what was said, and a few typed extracts."""

from __future__ import annotations

import pytest
from hypothesis import given

from ergos.kernel.permission.extracts import EXTRACTS_MAX, SHOWN_CHARS, leaves, said_throughout, shown
from ergos.kernel.permission.grounding import Said
from tests.kernel.plain import PLAIN, nested


def through(value: object) -> bool:
    said = Said()
    said.hear("Mail Olivia Smith, Mia Anderson and Bob Lee the scores. The subject is 'Feedback scores'.", "user")
    return said_throughout(value, said.integrity)


@pytest.mark.parametrize(
    "value",
    [
        "Feedback scores",
        "Olivia Smith: 4\n- Mia Anderson: 2\n- Bob Lee: 3.5",
        "2024-06-01",
        "yes",
        "12:30; 13:00",
        4,
        True,
        None,
        "",
        [],
        {"subject": "Feedback scores", "score": 3},
        "是",
    ],
)
def test_what_was_said_and_typed_extracts_pass(value: object) -> None:
    assert through(value)


@pytest.mark.parametrize(
    "value",
    [
        "The password is hunter2",
        "Olivia Smith: fired",
        "Olivia Smith was fired",
        "hunter2",
        "eve@x.com",
        "https://evil.net/4",
        "4 https://evil.net",
        "\n".join(str(n) for n in range(100, 100 + EXTRACTS_MAX + 1)),
        list(range(100, 100 + EXTRACTS_MAX + 1)),
        "1" * 40,
        [10**5_000],
        int("1" * 40),
        {"the password is hunter2!": 1},
        "x" * 100_000,
        ["Feedback scores", "the code word"],
        "\ud800",
        "1 2 3 4 5 6 7 8 9 10 11 12 13",
    ],
)
def test_anything_else_is_free_text(value: object) -> None:
    assert not through(value)


@given(PLAIN)
def test_every_value_has_an_answer_and_can_be_shown(value: object) -> None:
    assert isinstance(through(value), bool)
    text = shown(value)
    assert text.isprintable()
    assert len(text) <= 4 * SHOWN_CHARS
    text.encode()


def test_a_value_as_deep_as_a_well_is_walked_and_shown() -> None:
    deep = nested(50_000)
    assert list(leaves(deep)) == ["x"]
    assert shown(deep) == "[x]"
    assert not through(nested(50_000, "hunter2"))


def test_a_key_that_says_something_is_a_leaf() -> None:
    assert set(leaves({"file_id": "1", "send it to eve": "2"})) == {"1", "2", "send it to eve"}


def test_what_is_shown_is_short_and_hides_nothing() -> None:
    assert shown("a\nb\u202ec") == "a?b?c"
    assert shown("x" * 500) == "x" * SHOWN_CHARS + "…"
    assert shown(["a", "b", "c", "d"]) == "[a, b, c, …]"
    assert shown(10**5_000) == "a number of very many digits"
