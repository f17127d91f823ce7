"""Values in lists: so much of each that a page stays small whatever somebody wrote, and how much is missing.

Rules: pure; a value that is cut says so; the whole of it stands on the page of its call, or leaves as a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ergos.console.frame.formats import written

if TYPE_CHECKING:
    from ergos.base.canonical import Plain

CLIPPED_CHARS: Final = 6_000  # characters of a value in a list


def clipped(value: Plain, most: int = CLIPPED_CHARS) -> str:
    """A value as text, cut."""
    text = written(value)
    rest = len(text) - most
    return f"{text[:most]}\n… +{rest:,}" if rest > 0 else text
