"""The loop of a model with tools: bounded, keyed by the model's ids, and no failure of a tool ends it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import BoundError, BudgetError, DeniedError, ErgosError, ToolFailedError
from ergos.base.ids import Pid
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import Message, ModelRequest, Reply, Text, ToolCall, ToolResult, Usage
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.chat import assistant, system, user
from ergos.lib.conversation import CALLS_MAX, RESULT_TOKENS_MAX, converse, fitting
from ergos.lib.folder import FolderPrograms
from ergos.lib.inputs import message_tokens
from ergos.lib.tool import tool
from ergos.runtime.desk import Ended
from tests.lib.driving import context, drive, failed, said
from tests.lib.house import WAIT_S, House, Speaking, agent_in, ended


@tool(effect="pure")
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool(effect="idempotent", name="mail.send")
def send(to: str) -> str:
    """Send mail."""
    return to


class Sum(msgspec.Struct):
    sum: int


class World:
    """A scripted model, and tools that answer or fail; keeps what it was asked."""

    def __init__(self, replies: Sequence[Answer], act: Callable[[Request], Answer] | None = None) -> None:
        self.replies = iter(replies)
        self.act = act or (lambda request: Answer(add(**request.args)))  # type: ignore[arg-type]
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
        """What the model last read of its tools."""
        return [part for part in self.asked[-1].messages[-1].parts if isinstance(part, ToolResult)]


def call(number: int, name: str = "add", arguments: str = '{"a": 1, "b": 2}', id: str | None = None) -> ToolCall:  # noqa: A002
    return ToolCall(f"call_{number}" if id is None else id, name, arguments)


def run(world: World, **options: object):
    window_tokens = options.pop("window_tokens", 0)
    ctx = context(window_tokens=window_tokens)  # type: ignore[arg-type]
    return drive(converse(ctx, "How much?", tools=[add, send], **options), world)  # type: ignore[call-overload]


def test_tools_are_called_under_the_models_ids_until_it_has_its_answer() -> None:
    world = World(
        [said("Let me see.", call(1), call(2, arguments='{"a": 3, "b": 4}')), said("", call(3)), said("Ten.")]
    )
    came = run(world)
    assert came.text == "Ten."
    assert [(act.name, act.key, act.args) for act in world.acts] == [
        ("add", "call_1", {"a": 1, "b": 2}),
        ("add", "call_2", {"a": 3, "b": 4}),
        ("add", "call_3", {"a": 1, "b": 2}),
    ]
    roles = [message.role for message in world.asked[-1].messages]
    assert roles == ["user", "assistant", "tool", "assistant", "tool"]
    read = [part for message in world.asked[-1].messages for part in message.parts if isinstance(part, ToolResult)]
    assert [(one.id, one.text, one.failed) for one in read] == [
        ("call_1", "3", False), ("call_2", "7", False), ("call_3", "3", False),
    ]  # fmt: skip


@pytest.mark.parametrize("ids", [["", ""], ["call_0", "call_0"], ["x" * 400, "x" * 400]])
def test_ids_that_are_empty_alike_or_long_still_name_different_calls(ids: list[str]) -> None:
    world = World([said("", call(1, id=ids[0])), said("", call(1, id=ids[1])), said("Done.")])
    run(world)
    assert len({act.key for act in world.acts}) == 2
    assert [one.id for one in world.results] == [ids[1]], "the model gets back the id it gave"


@pytest.mark.parametrize("error", [ToolFailedError("no paper"), DeniedError("not granted"), BudgetError("too dear")])
def test_a_tool_that_failed_or_was_denied_is_a_result_and_the_model_goes_on(error: ErgosError) -> None:
    world = World([said("", call(1)), said("Then not.")], lambda request: failed(error))
    assert run(world).text == "Then not."
    assert [(one.failed, error.what in one.text, error.code in one.text) for one in world.results] == [
        (True, True, True)
    ]


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        (call(1, name="rm"), "there is no tool 'rm' — the tools are add, mail.send"),
        (call(1, arguments="{"), "not JSON"),
        (call(1, arguments="[1]"), "no JSON object"),
        (call(1, arguments='{"a": "1", "b": 2}'), "Expected `int`"),
        (call(1, arguments='{"a": 1, "b": 2, "key": "x"}'), "key"),
        (call(1, arguments=""), "missing required field"),
    ],
)
def test_a_wrong_call_is_told_to_the_model_and_never_made(wanted: ToolCall, wrong: str) -> None:
    world = World([said("", wanted), said("Sorry.")])
    assert run(world).text == "Sorry."
    assert world.acts == []
    (result,) = world.results
    assert result.failed
    assert wrong in result.text


def test_a_tool_that_was_not_offered_is_never_called_even_if_it_exists() -> None:
    world = World([said("", call(1, name="publish", arguments="{}")), said("No.")])
    run(world)
    assert world.acts == []


def test_too_many_calls_at_once_are_not_all_made() -> None:
    world = World([said("", *(call(n) for n in range(CALLS_MAX + 3))), said("Done.")])
    run(world)
    assert len(world.acts) == CALLS_MAX
    assert [one.failed for one in world.results] == [False] * CALLS_MAX + [True] * 3


def test_the_last_round_offers_no_call_and_a_model_that_goes_on_is_stopped() -> None:
    world = World([said("", call(n)) for n in range(9)])
    with pytest.raises(BoundError, match="after 3 rounds"):
        run(world, rounds_max=3)
    assert [asked.tool_choice for asked in world.asked] == ["auto", "auto", "none"]


def test_an_answer_of_another_shape_is_asked_for_again() -> None:
    world = World([said("", call(1)), said("three"), said('{"sum": 3}')])
    assert run(world, output=Sum).value == Sum(3)
    assert "no JSON" in world.asked[-1].messages[-1].parts[0].text  # type: ignore[union-attr]
    with pytest.raises(ModelReplyError):
        run(World([said("three")] * 9), output=Sum, rounds_max=2)


def test_a_long_result_is_cut_and_says_so() -> None:
    world = World([said("", call(1)), said("Long.")], lambda request: Answer("x" * 100_000))
    run(world)
    assert len(world.results[0].text) <= RESULT_TOKENS_MAX * 3
    assert "characters]" in world.results[0].text


def test_a_replay_asks_the_same() -> None:
    def replies() -> list[Answer]:
        return [said("", call(1), call(1)), said("", call(1)), said("End.")]

    first, second = World(replies()), World(replies())
    run(first)
    run(second)
    assert (first.asked, first.acts) == (second.asked, second.acts)


def test_a_long_conversation_stays_in_its_window_and_says_what_is_gone() -> None:
    replies = [said("y" * 300, call(n)) for n in range(12)] + [said("End.")]
    world = World(replies, lambda request: Answer("z" * 600))
    run(world, window_tokens=2_000)
    for asked in world.asked:
        assert sum(map(message_tokens, asked.messages)) < 2_000
    last = world.asked[-1].messages
    assert last[0].parts[0] == Text("How much?")
    assert "earlier messages are not shown" in last[0].parts[1].text  # type: ignore[union-attr]
    assert [message.role for message in last[1:]] == ["assistant", "tool"] * (len(last) // 2)


exchange = st.tuples(st.integers(0, 400), st.integers(0, 3))


@given(st.lists(exchange, max_size=8), st.integers(60, 1_500), st.booleans())
def test_no_result_is_ever_parted_from_its_call(exchanges: list[tuple[int, int]], room: int, told: bool) -> None:
    messages = [*([system("s")] if told else []), user("u")]
    numbers = itertools.count()
    for chars, calls in exchanges:
        made = [call(next(numbers)) for _ in range(calls)]
        messages.append(assistant("w" * chars, *made))
        if made:
            messages.append(Message("tool", tuple(ToolResult(one.id, "r" * chars) for one in made)))
    kept = fitting(messages, room)
    assert sum(map(message_tokens, kept)) <= room
    given_, answered = (
        [part.id for message in kept for part in message.parts if isinstance(part, kind)]
        for kind in (ToolCall, ToolResult)
    )
    assert given_ == answered
    assert [message.role for message in kept[: 1 + told]] == ["system", "user"][1 - told :]
    assert fitting(messages, 0) == tuple(messages)


LOOP = """
from ergos.lib.conversation import converse

