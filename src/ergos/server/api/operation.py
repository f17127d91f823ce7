"""What an operation of the HTTP API is: one row of the table from which routes, checks and documentation are made.

    Operation(id="getProcess", method="GET", path="/processes/{pid}", takes=OfProcess, reply=ProcessShown, run=shown, …)

Rules: a row says everything a client has to know; what it does is one function, which is handed the seat of whoever
asks, its parameters and its body, all of them checked. A function raises ErgosErrors and returns plain records; it
knows nothing of HTTP but `Answered`, for the few answers that are more than a record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from ergos.app.access.register import Register
from ergos.app.access.roles import Role
from ergos.app.access.seat import Seat
from ergos.app.pulse import Pulse
from ergos.base.clock import Clock
from ergos.base.entropy import Entropy
from ergos.server.api.repeats import Repeats
from ergos.server.api.streams import Streams

if TYPE_CHECKING:
    from starlette.responses import Response

BASE: Final = "/api/v1"
JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"

Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What operations stand on besides a seat."""

    clock: Clock
    entropy: Entropy
    pulse: Pulse
    register: Register
    repeats: Repeats
    proving: asyncio.Lock
    """Held while the whole journal is checked."""
    streams: Streams
    document: Callable[[], bytes]
    """The OpenAPI document."""
    page: Callable[[], str]
    """The list of operations, for people."""
    rehearsing: asyncio.Semaphore
    """Places for dry runs."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that may be carried out."""

    seat: Seat
    parts: Parts
    headers: Mapping[str, str]
    is_gone: Callable[[], Awaitable[bool]]
    """Whether the client has left."""


class Takes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters of a request. A field that stands in the path is one of the path; the others are of the query."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with headers of its own; `body` as the row's `reply` says."""

    body: object = None
    headers: Mapping[str, str] = {}
    status: int | None = None


Run: TypeAlias = Callable[[Asked, Any, Any], Awaitable["object | Response"]]
"""Does it. Raises: ErgosErrors."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another operation whose parameter stands in the answer of this one."""

    to: str
    """Its id."""
    parameter: str
    pointer: str
    """Where the value stands: a JSON pointer into the answer."""
    body: dict[str, str] = {}
    """Fields of its body, and where their values stand."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    id: str
    method: Method
    path: str
    """Below BASE."""
    tag: str
    summary: str
    run: Run
    reply: Any = None
    """Type of the answer; None: there is none."""
    takes: type[Takes] = Takes
    body: Any = None
    """Type of the request's body; None: it has none."""
    role: Role = "viewer"
    """The least that may ask."""
    agents: bool = False
    """A process may ask it of itself with its own token."""
    keeper: bool = False
    """It concerns the whole home."""
    fresh: bool = False
    """It wants a sign-in of the last minutes, or a token that decides."""
    status: int = 200
    media: str = JSON
    """Of the answer."""
    once: bool = False
    """It takes an Idempotency-Key: asked again under the same key it is not done again."""
    tagged: bool = False
    """Its answer has an ETag, and If-None-Match is understood."""
    refuses: tuple[int, ...] = ()
    """Statuses of refusals besides those every operation has."""
    streams: bool = False
    """With `Accept: text/event-stream` its answer is a stream of events."""
    says: str = ""
    """More than the summary."""
    example: Any = None
    """A body that would do."""
    links: tuple[Link, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @property
    def in_path(self) -> tuple[str, ...]:
        """Names of the parameters of its path, in order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))
