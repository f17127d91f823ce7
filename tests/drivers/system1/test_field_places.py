"""Where values stand."""

from __future__ import annotations

from ergos.drivers.system1.field_names import BY_NAME
from ergos.drivers.system1.field_places import behind, below, chosen, column, looked_at
from ergos.drivers.system1.field_values import Habits


def test_a_value_stands_behind_its_label_up_to_the_next_one() -> None:
    page = looked_at("Invoice No: A-7   Date: 2026-02-03")
    number, date = page.labels[0]
    first, second = behind(page, number), behind(page, date)
    assert first is not None and first.value == "A-7"
    assert second is not None and second.value == "2026-02-03"


def test_values_below_labels_are_counted_off() -> None:
    page = looked_at("Invoice number:\nMeter:\nDate:\nA-7\nM-1\n2026-02-03")
    value = below(page, page.labels[2][0])
    assert value is not None and value.value == "2026-02-03"


def test_the_head_of_a_table_of_items_has_no_total() -> None:
    page = looked_at("Description   Quantity   Total\nScrews   10   5.00")
    total = next(label for label in page.labels[0] if label.kind.name == "total")
    assert column(page, total) is None


def test_nobody_is_called_by_an_e_mail_address() -> None:
    assert chosen(BY_NAME["supplier"], "studio@pinecrest.example", Habits()) is None


def test_a_currency_far_from_its_amount_is_its_currency() -> None:
    value = chosen(BY_NAME["total"], "EUR          22,35", Habits(comma=True))
    assert value is not None and value.value == {"amount": "22.35", "currency": "EUR"}
