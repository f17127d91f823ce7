"""Text of a PDF, page by page, by pypdf.

Rules: an encrypted, broken or hostile file is refused with a reason; a page that cannot be read is noted and left
out; at most PDF_PAGES_MAX pages and DOCUMENT_CHARS_MAX characters are read, and reading stops when its time is up.

Out of reach: scanned pages, which hold pictures of text.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from ergos.base.errors import SourceError
from ergos.base.limits import DOCUMENT_CHARS_MAX, MIB, PDF_PAGES_MAX
from ergos.drivers.sources.moment import from_text
from ergos.drivers.sources.prose import headline, make_document, reflowed
from ergos.drivers.sources.reading import Limit, Origin, Reading, parsing

if TYPE_CHECKING:
    from pypdf import PdfReader

STREAM_BYTES_MAX: Final = 20 * MIB  # bytes of one decompressed stream; text pages have some hundred thousand
STREAM_PARTS_MAX: Final = 300_000  # operators and operands of one page; a dense map has about that many
FORMS_MAX: Final = 200  # nested drawings of one page walked through
TITLE_LINE_CHARS_MAX: Final = 150  # characters; a longer first line is no title


def parse_pdf(body: bytes, origin: Origin, limit: Limit) -> Reading:
    """One document with the text of the pages.

    Raises: SourceError where there is no text to be had.
    """
    # heavy: pypdf loads its fonts' tables.
    from pypdf import PdfReader, apply_configuration
    from pypdf.errors import DependencyError, PyPdfError

    with (
        parsing("pypdf", "the PDF", PyPdfError, DependencyError),
        apply_configuration(
            maximum_declared_stream_length=STREAM_BYTES_MAX,
            array_based_stream_maximum_output_length=STREAM_BYTES_MAX,
            zlib_maximum_output_length=STREAM_BYTES_MAX,
            lzw_maximum_output_length=STREAM_BYTES_MAX,
            run_length_maximum_output_length=STREAM_BYTES_MAX,
            brotli_maximum_output_length=STREAM_BYTES_MAX,
            stream_decoding_work_maximum_length=2 * STREAM_BYTES_MAX,
            stream_parsing_work_maximum_count=STREAM_PARTS_MAX,
            xform_maximum_invocations_per_extraction=FORMS_MAX,
            jbig2dec_binary=None,
        ),
    ):
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError("the PDF is encrypted", remedy="remove its password, then read it again")
        pages, notes = _pages(reader, limit, PyPdfError)
        title, published_ns = _metadata(reader)
    text = "\n\n".join(page for page in pages if page)
    if not text.strip():
        raise SourceError("the PDF holds no text; perhaps its pages are scanned pictures")
    if not title:
        first = text.split("\n", 1)[0]
        title = first if len(first) <= TITLE_LINE_CHARS_MAX else headline(first)[:TITLE_LINE_CHARS_MAX]
    document = make_document(url=origin.url, title=title, text=text, source=origin.source, published_ns=published_ns)
    return Reading(documents=(document,), notes=notes)


def _pages(reader: PdfReader, limit: Limit, fault: type[Exception]) -> tuple[list[str], tuple[str, ...]]:
    pages: list[str] = []
    notes: list[str] = []
    length = 0
    count = len(reader.pages)
    for number in range(min(count, PDF_PAGES_MAX)):
        if limit.expired():
            notes.append(f"time was up after {number} of {count} pages")
            break
        try:
            with parsing("pypdf", f"page {number + 1}", fault):
                pages.append(reflowed(reader.pages[number].extract_text()[: 2 * DOCUMENT_CHARS_MAX]))
        except SourceError as unread:
            notes.append(unread.what)
            continue
        length += len(pages[-1])
        if length > DOCUMENT_CHARS_MAX:
            notes.append(f"only the first {number + 1} of {count} pages were read: {DOCUMENT_CHARS_MAX} characters")
            break
    if count > PDF_PAGES_MAX:
        notes.append(f"only the first {PDF_PAGES_MAX} of {count} pages were read")
    return pages, tuple(notes)


def _metadata(reader: PdfReader) -> tuple[str, int | None]:
    """Title and date of making, where the file declares them in a way that can be read."""
    try:
        with parsing("pypdf", "its metadata"):
            found = reader.metadata
            if found is None:
                return "", None
            made = found.creation_date
            title = headline(found.title or "")
    except SourceError:
        # Metadata is an extra; a file without it reads as well.
        return "", None
    return title, from_text(made.isoformat()) if made else None
