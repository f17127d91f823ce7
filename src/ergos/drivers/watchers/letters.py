"""What stands in a letter that came: who wrote it, what about, its text, what is attached. Pure, and bounded.

Rules: nothing in a letter is believed: not who it says it is from, not its dates, not its sizes. A part that cannot be
read is left out; a letter that is built to be slow to read gives its head alone. Text that is HTML is reduced to words.

Source: RFC 5322, RFC 2045 to 2047, RFC 2231.
"""

from __future__ import annotations

import binascii
import email
import email.header
import email.utils
import re
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from typing import Final

import msgspec

from ergos.drivers.sources.decode import known_charset
from ergos.drivers.sources.markup import strip
from ergos.drivers.sources.prose import headline, paragraphs

HEAD_BYTES_MAX: Final = 64 * 1024  # bytes of a letter's head that are read; honest ones have 10 KiB
HEADER_CHARS_MAX: Final = 2_000  # characters read of one header; decoding takes the square of it
PARTS_MAX: Final = 100  # parts looked at; a letter of more is built by a program, against a program
TEXT_CHARS_MAX: Final = 8_000  # characters told of a letter's text
NAME_CHARS_MAX: Final = 200  # characters told of a file's name
ATTACHMENTS_MAX: Final = 50  # files told of
PART_BYTES_MAX: Final = 256 * 1024  # bytes of a text part that are decoded

_BOUNDARY: Final = re.compile(rb"boundary\s*=|message/(?:rfc822|external|partial)", re.IGNORECASE)
_FAULTS: Final = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, binascii.Error,
)  # fmt: skip
"""What the standard library's parser was seen to raise on malformed letters."""


class Attachment(msgspec.Struct, frozen=True):
    """A file in a letter."""

    name: str
    size: int
    """Bytes, as far as the letter was fetched."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a letter."""

    sender: str
    """Address, lower case; '' where it names none, or several."""
    shown: str
    """The sender as written."""
    subject: str
    date: str
    message_id: str
    text: str
    cut: bool
    """There is more of the text, or of the letter."""
    attachments: tuple[Attachment, ...]


def letter_of(raw: bytes, *, whole: bool) -> Letter:
    """A letter from its first bytes; `whole`: there are no more. Never raises."""
    head = head_of(raw)
    top = _parsed(raw if len(_BOUNDARY.findall(raw)) <= PARTS_MAX else head)
    texts: list[str] = []
    pages: list[str] = []
    attachments: list[Attachment] = []
    for part in _parts(top):
        try:
            _take(part, texts, pages, attachments)
        except _FAULTS:
            continue
    text = paragraphs("\n\n".join(texts) or "\n\n".join(strip(page).text for page in pages))
    addresses = _addresses(_header(top, "from"))
    return Letter(
        sender=addresses.pop() if len(addresses) == 1 else "",
        shown=headline(_decoded(_header(top, "from"))),
        subject=headline(_decoded(_header(top, "subject"))),
        date=headline(_header(top, "date")),
        message_id=headline(_header(top, "message-id")),
        text=text[:TEXT_CHARS_MAX],
        cut=not whole or len(text) > TEXT_CHARS_MAX or top.is_multipart() != (b"boundary" in head.lower()),
        attachments=tuple(attachments[:ATTACHMENTS_MAX]),
    )


def head_of(raw: bytes) -> bytes:
    """The head of a letter, bounded."""
    ends = [at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, 0, HEAD_BYTES_MAX)) >= 0]
    return raw[: min(ends)] + b"\r\n\r\n" if ends else raw[:HEAD_BYTES_MAX]


def _parsed(raw: bytes) -> Message:
    try:
        return email.message_from_bytes(raw, policy=compat32)
    except _FAULTS:
        try:
            return email.message_from_bytes(head_of(raw), policy=compat32)
        except _FAULTS:
            return Message()


def _parts(top: Message) -> list[Message]:
    """Parts that hold something themselves, at most PARTS_MAX; what is inside an attached letter is not looked at."""
    found: list[Message] = []
    left = [top]
    while left and len(found) < PARTS_MAX:
        part = left.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            left[:0] = [inner for inner in payload[:PARTS_MAX] if isinstance(inner, Message)]
        else:
            found.append(part)
    return found


def _take(part: Message, texts: list[str], pages: list[str], attachments: list[Attachment]) -> None:
    kind = part.get_content_type()
    name = _file_name(part)
    if name or kind.startswith(("image/", "audio/", "video/", "application/", "message/")):
        attachments.append(Attachment(name or kind, _size(part)))
    elif kind == "text/html":
        pages.append(_words(part))
    elif kind.startswith("text/"):
        texts.append(_words(part))


def _file_name(part: Message) -> str:
    name = part.get_filename()
    disposition = part.get_content_disposition()
    if name is None:
        return part.get_content_type() if disposition == "attachment" else ""
    return headline(_decoded(str(name)[:HEADER_CHARS_MAX]))[:NAME_CHARS_MAX] or part.get_content_type()


def _size(part: Message) -> int:
    """Bytes of what is attached, as far as it is there; reckoned, so that no large file is decoded for its size."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return 0
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        letters = len(payload) - payload.count("\n") - payload.count("\r")
        return max(0, letters * 3 // 4 - payload.rstrip()[-2:].count("="))
    return len(payload.encode("utf-8", "surrogateescape"))


def _words(part: Message) -> str:
    body = part.get_payload(decode=True)
    raw = body[:PART_BYTES_MAX] if isinstance(body, bytes) else b""
    charset = known_charset(part.get_content_charset("utf-8")) or "utf-8"
    return raw.decode(charset, "replace")


def _addresses(text: str) -> set[str]:
    try:
        return {address.lower() for _, address in email.utils.getaddresses([text]) if "@" in address}
    except _FAULTS:
        return set()


def _header(part: Message, name: str) -> str:
    try:
        value = part.get(name, "")
        text = str(value)[:HEADER_CHARS_MAX]
    except _FAULTS:
        return ""
    return text.encode("utf-8", "replace").decode().replace("\r", " ").replace("\n", " ")


def _decoded(text: str) -> str:
    """A header with its encoded words read (RFC 2047); as it stands where they cannot be."""
    try:
        pieces = email.header.decode_header(text)
        return "".join(
            piece if isinstance(piece, str) else piece.decode(known_charset(charset) or "utf-8", "replace")
            for piece, charset in pieces
        )
    except _FAULTS:
        return text
