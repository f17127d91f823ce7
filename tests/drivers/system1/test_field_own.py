"""Fields that stand in no list."""

from __future__ import annotations

import re

import pytest

from ergos.drivers.system1.field_own import own, spelled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement date", "date"),
        ("Mietbeginn", "date"),
        ("抄表日期", "date"),
        ("Nachzahlung", "money"),
        ("本期水费", "money"),
        ("ticket number", "id"),
        ("房屋代码", "id"),
        ("governing law", "text"),
        ("备注", "text"),
    ],
)
def test_a_name_says_what_its_value_is_where_its_words_say_it(name: str, value: str) -> None:
    assert own(name).value == value


def test_a_number_is_written_in_several_ways() -> None:
    pattern = re.compile(spelled("contract number"), re.IGNORECASE)
    for said in ("Contract No.", "contract number", "CONTRACT #", "Contract-Nr."):
        assert pattern.fullmatch(said)
    assert not pattern.fullmatch("contract date")


def test_chinese_letters_may_stand_apart() -> None:
    assert re.fullmatch(spelled("姓名"), "姓    名")
