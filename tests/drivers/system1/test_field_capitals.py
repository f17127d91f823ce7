"""Capital numerals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ergos.drivers.system1.field_capitals import capitals


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("人民币（大写）：伍仟陆佰元整", "5600"),
        ("壹拾贰万捌仟肆佰元伍角整", "128400.50"),
        ("叁拾圆零伍分", "30.05"),
        ("壹亿零贰万元整", "100020000"),
        ("拾元整", "10"),
        ("貳仟零叁元", "2003"),
    ],
)
def test_capitals_are_amounts(text: str, amount: str) -> None:
    assert capitals(text) == (Decimal(amount),)


@pytest.mark.parametrize("text", ["伍佰仟元整", "壹贰叁元", "元整", "五百元", "壹仟贰佰"])
def test_what_is_no_well_formed_amount_is_none(text: str) -> None:
    assert capitals(text) == ()
