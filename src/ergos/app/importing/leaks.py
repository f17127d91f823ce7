"""Finds secrets in files of others, so that none is copied: by the shapes issuers give them, and by what a name says.

Sources of the shapes: the issuers' own documentation of their token prefixes (GitHub, GitLab, Slack, Stripe, AWS,
Google, OpenAI, Anthropic, Telegram, npm, PyPI, Hugging Face, SendGrid, Discord), PEM (RFC 7468), JWT (RFC 7519).

Rules: pure; what is found is named by its kind and place, never quoted; in doubt it counts as a secret where its name
says so, and as text where only its look does.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

from ergos.app.importing.remarks import Findings

MARK: Final = "[secret left out]"
ENTROPY_BITS_MIN: Final = 3.0  # bits a character from which a named value looks like a key, not like a word
_VALUE_CHARS_MIN: Final = 8  # characters of a value that could be a key

_KEY: Final = (
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----END)){0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?"
)
_HOOK: Final = r"https://(?:hooks\.slack\.com/services|(?:\w+\.)?discord(?:app)?\.com/api/webhooks)/[\w/-]{10,200}"
_GOOGLE: Final = r"\bAIza[A-Za-z0-9_-]{30,60}|\bya29\.[A-Za-z0-9_-]{20,300}|\bGOCSPX-[A-Za-z0-9_-]{20,60}"
_SHAPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("a private key", re.compile(_KEY)),
    ("a key of Anthropic", re.compile(r"\bsk-ant-[A-Za-z0-9_-]{16,300}")),
    ("a key of OpenAI or a service like it", re.compile(r"\bsk-(?:proj-|svcacct-|or-v1-|lf-)?[A-Za-z0-9_-]{16,300}")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})")),
    ("a token of GitLab", re.compile(r"\bglpat-[A-Za-z0-9_-]{16,100}")),
    ("a token of Slack", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,255}|\bxapp-[A-Za-z0-9-]{10,255}")),
    ("a webhook of Slack or Discord", re.compile(_HOOK)),
    ("a key of AWS", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a key of Google", re.compile(_GOOGLE)),
    ("a key of Stripe", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,200}|\bwhsec_[A-Za-z0-9+/=]{16,100}")),
    ("a token of Telegram", re.compile(r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{30,40}")),
    ("a token of Hugging Face", re.compile(r"\bhf_[A-Za-z0-9]{20,100}")),
    ("a token of npm or PyPI", re.compile(r"\bnpm_[A-Za-z0-9]{20,60}|\bpypi-[A-Za-z0-9_-]{30,300}")),
    ("a key of SendGrid", re.compile(r"\bSG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,60}")),
    ("a key of xAI, Groq, Tavily or Replicate", re.compile(r"\b(?:xai-|gsk_|tvly-|r8_)[A-Za-z0-9_-]{16,200}")),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000}")),
    ("a password in a URL", re.compile(r"(?<=://)[^\s/@:\"']{1,100}:[^\s/@\"']{3,200}(?=@)")),
    ("a bearer token", re.compile(r"(?i)(?<=\bbearer )\s*(?!\$|<|\{|secret:|YOUR|token\b)[A-Za-z0-9._~+/=-]{16,2000}")),
)  # fmt: skip
_NAMES: Final = tuple(
    "token secret password passwd apikey credential privatekey accesskey authorization passphrase clientsecret "
    "botkey".split()
)
_ASSIGNED: Final = re.compile(
    r"""(?ix)(?P<name>(?:token|secret|passw(?:or)?d|api[_-]?key|credential|private[_-]?key|access[_-]?key
        |passphrase|密码|口令|密钥)[\w.-]{0,20})
    (?P<between>["'`*]{0,3}\s{0,3}(?:[:=：]|\bis\b|是)\s{0,3}["'`*]{0,3})(?P<value>[^\s"'`,;<>(){}\[\]]{8,400})"""
)
_KEY_NAME: Final = re.compile(r"(?i)(?:^|[_\-. ])(?:key|pat|pwd|pass|auth|dsn)$")
_REFERENCE: Final = re.compile(
    r"^(?:\$|secret:|env:|<|\{\{|your[-_]|xxx|\*{3}|\.{3}|%|op://|vault:|keychain)", re.IGNORECASE
)
VARIABLE: Final = re.compile(
    r"\$\{(?:env[.:])?([A-Za-z_][A-Za-z0-9_]{0,99})(?::?-[^}]*)?\}"
    r"|\$([A-Z_][A-Z0-9_]{0,99})|\{env:([A-Za-z_]\w{0,99})\}"
)
"""A value that is taken from the environment: '${env.NAME}', '${NAME}', '$NAME'."""


def without_secrets(text: str, where: str, findings: Findings) -> str:
    """The text with a mark in place of every secret; each is reported by kind and line."""

    def left_out(kind: str, source: str, start: int) -> str:
        findings.add("I401", f"{where}, line {source.count(chr(10), 0, start) + 1}" if "\n" in source else where, kind)
        return MARK

    for kind, shape in _SHAPES:
        text = shape.sub(lambda found, kind=kind, source=text: left_out(kind, source, found.start()), text)

    def assigned(found: re.Match[str]) -> str:
        value = found["value"]
        if value.startswith(MARK[:8]) or not looks_like_key(value):
            return found[0]
        return found["name"] + found["between"] + left_out("a value called a secret", found.string, found.start())

    return _ASSIGNED.sub(assigned, text)


def is_secret_name(name: str) -> bool:
    """Whether a field or variable of this name holds a secret."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain.endswith(("tokens", "tokenkey", "keyenv", "secretname")):
        return False
    return any(word in plain for word in _NAMES) or plain in ("key", "pat", "auth", "cookie", "xapikey")


def holds_secret(name: str, value: str) -> bool:
    """Whether a named value is a secret, by its name, by its look, or by a bit of both."""
    if is_secret_name(name) or has_secret(value):
        return True
    return _KEY_NAME.search(name) is not None and looks_like_key(value)


def is_reference(value: str) -> bool:
    """Whether a value only says where a secret comes from."""
    return not value.strip() or _REFERENCE.match(value.strip()) is not None


def looks_like_key(value: str) -> bool:
    """Whether a value that is called a secret is one: not a reference, not a word of a language."""
    if len(value) < _VALUE_CHARS_MIN or is_reference(value):
        return False
    has_digit = any(letter.isdigit() for letter in value)
    has_sign = any(not letter.isalnum() for letter in value.strip(".:!?"))
    mixed = value.lower() != value and value.upper() != value and not value.istitle()
    return (has_digit or (has_sign and mixed) or len(value) >= 32) and _entropy(value) >= ENTROPY_BITS_MIN * 0.8


def has_secret(text: str) -> bool:
    """Whether a text holds something that looks like one."""
    return without_secrets(text, "", Findings()) != text


def _entropy(text: str) -> float:
    """Bits a character, by the frequencies in the text itself (Shannon 1948)."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values())
