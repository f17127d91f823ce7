"""Titles and headings in the reader's language."""

from __future__ import annotations

import pytest

from ergos.base.documents import Finding
from ergos.drivers.system1.headings import in_language, title
from ergos.drivers.system1.phrases import Written

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("subject", "language", "heading"),
    [
        ("agents", "en", "Agents"),
        ("agents", "zh", "智能体"),
        ("阿里巴巴", "en", "Alibaba"),
        ("阿里巴巴", "zh", "阿里巴巴"),
        ("Qwen", "zh", "通义千问"),
        ("Passau", "zh", "Passau"),
        ("economy", "zh", None),
        ("洪水", "en", None),
    ],
)
def test_a_heading_is_one_the_reader_can_read(subject: str, language: Written, heading: str | None) -> None:
    assert in_language(subject, language) == heading


def test_a_title_names_subjects_and_the_utc_day() -> None:
    themes = [Finding(kind="theme", subject=subject, citations=()) for subject in ("agents", "洪水", "Passau")]
    assert title(themes, "en", DAY_NS - 10**9, is_empty=False) == "Agents, Passau: brief of 1 January 1970"
    assert title(themes, "zh", DAY_NS, is_empty=False) == "智能体、洪水、Passau：1970年1月2日简报"
    assert title([], "en", 0, is_empty=False) == "Brief of 1 January 1970"


def test_a_title_is_a_headline_of_its_sources_where_there_is_one() -> None:
    two = ["Flood closes bridges in Passau", "Opera reopens in Milan"]
    assert title([], "en", 0, is_empty=False, headlines=two) == "Flood closes bridges in Passau; Opera reopens in Milan"
    assert title([], "zh", 0, is_empty=False, headlines=["多瑙河洪水。"]) == "多瑙河洪水"
    assert title([], "en", 0, is_empty=False, headlines=["long " * 40]) == "Brief of 1 January 1970"