@tool(effect="idempotent", reach="own", roles={"text": "text", "folder": "plain"})
def note(text: str, folder: str) -> str:
    with (Path(folder) / "notes").open("a") as notes:
        notes.write(text + "\\n")
    return text.upper()

@agent(grants=[may("think", "model.*"), may("act", "note")])
async def scribe(ctx: Context) -> str:
    said = await converse(ctx, str(ctx.memory), tools=[note])
    return said.text
"""


def dictating(folder: Path) -> Callable[[ModelRequest], Reply]:
    """Wants three notes written, one after the other, and reuses the id of its calls."""

    def speak(request: ModelRequest) -> Reply:
        results = [part for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
        if len(results) == 3:
            return Reply(parts=(Text(" ".join(one.text for one in results)),), usage=Usage(1, 1))
        arguments = msgspec.json.encode({"text": "abc"[len(results)], "folder": str(folder)}).decode()
        return Reply(parts=(ToolCall("call_0", "note", arguments),), stop="tools", usage=Usage(1, 1))

    return speak


@pytest.mark.parametrize("answers", [1, 2, 3])
def test_after_a_crash_no_tool_is_called_again_and_no_answered_model_call_is_made_again(
    tmp_path: Path, answers: int
) -> None:
    path = agent_in(tmp_path, "from pathlib import Path\n" + LOOP)

    async def crash() -> Pid:
        models = Speaking(dictating(tmp_path), answers_max=answers)
        programs = FolderPrograms()
        house = House(tmp_path, models)
        async with house.dying(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(path), "alice", "Write.")
            await asyncio.wait_for(models.hung.wait(), WAIT_S)
            return pid

    async def recover(pid: Pid) -> tuple[Ended, int]:
        models = Speaking(dictating(tmp_path))
        programs = FolderPrograms()
        programs.load(path)
        async with House(tmp_path, models).running(programs) as kernel:
            return await ended(kernel, pid), len(models.asked)

    end, asked = asyncio.run(recover(asyncio.run(crash())))
    assert end.outcome == "A B C"
    assert (tmp_path / "notes").read_text() == "a\nb\nc\n"
    assert asked == 4 - answers
