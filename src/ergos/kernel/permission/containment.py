"""Whether a path lies in a folder, and whether an address is at a host, for every reader alike.

A tool reads an argument with its own parser, which is not this one. So what two parsers could read in different ways
is outside: '..' (a link may stand before it), a percent sign and two digits, a look-alike of a separator, a control
character, another spelling of the same letters.

Rules: total; no file is looked at; no regular expressions.
"""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import urlsplit

PATH_CHARS_MAX: Final = 4_096  # characters of a path; what Linux takes
ADDRESS_CHARS_MAX: Final = 8_192  # characters of a URL; what servers take

_HOST_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
_MAILBOX_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$&'*+-=?^_`{|}~/")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_SLASHES: Final = frozenset("\\\u2044\u2215\u2571\u29f8\uff0f\u2216\u29f5\uff3c")
_DOTS: Final = frozenset("\u2024\u2025\u2026\uff0e\u3002\uff61\uff1a\uff05")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plainly_spelt(text: str) -> bool:
    """Whether no letter of it is hidden, broken, or another spelling of a letter it could be taken for."""
    if text.isascii():
        return text.isprintable()
    return unicodedata.is_normalized("NFKC", text) and not any(
        unicodedata.category(letter) in _HIDDEN for letter in text
    )


def _composed(text: str) -> bool:
    """Whether no letter is hidden, broken or written in parts; full-width signs in a name are what they are."""
    if text.isascii():
        return text.isprintable()
    return unicodedata.is_normalized("NFC", text) and not any(
        unicodedata.category(letter) in _HIDDEN for letter in text
    )


def under(path: str, folder: str) -> bool:
    """Whether the path is the folder or below it. Relative paths lie below relative folders only."""
    inside, outer = _parts(path), _parts(folder)
    if inside is None or outer is None or inside[0] != outer[0]:
        return False
    return inside[1][: len(outer[1])] == outer[1]


def at_host(address: str, host: str) -> bool:
    """Whether a web address (http, https) or a mail address is at this host or one below it."""
    wanted = host.lower().strip(".")
    if not wanted or not _HOST_LETTERS.issuperset(wanted) or len(address) > ADDRESS_CHARS_MAX:
        return False
    if not address.isascii() or any(letter <= " " or letter in "\\\x7f" for letter in address):
        return False
    found = _host_of(address) if "://" in address else _mail_host(address)
    if not found:
        return False
    # The last label of an IPv4 address is a number: nothing is below such a host.
    return found == wanted or (found.endswith("." + wanted) and not wanted.rpartition(".")[2].isdigit())


def _parts(path: str) -> tuple[bool, list[str]] | None:
    """Whether it is absolute, and its components; None for a path that is not read alike everywhere."""
    if not path or len(path) > PATH_CHARS_MAX or not _composed(path) or path[0] == "~":
        return None
    if path.startswith("//") or any(letter in _SLASHES or letter in _DOTS for letter in path):
        return None
    if path[1:2] == ":" or _escaped(path):
        return None
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if any(part == ".." or part[-1] in ". " or part[0] == " " for part in parts):
        return None
    return path[0] == "/", parts


def _escaped(text: str) -> bool:
    """Whether it holds a percent sign that somebody could decode."""
    at = text.find("%")
    while at >= 0:
        if _HEX.issuperset(text[at + 1 : at + 3]) and len(text) >= at + 3:
            return True
        at = text.find("%", at + 1)
    return False


def _host_of(url: str) -> str:
    """The host of a web address, or '' where parsers could differ: userinfo, an odd letter, an empty port."""
    try:
        parts = urlsplit(url)
        port, found = parts.port, (parts.hostname or "").lower()
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or "%" in parts.netloc:
        return ""
    if parts.netloc.endswith(":") or port == 0:
        return ""
    return _host(found.removesuffix("."))


def _mail_host(address: str) -> str:
    """The host of a mail address, or ''."""
    mailbox, at, host = address.partition("@")
    if not at or not mailbox or not _MAILBOX_LETTERS.issuperset(mailbox):
        return ""
    return _host(host.lower())


def _host(found: str) -> str:
    """A host whose labels are as the standard wants them, or ''. Source: RFC 1123, section 2.1."""
    if not _HOST_LETTERS.issuperset(found) or len(found) > 253:
        return ""
    labels = found.split(".")
    return found if all(0 < len(part) <= 63 and part[0] != "-" and part[-1] != "-" for part in labels) else ""
