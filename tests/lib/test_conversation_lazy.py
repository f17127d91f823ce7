"""A conversation with every granted tool: few schemas in a prompt, the others found, every call still under its grant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from ergos.base.errors import BoundError, DeniedError
from ergos.kernel.models import ModelRequest, ToolCall, ToolResult
from ergos.kernel.packages import ToolSpec
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.conversation import converse
from ergos.lib.toolbox import FIRST_TOKENS_MAX, Toolbox, tokens
from tests.lib.driving import context, drive, failed, said
from tests.lib.tool_catalogue import catalogue

MANY = catalogue()


class World:
    """A scripted model and tools that answer."""

    def __init__(self, replies: Sequence[Answer], act: Callable[[Request], Answer] | None = None) -> None:
        self.replies = iter(replies)
        self.act = act or (lambda request: Answer("done"))
        self.asked: list[ModelRequest] = []
        self.acts: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        if request.kind == "think":
            self.asked.append(msgspec.convert(request.args["body"], ModelRequest))
            return next(self.replies)
        self.acts.append(request)
        return self.act(request)

    @property
    def results(self) -> list[ToolResult]:
        return [part for message in self.asked[-1].messages for part in message.parts if isinstance(part, ToolResult)]


def call(name: str, arguments: object, id: str = "c1") -> ToolCall:  # noqa: A002
    return ToolCall(id, name, msgspec.json.encode(arguments).decode())


def run(world: World, goal: str = "Refund the customer.", *, tools: tuple[ToolSpec, ...] = MANY, **options: object):
    return drive(converse(context(tools=tools), goal, **options), world)  # type: ignore[call-overload]


def offered(request: ModelRequest) -> list[str]:
    return [tool.name for tool in request.tools]


def test_a_tool_is_found_then_called_in_the_next_request() -> None:
    world = World(
        [
            said("", call("tools_find", {"query": "track a parcel"})),
            said("", call("shipping_track_parcel", {"tracking_number": "7"}, "c2")),
            said("It is in Hangzhou."),
        ]
    )
    assert run(world).text == "It is in Hangzhou."
    first, second, third = map(offered, world.asked)
    assert "shipping_track_parcel" not in first
    assert second[: len(first)] == first
    assert "shipping_track_parcel" in second
    assert third == second
    assert [(act.kind, act.name, act.args) for act in world.acts] == [
        ("act", "shipping.track_parcel", {"tracking_number": "7"})
    ]
    assert '"shipping.track_parcel"' in world.results[0].text
    assert [one.failed for one in world.results] == [False, False]


def test_the_first_request_holds_few_schemas() -> None:
    world = World([said("No.")])
    run(world)
    assert tokens(world.asked[0].tools) <= FIRST_TOKENS_MAX
    assert "tools_find" in offered(world.asked[0])


def test_finding_is_no_call_and_costs_none() -> None:
    world = World([said("", *(call("tools_find", {"query": "mail"}, f"c{n}") for n in range(5))), said("Done.")])
    run(world)
    assert world.acts == []


def test_a_tool_that_is_named_before_it_was_found_is_called_and_offered() -> None:
    world = World([said("", call("dns.whois", {"domain": "example.com"})), said("Mine.")])
    run(world)
    assert [act.name for act in world.acts] == ["dns.whois"]
    assert "dns_whois" in offered(world.asked[1])


def test_a_tool_that_is_not_granted_is_no_tool() -> None:
    world = World([said("", call("dns.whois", {"domain": "example.com"})), said("Then not.")])
    run(world, tools=tuple(tool for tool in MANY if tool.name != "dns.whois"))
    assert world.acts == []
    assert world.results[0].failed
    assert "there is no tool" in world.results[0].text


def test_what_the_door_refuses_is_a_result() -> None:
    world = World([said("", call("dns_whois", {})), said("Ok.")], lambda request: failed(DeniedError("not so")))
    run(world)
    assert world.results[0].failed
    assert "E301" in world.results[0].text


@pytest.mark.parametrize("arguments", [{}, {"query": 3}, {"query": ""}, [], {"query": "x" * 9_000}])
def test_a_search_that_is_none_is_told_to_the_model(arguments: object) -> None:
    world = World([said("", call("tools_find", arguments)), said("Ok.")])
    run(world)
    assert world.results[0].failed


def test_a_tool_that_is_named_like_the_search_is_called_and_not_taken_for_it() -> None:
    rival = ToolSpec(name="tools_find", summary="Finds hammers.", parameters={"type": "object"}, effect="pure")
    world = World(
        [said("", call("tools_find_2", {"a": 1})), said("", call("tools_find", {"query": "mail"}, "c2")), said("Ok.")]
    )
    run(world, "Find hammers.", tools=(*MANY, rival))
    assert offered(world.asked[0])[:2] == ["tools_find", "tools_find_2"]
    assert [(act.name, act.args) for act in world.acts] == [("tools_find", {"a": 1})]
    assert '"found"' in world.results[-1].text


def test_parameters_of_every_name_arrive() -> None:
    args = {"key": "k", "tool": "t", "self": "s", "args": "a", "name": "n"}
    world = World([said("", call("redis.set", args)), said("Ok.")])
    run(world)
    assert world.acts[0].args == args


def test_without_tools_the_model_is_offered_none() -> None:
    world = World([said("Hello.")])
    run(world, tools=())
    assert world.asked[0].tools == ()


def test_the_last_round_offers_no_call() -> None:
    world = World([said("", call("tools_find", {"query": "mail"}, f"c{n}")) for n in range(5)])
    with pytest.raises(BoundError):
        run(world, rounds_max=2)
    assert [one.tool_choice for one in world.asked] == ["auto", "none"]


def test_a_toolbox_goes_on_where_an_earlier_conversation_stopped() -> None:
    box = Toolbox(MANY, "mail")
    box.find("track a parcel")
    world = World([said("Ok.")])
    drive(converse(context(), "Go on.", tools=box), world)
    assert "shipping_track_parcel" in offered(world.asked[0])


def test_a_replay_asks_the_same() -> None:
    def replies() -> list[Answer]:
        return [
            said("", call("tools_find", {"query": "mail"})),
            said("", call("gmail.send_email", {"to": "x"})),
            said("E."),
        ]

    first, second = World(replies()), World(replies())
    run(first)
    run(second)
    assert (first.asked, first.acts) == (second.asked, second.acts)
