"""The endpoints of a kernel, and how a call gets to one: the port `Models`.

A call in a format that its endpoint speaks goes on as it is; every other is translated to the neutral one and back.

Rules: a key is looked up when its endpoint is opened and held nowhere else; opening costs nothing until the first call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from ergos.base.canonical import Plain
from ergos.base.clock import Clock
from ergos.base.errors import NoModelError
from ergos.drivers.http.client import HttpClient
from ergos.drivers.models.discovery import Discovery, discover
from ergos.drivers.models.endpoints import Endpoint, key_in
from ergos.drivers.models.outline import outline_of
from ergos.drivers.models.relay import Place, Relay
from ergos.drivers.models.translate import translated
from ergos.kernel.endpoints import FILE_KINDS, ModelSettings
from ergos.kernel.models import EndpointSpec, Hints, Model, Outline
from ergos.kernel.ports import ModelCame, Sink


async def open_catalogue(settings: ModelSettings, environ: Mapping[str, str], clock: Clock) -> Catalogue:
    """What is configured and what can be found, ready for calls. Takes at most DISCOVERY_S."""
    return Catalogue(await discover(settings, environ), environ, clock)


@runtime_checkable
class _Closable(Protocol):
    async def close(self) -> None: ...


class Catalogue:
    """`Models` over what was found. Belongs to the loop it is used on."""

    def __init__(self, found: Discovery, environ: Mapping[str, str], clock: Clock) -> None:
        self.found: Final = found
        self._environ = environ
        self._clock = clock
        self._by_name: Final = {one.spec.name: one for one in found.endpoints}
        self._models: Final[dict[str, Model]] = {}
        self._client: Final = HttpClient()
        self._relay: Final = Relay(self._client, clock)

    def endpoints(self) -> tuple[EndpointSpec, ...]:
        """All that can be called, in order of preference; those without a price among them."""
        return tuple(one.spec for one in self.found.endpoints if one.usable)

    def automatic(self) -> tuple[str, ...]:
        """Names of those that the kernel may choose for a call that names no model, the preferred one first."""
        return tuple(spec.name for spec in self.endpoints() if not spec.by_name_only and spec.price is not None)

    def endpoint(self, name: str) -> Endpoint:
        """One by its name. Raises: NoModelError."""
        found = self._by_name.get(name)
        if found is None:
            raise NoModelError(f"there is no endpoint {name[:200]!r}")
        return found

    def outline(self, args: dict[str, Plain]) -> Outline:
        """What a call needs. Raises: ValueShapeError."""
        return outline_of(args)

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
        """As the port says. Raises: also NoModelError for an endpoint that is none, or cannot be used."""
        found = self.endpoint(endpoint)
        if found.health == "keyless":
            raise NoModelError(f"{endpoint} has no key", remedy=f"set the environment variable {found.key_env}")
        if args.get("dialect") in found.speaks:
            place = Place(base_url=found.base_url, headers=_credentials(found, key_in(self._environ, found.key_env)))
            return await self._relay.perform(
                found.spec, place, args, deadline_ns=deadline_ns, hints=hints, sink=sink, on_first=on_first
            )
        model = self.model(endpoint)
        return await translated(
            model,
            args,
            deadline_ns=deadline_ns,
            hints=hints,
            sink=sink,
            on_first=on_first,
            now_ns=self._clock.now_ns(),
        )

    def model(self, name: str) -> Model:
        """The endpoint as a `Model`; the same one every time. Raises: NoModelError, ModelError for a bad file."""
        if name not in self._models:
            found = self.endpoint(name)
            made = open_endpoint(found, key_in(self._environ, found.key_env), self._clock)
            self._models[name] = made
        return self._models[name]

    async def prepare(self, name: str) -> None:
        """Load the library that a neutral call there needs, so that its first one takes no longer than the next.

        Raises: NoModelError, PortMissingError.
        """
        found = self.endpoint(name)
        if found.kind in FILE_KINDS or not found.usable:
            return
        from ergos.drivers.models.vendors.adapters import open_library

        key = key_in(self._environ, found.key_env)
        opened = await asyncio.to_thread(open_library, found.spec, found.base_url, key, self._clock.now_ns)
        await opened.client.aclose()

    async def close(self) -> None:
        """Let go of every connection and file."""
        models = list(self._models.values())
        self._models.clear()
        for model in models:
            if isinstance(model, _Closable):
                await model.close()
        await self._client.close()


def open_endpoint(found: Endpoint, key: str, clock: Clock) -> Model:
    """An endpoint as a `Model`. Raises: ModelError for a file that cannot be read."""
    model = _open(found, key, clock)
    if not found.record:
        return model
    from ergos.drivers.models.recorded import RecordingModel

    return RecordingModel(model, Path(found.record))


def _open(found: Endpoint, key: str, clock: Clock) -> Model:
    match found.kind:
        case "recorded":
            from ergos.drivers.models.recorded import RecordedModel, exchanges_in

            return RecordedModel(found.spec, exchanges_in(Path(found.file)))
        case "scripted":
            from ergos.drivers.models.scripted import ScriptedModel, script_in

            return ScriptedModel(found.spec, script_in(Path(found.file)))
        case "gguf":
            from ergos.drivers.models.local import LocalModel

            return LocalModel(found.spec, Path(found.file), clock=clock)
        case _:
            from ergos.drivers.models.vendors.model import open_model

            return open_model(found.spec, base_url=found.base_url, api_key=key, clock=clock)


def _credentials(found: Endpoint, key: str) -> dict[str, str]:
    if not key:
        return {}
    return {"x-api-key": key} if found.kind == "anthropic.messages" else {"authorization": f"Bearer {key}"}
