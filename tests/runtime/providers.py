"""A model provider for tests: it counts what reaches it and what it would bill, and answers as the test says.

Rules: it keeps its own books, apart from the kernel's, so that both can be compared; how it behaves is a function of
the call's number and body, so that a scenario is repeatable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.kernel.models import EndpointSpec, Hints, ModelPrice, Outline, Usage
from ergos.kernel.ports import ModelCame, Sink

PRICE = ModelPrice(input=1_000_000, output=2_000_000)  # a micro-dollar a token read, two a token written


def an_endpoint(name: str = "house/small", **changes: object) -> EndpointSpec:
    """An endpoint of this provider."""
    made: dict[str, object] = {
        "name": name,
        "model": name.rpartition("/")[2],
        "dialect": "openai.chat",
        "price": PRICE,
        "output_tokens_max": 100,
        **changes,
    }
    return EndpointSpec(**made)  # type: ignore[arg-type]


@dataclass
class Behaviour:
    """What one sending does."""

    text: str = "well"
    before_s: float = 0.0
    """Before the first token."""
    pieces: int = 1
    between_s: float = 0.0
    """Between two pieces of a stream."""
    usage: Usage | None = field(default_factory=lambda: Usage(input_tokens=10, output_tokens=5))
    """None: it says nothing."""
    error: ErgosError | None = None
    """Raised instead of an answer."""
    breaks_after: int | None = None
    """Pieces after which `error` is raised."""
    bills: int = 20
    """Micro-dollars it would put on its invoice for this sending."""


class Provider:
    """Implements the `Models` port."""

    def __init__(
        self, *endpoints: EndpointSpec, behave: Callable[[int, dict[str, Plain]], Behaviour] | None = None
    ) -> None:
        self._endpoints = endpoints or (an_endpoint(),)
        self._behave = behave or (lambda number, body: Behaviour())
        self.sent: list[tuple[str, dict[str, Plain]]] = []
        """Every sending: endpoint and body."""
        self.answered: list[str] = []
        """The last message of every call that was answered to its end."""
        self.at_once = 0
        self.at_once_max = 0
        self.invoice = 0
        self.hints: list[Hints] = []

    def endpoints(self) -> tuple[EndpointSpec, ...]:
        return self._endpoints

    def outline(self, args: dict[str, Plain]) -> Outline:
        body = args.get("body")
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            raise ValueShapeError("messages is missing")
        most = body.get("max_tokens")
        return Outline(
            dialect="openai.chat",
            model=str(body.get("model", "auto")),
            input_tokens=max(1, len(str(body["messages"])) // 3),
            output_tokens_max=most if isinstance(most, int) else None,
            stream=body.get("stream") is True,
        )

    async def perform(
        self,
        endpoint: str,
        args: dict[str, Plain],
        *,
        deadline_ns: int,
        hints: Hints,
        sink: Sink | None = None,
        on_first: Callable[[], None] | None = None,
    ) -> ModelCame:
        body = args["body"]
        assert isinstance(body, dict)
        self.sent.append((endpoint, body))
        self.hints.append(hints)
        behaviour = self._behave(len(self.sent), body)
        self.invoice += behaviour.bills
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            return await self._answer(body, behaviour, sink, on_first)
        finally:
            self.at_once -= 1

    async def _answer(
        self, body: dict[str, Plain], behaviour: Behaviour, sink: Sink | None, on_first: Callable[[], None] | None
    ) -> ModelCame:
        if behaviour.before_s:
            await asyncio.sleep(behaviour.before_s)
        if behaviour.error is not None and behaviour.breaks_after is None:
            raise behaviour.error
        if on_first is not None:
            on_first()
        said = ""
        for number in range(behaviour.pieces):
            if behaviour.breaks_after == number and behaviour.error is not None:
                raise behaviour.error
            if number and behaviour.between_s:
                await asyncio.sleep(behaviour.between_s)
            piece = f"{behaviour.text}{number};" if behaviour.pieces > 1 else behaviour.text
            said += piece
            if sink is not None and body.get("stream") is True:
                sink(piece.encode())
        self.answered.append(last_words(body))
        usage = behaviour.usage if behaviour.usage is not None else Usage(known=False)
        return ModelCame(value={"status": 200, "type": "text/plain", "body": said + "."}, usage=usage)


def last_words(body: dict[str, Plain]) -> str:
    """Content of the last message of a chat body."""
    messages = body.get("messages")
    assert isinstance(messages, list)
    last = messages[-1]
    assert isinstance(last, dict)
    return str(last.get("content"))


def chat(words: str, model: str = "auto", **more: Plain) -> dict[str, Plain]:
    """A chat body."""
    return {"model": model, "messages": [{"role": "user", "content": words}], **more}
