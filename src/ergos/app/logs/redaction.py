"""Takes secrets out of what is logged: those of the vault, and whatever looks like one.

Rules: known secrets go in whatever usual spelling they have; keys, tokens, passwords and signatures go by their look,
also unknown ones. Too much is taken rather than too little. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ergos.drivers.egress.masking import Masker

MASK: Final = "[secret]"

_LOOKS: Final = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        # Tokens by the words they begin with: ours, and those of vendors whose keys people have lying about.
        (r"\bergos_(?:api|metrics|a2a)_[0-9a-f]{8,}", 0),
        (r"\bergos-\d{1,19}-\d{1,19}-[0-9a-f]{8,}", 0),
        (r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}", 0),
        (r"\b(?:gh[pousr]|github_pat|glpat|xox[abeoprs]|hf|npm|pypi|whsec|shpat|dop_v1)[-_][A-Za-z0-9_-]{10,}", 0),
        (r"\b(?:AKIA|ASIA|AIza)[A-Za-z0-9_-]{12,}", 0),
        (r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?", 0),
    )
)
_SCHEME: Final = re.compile(
    r"\b(?:(bearer)(?:\s+|%20)[^\s\"',;]{4,}|(basic|digest|negotiate)(?:\s+|%20)[^\s\"',;]{8,})", re.IGNORECASE
)
_NAMED: Final = re.compile(
    r"(?P<name>(?:authorization|cookie|password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|signature|credential|session[_-]?id)s?[\"']?\s{0,8}(?:=>|=|:)\s{0,8})"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s\"',;&}\])]+(?:\s[^\s\"',;&}\])]{16,})?)",
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(r"(?<=://)[^/\s@\"']{1,200}@")


class Redactor:
    """Takes out secrets that are known and ones that look like it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._masker: Final = Masker(secret for secret in secrets if secret)

    def __call__(self, text: str) -> str:
        """The text without secrets. Cost: linear in the text."""
        text = self._masker.text(text)
        for look in _LOOKS:
            text = look.sub(MASK, text)
        text = _SCHEME.sub(lambda found: f"{found[1] or found[2]} {MASK}", text)
        text = _NAMED.sub(lambda found: found["name"] + MASK, text)
        return _USERINFO.sub(f"{MASK}@", text)
