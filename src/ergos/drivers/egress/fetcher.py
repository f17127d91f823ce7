"""Asks the outside from within the kernel: `await Fetcher(passage).fetch("GET", url)`.

The same decision, dialling, injection and masking as for a program in a sandbox, without a socket between.

Rules: each redirect is a request of its own and is decided anew; only GET and HEAD follow one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin

import msgspec

from ergos.base.errors import DeadlineError, EgressRefusedError
from ergos.base.world_errors import HttpError
from ergos.drivers.egress.credentials import without_credentials
from ergos.drivers.egress.passage import Flow, Passage
from ergos.kernel.egress import EgressRule
from ergos.kernel.hosts import SHOWN_CHARS, Refused
from ergos.kernel.targets import Asked, read_url

REDIRECTS_MAX: Final = 10  # redirects followed at most; more is a loop

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOLLOWING: Final = frozenset({"GET", "HEAD"})


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A reply, whole."""

    status: int
    headers: dict[str, str]
    """By lower-case name; lines of the same name are joined with a comma, those of `set-cookie` with a line feed.
    Framing and coding are taken off."""
    body: bytes
    """Decoded, secrets masked."""
    final_url: str
    """Where it was found, normalised, after redirects."""


class Fetcher:
    """Asks the outside by rules. Belongs to one loop."""

    def __init__(self, passage: Passage) -> None:
        self._passage: Final = passage

    async def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        deadline_s: float | None = None,
        redirects_max: int = 0,
    ) -> Fetched:
        """The reply to a request; at most `redirects_max` redirects are followed, else they are returned.

        Raises: EgressRefusedError where no rule allows it; HttpError; DeadlineError after `deadline_s` seconds in all
        or the rule's for one of the requests, whichever is sooner; SecretError.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + deadline_s if deadline_s is not None else None
        sent = dict(headers or {})
        left = min(redirects_max, REDIRECTS_MAX) if method in _FOLLOWING else 0
        while True:
            asked = read_url(method, url)
            if isinstance(asked, Refused):
                raise self._passage.refuse(method, ascii(url[:SHOWN_CHARS]), asked.why)
            seconds = None if deadline is None else deadline - loop.time()
            if seconds is not None and seconds <= 0:
                raise DeadlineError(f"no time was left to ask {asked.host.name}")
            whole = _Whole()
            rule = await self._passage.ask(asked, sent, body, whole, deadline_s=seconds)
            found = _url(asked, rule)
            location = whole.headers.get("location", "")
            if whole.status not in _REDIRECTS or not location or redirects_max == 0 or method not in _FOLLOWING:
                return Fetched(status=whole.status, headers=whole.headers, body=b"".join(whole.pieces), final_url=found)
            if left == 0:
                raise HttpError(f"{asked.host.name} redirects more than {redirects_max} times", kind="malformed")
            left -= 1
            url = _joined(found, location)
            onward = read_url(method, url)
            if isinstance(onward, Refused) or _origin(onward) != _origin(asked):
                sent = without_credentials(sent)


def _joined(url: str, location: str) -> str:
    """Where a redirect leads. Raises: EgressRefusedError."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise EgressRefusedError(f"a redirect leads to {location[:SHOWN_CHARS]!a}, which is no address") from error


def _origin(asked: Asked) -> tuple[str | None, str, int]:
    return asked.scheme, asked.host.name, asked.port


def _url(asked: Asked, rule: EgressRule) -> str:
    port = f":{asked.port}" if asked.port else ""
    return f"{asked.scheme or rule.scheme}://{asked.host.shown}{port}{asked.target}"


class _Whole:
    """Keeps a reply."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []

    def begin(self, status: int, headers: dict[str, str], flow: Flow) -> None:
        """Its head."""
        del flow
        self.status, self.headers = status, headers

    def piece(self, piece: bytes) -> None:
        """More of its body."""
        self.pieces.append(piece)
