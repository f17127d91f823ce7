"""Names of fields: each means one kind, in whichever language and spelling it is asked for."""

from __future__ import annotations

import pytest

from ergos.drivers.system1.field_names import BY_LABEL, KINDS, folded, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [("supplier", "supplier"), ("Vendor Name", "supplier"), ("供应商", "supplier"), ("Lieferant", "supplier"),
     ("invoice_number", "number"), ("Invoice No.", "number"), ("发票号码", "number"), ("Rechnungs-Nr", "number"),
     ("total", "total"), ("Grand Total", "total"), ("acme invoice total", "total"), ("总额", "total"), ("Gesamtbetrag", "total"),
     ("due-date", "due_date"), ("due_date", "due_date"), ("到期日", "due_date"), ("VAT", "tax"), ("VAT ID", "vat_id"),
     ("IBAN", "iban"), ("e-mail", "email"), ("电话", "phone"), ("total excl. VAT", "net")],
)  # fmt: skip
def test_a_field_is_known_by_any_of_its_names(name: str, kind: str) -> None:
    found = kind_of(name)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize("name", ["warehouse", "", "shoe size", "the", "favourite colour of the name"])
def test_a_name_that_stands_nowhere_is_of_no_kind(name: str) -> None:
    assert kind_of(name) is None


def test_no_name_means_two_kinds() -> None:
    labels = [(folded(label), kind.name) for kind in KINDS for label in kind.labels]
    twice = {label for label, name in labels if any(label == other and name != one for other, one in labels)}
    assert not twice
    assert len(BY_LABEL) == len({label for label, _ in labels})
