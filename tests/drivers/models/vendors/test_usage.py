from __future__ import annotations

import pytest

from ergos.drivers.models.vendors.usage import google_usage, messages_usage, openai_usage
from ergos.kernel.models import Usage


def test_a_chats_parts_are_inside_its_totals() -> None:
    given = {
        "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8}, "completion_tokens_details": {"reasoning_tokens": 5},
    }  # fmt: skip
    assert openai_usage(given) == Usage(
        input_tokens=100, output_tokens=20, cached_tokens=64, cache_written_tokens=8, reasoning_tokens=5
    )


def test_responses_name_the_same_otherwise() -> None:
    given = {
        "input_tokens": 10,
        "output_tokens": 3,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 2},
    }
    assert openai_usage(given) == Usage(input_tokens=10, output_tokens=3, cached_tokens=4, reasoning_tokens=2)


def test_deepseek_counts_its_cache_elsewhere() -> None:
    given = {"prompt_tokens": 10, "completion_tokens": 1, "prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 4}
    assert openai_usage(given) == Usage(input_tokens=10, output_tokens=1, cached_tokens=6)


def test_anthropic_counts_its_cache_beside_the_input() -> None:
    given = {"input_tokens": 3, "output_tokens": 5, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20}
    assert messages_usage(given) == Usage(input_tokens=123, output_tokens=5, cached_tokens=100, cache_written_tokens=20)


def test_a_later_count_of_anthropic_keeps_what_it_leaves_out() -> None:
    start = messages_usage({"input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": 100})
    assert messages_usage({"output_tokens": 9}, start) == Usage(input_tokens=103, output_tokens=9, cached_tokens=100)
    assert messages_usage({"input_tokens": 4, "output_tokens": 9}, start) == Usage(
        input_tokens=104, output_tokens=9, cached_tokens=100
    )
    assert messages_usage(None, start) == start


def test_google_counts_thoughts_and_tool_prompts_beside_the_totals() -> None:
    given = {
        "promptTokenCount": 6,
        "candidatesTokenCount": 1,
        "thoughtsTokenCount": 17,
        "toolUsePromptTokenCount": 4,
        "cachedContentTokenCount": 2,
    }
    assert google_usage(given) == Usage(input_tokens=10, output_tokens=18, cached_tokens=2, reasoning_tokens=17)


@pytest.mark.parametrize("given", [None, {}, [], "12", {"prompt_tokens": None}, {"prompt_tokens": "12"}])
def test_a_vendor_that_does_not_say_is_not_guessed(given: object) -> None:
    assert openai_usage(given) is None
    assert messages_usage(given) is None
    assert google_usage(given) is None


def test_lying_numbers_become_no_negative_cost() -> None:
    usage = openai_usage({"prompt_tokens": -5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 999}})
    assert usage == Usage(input_tokens=0, output_tokens=2)
