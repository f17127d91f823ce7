"""Typed identifiers.

Rules: a pid is a positive integer that the kernel gives out in order and never again; pid 0 is the kernel
itself. Names (owner, agent, tool, task) are short, printable and contain no slash, because they are parts of
paths.
"""

from __future__ import annotations

import re
from typing import Final, NewType

from ergos.base.errors import ValueShapeError
from ergos.base.limits import NAME_CHARS_MAX

Pid = NewType("Pid", int)
"""Process id; 0 is the kernel."""
Key = NewType("Key", str)
"""Stable name of a call within its turn."""
Digest = NewType("Digest", str)
"""64 hexadecimal digits of a SHA-256."""

KERNEL: Final = Pid(0)

_NAME = re.compile(r"[^\W_][\w.\-]*")


def name(text: str, *, what: str) -> str:
    """The name itself if it is one: letters, digits, '.', '-', '_' of any script, no slash.

    Raises: ValueShapeError.
    """
    if len(text) > NAME_CHARS_MAX or not _NAME.fullmatch(text):
        raise ValueShapeError(
            f"{text[:60]!r} is not a name for {what}: use letters, digits, '.', '-' and '_', "
            f"at most {NAME_CHARS_MAX} characters",
        )
    return text
