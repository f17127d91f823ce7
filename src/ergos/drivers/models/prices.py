"""What models cost and what is known of them: the dated table `prices.toml`, and the owner's own prices before it.

Rules: a model is matched by its exact name, or by the name before a date (gpt-5-mini-2025-08-07 is priced as
gpt-5-mini), never by likeness; a provider is known by the host that answers, never by the look of a model's name. What
is not found has no price, and a place without a price is not used. Servers on this machine are free.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.money import parse_money
from ergos.kernel.models import Dialect, MediaKind, ModelPrice

TABLE: Final = "prices.toml"

_DATED: Final = re.compile(r"(?P<name>.+?)[-@](?P<date>(?:19|20)\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))")


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one model of a provider."""

    name: str
    price: ModelPrice
    context_tokens: int
    output_tokens_max: int
    takes: tuple[MediaKind, ...] = ()
    embeds: bool = False
    """It makes vectors, not words."""
    snapshots: tuple[str, ...] = ()
    """Its names with a date."""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells models, and where."""

    id: str
    """First part of its endpoints' names."""
    title: str
    source: str
    """The page its prices come from."""
    base_url: str
    keys: tuple[str, ...]
    """Environment variables that may hold a key, the first that is set counts."""
    hosts: tuple[str, ...]
    dialects: tuple[Dialect, ...]
    """What is spoken there; the first by default."""
    defaults: tuple[str, ...]
    """The models the kernel may choose by itself."""
    url_env: str
    models: dict[str, ModelFacts]

    def facts(self, model: str) -> ModelFacts | None:
        """Of a model by its exact name, else by its name without the date at its end."""
        return self.models.get(model) or self.models.get(undated(model))


def undated(model: str) -> str:
    """The name before a date such as -2025-08-07, -20250807 or @20250807; the name itself where none is."""
    found = _DATED.fullmatch(model)
    return found["name"] if found is not None else model


@cache
def providers() -> dict[str, Provider]:
    """The table, by provider."""
    text = (files(__package__ or "") / TABLE).read_text(encoding="utf-8")
    return {name: _provider(name, table) for name, table in tomllib.loads(text).items()}


def provider_at(url: str) -> Provider | None:
    """Who answers at this address; None for everybody who is not in the table."""
    host = urlsplit(url).hostname or ""
    return next((one for one in providers().values() if host in one.hosts), None)


def own_price(prices: Mapping[str, ModelPrice], *names: str) -> ModelPrice | None:
    """The owner's own price under the first of these names that has one, exact or without its date."""
    for name in names:
        found = prices.get(name) or prices.get(undated(name))
        if found is not None:
            return found
    return None


def _provider(name: str, table: dict[str, object]) -> Provider:
    models = cast("dict[str, dict[str, object]]", table["models"])
    return Provider(
        id=name,
        title=str(table["title"]),
        source=str(table["source"]),
        base_url=str(table["base_url"]),
        keys=tuple(cast("list[str]", table["keys"])),
        hosts=tuple(cast("list[str]", table["hosts"])),
        dialects=tuple(cast("list[Dialect]", table["dialects"])),
        defaults=tuple(cast("list[str]", table["defaults"])),
        url_env=str(table.get("url_env", "")),
        models={model: _facts(model, one) for model, one in models.items()},
    )


def _facts(name: str, table: dict[str, object]) -> ModelFacts:
    return ModelFacts(
        name=name,
        price=_price(table, str(table["as_of"])),
        context_tokens=cast("int", table["context"]),
        output_tokens_max=cast("int", table.get("output_max", 1)),
        takes=tuple(cast("list[MediaKind]", table.get("takes", []))),
        embeds=bool(table.get("embeds", False)),
        snapshots=tuple(f"{name}-{date}" for date in cast("list[str]", table.get("snapshots", []))),
    )


def _price(table: dict[str, object], as_of: str) -> ModelPrice:
    amounts = {
        key: parse_money(str(table[key])) for key in ("input", "output", "cached", "cache_written") if key in table
    }
    beyond = cast("dict[str, object] | None", table.get("beyond"))
    return ModelPrice(
        input=amounts["input"],
        output=amounts["output"],
        cached=amounts.get("cached"),
        cache_written=amounts.get("cache_written"),
        beyond_tokens=cast("int", beyond["tokens"]) if beyond is not None else 0,
        beyond=_price(beyond, as_of) if beyond is not None else None,
        as_of=as_of,
    )
