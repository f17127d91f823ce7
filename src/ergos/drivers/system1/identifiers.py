"""Tokens that hold digits but count nothing: addresses, versions, paper numbers, product names.

"GPT-4o", "1.2.22", "arXiv:2511.09030" and "https://x.org/3" name things. Figures leave them out; names take them
in. Rules: a token is an identifier only by its shape; one that reads as a quantity ("80GB", "7B", "10x", "5ms") is not.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.base.documents import Span

IDENTIFIER_CHARS_MAX: Final = 300  # characters; a longer token is cut, so that hostile text stays linear

_ADDRESS: Final = (
    rf"(?:https?://|www\.)[!-~]{{1,{IDENTIFIER_CHARS_MAX}}}"
    r"|[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
    r"|(?<![\w.-])(?:[A-Za-z0-9-]{1,63}\.){1,6}(?:com|org|net|io|ai|cn|dev|edu|gov|uk|de|eu|co|app|info|jp)"
    r"(?![A-Za-z0-9])(?:/[!-~]{0,200})?"
)
_ARXIV: Final = r"(?<![\w.])(?:[0-3]\d(?:0[1-9]|1[0-2]))\.\d{4,5}(?:v\d{1,2})?(?!\w|\.\d)"
_VERSION: Final = (
    r"(?<![\w.])[vV]\d{1,5}(?:\.\d{1,6}){0,6}(?:[-+.]?(?:alpha|beta|rc|dev|post|a|b)\.?\d{0,4})?(?![A-Za-z0-9])"
    r"|(?<![\w.,])\d{1,6}(?:\.(?:\d{1,6}|[xX*](?![A-Za-z]))){2,6}(?:[-+.]?(?:alpha|beta|rc|dev|post|a|b)\.?\d{0,4})?(?![A-Za-z0-9])"
    r"|(?<![\w.])\d{1,5}\.\d{1,5}(?:[-.]?(?:alpha|beta|rc|dev|a|b)\.?\d{1,4}|\.[xX*])(?![A-Za-z0-9])"
    r"|(?<=[=~<>]=)\d{1,5}(?:\.\d{1,6}){0,5}"
)
_CLOCK: Final = r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])"
_MIXED: Final = (
    r"(?<![A-Za-z0-9_])(?=[A-Za-z_]{1,60}\d|\d{1,60}[A-Za-z_])[A-Za-z0-9_]{2,80}(?:[-.][A-Za-z0-9]{1,40}){0,6}"
)
_HYPHENATED: Final = r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9]{0,40}(?:-[A-Za-z0-9.]{1,40}){0,6}?-\d{1,10}(?:\.\d{1,6})*[A-Za-z0-9]{0,20}(?:[-.][A-Za-z0-9]{1,40}){0,6}"
_IDENTIFIER: Final = re.compile(f"{_ADDRESS}|{_CLOCK}|{_ARXIV}|{_VERSION}|{_HYPHENATED}|{_MIXED}", re.ASCII)
_QUANTITY: Final = re.compile(
    r"\d+(?:[.,]\d+)*(?:[kKMBTx]|bn|tn|mn|mln|[mb]n?|th|st|nd|rd|[numµ]?s|min|hrs?|h|[kKMGTPE]i?[Bb]|[kKMGT]?W[hp]?|[kKMGT]?Hz"
    r"|[cmkn]?m|[km]?g|USD|EUR|CNY|RMB|GBP|pp|ppt|pct)(?:[-/][a-z]+)?"
    r"|\d+(?:-[a-z]+)+|\d+-\d+[a-z]{0,3}|Q[1-4]|H[12]|FY\d{2,4}|\d{4}-\d\d-\d\d(?:T\d\d)?|\d{4}-?Q[1-4]"
)
_PREFIXED: Final = re.compile(
    r"(?:mid|pre|post|late|early|top|under|over|sub|near|about|and|to|or|the|of|in|by|from|non|USD|EUR|CNY|RMB|GBP"
    r"|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-?\d+(?:[-.,]\d+)*[%a-z]{0,3}(?:-[a-z]+)*|[1-4]Q\d{2,4}",
    re.IGNORECASE,
)
_TRAILERS: Final = ".,;:!?)]}'\"*"


def identifiers(text: str) -> tuple[Span, ...]:
    """Spans of the identifiers of `text`, in order, not overlapping; linear."""
    found: list[Span] = []
    for token in _IDENTIFIER.finditer(text):
        body = token[0].rstrip(_TRAILERS)
        if "://" not in body and (_QUANTITY.fullmatch(body) or _PREFIXED.fullmatch(body)):
            continue
        if len(body) > 1:
            found.append(Span(token.start(), token.start() + len(body)))
    return tuple(found)
