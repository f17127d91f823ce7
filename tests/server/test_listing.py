"""Models are listed in the shape of who asks, and a prompt's tokens are estimated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import SECOND
from ergos.kernel.models import AUTO
from ergos.server.listing import TOKENS_PER_MEDIUM, estimated_tokens, model, models
from tests.server.doorways import SPECS

NOW_NS = 1_700_000_000 * SECOND


def test_models_are_listed_as_openai_lists_them() -> None:
    listed = models(SPECS, "openai", NOW_NS)
    assert listed["object"] == "list"
    first = listed["data"][0]  # type: ignore[index]
    assert first == {"id": AUTO, "object": "model", "created": 1_700_000_000, "owned_by": "ergos"}


def test_models_are_listed_as_anthropic_lists_them() -> None:
    listed = models(SPECS, "anthropic", NOW_NS)
    assert (listed["has_more"], listed["first_id"], listed["last_id"]) == (False, AUTO, "local/qwen:8b")
    first = listed["data"][0]  # type: ignore[index]
    assert first == {"type": "model", "id": AUTO, "display_name": AUTO, "created_at": "2023-11-14T22:13:20Z"}


def test_a_name_is_found_however_it_is_quoted_and_a_model_stands_there_once() -> None:
    for quoted in ("local/qwen:8b", "local%2Fqwen%3A8b"):
        found = model(SPECS, quoted, "openai", NOW_NS)
        assert found is not None
        assert found["id"] == "local/qwen:8b"
    assert model(SPECS, "qwen", "openai", NOW_NS) is None
    assert len(models((*SPECS, *SPECS), "openai", NOW_NS)["data"]) == 3  # type: ignore[arg-type]


def test_nothing_but_the_prompt_is_counted() -> None:
    messages = [{"role": "user", "content": "hello there"}]
    counted = estimated_tokens({"messages": messages})
    assert estimated_tokens({"messages": messages, "model": "m" * 1000, "metadata": {"a": "b" * 1000}}) == counted
    assert estimated_tokens({"messages": messages, "system": "s" * 1000}) > counted + 200
    assert estimated_tokens({}) >= 1


@pytest.mark.parametrize("kind", ["image", "document"])
def test_a_picture_counts_as_a_picture_and_not_by_its_bytes(kind: str) -> None:
    part = {"type": kind, "source": {"type": "base64", "data": "A" * 1_000_000}}
    counted = estimated_tokens({"messages": [{"role": "user", "content": [part, part]}]})
    assert 2 * TOKENS_PER_MEDIUM <= counted < 2 * TOKENS_PER_MEDIUM + 100


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.text(max_size=5), part, max_size=3)),
    )
)
def test_any_body_has_an_estimate(messages: object) -> None:
    assert estimated_tokens({"messages": messages}) >= 1
