"""PDFs give their pages' text, in bounds, or a reason."""

from __future__ import annotations

import io

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.base.limits import MIB, PDF_PAGES_MAX
from ergos.drivers.sources.pdf import parse_pdf
from ergos.drivers.sources.reading import Limit

from .origins import LIMIT, NOW_NS, origin, pdf

ORIGIN = origin("/folder/report.pdf")


def test_pages_title_and_date_are_read() -> None:
    body = pdf("First page\nof words", "Second page", info="/Title (The report) /CreationDate (D:20250101120000Z)")
    (document,) = parse_pdf(body, ORIGIN, LIMIT).documents
    assert (document.title, document.text) == ("The report", "First page\nof words\n\nSecond page")
    assert document.published_ns == 1_735_732_800 * 10**9


def test_without_metadata_the_first_line_is_the_title() -> None:
    assert parse_pdf(pdf("Annual report\nwords"), ORIGIN, LIMIT).documents[0].title == "Annual report"


def test_an_encrypted_pdf_is_a_reason() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("secret words")))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(SourceError, match="encrypted"):
        parse_pdf(out.getvalue(), ORIGIN, LIMIT)


def test_a_page_that_unfolds_without_end_is_left_out_and_noted() -> None:
    reading = parse_pdf(pdf("bomb", "The page after it", flood=40 * MIB), ORIGIN, LIMIT)
    assert reading.documents[0].text == "The page after it"
    assert "page 1" in reading.notes[0]


def test_more_pages_than_the_bound_are_left_out_with_a_note() -> None:
    reading = parse_pdf(pdf(*(f"Page {n}." for n in range(1, PDF_PAGES_MAX + 3))), ORIGIN, LIMIT)
    assert reading.documents[0].text.endswith(f"Page {PDF_PAGES_MAX}.")
    assert f"of {PDF_PAGES_MAX + 2} pages" in reading.notes[-1]


def test_reading_stops_when_time_is_up() -> None:
    calls = iter([False, True])
    reading = parse_pdf(pdf("one", "two", "three"), ORIGIN, Limit(now_ns=NOW_NS, expired=lambda: next(calls)))
    assert reading.documents[0].text == "one"
    assert "time was up" in reading.notes[0]


@pytest.mark.parametrize("body", [b"%PDF-1.4", b"%PDF-1.7\n" + b"x" * 1_000, pdf("words")[:200], pdf(""), pdf()])
def test_a_broken_or_empty_pdf_is_a_reason(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse_pdf(body, ORIGIN, LIMIT)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_pdf_is_text_or_a_reason(data: st.DataObject) -> None:
    body = bytearray(pdf("Some words", "and more"))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_pdf(bytes(body), ORIGIN, LIMIT)
        parse_pdf(b"%PDF-1.5" + data.draw(st.binary(max_size=200)), ORIGIN, LIMIT)
    except ErgosError:
        pass
