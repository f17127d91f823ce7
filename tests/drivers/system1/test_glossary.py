"""The glossary: words of both languages."""

from __future__ import annotations

from ergos.drivers.system1.glossary import PLACES, TERMS


def test_every_entry_leads_from_chinese_to_lower_case_english() -> None:
    for table in (PLACES, TERMS):
        assert all(not chinese.isascii() and english.isascii() for chinese, english in table.items())
        assert all(english and english == english.lower() for english in table.values())
