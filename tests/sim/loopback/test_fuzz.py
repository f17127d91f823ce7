"""Whatever comes, the loopback server answers in the protocol's form and never breaks."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.sim.loopback.mind import think
from ergos.sim.loopback.schema_values import said, value_for
from ergos.sim.loopback.server import LoopbackServer
from ergos.sim.loopback.tokens import digest_of
from ergos.sim.loopback.wires import Asked, Fault, FaultError, Wire

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=10,
)
WORDS = st.sampled_from(
    "type properties required items enum const anyOf allOf oneOf $ref minimum maximum exclusiveMinimum multipleOf minLength "
    "maxLength pattern format minItems maxItems prefixItems additionalProperties minProperties $defs".split()
)
SCHEMAS = st.recursive(
    st.one_of(
        SCALARS, st.sampled_from(["object", "array", "string", "integer", "number", "#", "#/$defs/a", "date", "(a+)+$"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=15,
)
FIELDS = (
    "messages tools tool_choice response_format max_tokens max_completion_tokens stop n stream stream_options input instructions "
    "text previous_response_id max_output_tokens system output_config stop_sequences temperature top_p seed priority"
).split()
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool", "system", "robot"])},
        optional={
            "content": st.one_of(
                VALUES,
                st.lists(
                    st.fixed_dictionaries(
                        {
                            "type": st.sampled_from(
                                ["text", "input_text", "tool_result", "tool_use", "image", "image_url"]
                            )
                        }
                    ),
                    max_size=2,
                ),
            ),
            "tool_calls": VALUES,
            "tool_call_id": VALUES,
            "type": st.sampled_from(["message", "function_call", "function_call_output", "reasoning"]),
        },
    ),
    max_size=4,
)
TOOLS = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": st.text(max_size=5), "input_schema": SCHEMAS, "parameters": SCHEMAS},
        optional={"function": st.fixed_dictionaries({"name": st.text(max_size=5), "parameters": SCHEMAS})},
    ),
    max_size=2,
)
BODIES = st.builds(
    lambda rest, messages, items, tools: {"model": "m", "max_tokens": 9, **rest, **messages, **items, **tools},
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
    st.one_of(st.just({}), MESSAGES.map(lambda given: {"messages": given})),
    st.one_of(st.just({}), MESSAGES.map(lambda given: {"input": given})),
    st.one_of(st.just({}), TOOLS.map(lambda given: {"tools": given})),
)
PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/messages")


def read(wire: Wire, body: dict[str, object]) -> Asked | Fault:
    try:
        return wire.read(body)
    except FaultError as error:
        return error.fault


@pytest.mark.parametrize("path", PATHS)
@given(body=BODIES)
@settings(max_examples=100)
def test_a_body_is_answered_or_refused(path: str, body: dict[str, object]) -> None:
    wire = LoopbackServer()._wires[path]
    body = msgspec.json.decode(msgspec.json.encode(body))
    asked = read(wire, body)
    if isinstance(asked, Fault):
        assert msgspec.json.decode(wire.refusal(asked))["error"]["message"]
        return
    reply = think(asked.request, digest_of(body))
    assert msgspec.json.decode(wire.whole(asked, reply))["id"]
    assert list(wire.frames(asked, reply, 3))


@given(SCHEMAS, st.text(max_size=40))
@settings(max_examples=200)
def test_a_schema_that_makes_no_sense_still_gets_a_value(schema: object, words: str) -> None:
    msgspec.json.encode(value_for(schema, said(words, "s")))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 10**9, "items": {"type": "string"}},
        {"type": "string", "minLength": 10**12},
        {"type": "integer", "minimum": 10**400},
        {"type": "number", "exclusiveMinimum": -(10**400)},
        {"type": "object", "minProperties": 10**9},
        {"type": "integer", "multipleOf": -3},
        {"type": "integer", "multipleOf": 1e-300},
    ],
)
def test_a_schema_cannot_ask_for_the_world(schema: object) -> None:
    assert len(msgspec.json.encode(value_for(schema, said("x " + "9" * 400, "s")))) < 100_000
