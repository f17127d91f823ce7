"""What System 1 writes by itself claims nothing: no figure, no name; both languages say the same things."""

from __future__ import annotations

import re
import string

import pytest

from ergos.drivers.system1 import phrases
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.phrases import (
    ABOUT,
    ABOUT_AFTER,
    ALONE_CHANGES,
    AT_LEAST,
    AT_MOST,
    BOILERPLATE,
    HEADINGS,
    MONTHS,
    MORE_AFTER,
    SENTENCES,
    SHARE_LINKS,
    TITLES,
    TWO_NAMES,
)

TEMPLATES = {"headings": HEADINGS, "titles": TITLES, "sentences": SENTENCES}


def slots(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_both_languages_have_the_same_phrases_with_the_same_slots(name: str):
    both = TEMPLATES[name]
    assert set(both) == {"en", "zh"}
    assert both["en"].keys() == both["zh"].keys()
    for key, english in both["en"].items():
        assert slots(english) == slots(both["zh"][key]), key


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_phrase_holds_a_figure_of_its_own(language):
    for templates in TEMPLATES.values():
        for template in templates[language].values():
            bare = re.sub(r"\{\w+\}", "", template)
            assert not figures(bare), template
            assert not re.search(r"\d", bare), template


def test_a_chinese_phrase_is_chinese_and_an_english_one_is_not():
    for templates in TEMPLATES.values():
        for key in templates["en"]:
            assert not re.search(r"[\u4e00-\u9fff]", templates["en"][key])
            if words := re.sub(r"\{\w+\}|[\W]", "", templates["zh"][key]):
                assert re.search(r"[\u4e00-\u9fff]", words)


@pytest.mark.parametrize(
    "text",
    [
        "Subscribe to our newsletter",
        "All rights reserved",
        "Click here to read",
        "点击阅读全文",
        "责任编辑：某某",
        "未经授权不得转载",
    ],
)
def test_boilerplate_is_known(text: str):
    assert any(re.search(pattern, text, re.IGNORECASE) for pattern in BOILERPLATE)


@pytest.mark.parametrize(
    "text",
    [
        "The bank cut its rate on Thursday.",
        "公司周四宣布降息。",
        "The harbour handled 4,200 ships.",
        "Clicks fell by a third.",
    ],
)
def test_news_is_no_boilerplate(text: str):
    assert not any(re.search(pattern, text, re.IGNORECASE) for pattern in BOILERPLATE)


@pytest.mark.parametrize(
    ("pattern", "before"),
    [
        (AT_LEAST, "more than "),
        (AT_LEAST, "超过"),
        (AT_MOST, "up to "),
        (AT_MOST, "不到"),
        (ABOUT, "nearly "),
        (ABOUT, "大约"),
    ],
)
def test_a_hedge_counts_right_before_a_figure_and_not_further_away(pattern: str, before: str):
    assert re.search(pattern, before, re.IGNORECASE)
    assert not re.search(pattern, f"{before}a long while ago it was ", re.IGNORECASE)


@pytest.mark.parametrize(("pattern", "after"), [(MORE_AFTER, "多人"), (MORE_AFTER, " or more"), (ABOUT_AFTER, "左右")])
def test_a_hedge_may_follow_a_figure(pattern: str, after: str):
    assert re.search(pattern, after)
    assert not re.search(pattern, f"人{after}")


def test_every_pattern_compiles():
    patterns = [
        found for name, found in vars(phrases).items() if name.isupper() and isinstance(found, str) and "(?:" in found
    ]
    patterns += [*ALONE_CHANGES.values(), *BOILERPLATE, SHARE_LINKS]
    for pattern in patterns:
        re.compile(pattern, re.IGNORECASE)
    assert len(patterns) > 10


def test_names_are_chinese_on_one_side_and_lower_case_latin_on_the_other():
    for chinese, english in TWO_NAMES.items():
        assert all("\u4e00" <= letter <= "\u9fff" for letter in chinese), chinese
        assert english.isascii()
        assert english == english.lower()


def test_a_year_has_twelve_months():
    assert len(set(MONTHS)) == 12
