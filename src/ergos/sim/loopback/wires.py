"""What the wire formats of the loopback server have in common: what was asked, frames of a stream, and refusals.

Rules: a format reads a body strictly enough that a client's mistakes are found, and writes what its vendor writes. A
frame says how many output tokens must have been written before it may be sent, so that any clock can pace it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from ergos.kernel.models import Dialect, ModelRequest, Reply

CREATED_S: Final = 1_700_000_000  # seconds since 1970 in every reply: equal requests get equal bytes

ENCODER: Final = msgspec.json.Encoder()
JSON: Final = ENCODER.encode

# What changes between two sendings of the same request without changing what is asked.
TRANSPORT_FIELDS: Final = frozenset(
    "model stream stream_options priority user metadata store service_tier prompt_cache_key safety_identifier nvext "
    "request_id kv_transfer_params cache_salt".split()
)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request is not answered."""

    status: int
    message: str
    kind: str = "invalid_request_error"
    """As OpenAI names it; other formats translate it by status."""
    param: str | None = None
    code: str | None = None


class FaultError(Exception):
    """A request that the loopback server does not answer; part of its play, and no error of ours."""

    def __init__(self, fault: Fault, headers: dict[str, str] | None = None) -> None:
        self.fault = fault
        self.headers = headers or {}
        super().__init__(fault.message)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as far as it is the same in every format."""

    request: ModelRequest
    model: str
    stream: bool = False
    usage_frame: bool = True
    """Whether a stream ends with its usage."""
    caches: bool = True
    """Whether the caller wants prompt caching."""
    choices: int = 1
    priority: int = 0
    exact_tokens: bool = False
    """It is to write until it is stopped."""
    echo: dict[str, object] = {}
    """What the reply repeats of the request."""


class Frame(msgspec.Struct, frozen=True):
    """Bytes of a stream."""

    content: bytes
    tokens: int
    """Output tokens that must have been written before."""


class Wire(Protocol):
    """One wire format."""

    dialect: Dialect

    def read(self, body: dict[str, object]) -> Asked:
        """What is asked. Raises: FaultError."""
        ...

    def whole(self, asked: Asked, reply: Reply) -> bytes:
        """The body of a reply in one piece."""
        ...

    def frames(self, asked: Asked, reply: Reply, tokens: int) -> Iterator[Frame]:
        """The stream of a reply, in pieces of so many tokens; the last frame closes it."""
        ...

    def refusal(self, fault: Fault) -> bytes:
        """The body of an error."""
        ...

    def failing(self, fault: Fault) -> bytes:
        """The frame of an error in the middle of a stream."""
        ...


def invalid(message: str, param: str | None = None, code: str | None = None) -> FaultError:
    """The client's mistake."""
    return FaultError(Fault(status=400, message=message, param=param, code=code))


def shape_fault(error: msgspec.ValidationError) -> FaultError:
    """A body that has not the shape it must have."""
    what, _, where = str(error).partition(" - at ")
    return invalid(f"Invalid request: {what}{' at ' + where if where else ''}", param=where.strip("`$.") or None)


def openai_refusal(fault: Fault) -> bytes:
    """An error as OpenAI writes it."""
    return JSON({"error": {"message": fault.message, "type": fault.kind, "param": fault.param, "code": fault.code}})
