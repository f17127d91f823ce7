"""What is said of a habit, in both languages."""

from __future__ import annotations

import pytest

from ergos.app.mining.grants import DenialHabit, GrantHabit
from ergos.app.mining.periods import Kind, Period
from ergos.app.mining.sequences import Pair
from ergos.app.mining.words import (
    answer_words,
    command_prose,
    command_words,
    denial_words,
    grant_words,
    pair_prose,
    pair_words,
    run_words,
    saving_words,
    when,
)
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.wording import Language


def period(kind: Kind) -> Period:
    return Period(
        kind=kind, weekday=4, month_day=3, minute=17 * 60 + 15, hits=11, spanned=12, p_value=1e-9, cover_low=0.61
    )


@pytest.mark.parametrize(
    ("kind", "en", "zh"),
    [
        ("weekly", "every Friday at 17:15", "每周五17:15"),
        ("daily", "every day at 17:15", "每天17:15"),
        ("workdays", "every weekday at 17:15", "每个工作日17:15"),
        ("monthly", "on day 3 of every month at 17:15", "每月3号17:15"),
    ],
)
def test_a_period_is_said_as_the_compiler_reads_it(kind: Kind, en: str, zh: str) -> None:
    assert (when(period(kind), "en"), when(period(kind), "zh")) == (en, zh)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_habit_has_a_sentence_and_evidence_with_its_numbers(language: Language) -> None:
    grant = Grant(agent="a", verb="act", name="mail.send", args={"to": Matcher("equals", ("b@x.example",))})
    habit = GrantHabit(grant=grant, approved=14, asked=14, first_ns=0, last_ns=10**18, share_low=0.77, p_value=1e-4)
    pair = Pair(first="x", second="y", times=9, of=10, days=8, p_value=1e-9)
    denial = DenialHabit(agent="a", tool="t", denied=15, first_ns=0, last_ns=10**18)
    said = [
        command_words("x", period("weekly"), (0, 10**18), ["x 1"], language),
        pair_words(pair, language),
        run_words("a", period("daily"), 30_000, language),
        grant_words(habit, language, None)[:2],
        denial_words(denial, language, None),
        answer_words("a", "q?", "yes", (12, 0, 10**18), language, None),
    ]
    for (sentence, evidence), number in zip(said, ("11", "9", "11", "14", "15", "12"), strict=True):
        assert number in sentence
        assert evidence
        assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence) is (language == "zh")
    assert "`x`" in command_prose("x", period("weekly"), language)
    assert "`y`" in pair_prose(pair, language)
    assert "$0.03" in saving_words(3.2, 30_000, language)
