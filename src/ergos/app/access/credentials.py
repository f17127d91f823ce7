"""Secrets by which somebody comes in: how they look, what is kept of them, and what follows from them.

    ergos_api_<64 hexadecimal digits>   a token; `api`, `metrics` or `a2a` is what it is for
    K7QP-2M9X-…                         a one-time code: 80 bits in groups of four, meant to be typed once
    <64 hexadecimal digits>             a browser's session

Rules: what is kept is a digest; nothing here stores, compares in variable time, or draws by itself. A token begins with
`ergos_`, so that scanners of repositories and logs find a lost one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, Literal, TypeAlias

from ergos.base.entropy import Entropy

Purpose: TypeAlias = Literal["api", "metrics", "a2a"]
"""What a token is for; it is good for nothing else."""

PURPOSES: Final[tuple[Purpose, ...]] = ("api", "metrics", "a2a")
MARK: Final = "ergos_"
"""How every token begins."""
SHOWN_CHARS_MAX: Final = 512  # characters of a secret that is looked at; ours are shorter

_BITS: Final = 256  # of tokens and sessions
_CODE_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that is read as something else
_CODE_CHARS: Final = 16
_ALIKE: Final = str.maketrans("OIL", "011")
_TOKEN: Final = re.compile(r"ergos_(?:api|metrics|a2a)_[0-9a-f]{64}")


def new_token(purpose: Purpose, entropy: Entropy) -> str:
    """A token."""
    return f"{MARK}{purpose}_{entropy.below(1 << _BITS, stream='access token'):064x}"


def new_session(entropy: Entropy) -> str:
    """A session's secret."""
    return f"{entropy.below(1 << _BITS, stream='access session'):064x}"


def new_code(entropy: Entropy) -> str:
    """A one-time code, as it is shown."""
    letters = [_CODE_LETTERS[entropy.below(32, stream="access code")] for _ in range(_CODE_CHARS)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, _CODE_CHARS, 4))


def typed_code(typed: str) -> str:
    """A code as it was meant: without case, gaps and letters that look alike; '' for what is none."""
    if len(typed) > 4 * _CODE_CHARS:
        return ""
    code = "".join(typed.upper().split()).replace("-", "").translate(_ALIKE)
    return code if len(code) == _CODE_CHARS and not set(code) - set(_CODE_LETTERS) else ""


def digest(secret: str) -> str:
    """What is kept of a secret: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def csrf_of(session: str) -> str:
    """What a form must show besides the cookie of this session; it tells nothing about the secret."""
    return hmac.new(session.encode(), b"ergos csrf 1", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def holds_token(text: str) -> bool:
    """Whether a token of ours stands in a text, where none belongs."""
    return _TOKEN.search(text) is not None
