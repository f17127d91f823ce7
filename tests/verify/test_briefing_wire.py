"""The examples that prompts show have the shape that is asked for."""

from __future__ import annotations

import re

import pytest

from ergos.kernel.models import Reply, Text
from ergos.lib.typed_reply import Typed
from ergos.verify.briefing_wire import Doubts, Draft, Findings, Stories
from ergos.verify.briefing_words import WORDS

TYPES: dict[str, type] = {"select": Stories, "find": Findings, "write": Draft, "repair": Draft, "review": Doubts}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", TYPES)
def test_the_example_in_a_prompt_is_an_answer(form: str, language: str) -> None:
    text = WORDS[language][form]  # type: ignore[index]
    examples = re.findall(r"^\{.*?\}$(?!\n[\[{])", text, re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        found = Typed(TYPES[form]).value(Reply(parts=(Text(example),)))
        assert found is not None


def test_a_review_without_faults_is_an_answer() -> None:
    assert Typed(Doubts).value(Reply(parts=(Text('{"faults": []}'),))).faults == []
