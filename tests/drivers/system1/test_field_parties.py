"""Who a document comes from: the first company that is not whom it is sent to, else nobody."""

from __future__ import annotations

import pytest

from ergos.drivers.system1.field_parties import sender


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("INVOICE\nGlobex Corporation\n123 Main Street", "Globex Corporation"),
        ("Bill To: Kunde AG\nSome Street\nAcme GmbH, Weg 1, 10115 Berlin", "Acme GmbH"),
        ("Bill to:\nKunde AG\nStreet 1\nFrom: Foo Ltd.", "Foo Ltd."),
        ("致：上海甲有限公司\n\n杭州乙有限公司\n", "杭州乙有限公司"),
        ("Receipt\nSTAR MART\n2026-03-04 10:22", "STAR MART"),
        ("Rechnung\nMüller & Söhne GmbH & Co. KG - Am Markt 1", "Müller & Söhne GmbH & Co. KG"),
        ("A letter about the weather", None),
        ("", None),
        ("Invoice\nNo. 12345\nTotal: 5", None),
    ],
)
def test_the_sender_is_told_or_there_is_none(text: str, name: str | None) -> None:
    assert sender(text.split("\n")) == name
