"""A document's text as fields are looked for in it: full-width letters narrow, letters that stand apart put together.

    plain("发票号码：１２３４")      # "发票号码：1234"
    plain("I N V O I C E")         # "INVOICE"

Rules: pure; lines stay lines, except where single Chinese characters stand below each other; brackets and marks of
Chinese text stay as they are, because names contain them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NARROW: Final = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()} | {
    ord(wide): narrow for wide, narrow in zip("．／－％＃＠＋＝＊＿＆", "./-%#@+=*_&", strict=True)
}
_PLAIN: Final = _NARROW | {
    0x3000: " ",
    0x00A0: " ",
    0x202F: " ",
    0x2007: " ",
    0x2009: " ",
    ord("º"): "o",
    ord("№"): "No",
}
_APART: Final = re.compile(r"(?<!\S)\S(?: \S){3,}(?!\S)")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_FIGURE: Final = re.compile(r"[-(]?[€$£¥￥]?\d[\d.,/:'-]*[.,/:-]\d[\d.,/:'-]*|[€$£¥￥]\d+")
_HAN: Final = re.compile(r"\s*([\u3400-\u9fff])\s*")


def plain(text: str) -> str:
    """The text in plain spelling."""
    return "\n".join(_across(_APART.sub(_together, line.translate(_PLAIN)) for line in text.splitlines()))


def _together(match: re.Match[str]) -> str:
    """A word or a figure whose letters stand apart; a row of single digits stays a row."""
    joined = match[0].replace(" ", "")
    return joined if _LETTERS.fullmatch(joined) or _FIGURE.fullmatch(joined) else match[0]


def _across(lines: Iterable[str]) -> list[str]:
    """Lines, with characters that stand below each other written as one word at the head of what follows."""
    found: list[str] = []
    down = ""
    for line in lines:
        one = _HAN.fullmatch(line)
        if one is not None:
            down += one[1]
            continue
        if down:
            found.append(down)
            down = ""
        found.append(line)
    return [*found, down] if down else found
