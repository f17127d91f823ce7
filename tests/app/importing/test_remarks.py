"""Every code says what is so and what to do, in both languages, and nothing of a file reaches a terminal raw."""

from __future__ import annotations

import pytest

from ergos.app.importing.remarks import REMARKS_MAX, TEXTS, Findings, Remark


@pytest.mark.parametrize("code", TEXTS)
def test_every_code_has_four_texts_that_can_be_filled(code: str) -> None:
    one = Remark(code=code, where="w", what="W", now="N")
    for said in (one.said("en"), one.remedy("en"), one.said("zh"), one.remedy("zh")):
        assert said
        assert "{what}" not in said
        assert "{now}" not in said
    assert any("\u4e00" <= letter <= "\u9fff" for letter in one.said("zh"))
    assert one.said("en").isascii()


def test_a_remark_is_kept_once_short_and_harmless() -> None:
    findings = Findings()
    for _ in range(3):
        findings.add("I101", "a\x1b[31m", "x" * 500, "y\u202e")
    assert len(findings.all) == 1
    one = findings.all[0]
    assert "\x1b" not in one.where
    assert len(one.what) <= 80


def test_remarks_are_bounded_and_the_rest_is_counted() -> None:
    findings = Findings()
    for number in range(REMARKS_MAX + 5):
        findings.add("I101", str(number))
    assert (len(findings.all), findings.left_out) == (REMARKS_MAX, 5)
