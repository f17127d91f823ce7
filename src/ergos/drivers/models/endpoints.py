"""Endpoints and how to reach them: what an owner said, completed by the table of prices.

Rules: an owner's word comes before the table, the table before a default; a key is looked up by the name of its
variable and is never part of an endpoint, so that an endpoint can be shown; what cannot be used says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.prices import ModelFacts, Provider, own_price, provider_at, providers
from ergos.kernel.endpoints import FILE_KINDS, EndpointKind, EndpointSettings, endpoint_name, endpoint_url, is_loopback
from ergos.kernel.models import Dialect, EndpointSpec, Limits, ModelPrice
from ergos.kernel.usage import FREE_MODEL

KEY_CHARS_MAX: Final = 4_096  # characters of a key; longer ones are files, put there by mistake
CONTEXT_TOKENS_DEFAULT: Final = 32_768  # tokens where nobody says; every model sold today reads as much
OUTPUT_TOKENS_DEFAULT: Final = 8_192  # tokens where nobody says
FILE_CONTEXT_TOKENS: Final = 4_096  # tokens of a model file's context unless its owner says more; memory grows with it
FILE_OUTPUT_TOKENS: Final = 1_024  # tokens a model file writes in one answer unless its owner says more

Health = Literal["answers", "untried", "silent", "keyless", "missing"]
"""It answered at start; it costs money or time to try; nobody answers; its key is not set; its file is not there."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One endpoint and how to reach it."""

    spec: EndpointSpec
    kind: EndpointKind
    base_url: str = ""
    key_env: str = ""
    """Name of the environment variable with its key; '' for none."""
    file: str = ""
    speaks: tuple[Dialect, ...] = ()
    """Wire formats that may be sent there as they are."""
    how: str = ""
    """How it was found."""
    health: Health = "untried"
    record: str = ""
    """A file in which every exchange is written down; '' for none."""

    @property
    def usable(self) -> bool:
        """Whether a call can be sent there, its price aside."""
        return self.health not in {"keyless", "missing"}

    @property
    def where(self) -> str:
        """Host and port, or file."""
        return urlsplit(self.base_url).netloc or self.file


def key_in(environ: Mapping[str, str], name: str) -> str:
    """The key that a variable holds; '' where it is not set or cannot be one."""
    key = environ.get(name, "").strip()
    return key if key.isascii() and key.isprintable() and " " not in key and len(key) <= KEY_CHARS_MAX else ""


def configured(said: EndpointSettings, prices: Mapping[str, ModelPrice], environ: Mapping[str, str]) -> Endpoint:
    """What an owner said of an endpoint, completed."""
    if said.kind in FILE_KINDS:
        return _in_file(said, prices)
    provider = provider_at(said.base_url) if said.base_url else _usual(said.kind)
    url = said.base_url or (provider.base_url if provider is not None else "")
    near = said.local if said.local is not None else is_loopback(urlsplit(url).hostname or "")
    facts = provider.facts(said.model) if provider is not None else None
    named = f"{provider.id}/{said.model}" if provider is not None else said.model
    price = said.price or own_price(prices, said.name, named) or (facts.price if facts is not None else None)
    if price is None and near:
        price = FREE_MODEL
    key_env = said.api_key_env or (_key_variable(provider, environ) if provider is not None else "")
    dialect = _dialect(said.kind)
    spoken = provider.dialects if provider is not None and dialect in provider.dialects else (dialect,)
    keyless = bool(key_env) and not key_in(environ, key_env)
    return Endpoint(
        spec=_spec(said, dialect, price, facts, local=near),
        kind=said.kind,
        base_url=url,
        key_env=key_env,
        speaks=() if said.record else _with_vectors(spoken),
        record=said.record,
        how="settings.toml",
        health="keyless" if keyless else "untried",
    )


def sold(provider: Provider, key_env: str, base_url: str, prices: Mapping[str, ModelPrice]) -> tuple[Endpoint, ...]:
    """All models of a provider whose key is there, those that the kernel may choose by itself first."""
    rank = {name: number for number, name in enumerate(provider.defaults)}
    order = sorted(provider.models.values(), key=lambda one: rank.get(one.name, len(rank)))
    plain = [_sold_one(provider, one, one.name, key_env, base_url, prices) for one in order]
    dated = [_sold_one(provider, one, name, key_env, base_url, prices) for one in order for name in one.snapshots]
    return (*plain, *dated)


