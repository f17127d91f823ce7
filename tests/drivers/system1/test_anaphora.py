"""Sentences that lean on the one before."""

from __future__ import annotations

import pytest

from ergos.base.documents import Language
from ergos.drivers.system1.anaphora import is_named, leans, standing


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("In the same interview Merkel defended the treaty.", "en"),
        ("The following day the union called off its strike in Oslo.", "en"),
        ("The company blamed the weather for its losses.", "en"),
        ("Several of them were taken to a hospital in Lyon.", "en"),
        ("Four were injured when the roof came down in Lyon.", "en"),
        ("With this result they reached the final in Rome.", "en"),
        ("Prices, he said, will fall before the summer.", "en"),
        ("Such plants run on gas, the ministry in Rome said.", "en"),
        ("Two days later the ship reached the port of Genoa.", "en"),
        ("The reasons given were the weather and the price of oil.", "en"),
        ("Shocked by the vote, they left the hall in Bonn.", "en"),
        ("Parts of its roof came down during the night.", "en"),
        ("Schmidt said, closing the meeting in Bonn.", "en"),
        ("Renault also closes a plant near Paris.", "en"),
        ("同一份声明还提到，列车将于五月恢复。", "zh"),
        ("他表示，工程将在明年完成。", "zh"),
        ("该公司去年亏损三亿元。", "zh"),
        ("其中三人伤势严重，已送往里昂的医院。", "zh"),
        ("报告还指出，出口下降了百分之五。", "zh"),
        ("此外，巴黎的两座车站关闭。", "zh"),
        ("进入这一市场需要许可。", "zh"),
    ],
)
def test_a_sentence_that_points_back_leans(text: str, language: Language) -> None:
    assert leans(text, language)
    assert 0 < standing(text, language) < 0.5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The city of Passau puts the damage at 40 million euros.", "en"),
        ("The Danish Refugee Council said that it needs ten million dollars.", "en"),
        ("Angela Merkel said that she will not run again.", "en"),
        ("When they reached Rome, the pilgrims had walked for a month.", "en"),
        ("Four passengers of a ferry were injured near Lyon.", "en"),
        ("A court in Lyon ordered the maker to recall its cars.", "en"),
        ("In 2024 Norway exported more salmon than ever.", "en"),
        ("Renault closes a plant near Paris.", "en"),
        ("法国国家铁路公司表示，列车将于五月恢复。", "zh"),
        ("巴黎两座车站周五关闭。", "zh"),
        ("默克尔（Angela Merkel）说，她不再参选。", "zh"),
    ],
)
def test_a_sentence_that_names_what_it_is_about_stands_alone(text: str, language: Language) -> None:
    assert not leans(text, language)
    assert is_named(text, language)


def test_a_sentence_without_any_name_stands_less_well() -> None:
    named, nameless = (
        "Workers in Lyon found a bomb of the last war.",
        "Workers found a bomb of the last war in a garden.",
    )
    assert 1 == standing(named, "en") > standing(nameless, "en") > 0.5


def test_other_languages_are_taken_as_they_are() -> None:
    assert standing("Er sagte nichts weiter zu dem Fall.", "und") == 1
