"""What a request asks for, in the one form in which it is matched and sent.

Rules: what is normalised here is sent exactly so. Percent-encoding is brought into one form (RFC 3986 section 6.2.2);
a path that any server could take for another one, because it holds dot segments in whatever disguise, controls or
bytes that are no text, is refused rather than repaired.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from ergos.kernel.hosts import SHOWN_CHARS, Host, Refused, read_host

URL_CHARS_MAX: Final = 8 * 1024  # characters of a path and query; RFC 9112 asks for 8,000
DECODINGS_MAX: Final = 4  # times a path is decoded until nothing changes; more is a disguise

_URL: Final = re.compile(r"(?i:(https?)://)([^/?#]*)([^?#]*)(?:\?([^#]*))?")
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_QUERY: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]{}|^`\"<>\\]|%[0-9A-Fa-f]{2})*")
_ENCODED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_CONTROL: Final = re.compile(r"[\0-\x1f\x7f]")
_BLANK: Final = re.compile(r"[\0-\x20\x7f]")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as far as rules look at it."""

    method: str
    """CONNECT asks for a tunnel."""
    host: Host
    port: int = 0
    """0: none was named."""
    path: str = "/"
    query: str | None = None
    scheme: Literal["http", "https"] | None = None
    """None: whatever the rule says, which is how a program inside asks."""

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        return self.path if self.query is None else f"{self.path}?{self.query}"


def read_authority(text: str) -> tuple[Host, int] | Refused:
    """Host and port, 0 where none is named. User names are refused."""
    if "@" in text:
        return Refused("an address with a user name or password is not asked for; a rule injects what is needed")
    host, port = text, ""
    if not text.endswith("]"):
        before, colon, after = text.rpartition(":")
        if colon:
            host, port = before, after
            if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536):
                return Refused(f"{port[:SHOWN_CHARS]!a} is no port")
    found = read_host(host)
    return found if isinstance(found, Refused) else (found, int(port) if port else 0)


def read_path(text: str) -> str | Refused:
    """A path in its one form."""
    if len(text) > URL_CHARS_MAX:
        return Refused(f"a path has at most {URL_CHARS_MAX:,} characters")
    if _PATH.fullmatch(text) is None:
        return Refused("the path holds what no path may hold, or a percent sign without two digits")
    path = _ENCODED.sub(_one_form, text)
    if "%" not in path and "/." not in path and ";" not in path:
        return path
    worst = path
    for _ in range(DECODINGS_MAX):
        raw = unquote_to_bytes(worst)
        try:
            decoded = unicodedata.normalize("NFKC", raw.decode("utf-8"))
        except UnicodeDecodeError:
            return Refused("the path holds encoded bytes that are no text")
        if _CONTROL.search(decoded):
            return Refused("the path holds an encoded control character")
        if any(segment.partition(";")[0].strip() in {".", ".."} for segment in re.split(r"[/\\]", decoded)):
            return Refused("the path holds '.' or '..', plain or encoded; ask for the path that is meant")
        if decoded == worst:
            return path
        worst = decoded
    return Refused("the path is encoded over and over")


def _one_form(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else f"%{found[1].upper()}"


def read_query(text: str) -> str | Refused:
    """A query; it is sent as it is."""
    if len(text) > URL_CHARS_MAX:
        return Refused(f"a query has at most {URL_CHARS_MAX:,} characters")
    if _QUERY.fullmatch(text) is None:
        return Refused("the query holds what no query may hold, or a percent sign without two digits")
    return text


def read_asked(method: str, authority: str, path: str, query: str | None) -> Asked | Refused:
    """A request as a program inside makes it, taken apart by the one parser."""
    found = read_authority(authority)
    if isinstance(found, Refused):
        return found
    if _METHOD.fullmatch(method) is None:
        return Refused(f"{method[:SHOWN_CHARS]!r} is no method")
    normal = read_path(path or "/")
    if isinstance(normal, Refused):
        return normal
    sent = read_query(query) if query is not None else None
    if isinstance(sent, Refused):
        return sent
    return Asked(method=method, host=found[0], port=found[1], path=normal, query=sent)


def read_url(method: str, url: str) -> Asked | Refused:
    """A request for a URL; its fragment is not sent."""
    found = _URL.fullmatch(url.partition("#")[0])
    if found is None or _BLANK.search(url) is not None:
        return Refused(f"{url[:SHOWN_CHARS]!a} is no http or https address")
    asked = read_asked(method, found[2], found[3], found[4])
    if isinstance(asked, Refused):
        return asked
    return msgspec.structs.replace(asked, scheme="https" if found[1].lower() == "https" else "http")
