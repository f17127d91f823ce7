"""What sentences say of fields."""

from __future__ import annotations

import pytest

from ergos.drivers.system1.field_names import BY_NAME
from ergos.drivers.system1.field_own import own
from ergos.drivers.system1.field_terms import dated, dateline, defined, paid_by
from ergos.drivers.system1.field_values import Habits

NONE = Habits()
CONTRACT = """This Agreement is made as of February 1, 2026 (the "Effective Date") by and
between Harbor Media Group, Inc. ("Client") and Pinecrest Studio LLC, a Delaware company (the "Contractor")."""


def test_a_contract_defines_its_parties_and_its_day() -> None:
    assert defined(CONTRACT, "client", BY_NAME["customer"], NONE) == "Harbor Media Group, Inc."
    assert defined(CONTRACT, "contractor", BY_NAME["supplier"], NONE) == "Pinecrest Studio LLC"
    assert defined(CONTRACT, "effective date", own("effective date"), NONE) == "2026-02-01"
    assert defined(CONTRACT, "landlord", own("landlord"), NONE) is None


def test_a_chinese_contract_defines_its_parties() -> None:
    text = "本合同由北京星桥文化有限公司（以下简称“甲方”）与李明（以下简称“乙方”）签订。"
    assert defined(text, "甲方", BY_NAME["customer"], NONE) == "北京星桥文化有限公司"
    assert defined(text, "乙方", BY_NAME["supplier"], NONE) == "李明"


@pytest.mark.parametrize(
    "line",
    [
        "Zahlbar ohne Abzug bis 26.06.2026.",
        "Please pay by 26 June 2026.",
        "请于2026年6月26日前缴纳，逾期加收滞纳金。",
        "Bitte überweisen Sie den Betrag bis spätestens 26.06.2026.",
    ],
)
def test_a_sentence_says_until_when_it_is_to_be_paid(line: str) -> None:
    assert paid_by((line,), NONE) == "2026-06-26"


def test_two_such_days_are_none() -> None:
    assert paid_by(("Pay by 1 June 2026.", "Pay by 2 June 2026."), NONE) is None


def test_letters_are_dated_alone_or_behind_a_place() -> None:
    assert dateline(("Rosenheim, den 12.06.2026", "vom 01.06.2026 an"), NONE) == "2026-06-12"
    assert dateline(("12 June 2026", "13 June 2026"), NONE) is None


def test_a_heading_dates_its_document() -> None:
    assert dated(("FATTURA n. 88/2026 del 14/02/2026",), Habits(day_first=True)) == "2026-02-14"
    assert dated(("the invoice was lost",), NONE) is None
