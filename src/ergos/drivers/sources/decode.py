"""Bytes of unknown encoding to text.

Order of belief: byte order mark, valid UTF-8 against a declaration that contradicts it, the transport's charset,
the charset the document declares itself, detection. Rules: a wrong declaration is survived and noted; bytes that
are no text (NULs, magic numbers, control characters) are refused with a reason.

Source: WHATWG Encoding Standard for the labels that mean a larger charset than they name.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

import msgspec

from ergos.base.errors import SourceError
from ergos.drivers.sources.reading import parsing

HEAD_BYTES: Final = 2_048  # bytes in which a document declares its own charset; HTML says 1,024
DETECT_BYTES_MAX: Final = 64 * 1024  # bytes looked at by detection; more do not change its answer
NUL_SHARE_MAX: Final = 0.001  # share of NULs a text may hold; stray ones come from broken exports
CONTROL_SHARE_MAX: Final = 0.02  # share of control characters a text may hold
BROKEN_SHARE_MAX: Final = 0.05  # share of undecodable bytes a text may hold

_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"RIFF", "a RIFF file (WebP, WAV or AVI)"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"%PDF-", "a PDF"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ\x90", "a program (EXE)"),
    (b"\xca\xfe\xba\xbe", "a program (Java or Mach-O)"),
    (b"\xcf\xfa\xed\xfe", "a program (Mach-O)"),
    (b"\x00asm", "a program (WebAssembly)"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"SQLite format 3\x00", "a database"),
    (b"ID3", "an MP3"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
_BOMS: Final[tuple[tuple[bytes, str], ...]] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABELS: Final[dict[str, str]] = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_NEVER: Final = frozenset(("utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"))
_MULTIBYTE: Final = frozenset(("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "hz", "iso2022_jp"))
_CANDIDATES: Final = (
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250", "cp1253"),
    *("cp1254", "cp1255", "cp1256", "iso8859_2", "cp1257", "mac_roman"),
)
_DECLARED: Final = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})|<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_BAD_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_KOREAN: Final = re.compile("[이다는의가을를에한고하지로서은도기사]")
_LATIN: Final = frozenset(("cp1250", "iso8859-2", "cp1252", "cp1254", "cp1257"))
_TURKISH: Final = re.compile("[þýðÞÝÐ]")
# A sign that no Western European language puts inside a word, or its letters that others put there often.
_NOT_WESTERN: Final = re.compile(r"[^\W\d_][¹²³¼½¾¿¡¢£¤¥¦§©ª«¬®¯°±´µ¶·¸º»×÷][^\W\d_]|[þýðÞÝÐ]")


class Decoded(msgspec.Struct, frozen=True, kw_only=True):
    """Text and the encoding it was read in."""

    text: str
    charset: str
    notes: tuple[str, ...] = ()


def decode(body: bytes, *, charset: str | None = None) -> Decoded:
    """The text of `body`; `charset` is what the transport declared.

    Raises: SourceError where the bytes are no text.
    """
    for magic, kind in _MAGIC:
        if body.startswith(magic) and (magic != b"ID3" or body[3:4] < b" "):
            raise SourceError(f"this is {kind}, not text")
    if body[4:8] == b"ftyp":
        raise SourceError("this is a video or an image (MP4 family), not text")
    decoded = _by_mark(body) or _wide(body)
    if decoded is None:
        if body.count(0) > len(body) * NUL_SHARE_MAX:
            raise SourceError(f"this is binary data, not text ({body.count(0)} NUL bytes)")
        decoded = _by_declaration(body, charset)
    _check_is_text(decoded.text)
    return decoded


def known_charset(label: str | None) -> str | None:
    """Python's name of the charset a label means in practice, or None for an unknown or forbidden one."""
    if not label:
        return None
    try:
        info = codecs.lookup(label.strip().strip("\"'").lower())
        # Some codecs map text to text or bytes to bytes; they are no charsets.
        _ = "".encode(info.name)
    except (LookupError, ValueError, TypeError):
        return None
    if info.name in _NEVER:
        return None
    return _LABELS.get(info.name, info.name)


def _by_mark(body: bytes) -> Decoded | None:
    for mark, name in _BOMS:
        if body.startswith(mark):
            text = body[len(mark) :].decode(name, "replace")
            notes = ("some bytes could not be decoded",) if "\ufffd" in text else ()
            return Decoded(text=text, charset=name, notes=notes)
    return None


def _wide(body: bytes) -> Decoded | None:
    """UTF-16 without a mark: in Western text and in any markup every second byte is NUL."""
    head = body[:HEAD_BYTES]
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        name = "utf-16-le"
    elif even > 0.4 * half and odd < 0.05 * half:
        name = "utf-16-be"
    else:
        return None
    return Decoded(text=body.decode(name, "replace"), charset=name, notes=("UTF-16 without a byte order mark",))


