"""The models of a simulated continuation: every call goes to the one that is supposed, and nothing leaves the machine.

Rules: a scripted mind answers for every endpoint that is elsewhere, at that endpoint's price, so that the cost can be
compared; a model in a file of this machine (a script, a recording) answers itself. No key is read, nothing is looked
for on the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, Self

import msgspec

from ergos.app.home import Home
from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError
from ergos.drivers.host import HostClock
from ergos.drivers.models.catalogue import open_endpoint
from ergos.drivers.models.endpoints import Endpoint
from ergos.drivers.models.outline import outline_of
from ergos.drivers.models.translate import translated
from ergos.kernel.endpoints import FILE_KINDS
from ergos.kernel.models import EndpointSpec, Hints, Model, ModelRequest, OnDelta, Outline, Reply
from ergos.kernel.ports import ModelCame, Sink
from ergos.kernel.usage import ModelPrice
from ergos.sim.loopback.mind import think

SIMULATED: Final = "simulated"
"""The name of no endpoint: a scripted mind, for nothing."""
NOTHING: Final = ModelPrice(input=0, output=0)
CONTEXT_TOKENS: Final = 1_000_000  # tokens; what the scripted mind reads


class Mind:
    """The scripted mind as a model."""

    def __init__(self, spec: EndpointSpec) -> None:
        self._spec: Final = spec

    @property
    def spec(self) -> EndpointSpec:
        """Which one it stands for."""
        return self._spec

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """What it says; the same to the same request."""
        del deadline_ns, hints, on_delta
        content = hashlib.sha256(msgspec.json.encode(request)).hexdigest()[:16]
        return msgspec.structs.replace(think(request, content), model=f"{self._spec.model} (simulated)")


class SupposedModels:
    """The port `Models`, with one endpoint that answers to every name."""

    def __init__(self, model: Model) -> None:
        self._model: Final = model

    @classmethod
    def open(cls, home: Home, name: str) -> Self:
        """The model of this name. Raises: NoModelError for one that is not configured."""
        if name == SIMULATED:
            spec = EndpointSpec(
                name=SIMULATED, model=SIMULATED, dialect="neutral", price=NOTHING, context_tokens=CONTEXT_TOKENS
            )
            return cls(Mind(spec))
        found = next((one for one in choices(home) if one.spec.name == name), None)
        if found is None:
            raise NoModelError(f"no endpoint {name[:200]!r} is configured here", remedy="`ergos models` lists them")
        if found.kind in FILE_KINDS and found.spec.price is not None:
            return cls(open_endpoint(msgspec.structs.replace(found, record=""), "", HostClock()))
        return cls(Mind(msgspec.structs.replace(found.spec, price=found.spec.price or NOTHING)))

    def endpoints(self) -> tuple[EndpointSpec, ...]:
        """The one."""
        return (msgspec.structs.replace(self._model.spec, by_name_only=False, replica_of=""),)

    def outline(self, args: dict[str, Plain]) -> Outline:
        """What a call needs, whatever model it names. Raises: ValueShapeError."""
        return msgspec.structs.replace(outline_of(args), model=self._model.spec.name)

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
        """The answer. Raises: ModelError and its children."""
        del endpoint
        return await translated(self._model, args, deadline_ns=deadline_ns, hints=hints, sink=sink, on_first=on_first)


def choices(home: Home) -> tuple[Endpoint, ...]:
    """The endpoints that can be supposed: those of the settings, then those of known price; none is looked for."""
    from ergos.drivers.models.endpoints import configured, sold
    from ergos.drivers.models.prices import providers

    settings = home.settings.models
    found = [configured(one, settings.prices, {}) for one in settings.endpoints]
    for provider in providers().values():
        found += sold(provider, "", provider.base_url, settings.prices)
    return tuple({one.spec.name: one for one in reversed(found) if one.kind != "openai.embeddings"}.values())[::-1]
