from __future__ import annotations

import math

import pytest
from openai import BadRequestError

from ergos.sim.loopback.embeddings import embed, vector
from ergos.sim.loopback.wires import FaultError
from tests.sim.loopback.stage import Stage, on_stage


def nearness(one: str, two: str) -> float:
    return sum(a * b for a, b in zip(vector(one), vector(two), strict=True))


def test_the_vendors_client_reads_vectors() -> None:
    async def play(stage: Stage) -> None:
        packed = await stage.openai.embeddings.create(model="m", input=["a cat", "a dog"])
        plain = await stage.openai.embeddings.create(model="m", input="a cat", encoding_format="float", dimensions=8)
        assert [entry.index for entry in packed.data] == [0, 1]
        assert packed.data[0].embedding == pytest.approx(vector("a cat"), abs=1e-6)
        assert len(plain.data[0].embedding) == 8
        assert packed.usage.prompt_tokens == 4
        with pytest.raises(BadRequestError):
            await stage.openai.embeddings.create(model="m", input=[])

    on_stage(play)


def test_texts_alike_are_nearer_than_others() -> None:
    assert nearness("the weather in Lisbon is fine", "the weather in Oslo is fine") > 0.5
    assert nearness("the weather in Lisbon is fine", "double entry bookkeeping") < 0.5


@pytest.mark.parametrize("text", ["x", "漢字", "?!", "a b c " * 100])
def test_a_vector_has_length_one(text: str) -> None:
    assert math.isclose(sum(number * number for number in vector(text)), 1.0)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m"},
        {"model": "m", "input": ""},
        {"model": "m", "input": ["x", ""]},
        {"model": "m", "input": "x", "dimensions": 0},
        {"model": "m", "input": {"a": 1}},
    ],
)
def test_what_cannot_be_embedded_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(FaultError):
        embed(body)


def test_tokens_can_be_embedded() -> None:
    assert b'"data":[{' in embed({"model": "m", "input": [1, 2, 3]})
    assert embed({"model": "m", "input": [[1, 2], [3]]}).count(b'"index"') == 2
