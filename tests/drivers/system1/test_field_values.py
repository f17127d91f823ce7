"""Values in a piece of text: dates, amounts, account numbers and addresses, normalised; what is none is left alone."""

from __future__ import annotations

import pytest

from ergos.base.canonical import Plain
from ergos.drivers.system1.field_names import ValueKind
from ergos.drivers.system1.field_values import Habits, amounts, currencies, plain_number, values

EUROPEAN = Habits(comma=True, day_first=True)
CASES: tuple[tuple[ValueKind, str, Habits, list[Plain]], ...] = (
    ("date", "vom 03.02.2026 bis 4.2.26", Habits(), ["2026-02-03", "2026-02-04"]),
    ("money", "Total € 1.190,00", EUROPEAN, [{"amount": "1190.00", "currency": "EUR"}]),
    ("money", "1,190.00 USD incl 19% VAT", Habits(), [{"amount": "1190.00", "currency": "USD"}]),
    ("money", "RMB 12,000.00", Habits(), [{"amount": "12000.00", "currency": "CNY"}]),
    ("money", "INV-2026-001 of 2026-01-01", Habits(), []),
    ("money", "(5.00) €", Habits(), [{"amount": "-5.00", "currency": "EUR"}]),
    ("money", "5.30", Habits(currency="EUR"), [{"amount": "5.30", "currency": "EUR"}]),
    ("number", "12 pieces", Habits(), ["12"]),
    ("percent", "19 % and 19,5%", EUROPEAN, ["19 %", "19.5 %"]),
    ("currency", "all in EUR, try it", Habits(), ["EUR"]),
    ("iban", "IBAN DE89 3704 0044 0532 0130 00 BIC", Habits(), ["DE89370400440532013000"]),
    ("iban", "DE89 3704 0044 0532 0130 01", Habits(), []),
    ("bic", "BIC COBADEFFXXX", Habits(), ["COBADEFFXXX"]),
    ("email", "a.b@c.example, x", Habits(), ["a.b@c.example"]),
    ("phone", "Tel. +49 (0)30 1234567-89", Habits(), ["+49 (0)30 1234567-89"]),
    ("phone", "on 2026-01-05", Habits(), []),
    ("url", "see www.acme.example/x.", Habits(), ["www.acme.example/x"]),
    ("vat_id", "USt-IdNr. DE123456789", Habits(), ["DE123456789"]),
    ("id", ": INV-2026-001 of", Habits(), ["INV-2026-001"]),
    ("id", "Nr. RE 2026-17", Habits(), ["RE 2026-17"]),
    ("id", "of nothing", Habits(), []),
    ("text", " : North 3 ", Habits(), ["North 3"]),
)


@pytest.mark.parametrize(("kind", "text", "habits", "wanted"), CASES)
def test_the_values_of_a_kind_are_found_in_order(
    kind: ValueKind, text: str, habits: Habits, wanted: list[Plain]
) -> None:
    assert [one.value for one in values(kind, text, habits)] == wanted


def test_a_value_says_where_it_stands() -> None:
    text = "Total: 5 EUR"
    (found,) = values("money", text, Habits())
    assert text[found.start : found.end] == "5 EUR"


def test_amounts_and_currencies_are_told_without_a_document() -> None:
    (found,) = amounts("¥3.5万", Habits())
    assert (plain_number(found.amount), found.currency) == ("35000.0", "CNY")
    assert [code for code, _, _ in currencies("5 € or $6")] == ["EUR", "USD"]
