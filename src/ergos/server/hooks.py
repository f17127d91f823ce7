"""POST /hooks/PID/NAME: signed requests that trigger a process.

    202  taken, and durable          200  it was taken before
    401  not signed as this trigger's are, or there is no such trigger: nobody without the secret learns which
    413  too long                    429  more than the trigger takes in an hour
    503  not now: try again

Rules: nothing is read of a request before its signature is found right. A reply leaves only when the happening is
durable. The name a sender gave a request is its key, so what is sent again counts once. No host and no origin is asked
for: the signature is what counts, and a tunnel brings requests under a name of its own.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote

import msgspec

from ergos.base.canonical import Plain, decode, encode
from ergos.base.clock import SECOND, Clock
from ergos.base.errors import (
    ErgosError,
    MailboxFullError,
    OverloadedError,
    TooLargeError,
    UnknownProcessError,
    UsageError,
    ValueShapeError,
)
from ergos.base.ids import Pid
from ergos.base.limits import MIB
from ergos.base.world_errors import SecretError
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.kernel.egress import REFERENCE, Secrets
from ergos.kernel.triggers import Happening, Webhook
from ergos.server.hook_signatures import signed_as
from ergos.server.refusals import Rejected, headers_of, of_status

PATH: Final = "/hooks/"
BODY_BYTES_MAX: Final = 1 * MIB  # bytes of a request's body; what is longer is fetched by who is told of it
RETRY_S: Final = 60  # seconds after which a sender that was too fast is let in again at the earliest
EVENT_CHARS_MAX: Final = 100

_PLACE: Final = re.compile(r"/hooks/([1-9][0-9]{0,17})/([^/]{1,300})")
_ABSENT: Final = Webhook(name="absent", secret="absent")  # noqa: S106 - nobody's
_UNSIGNED: Final = "this request is not signed as it should be"
_NOBODY: Final = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""What is compared with where there is no trigger or no secret, so that it takes as long."""


class HookDoor(Protocol):
    """The kernel's side."""

    async def webhook(self, pid: Pid, name: str, /) -> Webhook | None:
        """The armed trigger of this name; None: there is none, or it is of another kind."""
        ...

    async def happened(self, pid: Pid, name: str, happening: Happening, /) -> bool:
        """As `Bell.happened`."""
        ...


class Hooks:
    """Takes signed requests for all processes of a kernel."""

    def __init__(self, door: HookDoor, secrets: Secrets, clock: Clock) -> None:
        self._door: Final = door
        self._secrets: Final = secrets
        self._clock: Final = clock

    async def serve(self, request: Request, reply: Responder) -> None:
        """Answer a request below PATH. Raises: Rejected."""
        if request.method != "POST":
            raise Rejected(of_status(405, f"hooks take POST, not {request.method}", ("allow", "POST")))
        if len(request.body) > BODY_BYTES_MAX:
            raise Rejected(of_status(413, f"the body has more than {BODY_BYTES_MAX:,} bytes"))
        place = _PLACE.fullmatch(request.path)
        pid, name = (Pid(int(place[1])), unquote(place[2])) if place is not None else (Pid(0), "")
        trigger = await self._door.webhook(pid, name) if place is not None else None
        key = await self._signed(trigger, request)
        if trigger is None or not key:
            raise Rejected(of_status(401, _UNSIGNED))
        happening = Happening(key=key, value=_value(trigger, key, request))
        taken = await self._taken(pid, name, happening)
        said = b'{"status":"taken"}' if taken else b'{"status":"taken before"}'
        reply.send(202 if taken else 200, {"content-type": "application/json"}, said)

    async def _signed(self, trigger: Webhook | None, request: Request) -> str:
        """The request's name where it is signed with the trigger's secret, else ''."""
        style = "github" if trigger is None and "x-hub-signature-256" in request.headers else (trigger or _ABSENT).style
        name = (trigger or _ABSENT).secret.removeprefix(REFERENCE)
        try:
            # A keyring may take its time; what is looked up for nobody takes as long.
            secret = await asyncio.to_thread(self._secrets.get, name)
        except (SecretError, UsageError):
            secret = ""  # its owner sees that nothing comes; the sender learns nothing
        now_s = self._clock.now_ns() // SECOND
        found = signed_as(style, request.headers, request.body, secret or _NOBODY, now_s)
        return found if secret and trigger is not None else ""

    async def _taken(self, pid: Pid, name: str, happening: Happening) -> bool:
        """Raises: Rejected."""
        try:
            return await self._door.happened(pid, name, happening)
        except (OverloadedError, MailboxFullError) as error:
            after = ("retry-after", str(RETRY_S))
            raise Rejected(of_status(429, "this trigger takes no more for now", after)) from error
        except UnknownProcessError as error:
            raise Rejected(of_status(401, _UNSIGNED)) from error
        except (TooLargeError, ValueShapeError) as error:
            raise Rejected(of_status(413, "what the body says is too long or too deep")) from error
        except ErgosError as error:
            raise Rejected(of_status(503, "this cannot be taken now; send it again later")) from error


def refuse(reply: Responder, rejected: Rejected) -> None:
    """Answer with a refusal."""
    refused = rejected.refused
    headers = {name: value for name, value in headers_of(refused).items() if name != "www-authenticate"}
    body = msgspec.json.encode({"error": refused.message})
    reply.send(refused.row.status, headers, body)


def _value(trigger: Webhook, key: str, request: Request) -> Plain:
    """What its agent is told: the body as data where it is JSON, as text else."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = request.body
    if media == "application/x-www-form-urlencoded":
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=100)
        except ValueError:
            fields = {}
        body = fields.get("payload", [""])[0].encode() or body
    try:
        said = decode(body)
        encode(said)
    except (ValueShapeError, TooLargeError):
        said = body.decode("utf-8", "replace")
    value: dict[str, Plain] = {"id": key, "body": said}
    if trigger.style == "github":
        value["event"] = request.headers.get("x-github-event", "")[:EVENT_CHARS_MAX]
    return value