def _by_declaration(body: bytes, charset: str | None) -> Decoded:
    transport, own = known_charset(charset), known_charset(_declared(body))
    utf8 = _utf8(body)
    # A document in ASCII with 7-bit escapes is valid UTF-8 too; only its declaration tells.
    if utf8 is not None and not any(name in ("hz", "iso2022_jp") for name in (transport, own)):
        high = len(utf8.encode()) - len(utf8)
        named = transport or own
        if high == 0 or named in (None, "utf-8"):
            return Decoded(text=utf8, charset="utf-8")
        # Long runs of valid UTF-8 do not happen by accident; in double-byte charsets two short words may.
        if high >= (12 if named in _MULTIBYTE else 2):
            return Decoded(text=utf8, charset="utf-8", notes=(f"declared as {named}, but is utf-8",))
    for name in dict.fromkeys((transport, own)):
        if name is None or name.startswith(("utf-16", "utf-32")):
            continue
        text = body.decode(name, "replace")
        if name == "utf-8":
            kept = _mostly_utf8(text)
            if kept is not None:
                return kept
        elif text.count("\ufffd") <= len(text) * 0.01:
            notes = () if "\ufffd" not in text else (f"some bytes are not {name}",)
            clash = (
                (f"the transport says {transport}, the document {own}",) if own and transport not in (None, own) else ()
            )
            return Decoded(text=text, charset=name, notes=notes + clash)
    return _detected(body, transport or own)


def _declared(body: bytes) -> str | None:
    found = _DECLARED.search(body[:HEAD_BYTES])
    return (found[1] or found[2]).decode("ascii", "replace") if found else None


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A download cut in the middle of a character is still UTF-8.
        if error.start >= len(body) - 3 and error.start > 0 and error.reason == "unexpected end of data":
            return body[: error.start].decode("utf-8")
        return None


def _mostly_utf8(text: str) -> Decoded | None:
    broken = text.count("\ufffd")
    good = sum(1 for char in text if char > "\x7f") - broken
    if good < 4 * broken:
        return None
    return Decoded(text=text, charset="utf-8", notes=(f"{broken} places are not valid utf-8",))


def _detected(body: bytes, named: str | None) -> Decoded:
    kept = _mostly_utf8(body.decode("utf-8", "replace"))
    if kept is not None:
        return kept
    first = _HIGH.search(body)
    start = max(0, first.start() - 200) if first else 0
    sample = body[start : start + DETECT_BYTES_MAX]
    name = _korean(sample) or _chinese(sample) or _guess(sample) or "cp1252"
    if name in _LATIN:
        name = _latin(sample, name)
    text = body.decode(name, "replace")
    said = f"declared as {named}" if named else "no charset declared"
    return Decoded(text=text, charset=name, notes=(f"{said}; read as {name}",))


def _korean(sample: bytes) -> str | None:
    """Korean, where its commonest syllables make up a tenth; read as GB 18030 they are everyday characters too."""
    text = sample.decode("cp949", "replace")
    wide = sum(1 for char in text if char > "\u2fff")
    return "cp949" if wide >= 8 and len(_KOREAN.findall(text)) * 10 > wide else None


def _latin(sample: bytes, guess: str) -> str:
    """Windows-1252 unless the text speaks against it: detection confuses it with its neighbours in short texts."""
    text = sample.decode("cp1252", "replace")
    letters = sum(1 for char in text if char > "\x7f" and char.isalpha())
    against = len(_NOT_WESTERN.findall(text))
    if ("ø" in text and "ì" in text) or against * 12 > letters:
        turkish = len(_TURKISH.findall(text))
        return "cp1254" if turkish * 4 > letters else guess
    return "cp1252"


def _chinese(sample: bytes) -> str | None:
    """GB 18030 or Big5, where nearly all high bytes pair up into everyday characters.

    Level-1 characters of GB 2312 (lead bytes B0 to D7) and of Big5 (A4 to C6) are the common ones.
    """
    best: tuple[float, str] | None = None
    for name, low, high in (("gb18030", 0xB0, 0xD7), ("big5hkscs", 0xA4, 0xC6)):
        text = sample.decode(name, "ignore")
        han = _HAN.findall(text)
        if len(han) < 4 or len(sample.decode(name, "replace")) - len(text) > 2:
            continue
        common = sum(1 for char in map(str, han) if low <= char.encode(name, "replace")[0] <= high) / len(han)
        other = sum(1 for char in text if char > "\x7f") / len(han)
        score = common / other
        if score > 0.6 and (best is None or score > best[0]):
            best = (score, name)
    return best[1] if best else None


def _guess(sample: bytes) -> str | None:
    # heavy: charset-normalizer loads its tables of languages.
    from charset_normalizer import from_bytes

    with parsing("charset_normalizer", "the encoding"):
        best = from_bytes(sample, cp_isolation=list(_CANDIDATES)).best()
    return known_charset(best.encoding) if best else None


def _check_is_text(text: str) -> None:
    controls, broken = len(_BAD_CONTROLS.findall(text)), text.count("\ufffd")
    if controls > max(1, len(text) * CONTROL_SHARE_MAX):
        raise SourceError(f"this is binary data, not text ({controls} control characters)")
    if broken > max(2, len(text) * BROKEN_SHARE_MAX):
        raise SourceError(f"this is binary data or in an unknown encoding ({broken} undecodable places)")
