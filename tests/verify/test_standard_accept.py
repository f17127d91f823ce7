"""Checks of acceptance: what is wrong is found and told, what is right passes, in whatever spelling it stands."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.lib.acceptance import CHECKS
from ergos.verify.standard_accept import FAULTS_MAX, faults
from tests.drivers.tools.test_publishing import BRIEF, SENTENCE

PLAIN: Plain = msgspec.to_builtins(BRIEF)
UNCITED: Plain = msgspec.to_builtins(
    msgspec.structs.replace(
        BRIEF,
        sections=(
            msgspec.structs.replace(
                BRIEF.sections[0],
                sentences=(SENTENCE, msgspec.structs.replace(SENTENCE, text="It grew by 99 %."), msgspec.structs.replace(SENTENCE, citations=())),
            ),
        ),
    )
)  # fmt: skip
INVOICE = "Acme GmbH\nRechnung Nr. A-17\nDatum: 3. Februar 2026\nGesamt: 1.190,00 €\nTel: +49 30 / 123 456"
FOUND: Plain = {
    "supplier": "ACME  GmbH", "number": "A17", "date": "2026-02-03", "total": {"amount": "1190.00", "currency": "EUR"},
    "phone": "+49 30 123456", "note": None,
}  # fmt: skip
CASES: tuple[tuple[str, Plain, Plain, Plain, str], ...] = (
    ("cited", None, PLAIN, None, ""),
    ("cited", None, UNCITED, None, "section 1, sentence 3 has no source"),
    ("cited", None, "Ports grew a lot last year [1].", None, ""),
    ("cited", None, "Ports grew a lot last year.", None, "names no source"),
    ("cited", None, "Ports grew, see https://example.org/a for all of it.", None, ""),
    ("pages_max", 2, "word " * 900, None, ""),
    ("pages_max", 2, "word " * 910, None, "it has 2.0 pages, and at most 2 were asked for"),
    ("pages_max", 2, "字" * 1_900, None, "it has 2.1 pages"),
    ("words_max", 3, "one two three", None, ""),
    ("words_max", 3, "one two three four", None, "it has 4 words, and at most 3 were asked for"),
    ("words_min", 3, "one two", None, "at least 3"),
    ("items_max", 2, ["a", "b", "c"], None, "it has 3 items"),
    ("items_max", 2, "Intro\n- a\n- b", None, ""),
    ("items_max", 2, "1. a\n2. b\n3. c", None, "it has 3 items"),
    ("items_min", 2, ["a"], None, "at least 2"),
    ("language", "zh", "港口吞吐量同比增长百分之十二，新码头投入使用。", None, ""),
    ("language", "zh", "The port has grown by twelve percent this year.", None, "it is written in en, and zh was asked for"),
    ("language", "de", "The port has grown by twelve percent this year.", None, "and de was asked for"),
    ("language", "de", "Der Hafen ist in diesem Jahr um zwölf Prozent gewachsen.", None, ""),
    ("language", "en", "短", None, ""),
    ("fields", ["a", "b"], {"a": 1, "b": "x"}, None, ""),
    ("fields", ["a", "b"], {"a": 1, "b": " "}, None, "the field 'b' is missing"),
    ("fields", ["a"], {"a": {"amount": "", "currency": "EUR"}}, None, "the field 'a' is missing"),
    ("fields", ["a"], [{"a": 1}, {}], None, "the field 'a' is missing"),
    ("fields", ["a"], [], None, "there is no record"),
    ("fields", ["a"], "text", None, "has no fields"),
    ("found_in_source", None, FOUND, {"text": INVOICE, "fields": ["supplier"]}, ""),
    ("found_in_source", None, {"total": {"amount": "1190.01", "currency": "EUR"}}, INVOICE, "does not stand in the source"),
    ("found_in_source", None, {"date": "2026-03-02"}, INVOICE, "'2026-03-02' does not stand in the source"),
    ("found_in_source", None, {"supplier": "Globex"}, INVOICE, "supplier: 'Globex' does not stand in the source"),
    ("found_in_source", None, {"number": "fields"}, {"text": INVOICE, "fields": ["fields"]}, "does not stand"),
    ("found_in_source", None, [{"number": "A-17"}], {"documents": [{"text": INVOICE}]}, ""),
    ("numbers_in_source", None, "It is 1,190 euros on 2026-02-03.", INVOICE, ""),
    ("numbers_in_source", None, "It is 1,191 euros.", INVOICE, "the number '1,191 euros' does not stand"),
    ("not_empty", None, "x", None, ""),
    ("not_empty", None, " ", None, "it is empty"),
    ("not_empty", None, {}, None, "it is empty"),
    ("not_empty", None, [None], None, "it is empty"),
    ("not_empty", None, {**PLAIN, "sections": []}, None, "it says nothing"),  # type: ignore[dict-item]
    ("contains", ["Port", "2026"], "The PORT in 2026", None, ""),
    ("contains", "rail", "The port", None, "it does not contain 'rail'"),
    ("format", "json", '{"a": 1}', None, ""),
    ("format", "csv", "a,b\n1,2", None, ""),
    ("format", "csv", "a,b\n1", None, "it is no csv"),
    ("format", "date", "3 Feb 2026", None, ""),
    ("format", "email", "a@b.example", None, ""),
    ("format", "money", "5 EUR", None, ""),
    ("format", "number", "5 EUR", None, "it is no number"),
    ("format", "html", "<p>x</p>", None, ""),
    ("format", "markdown", "# x", None, ""),
    ("format", "url", "https://example.org", None, ""),
    ("sited", None, "x", None, "there is no check 'sited'"),
)  # fmt: skip


@pytest.mark.parametrize(("check", "parameter", "value", "source", "fault"), CASES)
def test_a_check_finds_what_is_wrong_and_passes_what_is_right(
    check: str, parameter: Plain, value: Plain, source: Plain, fault: str
) -> None:
    found = faults(check, parameter, value, source)
    if fault:
        assert any(fault in one for one in found), found
    else:
        assert found == ()


def test_a_figure_that_its_source_does_not_carry_is_found_in_a_brief() -> None:
    assert any("99" in fault for fault in faults("cited", None, UNCITED, None))


def test_faults_are_bounded() -> None:
    assert len(faults("fields", [str(number) for number in range(500)], {}, None)) == FAULTS_MAX


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.sampled_from(sorted(CHECKS)), VALUES, VALUES, VALUES)
def test_no_value_is_too_odd(check: str, parameter: Plain, value: Plain, source: Plain) -> None:
    faults(check, parameter, value, source)