def _sold_one(
    provider: Provider, facts: ModelFacts, model: str, key_env: str, base_url: str, prices: Mapping[str, ModelPrice]
) -> Endpoint:
    name = f"{provider.id}/{model}"
    dialect: Dialect = "openai.embeddings" if facts.embeds else provider.dialects[0]
    return Endpoint(
        spec=EndpointSpec(
            name=name,
            model=model,
            dialect=dialect,
            price=own_price(prices, name) or facts.price,
            context_tokens=facts.context_tokens,
            output_tokens_max=facts.output_tokens_max,
            takes=facts.takes,
            by_name_only=model not in provider.defaults,
        ),
        kind=_kind(dialect),
        base_url=base_url,
        key_env=key_env,
        speaks=_with_vectors((dialect,) if facts.embeds else provider.dialects),
        how=key_env,
    )


def moved(provider: Provider, environ: Mapping[str, str]) -> str:
    """Where the environment says the provider is, else its own address. Raises: ValueShapeError."""
    named = environ.get(provider.url_env, "").strip() if provider.url_env else ""
    if not named:
        return provider.base_url
    try:
        return endpoint_url(named)
    except ValueShapeError as error:
        raise ValueShapeError(f"{provider.url_env}: {error.what}") from error


def near_endpoint(
    server: str,
    model: str,
    base_url: str,
    prices: Mapping[str, ModelPrice],
    *,
    context_tokens: int,
    limits: Limits | None = None,
    sees: bool = False,
    embeds: bool = False,
    key_env: str = "",
) -> Endpoint | None:
    """A model of a server on this machine; None if its name cannot be one."""
    try:
        name = endpoint_name(f"{server}/{model}")
    except ValueShapeError:
        return None
    dialect: Dialect = "openai.embeddings" if embeds else "openai.chat"
    return Endpoint(
        spec=EndpointSpec(
            name=name,
            model=model,
            dialect=dialect,
            local=True,
            price=own_price(prices, name) or FREE_MODEL,
            context_tokens=context_tokens,
            output_tokens_max=min(context_tokens, CONTEXT_TOKENS_DEFAULT),
            limits=limits or Limits(),
            takes=("image",) if sees else (),
            by_name_only=embeds,
        ),
        kind=_kind(dialect),
        base_url=base_url,
        key_env=key_env,
        speaks=_with_vectors((dialect,)),
        how=f"answers at {urlsplit(base_url).netloc}",
        health="answers",
    )


def _in_file(said: EndpointSettings, prices: Mapping[str, ModelPrice]) -> Endpoint:
    there = Path(said.file).is_file()
    price = said.price or own_price(prices, said.name) or FREE_MODEL
    named = msgspec.structs.replace(said, model=said.model or Path(said.file).name)
    limits = said.limits or Limits(slots=1 if said.kind == "gguf" else None)
    spec = _spec(msgspec.structs.replace(named, limits=limits), "neutral", price, None, local=True)
    return Endpoint(
        spec=spec,
        kind=said.kind,
        file=said.file,
        record=said.record,
        how="settings.toml",
        health="answers" if there else "missing",
    )


def _spec(
    said: EndpointSettings, dialect: Dialect, price: ModelPrice | None, facts: ModelFacts | None, *, local: bool
) -> EndpointSpec:
    in_memory = said.kind == "gguf"
    context = FILE_CONTEXT_TOKENS if in_memory else CONTEXT_TOKENS_DEFAULT
    output = FILE_OUTPUT_TOKENS if in_memory else OUTPUT_TOKENS_DEFAULT
    if facts is not None:
        context, output = facts.context_tokens, facts.output_tokens_max
    context = said.context_tokens or context
    return EndpointSpec(
        name=said.name,
        model=said.model,
        dialect=dialect,
        local=local,
        price=price,
        context_tokens=context,
        output_tokens_max=said.output_tokens_max or min(output, context),
        limits=said.limits or Limits(),
        takes=said.takes if said.takes is not None else (facts.takes if facts is not None else ()),
        by_name_only=dialect == "openai.embeddings",
        replica_of=said.replica_of,
    )


def _usual(kind: EndpointKind) -> Provider | None:
    """Who speaks a format at its usual place."""
    names = {"anthropic.messages": "anthropic", "google": "google"}
    return providers()[names.get(kind, "openai")]


def _key_variable(provider: Provider, environ: Mapping[str, str]) -> str:
    """The variable with the provider's key; its first one where none is set."""
    return next((name for name in provider.keys if key_in(environ, name)), provider.keys[0])


def _with_vectors(spoken: tuple[Dialect, ...]) -> tuple[Dialect, ...]:
    """Who speaks OpenAI's formats takes a call for vectors, too; whether its model makes any is for it to say."""
    openai = any(one.startswith("openai.") for one in spoken)
    return tuple(dict.fromkeys((*spoken, "openai.embeddings"))) if openai else spoken


def _dialect(kind: EndpointKind) -> Dialect:
    match kind:
        case "recorded" | "scripted" | "gguf":
            return "neutral"
        case _:
            return kind


def _kind(dialect: Dialect) -> EndpointKind:
    return "openai.chat" if dialect == "neutral" else dialect
