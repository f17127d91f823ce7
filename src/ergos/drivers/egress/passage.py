"""One request on its way out and its reply on its way back: the only code that lets either through.

    decide → limit → inject → resolve, judge, dial → send → mask → record

Rules: every request leaves exactly one record, whatever became of it; nothing of a secret is in a record, an error or
a reply; a reply that cannot be read to its end is an error and never looks whole; no connection is used twice, so
that no reply can be mistaken for another's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import DeadlineError, EgressRefusedError, ErgosError
from ergos.base.world_errors import HttpError
from ergos.drivers.egress.credentials import Injected, inward, outward, request_head
from ergos.drivers.egress.decision import Permitted, allowed
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.masking import MaskedStream, Masker
from ergos.drivers.http.exchange import ClientLimits, Exchange
from ergos.kernel.egress import STANDARD_PORTS, EgressRecord, EgressRule, EgressRules, OnRecord, Secrets
from ergos.kernel.hosts import Refused
from ergos.kernel.targets import Asked

REPLY_HEAD_BYTES_MAX: Final = 64 * 1024  # bytes of a reply's headers; twice what servers send at most
REASON_CHARS_MAX: Final = 500  # characters of a record's refusal
PATH_CHARS_MAX: Final = 1_000  # characters of a record's path

_COOKIE: Final = b"set-cookie"
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


class Flow(Protocol):
    """Holds a reply back while its reader does not keep up."""

    def pause(self) -> None:
        """Read no more for now."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...


class Reader(Protocol):
    """Takes a reply, masked, as it comes."""

    def begin(self, status: int, headers: dict[str, str], flow: Flow) -> None:
        """Its head. Between several `set-cookie` stands a line feed."""
        ...

    def piece(self, piece: bytes) -> None:
        """More of its body."""
        ...


