"""Fields of forms: found where documents put them, in three languages and several layouts; what is not there is None."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.drivers.system1.field_habits import habits_of
from ergos.drivers.system1.fields import extract

EUR = "EUR"


def money(amount: str, currency: str = EUR) -> dict[str, Plain]:
    return {"amount": amount, "currency": currency}


GERMAN = """ACME GmbH
Musterweg 1, 10115 Berlin
Rechnung an:
Kunde AG
Rechnungs-Nr.: RE-2026-0042
Rechnungsdatum: 03.02.2026
Fällig am 17.02.2026
Pos Beschreibung Menge Einzelpreis Betrag
1 Schrauben 10 100,00 1.000,00
Nettobetrag 1.000,00 EUR
MwSt 19% 190,00 EUR
Gesamtbetrag 1.190,00 EUR
IBAN: DE89 3704 0044 0532 0130 00
USt-IdNr.: DE123456789
Tel.: +49 30 1234567  E-Mail: info@acme.example"""
ENGLISH = """INVOICE
Globex Corporation
123 Main Street, Springfield
Bill To: John Doe
Invoice Number: INV-1001 Date: March 3, 2026
Due Date: 04/02/2026
PO Number: PO-77
Subtotal $1,000.00
Sales Tax (8%) $80.00
Total Due: $1,080.00
Questions? billing@globex.example or (555) 123-4567"""
CHINESE = """增值税电子普通发票
发票号码：12345678
开票日期：2026年03月05日
购买方名称：上海某某科技有限公司
销售方名称：杭州示例网络有限公司
纳税人识别号：91310000MA1FL0XK3U
金额 ¥1,000.00 税率 13% 税额 ¥130.00
价税合计（大写）壹仟壹佰叁拾元整 （小写）¥1,130.00"""
HEADS = """Invoice No   Date   Due Date   Total
A-17   2026-01-05   2026-02-05   EUR 99.00
Supplier: Initech Ltd"""
BELOW = """Invoice number
Date of issue
Total
X-9
5 Jan 2026
€1.000,00
Vendor
Blue Ocean Services"""
MARKDOWN = """| Supplier | Number | Date | Total |
|---|---|---|---|
| Foo SARL | F-1 | 12/03/2026 | 1 234,56 € |"""
LETTER = """Dear customer, thank you for your order.
Please find below the invoice #5521 dated 12 May 2026 from Northwind Traders Ltd.
Amount due: GBP 420.50, payable by 30 May 2026.
"""
FRENCH = """FACTURE
Société Dupont SAS
Facture n° 2026-118
Date : 14/09/2026
Total HT 500,00 €
TVA 20 % 100,00 €
Total TTC 600,00 €"""
CASES: tuple[tuple[str, dict[str, Plain]], ...] = (
    (GERMAN, {
        "supplier": "ACME GmbH", "customer": "Kunde AG", "number": "RE-2026-0042", "date": "2026-02-03",
        "due date": "2026-02-17", "net": money("1000.00"), "tax": money("190.00"), "total": money("1190.00"),
        "iban": "DE89370400440532013000", "vat id": "DE123456789", "phone": "+49 30 1234567", "email": "info@acme.example",
        "currency": "EUR", "order number": None,
    }),
    (ENGLISH, {
        "vendor": "Globex Corporation", "invoice_number": "INV-1001", "invoice date": "2026-03-03", "due_date": "2026-04-02",
        "PO": "PO-77", "subtotal": money("1000.00", "USD"), "total": money("1080.00", "USD"), "email": "billing@globex.example",
        "customer": "John Doe", "iban": None,
    }),
    (CHINESE, {
        "供应商": "杭州示例网络有限公司", "购买方": "上海某某科技有限公司", "发票号码": "12345678", "日期": "2026-03-05",
        "总额": money("1130.00", "CNY"), "税额": money("130.00", "CNY"), "税号": "91310000MA1FL0XK3U", "到期日": None,
    }),
    (HEADS, {"supplier": "Initech Ltd", "number": "A-17", "date": "2026-01-05", "due date": "2026-02-05", "total": money("99.00")}),
    (BELOW, {"supplier": "Blue Ocean Services", "number": "X-9", "date": "2026-01-05", "total": money("1000.00")}),
    (MARKDOWN, {"supplier": "Foo SARL", "number": "F-1", "date": "2026-03-12", "total": money("1234.56")}),
    (LETTER, {"supplier": "Northwind Traders Ltd.", "number": "5521", "date": "2026-05-12", "due date": "2026-05-30",
              "total": money("420.50", "GBP")}),
    (FRENCH, {"supplier": "Société Dupont SAS", "number": "2026-118", "date": "2026-09-14", "total": money("600.00"),
              "tax": money("100.00")}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text.split("\n")[0][:20] for text, _ in CASES])
def test_the_fields_of_a_document_are_found(text: str, wanted: dict[str, Plain]) -> None:
    assert extract(text, wanted) == wanted


def test_a_field_of_no_known_kind_is_what_stands_behind_its_name() -> None:
    text = "Warehouse: North 3\nShelf mark = B/12\n| Colour | Size |\n|---|---|\n| red | XL |"
    wanted = {"warehouse": "North 3", "shelf_mark": "B/12", "colour": "red", "size": "XL", "weight": None}
    assert extract(text, wanted) == wanted


def test_the_name_a_document_uses_itself_comes_before_others_of_its_kind() -> None:
    text = "Order date: 2026-01-01\nInvoice date: 2026-02-02"
    assert extract(text, ["order date", "date"]) == {"order date": "2026-01-01", "date": "2026-02-02"}


def test_a_day_whose_order_nothing_tells_is_no_day() -> None:
    assert extract("Date: 03/04/2026", ["date"]) == {"date": None}
    assert extract("Date: 03/04/2026\nTotal: $5.00", ["date"]) == {"date": "2026-03-04"}
    assert extract("Date: 03/04/2026\nTotal: 5.00 EUR", ["date"]) == {"date": "2026-04-03"}
    assert extract("Date: 03/04/2026\nDue: 25/04/2026", ["date"]) == {"date": "2026-04-03"}


def test_an_amount_without_any_currency_has_none() -> None:
    assert extract("TOTAL 5.30", ["total"]) == {"total": money("5.30", "")}
    assert extract("Total 5.30\nPaid in USD", ["total"]) == {"total": money("5.30", "USD")}


@pytest.mark.parametrize("text", ["", "\n\n", "A letter about the weather and other things.", "\x00\xff", "a" * 5_000])
def test_where_nothing_stands_nothing_is_found(text: str) -> None:
    assert set(extract(text, ["number", "total", "due date", "iban"]).values()) == {None}


def test_habits_are_those_that_most_amounts_have() -> None:
    assert habits_of("1.000,00 und 5,50 EUR").comma
    assert not habits_of("1,000.00 and 5.50 EUR").comma
    assert habits_of("5 EUR, 6 USD").currency == ""
    assert habits_of("5 EUR, 7 EUR, 6 USD").currency == "EUR"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="Total: 1,.€$-/\n |日期合计年月invoice0123", max_size=400))
def test_no_document_is_too_odd(text: str) -> None:
    found = extract(text, ["total", "number", "date", "supplier", "odd"])
    assert list(found) == ["total", "number", "date", "supplier", "odd"]


@pytest.mark.parametrize(
    "text", ["Total " * 4_000, "价税合计" * 4_000, "Total: | Date | " * 1_500, "Total\n" * 4_000, "1," * 10_000]
)
def test_a_hostile_document_is_given_up_in_time(text: str) -> None:
    assert list(extract(text, ["total", "date"])) == ["total", "date"]


def test_a_long_document_takes_time_in_proportion() -> None:
    line = "Total: 1,000.00 EUR Invoice No. A-1 Date 2026-01-01 and some more words to read here\n"
    assert extract(line * 2_000, ["total"]) == {"total": money("1000.00")}
