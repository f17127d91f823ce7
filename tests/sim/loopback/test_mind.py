from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.models import Message, ModelRequest, Reply, Text, ToolCall, ToolDefinition, ToolResult
from ergos.sim.loopback.directives import PLAIN, Directive, read
from ergos.sim.loopback.mind import ROUNDS, directive_of, think
from ergos.sim.loopback.tokens import count, digest_of
from tests.sim.loopback.stage import QUESTION, WEATHER

LOOK = ToolDefinition("look", "d", WEATHER)
BOOK = ToolDefinition("book", "d", WEATHER)
FINAL = ToolDefinition(
    "final_answer", "d", {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
)


def asking(*tools: ToolDefinition, words: str = QUESTION, **more: object) -> ModelRequest:
    return ModelRequest(messages=(Message("user", (Text(words),)),), tools=tools, **more)  # type: ignore[arg-type]


def thought(request: ModelRequest, directive: Directive = PLAIN) -> Reply:
    return think(request, digest_of(request), directive)


def lived(request: ModelRequest, directive: Directive = PLAIN, most: int = 20) -> list[Reply]:
    """An agent's whole conversation: every call is answered until there is none."""
    replies = [thought(request, directive)]
    while replies[-1].calls and len(replies) < most:
        last = replies[-1]
        results = tuple(
            Message("tool", (ToolResult(call.id, f"{call.name} says it is 21 degrees"),)) for call in last.calls
        )
        request = msgspec.structs.replace(
            request, messages=(*request.messages, Message("assistant", last.parts), *results)
        )
        replies.append(thought(request, directive))
    return replies


def test_it_calls_each_tool_in_turn_and_then_answers_with_what_it_found() -> None:
    replies = lived(asking(LOOK, BOOK))
    assert [[call.name for call in reply.calls] for reply in replies] == [["look"], ["book"], ["look"], []]
    assert replies[-1].stop == "stop"
    assert "21 degrees" in replies[-1].text


@given(st.text(max_size=80), st.integers(0, 5))
def test_equal_requests_get_equal_replies(words: str, tools: int) -> None:
    directive = read(f"tools={tools}")
    first, second = lived(asking(LOOK, words=words), directive), lived(asking(LOOK, words=words), directive)
    assert first == second
    assert len(first) == tools + 1
    ids = [call.id for reply in first for call in reply.calls]
    assert len(set(ids)) == len(ids)


def test_different_requests_get_different_ids() -> None:
    assert thought(asking()).id != thought(asking(words="other")).id


def test_a_tool_that_ends_the_task_is_called_last() -> None:
    replies = lived(asking(LOOK, FINAL, tool_choice="required"), most=ROUNDS + 1)
    assert [reply.calls[0].name for reply in replies] == ["look"] * ROUNDS + ["final_answer"]
    assert "21 degrees" in replies[-1].calls[0].arguments


def test_an_output_tool_with_a_suffix_ends_the_task() -> None:
    output = ToolDefinition("final_result_Trip", "d", WEATHER)
    assert lived(asking(LOOK, output), most=ROUNDS + 1)[-1].calls[0].name == "final_result_Trip"


def test_a_forced_tool_is_called_however_often() -> None:
    replies = lived(asking(LOOK, BOOK, tool_choice="book"), most=6)
    assert {call.name for reply in replies for call in reply.calls} == {"book"}


def test_where_a_tool_is_required_the_last_one_ends_it() -> None:
    assert lived(asking(LOOK, BOOK, tool_choice="required"), most=ROUNDS + 1)[-1].calls[0].name == "book"


def test_no_tool_is_called_where_none_may_be() -> None:
    assert not thought(asking(LOOK, tool_choice="none")).calls
    assert not thought(asking()).calls


def test_a_new_question_starts_the_rounds_anew() -> None:
    ended = lived(asking(LOOK))
    request = asking(LOOK)
    messages = (*request.messages, Message("assistant", ended[-1].parts), Message("user", (Text("And in Oslo?"),)))
    assert thought(msgspec.structs.replace(request, messages=messages)).calls


def test_results_told_as_observations_count_as_rounds() -> None:
    """Agents without tool messages tell results as a user."""
    told = [Message("user", (Text(QUESTION),))]
    for _ in range(ROUNDS):
        told += [Message("assistant", (Text("Calling tools:"),)), Message("user", (Text("Observation:\n21 degrees"),))]
    reply = thought(ModelRequest(messages=tuple(told), tools=(LOOK, FINAL), tool_choice="required"))
    assert reply.calls[0].name == "final_answer"
    assert "21 degrees" in reply.calls[0].arguments


def test_an_answer_with_a_schema_is_data() -> None:
    text = thought(asking(output_schema=WEATHER)).text
    value = msgspec.json.decode(text)
    assert set(value) == {"city", "days"}
    assert value["city"] == "Lisbon"


@pytest.mark.parametrize("tokens", [1, 7, 50, 3_000])
def test_a_directive_sets_the_tokens_of_an_answer(tokens: int) -> None:
    reply = thought(asking(), read(f"tokens={tokens}"))
    assert count(reply.text) == reply.usage.output_tokens == tokens
    told = lived(asking(LOOK), read(f"tokens={tokens} tools=1"))[-1]
    assert count(told.text) == tokens


def test_an_answer_stops_at_the_callers_limit() -> None:
    reply = thought(asking(output_tokens_max=5))
    assert (count(reply.text), reply.stop) == (5, "length")
    assert think(asking(output_tokens_max=900), "ab" * 16, exact_tokens=True).usage.output_tokens == 900


def test_an_answer_can_overrun_its_callers_limit_on_purpose() -> None:
    assert thought(asking(output_tokens_max=5), read("tokens=90 overrun")).usage.output_tokens == 90


def test_an_answer_stops_at_a_stop_word() -> None:
    reply = thought(asking(stop=("never", "two")), read('say="one two three"'))
    assert (reply.text, reply.stop) == ("one ", "other")


def test_several_tools_are_called_at_once_where_a_directive_says_so() -> None:
    replies = lived(asking(LOOK, BOOK), read("parallel=3 tools=1"))
    assert [call.name for call in replies[0].calls] == ["look", "book", "look"]
    assert len({call.id for call in replies[0].calls}) == 3
    assert not replies[1].calls


def test_a_directive_names_the_tool() -> None:
    assert thought(asking(LOOK, BOOK), read("call=book")).calls[0].name == "book"


def test_arguments_can_be_broken_on_purpose() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(thought(asking(LOOK), read("badargs")).calls[0].arguments)


def test_it_can_refuse_think_aloud_and_say_far_too_much() -> None:
    assert thought(asking(), read("refuse")).stop == "refusal"
    aloud = thought(asking(), read("reasoning=9 tokens=4"))
    assert (aloud.usage.reasoning_tokens, aloud.usage.output_tokens) == (9, 13)
    assert len(thought(asking(), read("huge=1000000")).text) >= 1_000_000


def test_a_directive_in_the_conversation_holds_for_every_step() -> None:
    request = asking(LOOK, words=f"{QUESTION} [[mind: tools=1]]")
    assert directive_of(request).tools == 1
    assert isinstance(thought(request).calls[0], ToolCall)


def test_usage_counts_what_an_endless_cache_would_know() -> None:
    request = asking(LOOK, words=QUESTION * 20)
    first = thought(request)
    later = msgspec.structs.replace(
        request,
        messages=(
            *request.messages,
            Message("assistant", first.parts),
            Message("tool", (ToolResult(first.calls[0].id, "x"),)),
        ),
    )
    second = thought(later)
    assert first.usage.cached_tokens == 0
    assert 0 < second.usage.cached_tokens <= first.usage.input_tokens < second.usage.input_tokens