class Line(Exchange):
    """The connection of one exchange, which can be held back."""

    def __init__(self, limits: ClientLimits, loop: asyncio.AbstractEventLoop, where: str) -> None:
        super().__init__(limits, loop, where)
        self.cookies: Final[list[str]] = []
        """Lines that set one: a comma may stand within, so they cannot be joined with commas."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the reply."""
        super().on_header(name, value)
        if not self._headed and name.lower() == _COOKIE:
            self.cookies.append(value.decode("latin-1"))

    def pause(self) -> None:
        """Read no more for now."""
        if self.open and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on."""
        if self.open and not self._transport.is_reading():
            self._transport.resume_reading()


class _Account(msgspec.Struct):
    """What becomes of one request, for its record."""

    rule: str = ""
    port: int = 0
    status: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    refusal: str = ""


class Passage:
    """Lets requests out by rules. Belongs to one loop."""

    def __init__(
        self,
        rules: EgressRules,
        secrets: Secrets,
        clock: Clock,
        on_record: OnRecord,
        *,
        dialler: Dialler | None = None,
    ) -> None:
        self.rules: Final = rules
        self.dialler: Final = dialler or Dialler()
        self._injected: Final = Injected(secrets)
        self._clock: Final = clock
        self._on_record: Final = on_record

    async def ask(
        self, asked: Asked, headers: Mapping[str, str], body: bytes, reader: Reader, *, deadline_s: float | None = None
    ) -> EgressRule:
        """Pass a request on and its reply back to `reader`; the rule that allowed it.

        Raises: EgressRefusedError; HttpError; DeadlineError; SecretError; whatever the reader raises.
        """
        account = _Account(port=asked.port)
        at_ns = self._clock.now_ns()
        try:
            permitted = self._decide(asked, account)
            return await self._pass(permitted, asked, headers, body, reader, deadline_s, account)
        except ErgosError as error:
            account.refusal = error.what
            raise
        except asyncio.CancelledError:
            account.refusal = "whoever asked has gone"
            raise
        finally:
            self._write(at_ns, asked.method, asked.host.name, asked.path, account)

    def refuse(self, method: str, host: str, why: str) -> EgressRefusedError:
        """Record what could not even be read as a request; the error to answer with."""
        self._write(self._clock.now_ns(), method, host, "", _Account(refusal=why))
        return EgressRefusedError(why)

    def unread(self, what: str, path: str) -> None:
        """Record what was no HTTP."""
        account = _Account(refusal=what)
        self._write(self._clock.now_ns(), "", "", path, account)

    def permit(self, asked: Asked) -> Permitted:
        """The rule for a tunnel; a refusal is recorded. Raises: EgressRefusedError."""
        account = _Account(port=asked.port)
        try:
            return self._decide(asked, account)
        except EgressRefusedError as error:
            account.refusal = error.what
            self._write(self._clock.now_ns(), asked.method, asked.host.name, "", account)
            raise

    def now_ns(self) -> int:
        """The time, as records tell it."""
        return self._clock.now_ns()

    def tunnelled(
        self, at_ns: int, asked: Asked, permitted: Permitted, status: int, counts: tuple[int, int], refusal: str
    ) -> None:
        """Record a tunnel that is over; `counts`: bytes out and in."""
        account = _Account(permitted.rule.name, permitted.port, status, *counts, refusal)
        self._write(at_ns, asked.method, asked.host.name, "", account)

    def _decide(self, asked: Asked, account: _Account) -> Permitted:
        found = allowed(self.rules, asked)
        if isinstance(found, Refused):
            raise EgressRefusedError(found.why)
        account.rule, account.port = found.rule.name, found.port
        return found

    async def _pass(
        self,
        permitted: Permitted,
        asked: Asked,
        headers: Mapping[str, str],
        body: bytes,
        reader: Reader,
        deadline_s: float | None,
        account: _Account,
    ) -> EgressRule:
        rule = permitted.rule
        if len(body) > rule.bytes_max:
            raise EgressRefusedError(f"the rule {rule.name} lets out at most {rule.bytes_max:,} bytes of a request")
        loop = asyncio.get_running_loop()
        seconds = rule.deadline_s if deadline_s is None else min(deadline_s, rule.deadline_s)
        deadline = loop.time() + seconds
        sent = outward(headers, await self._injected.headers(rule))
        if isinstance(sent, Refused):
            raise EgressRefusedError(sent.why)
        limits = ClientLimits(
            head_bytes_max=REPLY_HEAD_BYTES_MAX,
            response_bytes_max=rule.bytes_max,
            first_byte_s=seconds,
            idle_s=seconds,
        )
        where = f"{asked.host.shown}:{permitted.port}"
        line = await self.dialler.connect(
            asked.host,
            permitted,
            lambda: Line(limits, loop, where),
            deadline=deadline,
            secure=rule.scheme == "https",
        )
        try:
            head = _head(asked, permitted, sent, body)
            account.bytes_out = len(body)
            stream = _Masked(rule, self._injected.masker, reader, line, account)
            await line.ask(asked.method, head, body, deadline=deadline, on_head=stream.begin, on_chunk=stream.piece)
            stream.end()
        except HttpError as error:
            # A server's own words may stand in the message.
            raise HttpError(self._injected.masker.text(error.what), kind=error.kind) from None
        except DeadlineError as error:
            raise DeadlineError(self._injected.masker.text(error.what)) from None
        finally:
            line.close()
        return rule

    def _write(self, at_ns: int, method: str, host: str, path: str, account: _Account) -> None:
        self._on_record(
            EgressRecord(
                at_ns=at_ns,
                method=method[:20],
                host=host[:255],
                port=account.port,
                path=path[:PATH_CHARS_MAX],
                status=account.status,
                bytes_out=account.bytes_out,
                bytes_in=account.bytes_in,
                rule=account.rule,
                refusal=account.refusal[:REASON_CHARS_MAX],
            )
        )


class _Masked:
    """A reply between the line and its reader."""

    def __init__(self, rule: EgressRule, masker: Masker, reader: Reader, line: Line, account: _Account) -> None:
        self._rule: Final = rule
        self._masker: Final = masker
        self._stream: Final = MaskedStream(masker)
        self._reader: Final = reader
        self._line: Final = line
        self._account: Final = account

    def begin(self, status: int, headers: dict[str, str]) -> None:
        """Its head came."""
        self._account.status = status
        if self._line.cookies:
            headers["set-cookie"] = "\n".join(self._line.cookies)
        self._reader.begin(status, inward(headers, self._rule, self._masker), self._line)

    def piece(self, piece: bytes) -> None:
        """More of its body came."""
        self._account.bytes_in += len(piece)
        if told := self._stream.feed(piece):
            self._reader.piece(told)

    def end(self) -> None:
        """It is complete."""
        if told := self._stream.feed(b"", last=True):
            self._reader.piece(told)


def _head(asked: Asked, permitted: Permitted, headers: Mapping[str, str], body: bytes) -> bytes:
    standard = STANDARD_PORTS[permitted.rule.scheme]
    host = asked.host.shown if permitted.port == standard else f"{asked.host.shown}:{permitted.port}"
    return request_head(
        asked.method, asked.target, host, headers, len(body) if body or asked.method not in _BODILESS else None
    )
