"""Recorded exchanges: writes down what a model was asked and answered, and answers from that, without the model.

A recording is a file with one exchange a line, as JSON: the request, and the reply with the pieces it came in, or why
it failed. For tests, demonstrations and measurements that anybody can repeat without a key.

Rules: played back by content: an equal request has an equal answer, the n-th time the n-th that was recorded, and the
last one for ever after. A request that was never recorded is an error that shows the nearest one; nothing is made up.
"""

from __future__ import annotations

import asyncio
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.canonical import digest, encode
from ergos.base.error_tree import every_error
from ergos.base.world_errors import ModelError, ModelRequestError
from ergos.drivers.models.replies import deltas_of
from ergos.kernel.models import Delta, EndpointSpec, Hints, Model, ModelRequest, OnDelta, Reply

RECORDING_BYTES_MAX: Final = 256 * 1024 * 1024  # bytes of a recording; it is held in memory
COMPARED_MAX: Final = 200  # recorded requests compared to find the nearest one
COMPARED_CHARS: Final = 4_000  # characters of each that are compared
SHOWN_CHARS: Final = 100  # characters shown on either side of a difference

_FAILURES: Final = {kind.code: kind for kind in every_error(ModelError) if issubclass(kind, ModelError)}


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a call failed."""

    code: str
    what: str
    status: int = 0
    retry_after_s: float = 0.0

    def error(self) -> ModelError:
        """The error again."""
        kind = _FAILURES.get(self.code, ModelError)
        return kind(self.what, status=self.status, retry_after_s=self.retry_after_s)


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call and what came of it."""

    request: ModelRequest
    reply: Reply | None = None
    deltas: tuple[Delta, ...] = ()
    """The pieces it came in; empty where it did not stream."""
    failure: Failure | None = None


class RecordingModel:
    """A model that writes down its exchanges at the end of a file."""

    def __init__(self, model: Model, file: Path) -> None:
        self._model = model
        self._file = file
        self._turn = asyncio.Lock()

    @property
    def spec(self) -> EndpointSpec:
        """Of the model that is recorded."""
        return self._model.spec

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """One call of the model. Raises: as it does; ModelError if the exchange cannot be written down."""
        pieces: list[Delta] = []

        def heard(delta: Delta) -> None:
            pieces.append(delta)
            if on_delta is not None:
                on_delta(delta)

        try:
            reply = await self._model.request(
                request, deadline_ns=deadline_ns, hints=hints, on_delta=heard if on_delta is not None else None
            )
        except ModelError as error:
            failure = Failure(code=error.code, what=error.what, status=error.status, retry_after_s=error.retry_after_s)
            await self._write(Exchange(request=request, failure=failure))
            raise
        await self._write(Exchange(request=request, reply=reply, deltas=tuple(pieces)))
        return reply

    async def _write(self, exchange: Exchange) -> None:
        line = msgspec.json.encode(exchange) + b"\n"
        async with self._turn:
            await asyncio.to_thread(_append, self._file, line)


def _append(file: Path, line: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as end:
            end.write(line)
    except OSError as error:
        raise ModelError(
            f"the recording {file} cannot be written: {error.strerror}", remedy="name a file that can be written"
        ) from error


class RecordedModel:
    """Answers from a recording."""

    def __init__(self, spec: EndpointSpec, exchanges: tuple[Exchange, ...]) -> None:
        self._spec = spec
        self._requests: dict[str, bytes] = {}
        self._answers: dict[str, list[Exchange]] = {}
        self._played: dict[str, int] = {}
        for exchange in exchanges:
            content = _content(exchange.request)
            name = digest(content)
            self._requests[name] = content
            self._answers.setdefault(name, []).append(exchange)

    @property
    def spec(self) -> EndpointSpec:
        """Which one."""
        return self._spec

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """What was recorded. Raises: ModelRequestError for what was not; the recorded failures."""
        del deadline_ns, hints
        content = _content(request)
        name = digest(content)
        answers = self._answers.get(name)
        if answers is None:
            raise ModelRequestError(self._unknown(content), remedy="record it, or ask what was recorded")
        turn = self._played.get(name, 0)
        self._played[name] = turn + 1
        exchange = answers[min(turn, len(answers) - 1)]
        if exchange.failure is not None:
            raise exchange.failure.error()
        assert exchange.reply is not None, name
        if on_delta is not None:
            for delta in exchange.deltas or deltas_of(exchange.reply):
                on_delta(delta)
        return exchange.reply

    def _unknown(self, content: bytes) -> str:
        """What to say of a request that is not in the recording."""
        if not self._requests:
            return f"{self._spec.name} has nothing recorded"
        asked = content.decode()
        nearest = max(list(self._requests.values())[:COMPARED_MAX], key=lambda other: _likeness(asked, other)).decode()
        start = max(0, _alike(asked, nearest) - SHOWN_CHARS // 2)
        return (
            f"{self._spec.name} has no recording of this request; the nearest one says "
            f"…{nearest[start : start + SHOWN_CHARS]}… where this one says …{asked[start : start + SHOWN_CHARS]}…"
        )


def exchanges_in(file: Path) -> tuple[Exchange, ...]:
    """What a recording holds. Raises: ModelError that names the line."""
    try:
        if file.stat().st_size > RECORDING_BYTES_MAX:
            raise ModelError(f"the recording {file} is larger than {RECORDING_BYTES_MAX:,} bytes", remedy="split it")
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise ModelError(f"the recording {file} cannot be read: {error.strerror}", remedy="check its path") from error
    found: list[Exchange] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            exchange = msgspec.json.decode(line, type=Exchange)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ModelError(
                f"{file}, line {number}, is no recorded exchange: {error}", remedy="take the line out, or record anew"
            ) from error
        if exchange.reply is None and exchange.failure is None:
            raise ModelError(f"{file}, line {number}, has neither a reply nor a failure", remedy="take the line out")
        found.append(exchange)
    return tuple(found)


def _content(request: ModelRequest) -> bytes:
    return encode(msgspec.to_builtins(request), what="the request")


def _alike(one: str, other: str) -> int:
    """Characters at the beginning that are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def _likeness(asked: str, other: bytes) -> float:
    matcher = SequenceMatcher(None, asked[-COMPARED_CHARS:], other.decode()[-COMPARED_CHARS:], autojunk=False)
    return matcher.quick_ratio()
