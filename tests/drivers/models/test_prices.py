"""The table is complete, dated and matched by name alone."""

from __future__ import annotations

import re
from datetime import date

import pytest

from ergos.base.money import MICRO
from ergos.drivers.models.prices import own_price, provider_at, providers, undated
from ergos.kernel.endpoints import endpoint_name, endpoint_url
from ergos.kernel.models import EndpointSpec, ModelPrice, Outline

ALL = [(provider, facts) for provider in providers().values() for facts in provider.models.values()]


@pytest.mark.parametrize("provider", providers().values(), ids=lambda one: one.id)
def test_a_provider_says_where_it_is_and_where_its_prices_come_from(provider):
    assert provider.source.startswith("https://")
    assert endpoint_url(provider.base_url) == provider.base_url
    assert provider_at(provider.base_url) is provider
    assert provider.keys
    assert all(re.fullmatch(r"[A-Z_]+", name) for name in provider.keys)
    assert set(provider.defaults) <= set(provider.models), "a default is not in the table"
    assert not any(provider.models[name].embeds for name in provider.defaults)


@pytest.mark.parametrize(("provider", "facts"), ALL, ids=lambda one: getattr(one, "name", getattr(one, "id", "")))
def test_every_entry_is_dated_and_can_be(provider, facts):
    endpoint_name(f"{provider.id}/{facts.name}")
    price = facts.price
    assert date(2025, 1, 1) <= date.fromisoformat(price.as_of) <= date(2030, 1, 1)
    assert 0 < price.input <= 200 * MICRO
    assert facts.embeds or price.input / 2 <= price.output <= 700 * MICRO
    assert price.cached is None or price.cached < price.input
    assert price.cache_written is None or price.input <= price.cache_written <= 2 * price.input
    assert 1_000 <= facts.context_tokens <= 10_000_000
    assert facts.embeds or 1_000 <= facts.output_tokens_max <= facts.context_tokens
    assert all(undated(name) == facts.name != name for name in facts.snapshots)
    if price.beyond is not None:
        assert price.beyond.input > price.input
        assert price.beyond.output > price.output
        assert (price.beyond.cached is None) == (price.cached is None)
        assert 0 < price.beyond_tokens < facts.context_tokens
        assert price.beyond.beyond is None


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("gpt-5-mini", "gpt-5-mini"),
        ("mistral-large-2512", "mistral-large-2512"),
        ("kimi-k2-0905-preview", "kimi-k2-0905-preview"),
        ("x-20251301", "x-20251301"),
        ("x-2025-08-07-preview", "x-2025-08-07-preview"),
        ("2025-08-07", "2025-08-07"),
        ("", ""),
    ],
)
def test_only_a_date_at_the_end_is_taken_off(name: str, rest: str):
    assert undated(name) == rest


def test_a_model_is_matched_by_its_name_or_its_name_before_a_date():
    openai = providers()["openai"]
    plain = openai.facts("gpt-5-mini")
    assert plain is not None
    assert openai.facts("gpt-5-mini-2025-08-07") is plain
    for unlike in ("gpt-5-minimal", "gpt-5-mini-latest", "GPT-5-mini", "openai/gpt-5-mini", "gpt", ""):
        assert openai.facts(unlike) is None


def test_a_dated_entry_of_its_own_comes_before_the_rule():
    openai = providers()["openai"]
    old, new = openai.facts("gpt-4o-2024-05-13"), openai.facts("gpt-4o-2024-11-20")
    assert old is not None
    assert new is not None
    assert old.price.input == 2 * new.price.input


def test_who_sells_is_known_by_the_host_alone():
    assert provider_at("https://api.openai.com/v1") is providers()["openai"]
    assert provider_at("https://api.openai.com.evil.example/v1") is None
    assert provider_at("https://gateway.example/api.openai.com/v1") is None


def test_an_owners_price_is_found_by_the_first_name_that_has_one():
    price, other = ModelPrice(input=1, output=1), ModelPrice(input=2, output=2)
    prices = {"mine": price, "openai/gpt-x": other}
    assert own_price(prices, "mine", "openai/gpt-x") is price
    assert own_price(prices, "yours", "openai/gpt-x-2030-01-31") is other
    assert own_price(prices, "gpt-x") is None


def test_a_well_known_price_is_what_the_vendor_lists():
    found = providers()["openai"].facts("gpt-5-mini")
    assert found is not None
    assert (found.price.input, found.price.cached, found.price.output) == (250_000, 25_000, 2_000_000)
    spec = EndpointSpec(
        name="openai/gpt-5-mini", model="gpt-5-mini", dialect="openai.chat", price=found.price, output_tokens_max=1_000
    )
    outline = Outline(dialect="openai.chat", model="auto", input_tokens=1_000_000)
    assert outline.worst(spec).microusd == 252_000
