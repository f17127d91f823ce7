"""Names of others as names of ours, and the language a text is in.

Rules: pure; the same for the same names in the same order; what had to change is reported.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ergos.app.importing.remarks import Findings
from ergos.kernel.permission.wording import Language

NAME_CHARS_MAX: Final = 60  # characters of a name made here; ids allow 100, with room for a number
SERVER_CHARS_MAX: Final = 28  # characters of a server's name; settings allow 32
RESERVED_SERVERS: Final = frozenset(
    "calendar feeds files git http mail made notify python shell skills sql tools webhook".split()
)
"""First parts of names of built-in tools."""
_CJK: Final = re.compile("[\u4e00-\u9fff]")
_LETTERS: Final = re.compile(r"[^\W\d_]")
ZH_SHARE: Final = 0.3  # share of Chinese among the letters from which a text counts as Chinese


class Names:
    """Gives each thing of one kind its own name."""

    def __init__(self, findings: Findings, fallback: str = "agent") -> None:
        self._findings: Final = findings
        self._fallback: Final = fallback
        self._taken: set[str] = set()

    def of(self, said: str, where: str) -> str:
        """The name for what was called `said`."""
        plain = plain_name(said) or self._fallback
        found, number = plain, 2
        while found.casefold() in self._taken:
            found, number = f"{plain}-{number}", number + 1
        self._taken.add(found.casefold())
        if found != said:
            self._findings.add("I106", where, said or "''", found)
        return found


def plain_name(said: str) -> str:
    """Letters, digits, '.', '-', '_', not beginning with a sign; '' where nothing is left."""
    folded = unicodedata.normalize("NFKC", said[: 4 * NAME_CHARS_MAX]).strip()
    made = re.sub(r"[^\w.\-]+", "-", folded)
    made = re.sub(r"-{2,}", "-", made).strip("-._ ")[:NAME_CHARS_MAX].strip("-._ ")
    return re.sub(r"^[\W_]+", "", made)


def server_name(said: str) -> str:
    """A name that settings.toml takes for a server of tools."""
    folded = unicodedata.normalize("NFKD", said[: 4 * NAME_CHARS_MAX]).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9_-]+", "-", folded).strip("-_")[:SERVER_CHARS_MAX].strip("-_") or "server"
    return f"{made}-mcp" if made in RESERVED_SERVERS else made


def secret_name(said: str) -> str:
    """A name that a secret can have."""
    folded = unicodedata.normalize("NFKD", said[: 4 * NAME_CHARS_MAX]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:NAME_CHARS_MAX].strip("-") or "secret"


def skill_name(said: str) -> str:
    """A name of the open skill format."""
    return secret_name(said)


def language_of(text: str) -> Language:
    """Chinese where a good part of its letters is, else English."""
    sample = text[:20_000]
    letters = len(_LETTERS.findall(sample))
    return "zh" if letters and len(_CJK.findall(sample)) / letters >= ZH_SHARE else "en"
