"""A chat is one model call with everything it needs in its arguments, and what comes back is typed when it is read."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.canonical import decode, encode
from ergos.base.errors import NoModelError
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.labels import USER
from ergos.kernel.models import (
    Media,
    Message,
    ModelRequest,
    Reasoning,
    Reply,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import permits
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Allowed, Denied, Proposal, decide
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.agent import Context, may
from ergos.lib.chat import assistant, definitions, system, user
from ergos.lib.tool import tool
from tests.lib.driving import context, drive, failed, plain, said


class City(msgspec.Struct):
    name: str
    people: int


@tool(effect="pure", name="weather.now")
def weather(city: str) -> str:
    """The weather of a city.

    More about it.
    """
    return city


@tool(effect="pure")
def weather_now(city: str) -> str:
    """The same, called otherwise."""
    return city


async def one(ctx: Context, *args: object, **options: object):
    return await ctx.chat(*args, **options)  # type: ignore[call-overload]


def asked_by(*args: object, instructions: str = "", answer: Answer | None = None, **options: object):
    """The request of one chat, the model request in it, and what was said."""
    seen: list[Request] = []

    def world(request: Request) -> Answer:
        seen.append(request)
        return answer or said("Hello.")

    came = drive(one(context(instructions=instructions), *args, **options), world)
    (request,) = seen
    return request, msgspec.convert(request.args["body"], ModelRequest), came


def test_a_chat_is_a_think_call_of_a_model_in_neutral_words() -> None:
    request, asked, came = asked_by("Hi", model="openai/gpt", key="k", temperature=0.5, output_tokens_max=9)
    assert (request.kind, request.name, request.key) == ("think", "model.openai/gpt", "k")
    assert request.args["dialect"] == "neutral"
    assert request.args["body"]["model"] == "openai/gpt"  # type: ignore[index,call-overload]
    assert asked == ModelRequest(messages=(user("Hi"),), temperature=0.5, output_tokens_max=9)
    assert decode(encode(request.args)) == request.args
    assert (came.text, came.value, came.calls, came.stop, came.model, came.usage.tokens) == (
        "Hello.", "Hello.", (), "stop", "scripted", 10,
    )  # fmt: skip


def test_only_a_grant_for_models_lets_it_through() -> None:
    request, _, _ = asked_by("Hi")
    decisions = [
        decide(
            Proposal(agent="a", verb=request.kind, name=request.name, args=request.args, label=USER),
            permits((grant,)),
            Said(),
            0,
        )
        for grant in (
            may("think", "model.*"),
            may("think", "model.auto"),
            may("think", "model.other"),
            may("act", "model.*"),
        )
    ]
    assert [type(decision) for decision in decisions] == [Allowed, Allowed, Denied, Denied]


def test_a_bare_text_comes_after_the_agents_instructions_and_messages_come_as_they_are() -> None:
    assert asked_by("Hi", instructions=" Be brief. ")[1].messages == (system("Be brief."), user("Hi"))
    own = (
        system("x"),
        user("y", Media("image", url="https://example.org/a.png")),
        assistant(Reasoning("hm"), "z"),
        user("?"),
    )
    assert asked_by(own, instructions="Be brief.")[1].messages == own
    assert asked_by(own[1], instructions="Be brief.")[1].messages == (own[1],)


def test_typed_output_is_asked_for_by_schema_and_read_when_it_is_looked_at() -> None:
    _, asked, came = asked_by("Where?", output=City, answer=said('Well: {"name": "Oslo", "people": 7}'))
    assert asked.output_schema is not None
    assert set(asked.output_schema["properties"]) == {"name", "people"}  # type: ignore[call-overload]
    assert came.value == City("Oslo", 7)
    _, _, came = asked_by("Where?", output=list[int], answer=said('{"answer": [1]}'))
    assert came.value == [1]
    _, _, came = asked_by("Where?", output=City, answer=said("Nowhere."))
    assert came.text == "Nowhere."
    with pytest.raises(ModelReplyError, match="no JSON"):
        _ = came.value


def test_tools_have_names_that_vendors_take_and_the_agent_sees_its_own() -> None:
    call = ToolCall("c1", "weather_now", '{"city": "Oslo"}')
    _, asked, came = asked_by("Weather?", tools=[weather, weather_now], answer=said("", call, stop="tools"))
    assert [one.name for one in asked.tools] == ["weather_now", "weather_now_2"]
    assert asked.tools[0].summary == "The weather of a city."
    assert asked.tools[0].parameters["required"] == ["city"]
    assert came.calls == (ToolCall("c1", "weather.now", '{"city": "Oslo"}'),)
    follow = [user("Weather?"), came.message, Message("tool", (ToolResult("c1", "rain", "weather.now"),))]
    _, asked, _ = asked_by(follow, tools=[weather, weather_now], tool_choice="weather.now")
    assert asked.tool_choice == "weather_now"
    assert [part.name for message in asked.messages[1:] for part in message.parts] == ["weather_now"] * 2  # type: ignore[union-attr]


def test_a_definition_of_an_authors_own_is_taken_as_it_is() -> None:
    own = ToolDefinition("x", "y", {"type": "object"})
    assert definitions([own, weather])[0] is own


def test_a_message_to_go_on_with_keeps_reasoning_and_its_seal() -> None:
    parts = (Reasoning("hm", "seal"), Text("so"))
    _, _, came = asked_by("Hi", answer=Answer(plain(Reply(parts=parts))))
    assert came.message == Message("assistant", parts)
    assert came.text == "so"


def test_a_model_that_cannot_be_called_is_an_error_of_the_program_to_handle() -> None:
    with pytest.raises(NoModelError, match="nobody"):
        asked_by("Hi", answer=failed(NoModelError("nobody there")))


def test_chats_can_be_asked_at_once() -> None:
    ctx = context()

    async def program() -> list[str]:
        return [came.text for came in await ctx.all(ctx.chat("a"), ctx.chat("b"))]

    def world(request: Request) -> Answer:
        return said(msgspec.convert(request.args["body"], ModelRequest).messages[-1].parts[0].text.upper())  # type: ignore[union-attr]

    assert drive(program(), world) == ["A", "B"]


def test_the_tools_an_agent_may_call_are_what_it_was_told_at_the_beginning() -> None:
    spec = ToolSpec(name="mail.send", summary="Sends.", parameters={"type": "object"}, effect="irreversible")
    ctx = context(tools=(spec,))
    assert ctx.tools() == (spec,)
    assert [one.name for one in definitions(ctx.tools())] == ["mail.send"]


def test_a_tool_is_called_with_arguments_of_any_name() -> None:
    ctx = context()

    async def program() -> str:
        return await ctx.call_tool("redis.get", {"key": "k", "tool": "t", "self": 1}, key="c1")

    def world(request: Request) -> Answer:
        assert (request.kind, request.name, request.key) == ("act", "redis.get", "c1")
        return Answer(str(request.args["key"]))

    assert drive(program(), world) == "k"
