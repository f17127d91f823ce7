"""Makes documents: text and titles that every other part can cite, whatever they were written in.

Rules: text is NFC, without control, format-override or invisible tag characters; lines are trimmed; paragraphs are
separated by one blank line; nothing is longer than its bound. The same input always makes the same `Document.id`.
Every function here is linear in its input.

Must not know: formats, the network, the file system.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from ergos.base.documents import Document
from ergos.base.limits import DOCUMENT_CHARS_MAX, TITLE_CHARS_MAX
from ergos.drivers.system1.language import detect

COMBINING_RUN_MAX: Final = 30  # combining marks in a row; the Stream-Safe limit of UAX 15, NFC is quadratic beyond it
WRAP_CHARS_MIN: Final = (
    45  # width in columns from which a line looks wrapped by a machine rather than ended by a writer
)

_BREAKS: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES: Final = re.compile("[^\\S\n]+")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_BLANK_LINES: Final = re.compile("\n{3,}")
_ITEM: Final = re.compile(r"(?:[-*+•·‣–—]|\(?\d{1,3}[.)、]|[a-zA-Z][.)])\s?")
_ENDS: Final = re.compile(r"""[.!?。！？:：;；…]["'”’」』)）\]]*$""")
_WIDE: Final = re.compile("[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]")


def cleaned(text: str) -> str:
    """`text` in NFC without unseen characters, with line feeds as its only line breaks and single spaces."""
    text = _UNSEEN.sub("", _BREAKS.sub("\n", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", _shorten_mark_runs(text))
    return _SPACES.sub(" ", text)


def _shorten_mark_runs(text: str) -> str:
    marks = "".join(re.escape(char) for char in sorted(set(text)) if unicodedata.combining(char))
    if not marks:
        return text
    return re.sub(f"([{marks}]{{{COMBINING_RUN_MAX}}})[{marks}]+", r"\1", text)


def paragraphs(text: str) -> str:
    """Body text: trimmed lines, one blank line between paragraphs, at most DOCUMENT_CHARS_MAX code points."""
    # Twice the bound leaves room for the white space that goes, and keeps the work bounded.
    text = cleaned(text[: 2 * DOCUMENT_CHARS_MAX])
    text = "\n".join(line.strip() for line in text.split("\n"))
    text = _BLANK_LINES.sub("\n\n", text).strip()
    return text[:DOCUMENT_CHARS_MAX].rstrip()


def headline(text: str) -> str:
    """A title on one line, at most TITLE_CHARS_MAX code points."""
    return " ".join(cleaned(text[: 8 * TITLE_CHARS_MAX]).split())[:TITLE_CHARS_MAX].rstrip()


def columns(line: str) -> int:
    """Width of a line in terminal columns: East Asian characters count twice."""
    return len(line) + len(_WIDE.findall(line))


def reflowed(text: str) -> str:
    """Joins lines that a machine wrapped, so that a sentence stands on one line; written line ends stay.

    A line is joined to the one before it where that one is at least WRAP_CHARS_MIN columns wide and nearly as wide
    as the block, and this one does not begin a list item.
    """
    blocks: list[str] = []
    for block in re.split(r"\n[^\S\n]*\n\s*", text):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        if lines:
            blocks.append(_join(lines))
    return "\n\n".join(blocks)


def _join(lines: list[str]) -> str:
    widths = [columns(line) for line in lines]
    full = max(widths)
    joined = [lines[0]]
    for before, width, line in zip(lines, widths, lines[1:], strict=False):
        wrapped = width >= WRAP_CHARS_MIN and width * 10 >= full * 7
        ended = width * 10 < full * 8 and _ENDS.search(before[-8:])
        if not wrapped or ended or _ITEM.match(line):
            joined.append("\n" + line)
        elif _WIDE.match(before[-1]) and _WIDE.match(line[0]):
            joined.append(line)
        elif before[-1] == "-" and before[-2:-1].isalpha() and line[0].islower():
            joined[-1] = joined[-1][:-1]
            joined.append(line)
        else:
            joined.append(" " + line)
    return "".join(joined)


def make_document(*, url: str, title: str, text: str, source: str, published_ns: int | None) -> Document:
    """A document of raw title and text; its language is detected from both."""
    title, text = headline(title), paragraphs(text)
    url = url.encode("utf-8", "replace").decode()
    source = headline(source)
    digest = hashlib.sha256(f"{url}\n{title}\n{text}".encode()).hexdigest()
    return Document(
        id=digest[:16],
        url=url,
        title=title,
        text=text,
        source=source,
        published_ns=published_ns,
        language=detect(f"{title}\n{text}"),
    )
