"""Filters of MQTT topics: which are ones, and which topics fit. Pure.

Source: MQTT 3.1.1, section 4.7.
"""

from __future__ import annotations

from typing import Final

from ergos.base.errors import ValueShapeError

FILTER_BYTES_MAX: Final = 1_024  # bytes of a filter; the protocol's 65,535 are nobody's
LEVELS_MAX: Final = 64


def checked_filter(text: str) -> str:
    """The filter itself if it is one. Raises: ValueShapeError."""
    levels = text.split("/")
    wrong = ""
    if not text or len(text.encode("utf-8", "replace")) > FILTER_BYTES_MAX or len(levels) > LEVELS_MAX:
        wrong = f"a filter has 1 to {FILTER_BYTES_MAX:,} bytes and at most {LEVELS_MAX} levels"
    elif any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 or letter == "\x7f" for letter in text):
        wrong = "it holds characters that no topic has"
    elif any("#" in level and (level != "#" or at + 1 < len(levels)) for at, level in enumerate(levels)):
        wrong = "'#' stands alone in the last place"
    elif any("+" in level and level != "+" for level in levels):
        wrong = "'+' stands alone between two '/'"
    elif text.startswith("$share/"):
        wrong = "a shared subscription gives each message to one of many, and not for certain to this one"
    if wrong:
        raise ValueShapeError(f"{text[:80]!r} is no filter of topics: {wrong}")
    return text


def fits(pattern: str, topic: str) -> bool:
    """Whether a topic fits a filter."""
    wanted, levels = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("#", "+"):
        return False
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(levels) == len(wanted)
