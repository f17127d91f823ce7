"""Text and addresses that came from outside, made fit to be shown and to be followed.

Rules: nothing here knows HTML or Markdown; a renderer escapes what it gets from `plain` and links only what
`link` gives back. What cannot be followed safely is still shown, as text: nothing is lost.
"""

from __future__ import annotations

import re
import urllib.parse
from typing import Final

_WEB: Final = re.compile(r"https?://[^\s\x00-\x20\x7f\"'<>\\^`{|}]+", re.IGNORECASE)
_INVISIBLE: Final = re.compile(
    r"""
    [\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]            # bidirectional controls reorder what the reader sees
    | [\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]   # nothing to see, and so a place to hide
    | [\U000e0000-\U000e007f]                                 # tag characters: ASCII that no reader sees
    """,
    re.VERBOSE,
)
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_PATH_SAFE: Final = "/-._~"
_WEB_SAFE: Final = "!#$%&'()*+,/:;=?@[]~-._"


def plain(words: str) -> str:
    """One line of visible text: white space collapsed, direction controls gone, unprintable ones replaced by U+FFFD."""
    visible = _UNPRINTABLE.sub("\ufffd", _INVISIBLE.sub("", words))
    return " ".join(visible.split())


def link(address: str) -> str | None:
    """The address in ASCII if a reader may follow it, else None.

    Followed are http and https addresses with a host and without a user name (which would disguise the host), and
    paths relative to the page. A non-ASCII host comes back in punycode, so that look-alikes show.
    """
    if _WEB.fullmatch(address):
        return _web_link(address)
    return _relative_link(address)


def _web_link(address: str) -> str | None:
    try:
        parts = urllib.parse.urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
        name = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
    except ValueError:  # a malformed port, IPv6 address or international name
        return None
    if not _HOST.fullmatch(name) or "@" in parts.netloc:
        return None
    rest = urllib.parse.urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    return f"{parts.scheme}://{name}{port}{urllib.parse.quote(plain(rest), safe=_WEB_SAFE)}"


def _relative_link(address: str) -> str | None:
    first = address.split("/", 1)[0]
    if not address or address != plain(address) or address.startswith("/"):
        return None
    if ":" in first or "\\" in address or "\ufffd" in address:
        return None
    return "./" + urllib.parse.quote(address.removeprefix("./"), safe=_PATH_SAFE)
