"""Finds models at start: what the owner configured, keys in the environment, servers on this machine.

Rules: within DISCOVERY_S in all, whatever answers or does not; asks this machine only, so a start sends nothing
anywhere else; a key makes the table's models of its provider available without a call. The order is the order of
preference: the owner's `auto`, then configured ones in the order of the file, then servers on this machine (they cost
nothing), then what keys pay for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.endpoints import Endpoint, configured, key_in, moved, near_endpoint, sold
from ergos.drivers.models.prices import Provider, providers
from ergos.drivers.models.probe import ask
from ergos.drivers.models.servers import SERVER_CONTEXT_TOKENS, SERVER_MODELS_MAX, SERVERS
from ergos.kernel.endpoints import ModelSettings, is_loopback
from ergos.kernel.models import ModelPrice

DISCOVERY_S: Final = 0.5  # seconds for everything at start; a person waits for it

_Found = TypeVar("_Found")


class Discovery(msgspec.Struct, frozen=True):
    """What was found."""

    endpoints: tuple[Endpoint, ...]
    """In order of preference, each name once."""
    remarks: tuple[str, ...] = ()
    """What the owner should know: a variable that cannot be used."""


async def discover(settings: ModelSettings, environ: Mapping[str, str]) -> Discovery:
    """Everything that is configured or can be found."""
    own = tuple(configured(one, settings.prices, environ) for one in settings.endpoints)
    if not settings.discover:
        return Discovery(_ordered(own, settings.auto))
    remarks: list[str] = []
    paid, gateways = _keyed(settings.prices, environ, remarks)
    servers = [(one, url) for one in SERVERS if (url := one.address(environ))]
    tried, found, behind = await asyncio.gather(
        asyncio.gather(*(_in_time(_tried(endpoint, environ)) for endpoint in own)),
        asyncio.gather(*(_in_time(one.look(url, environ, settings.prices)) for one, url in servers)),
        asyncio.gather(*(_in_time(_gateway(one, settings.prices, environ)) for one in gateways)),
    )
    near = [endpoint for endpoints in (*found, *behind) for endpoint in endpoints or ()]
    known = [endpoint or own[number] for number, endpoint in enumerate(tried)]
    return Discovery(_ordered((*known, *near, *paid), settings.auto), tuple(remarks))


class Gateway(msgspec.Struct, frozen=True):
    """An address on this machine that a provider's variable names instead of the provider's own."""

    provider: Provider
    url: str
    key_env: str


async def _in_time(question: Awaitable[_Found]) -> _Found | None:
    try:
        async with asyncio.timeout(DISCOVERY_S):
            return await question
    except TimeoutError:
        return None


def _keyed(
    prices: Mapping[str, ModelPrice], environ: Mapping[str, str], remarks: list[str]
) -> tuple[list[Endpoint], list[Gateway]]:
    """What keys in the environment make available, and where variables of addresses point on this machine."""
    paid: list[Endpoint] = []
    gateways: list[Gateway] = []
    for provider in providers().values():
        key_env = next((name for name in provider.keys if key_in(environ, name)), "")
        remarks += [
            f"{name} is set but holds no key" for name in provider.keys if not key_env and environ.get(name, "").strip()
        ]
        try:
            url = moved(provider, environ)
        except ValueShapeError as error:
            remarks.append(f"{error.what}; so {key_env or 'it'} is not used")
            continue
        host = urlsplit(url).hostname or ""
        if host in provider.hosts:
            paid += sold(provider, key_env, url, prices) if key_env else ()
        elif is_loopback(host) and provider.dialects[0] == "openai.chat":
            gateways.append(Gateway(provider, url, key_env))
        else:
            remarks.append(
                f"{provider.url_env} names {host}, whose models and prices are unknown: "
                "describe them in settings.toml under [models.endpoints.NAME]"
            )
    return paid, gateways


class _Listed(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Listed]


async def _gateway(
    gateway: Gateway, prices: Mapping[str, ModelPrice], environ: Mapping[str, str]
) -> tuple[Endpoint, ...]:
    """The models that a server behind a provider's variable lists."""
    answer = await ask(gateway.url, "/models", key=key_in(environ, gateway.key_env))
    try:
        listed = msgspec.json.decode(answer.body if answer is not None else b"", type=_Models).data
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ()
    name = urlsplit(gateway.url).netloc
    found = (
        near_endpoint(name, one.id, gateway.url, prices, context_tokens=SERVER_CONTEXT_TOKENS, key_env=gateway.key_env)
        for one in listed[:SERVER_MODELS_MAX]
    )
    return tuple(endpoint for endpoint in found if endpoint is not None)


async def _tried(endpoint: Endpoint, environ: Mapping[str, str]) -> Endpoint:
    """A configured endpoint on this machine, and whether anybody answers there."""
    if endpoint.health != "untried" or not is_loopback(urlsplit(endpoint.base_url).hostname or ""):
        return endpoint
    answer = await ask(endpoint.base_url, "/models", key=key_in(environ, endpoint.key_env))
    return msgspec.structs.replace(endpoint, health="silent" if answer is None else "answers")


def _ordered(endpoints: Iterable[Endpoint], auto: tuple[str, ...]) -> tuple[Endpoint, ...]:
    """Each name once and each model of an endpoint once, those that `auto` names first and in its order."""
    named: dict[str, Endpoint] = {}
    seen: set[tuple[str, str]] = set()
    for endpoint in endpoints:
        spot = (endpoint.base_url, endpoint.spec.model)
        if endpoint.spec.name not in named and not (
            endpoint.base_url and spot in seen and endpoint.how != "settings.toml"
        ):
            named[endpoint.spec.name] = endpoint
            seen.add(spot)
    if not auto:
        return tuple(named.values())
    wanted = {name: number for number, name in enumerate(auto)}

    def rank(endpoint: Endpoint) -> int:
        names = (endpoint.spec.name, endpoint.spec.model, endpoint.spec.replica_of)
        return min((wanted[name] for name in names if name in wanted), default=len(wanted))

    replace = msgspec.structs.replace
    return tuple(
        replace(one, spec=replace(one.spec, by_name_only=rank(one) == len(wanted) or one.kind == "openai.embeddings"))
        for one in sorted(named.values(), key=rank)
    )
