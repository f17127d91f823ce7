from __future__ import annotations

import pytest

from ergos.drivers.models.vendors import seals
from ergos.drivers.models.vendors.seals import Seal

MARKS = ["chat@deepseek", "chat@vllm", "responses@openai", "anthropic", "google@google"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("kind", "value"), [("rs_1", "gAAA"), ("", "Ab+/="), ("extra_content", '{"a":"|"}'), ("redacted", "x")]
)
def test_a_seal_opens_to_what_was_closed_and_for_no_other(mark: str, kind: str, value: str) -> None:
    signature = seals.close(mark, kind, value)
    assert seals.open_for(mark, signature) == Seal(kind, value)
    assert [other for other in MARKS if seals.open_for(other, signature) is not None] == [mark]


def test_anthropics_signature_stays_as_it_is_wherever_its_model_is_served() -> None:
    assert seals.mark_of("anthropic", "bedrock") == "anthropic"
    assert seals.close("anthropic", "", "ErUB/+=") == "ErUB/+="


def test_no_signature_is_no_seal() -> None:
    assert seals.open_for("anthropic", "") is None


def test_a_seal_whose_place_nobody_knows_is_taken_at_its_word() -> None:
    assert seals.open_for("chat@deepseek", seals.close("chat", "reasoning_content", "")) == Seal(
        "reasoning_content", ""
    )
    assert seals.open_for("responses@openai", seals.close("chat", "reasoning_content", "")) is None
