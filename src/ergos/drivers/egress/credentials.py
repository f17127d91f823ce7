"""What of a request's headers goes out, with which credentials; and what of a reply's headers comes back.

Rules: a header that belongs to one connection goes no further; one that makes a server take the request for another
one (another method, another path, another host) is refused; where a rule injects, nothing of the caller that could
stand for credentials goes out, and no cookie made for the injected ones comes back.
Must not know: where secrets are kept.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from typing import Final

from ergos.base.world_errors import SecretError
from ergos.drivers.egress.masking import Masker
from ergos.kernel.egress import EgressRule, Injection, Secrets
from ergos.kernel.hosts import Refused

SECRETS_SENT_MAX: Final = 256  # secrets of one proxy that are looked for in replies; rules name a few

_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "expect", "content-length", "host", "accept-encoding", "http2-settings", "via",
        "forwarded", "x-real-ip",
    }
)  # fmt: skip
_MISLEADING: Final = frozenset(
    {
        "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url",
        "x-original-method", "x-original-host", "x-host", "x-forwarded-host", "x-forwarded-prefix",
    }
)  # fmt: skip
_CREDENTIALS: Final = frozenset(
    {
        "authorization", "cookie", "cookie2", "x-api-key", "api-key", "apikey", "x-goog-api-key", "x-auth-token",
        "x-access-token", "private-token", "job-token", "x-amz-security-token", "x-csrf-token", "x-authorization",
    }
)  # fmt: skip
_PIECEWISE: Final = frozenset({"range", "if-range"})
"""They would fetch an echoed secret in pieces too small to be told."""
_FORWARDED: Final = "x-forwarded-"
_NOT_BACK: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authentication-info", "te",
        "trailer", "transfer-encoding", "upgrade", "content-length", "date", "alt-svc", "content-encoding",
    }
)  # fmt: skip
_OF_CREDENTIALS: Final = frozenset({"set-cookie", "set-cookie2", "authentication-info", "www-authenticate"})
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL: Final = re.compile(r"[\0-\x08\x0b-\x1f\x7f]")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Injected:
    """The credentials of one proxy, and the secrets they were made of: none of them may come back in any reply."""

    def __init__(self, secrets: Secrets) -> None:
        self.masker = Masker(())
        """Takes out every secret that was ever sent."""
        self._secrets: Final = secrets
        self._sent: dict[str, None] = {}

    async def headers(self, rule: EgressRule) -> dict[str, str]:
        """What a rule injects, masked from here on. Raises: SecretError."""
        if not rule.inject:
            return {}
        # A keyring is a service of the desktop, which may take its time.
        secrets = await asyncio.to_thread(lambda: [self._secrets.get(one.secret) for one in rule.inject])
        headers: dict[str, str] = {}
        for injection, secret in zip(rule.inject, secrets, strict=True):
            encoded = base64.b64encode(secret.encode()).decode()
            headers[injection.header] = value = filled(injection, secret, encoded)
            if _VALUE.fullmatch(value) is None:
                raise SecretError(
                    f"the secret {injection.secret} holds characters that no header can carry",
                    remedy=f"store it again without line ends: `ergos secret set {injection.secret}`",
                )
            self._mask([secret, encoded] if "{base64}" in injection.format else [secret])
        return headers

    def _mask(self, known: list[str]) -> None:
        if not set(known) <= self._sent.keys():
            kept = [*self._sent, *known][-SECRETS_SENT_MAX:]
            self._sent = dict.fromkeys(kept)
            self.masker = Masker(self._sent)


def filled(injection: Injection, secret: str, encoded: str) -> str:
    """The value of a header; nothing but the two placeholders means anything in a format."""
    return "".join(
        {"{}": secret, "{base64}": encoded}.get(part, part) for part in re.split(r"(\{\}|\{base64\})", injection.format)
    )


def outward(headers: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str] | Refused:
    """The headers that are sent; `own`: those that the rule injects."""
    sent: dict[str, str] = {}
    named = {part.strip().lower() for part in headers.get("connection", "").split(",")}
    if "upgrade" in named or any(name.lower() == "upgrade" for name in headers):
        return Refused("another protocol than HTTP is not spoken here (websockets neither)")
    mine = {_seen(name) for name in own}
    for name, value in headers.items():
        # Many servers take an underscore for a hyphen.
        seen = _seen(name)
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            return Refused("a header holds characters that would break out of it")
        if seen in _MISLEADING:
            return Refused(f"the header {name} would make a server take the request for another one")
        if seen in _HOP or seen in named or name.lower() in named or seen.startswith(_FORWARDED):
            continue
        if own and (seen in _CREDENTIALS or seen in _PIECEWISE or seen in mine):
            continue
        sent[name] = value
    return {**sent, **own}


def without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that may go to another host than the one they were meant for."""
    return {name: value for name, value in headers.items() if _seen(name) not in _CREDENTIALS}


def _seen(name: str) -> str:
    return name.lower().replace("_", "-")


def inward(headers: Mapping[str, str], rule: EgressRule, masker: Masker) -> dict[str, str]:
    """The headers that come back to whoever asked."""
    kept = {
        name: _CONTROL.sub(" ", value)
        for name, value in headers.items()
        if name not in _NOT_BACK and not (rule.inject and name in _OF_CREDENTIALS)
    }
    return masker.headers(kept)


def request_head(method: str, target: str, host: str, headers: Mapping[str, str], body_bytes: int | None) -> bytes:
    """A request's head, to be answered on a connection of its own; `body_bytes` None: it has no body."""
    lines = [f"{method} {target} HTTP/1.1", f"host: {host}", "accept-encoding: identity", "connection: close"]
    lines += (f"{name}: {value}" for name, value in headers.items())
    if body_bytes is not None:
        lines.append(f"content-length: {body_bytes}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
