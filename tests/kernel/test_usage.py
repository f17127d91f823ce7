"""A price is rounded up, and never below what the vendor may ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.usage import FREE_MODEL, ModelPrice, Usage

PRICE = ModelPrice(
    input=1_250_000,
    output=10_000_000,
    cached=125_000,
    cache_written=1_562_500,
    beyond_tokens=200_000,
    beyond=ModelPrice(input=2_500_000, output=15_000_000, cached=250_000, cache_written=3_125_000),
)
tokens = st.integers(0, 2_000_000)


def test_a_call_costs_what_its_tokens_cost():
    usage = Usage(input_tokens=1_000, output_tokens=100, cached_tokens=400, cache_written_tokens=100)
    assert PRICE.of(usage) == -(-(500 * 1_250_000 + 400 * 125_000 + 100 * 1_562_500 + 100 * 10_000_000) // 1_000_000)
    assert FREE_MODEL.of(usage) == 0


def test_a_fraction_of_a_micro_dollar_is_a_whole_one():
    assert ModelPrice(input=1, output=1).of(Usage(input_tokens=1)) == 1
    assert ModelPrice(input=0, output=0, per_call=7).of(Usage()) == 7


def test_a_longer_call_costs_the_other_price_in_all():
    assert PRICE.of(Usage(input_tokens=200_000)) == 250_000
    assert PRICE.of(Usage(input_tokens=200_001)) == 500_003
    assert PRICE.worst(200_000, 0) == 312_500
    assert PRICE.worst(200_001, 10) == -(-(200_001 * 3_125_000 + 10 * 15_000_000) // 1_000_000)


@given(
    read=tokens, written=tokens, cached=tokens, stored=tokens, more=st.integers(0, 1_000), longer=st.integers(0, 1_000)
)
def test_no_usage_within_the_estimate_costs_more_than_the_worst_case(
    read: int, written: int, cached: int, stored: int, more: int, longer: int
):
    usage = Usage(input_tokens=read, output_tokens=written, cached_tokens=cached, cache_written_tokens=stored)
    assert 0 <= PRICE.of(usage) <= PRICE.worst(read + more, written + longer)
