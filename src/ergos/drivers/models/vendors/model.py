"""One model of a vendor behind the `Model` port: `open_model` is the way in.

Opening one costs nothing; the vendor's library is imported, in a thread, when the first request is made.

Rules: one request is sent once, and whoever asks decides about another; a deadline ends it, and so does cancelling the
task that awaits it: both close the connection. Everything that goes wrong is a ModelError, a child of it, or a
DeadlineError.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ergos.base.clock import SECOND, Clock
from ergos.base.errors import DeadlineError, ErgosError
from ergos.drivers.models.vendors import failures, inward, outward, settings
from ergos.drivers.models.vendors.adapters import Opened, open_library
from ergos.drivers.models.vendors.reading import Notes
from ergos.drivers.models.vendors.reading_chat import ChatReading
from ergos.drivers.models.vendors.reading_google import GoogleReading
from ergos.drivers.models.vendors.reading_messages import MessagesReading
from ergos.drivers.models.vendors.reading_responses import ResponsesReading
from ergos.drivers.models.vendors.transport import CALL, REPLY_BYTES_MAX, Call
from ergos.kernel.models import EndpointSpec, Hints, Model, ModelRequest, OnDelta, Reply

_READINGS: Final = {
    "chat": ChatReading,
    "responses": ResponsesReading,
    "anthropic": MessagesReading,
    "google": GoogleReading,
}


def open_model(spec: EndpointSpec, *, base_url: str | None, api_key: str, clock: Clock) -> Model:
    """A model at an endpoint; None as base URL is the vendor's own. Nothing is imported or sent yet."""
    return VendorModel(spec, base_url=base_url, api_key=api_key, clock=clock)


class VendorModel:
    """A model that a vendor's library speaks to."""

    def __init__(
        self,
        spec: EndpointSpec,
        *,
        base_url: str | None,
        api_key: str,
        clock: Clock,
        reply_bytes_max: int = REPLY_BYTES_MAX,
    ) -> None:
        self._spec = spec
        self._base_url = base_url
        self._api_key = api_key
        self._clock = clock
        self._reply_bytes_max = reply_bytes_max
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()

    @property
    def spec(self) -> EndpointSpec:
        """Which one."""
        return self._spec

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """One call; with `on_delta` it streams. Raises: ModelError and its children, DeadlineError."""
        left_s = (deadline_ns - self._clock.now_ns()) / SECOND
        if left_s <= 0:
            raise DeadlineError(f"the deadline passed before {self._spec.name} was asked")
        try:
            async with asyncio.timeout(left_s):
                return await self._ask(request, hints, on_delta)
        except TimeoutError as error:
            raise DeadlineError(f"{self._spec.name} had not answered by the deadline") from error

    async def close(self) -> None:
        """Close every connection; requests that are under way break off."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.client.aclose()

    async def _ask(self, request: ModelRequest, hints: Hints | None, on_delta: OnDelta | None) -> Reply:
        opened = await self._open()
        wire = opened.place.wire
        reading = _READINGS[wire](Notes(len(request.messages), self._clock.now_ns(), opened.sender.mark))
        call = Call(reading, stream=on_delta is not None)
        token = CALL.set(call)
        try:
            history = outward.messages_of(request, opened.sender)
            prepared = settings.prepare(request, opened.place, opened.profile, hints)
            asked = (history, prepared.settings, prepared.parameters)
            if on_delta is None:
                response = await opened.model.request(*asked)
            else:
                listener = inward.Listener(on_delta, wire, prepared.answer_tool)
                async with opened.model.request_stream(*asked) as stream:
                    async for event in stream:
                        listener.hear(event)
                    response = stream.get()
        except (ErgosError, *opened.failures) as error:
            raise failures.of_exception(error, answered=call.answered) from error
        finally:
            CALL.reset(token)
        return inward.reply_of(response, reading.notes, wire, prepared.answer_tool)

    async def _open(self) -> Opened:
        async with self._opening:
            if self._opened is None:
                # Seconds of CPU: in a thread, so that the loop goes on.
                self._opened = await asyncio.to_thread(
                    open_library, self._spec, self._base_url, self._api_key, self._clock.now_ns, self._reply_bytes_max
                )
            return self._opened
