"""Looks at an address, and asks for it only if it changed: conditional requests through the owner's way out.

Rules: every request passes the egress rules. What the server says about waiting is kept to within bounds; what fails is
tried again later and later. A reply is handed on as it came: who asked reads it.
Source: RFC 9110 sections 10.2.3 (Retry-After), 13.1 (conditions), 15.4.5 (304), 15.5.11 (410).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.entropy import Entropy
from ergos.base.errors import (
    DeadlineError,
    EgressRefusedError,
    PortMissingError,
    SourceError,
    ValueShapeError,
    WorldError,
)
from ergos.base.ids import Pid
from ergos.drivers.sources.intake import read
from ergos.drivers.sources.moment import from_text
from ergos.drivers.sources.reading import Limit, Origin, Reading
from ergos.drivers.tools.web import URL_CHARS_MAX, Outside, Reply

EVERY_S_MIN: Final = 10  # seconds between two looks at an address; less is rude to whoever serves it
VISIT_S: Final = 40.0  # seconds of one exchange, redirects included
READ_S: Final = 60.0  # seconds after which what was read of a reply has to do
REDIRECTS_MAX: Final = 5
VALIDATOR_CHARS_MAX: Final = 500  # characters of an ETag or a date that is sent back
FIRST_RETRY_S: Final = 60  # seconds before a look that failed is made again; doubles each time
RETRY_S_MAX: Final = 6 * 3_600  # seconds between two tries at most
ASKED_S_MAX: Final = 86_400  # seconds a server may ask to be left alone
GONE_S: Final = 86_400  # seconds until an address that is gone for good is tried again
DOUBLINGS_MAX: Final = 12
JITTER_SHARE: Final = 20  # one part in so many of a wait is drawn by lot, so that a thousand do not come at once
READERS: Final = 2  # replies read at once
VISITORS: Final = 8  # exchanges under way at once

ACCEPT: Final = "application/atom+xml, application/rss+xml, application/feed+json, text/html, */*;q=0.5"
AGENT: Final = "ErgOS"
_STREAM: Final = "watchers.wait"
_VALIDATOR: Final = re.compile(r"[\x20-\x7e]*")


class Validators(msgspec.Struct, frozen=True, kw_only=True):
    """By which a server knows what was seen."""

    etag: str = ""
    modified: str = ""


class Fresh(msgspec.Struct, frozen=True, kw_only=True):
    """What came."""

    reply: Reply
    validators: Validators


class Same(msgspec.Struct, frozen=True):
    """It is as it was."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing could be seen."""

    why: str
    again_ns: int


class Visits:
    """Goes and looks, for all triggers of a kernel."""

    def __init__(self, outside: Outside | None, entropy: Entropy | None) -> None:
        self._outside: Final = outside
        self._entropy: Final = entropy
        self._failures: Final[dict[tuple[Pid, str], int]] = {}
        self._visiting: Final = asyncio.Semaphore(VISITORS)
        self._reading: Final = asyncio.Semaphore(READERS)

    async def visit(self, url: str, known: Validators, key: tuple[Pid, str], now_ns: int) -> Fresh | Same | Failed:
        """What is there now. Raises: ValueShapeError, PortMissingError, EgressRefusedError: it can never be asked."""
        _check(url)
        if self._outside is None:
            raise PortMissingError(
                "nothing may leave this machine",
                remedy="name the hosts that may be reached in settings.toml under [egress]",
            )
        headers = {"accept": ACCEPT, "user-agent": AGENT}
        if known.etag:
            headers["if-none-match"] = known.etag
        if known.modified:
            headers["if-modified-since"] = known.modified
        try:
            async with self._visiting:
                reply = await self._outside.fetch("GET", url, headers, deadline_s=VISIT_S, redirects_max=REDIRECTS_MAX)
        except EgressRefusedError:
            raise
        except (WorldError, DeadlineError) as error:
            return self.failed(error.what, key, now_ns)
        if reply.status == 304 and (known.etag or known.modified):
            self._failures.pop(key, None)
            return Same()
        if reply.status != 200:
            return self._refused(reply, key, now_ns)
        validators = Validators(
            etag=_validator(reply.headers.get("etag", "")), modified=_validator(reply.headers.get("last-modified", ""))
        )
        return Fresh(reply=reply, validators=validators)

    async def read(self, reply: Reply, now_ns: int) -> Reading:
        """What a reply holds. Raises: SourceError."""
        loop = asyncio.get_running_loop()
        end = loop.time() + READ_S
        limit = Limit(now_ns=now_ns, expired=lambda: loop.time() > end)
        async with self._reading:
            return await asyncio.to_thread(read, reply.body, origin_of(reply), limit)

    async def apart(self, work: Callable[[], Plain]) -> Plain:
        """Do something that computes for long beside the loop."""
        async with self._reading:
            return await asyncio.to_thread(work)

    def again_ns(self, every_s: int, key: tuple[Pid, str], now_ns: int) -> int:
        """When to look again after a look that went well."""
        self._failures.pop(key, None)
        return now_ns + self._wait_s(max(every_s, EVERY_S_MIN)) * SECOND

    def failed(self, why: str, key: tuple[Pid, str], now_ns: int, at_least_s: int = 0) -> Failed:
        """A look that failed, and when to try again."""
        times = self._failures.get(key, 0)
        self._failures[key] = times + 1
        wait_s = min(FIRST_RETRY_S * 2 ** min(times, DOUBLINGS_MAX), RETRY_S_MAX)
        return Failed(why=why, again_ns=now_ns + self._wait_s(max(wait_s, at_least_s)) * SECOND)

    def forget(self, key: tuple[Pid, str]) -> None:
        """This trigger is no more."""
        self._failures.pop(key, None)

    def _refused(self, reply: Reply, key: tuple[Pid, str], now_ns: int) -> Failed:
        where = urlsplit(reply.final_url).hostname or ""
        if reply.status == 410:
            return self.failed(f"{where} says that this is gone for good (410)", key, now_ns, GONE_S)
        asked_s = min(_retry_after_s(reply.headers.get("retry-after", ""), now_ns), ASKED_S_MAX)
        return self.failed(f"{where} answered {reply.status}", key, now_ns, asked_s)

    def _wait_s(self, seconds: int) -> int:
        spread = seconds // JITTER_SHARE
        if self._entropy is None or spread <= 0:
            return seconds
        return seconds + self._entropy.below(spread + 1, stream=_STREAM)


def origin_of(reply: Reply) -> Origin:
    """Where a reply came from, as the readers of sources want it."""
    media, _, rest = reply.headers.get("content-type", "").partition(";")
    charset = re.search(r"charset=[\"']?([\w.:-]{1,40})", rest)
    return Origin(
        url=reply.final_url,
        source=urlsplit(reply.final_url).hostname or "",
        media_type=media.strip().lower(),
        charset=charset[1] if charset else None,
    )


def unreadable(error: SourceError, url: str) -> str:
    """A fault in words."""
    return f"what {urlsplit(url).hostname or url[:100]} sent cannot be read: {error.what}"


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        good = False
    if not good or len(url) > URL_CHARS_MAX or not url.isascii() or any(letter <= " " for letter in url):
        raise ValueShapeError(f"{url[:80]!r} is no http or https address that can be watched")


def _validator(value: str) -> str:
    """A validator that can be sent back as it came."""
    return value if len(value) <= VALIDATOR_CHARS_MAX and _VALIDATOR.fullmatch(value) else ""


def _retry_after_s(value: str, now_ns: int) -> int:
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    at_ns = from_text(value)
    return 0 if at_ns is None else max(0, (at_ns - now_ns) // SECOND)
