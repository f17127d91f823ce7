"""Plain spelling of documents."""

from __future__ import annotations

import pytest

from ergos.drivers.system1.field_text import plain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("发票号码：ＡＢ１２３４", "发票号码：AB1234"),
        ("I N V O I C E", "INVOICE"),
        ("Date :  2 2 / 0 1 / 2 0 2 6", "Date :  22/01/2026"),
        ("购\n买\n方\n名称：甲公司", "购买方\n名称：甲公司"),
        ("Nº 12", "No 12"),
        ("美团（北京）公司", "美团（北京）公司"),
    ],
)
def test_letters_are_narrow_and_stand_together(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_a_row_of_digits_stays_a_row() -> None:
    assert plain("1 2 3 4 5") == "1 2 3 4 5"
