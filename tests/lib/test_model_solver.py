"""A model solver asks the same thing every time, within its window, and takes nothing for an answer that is none."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import BoundError, PortMissingError, ToolDefinitionError, ToolFailedError, ValueShapeError
from ergos.base.ids import Pid
from ergos.base.money import Price
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import Message, ModelRequest, Reply, Text
from ergos.kernel.packages import Errand, ModelSolver
from ergos.kernel.solvers import order
from ergos.lib.chat import system, user
from ergos.lib.inputs import message_tokens
from ergos.lib.model_solver import PromptedSolver, generic, model_solver
from ergos.lib.task import Task, solver


class Notes(msgspec.Struct):
    notes: list[str]
    language: str = "en"


class Summary(msgspec.Struct):
    text: str
    sources: list[int]


def has_sources(notes: Notes, answer: Summary):
    """Every source is the number of a note.

    More about it that no model needs.
    """
    for source in answer.sources:
        if not 0 <= source < len(notes.notes):
            yield f"there is no note {source}"


SUM = Task("sum_up", inputs=Notes, output=Summary, checks=(has_sources,))
WORDS = Task("words", inputs=Notes, output=list[str])
INPUTS = {"notes": ["rain in Oslo", "sun in Turin"], "language": "en"}


def words(request: ModelRequest, at: int) -> str:
    return "".join(part.text for part in request.messages[at].parts if isinstance(part, Text))


def ask(found: PromptedSolver, inputs: object = INPUTS, instructions: str = "", window: int = 0) -> ModelRequest:
    return found.request(found._task.spec, inputs, instructions, window)  # type: ignore[arg-type]


def read(found: PromptedSolver, text: str, **more: str):
    return found.value(found._task.spec, INPUTS, Reply(parts=(Text(text),), **more))  # type: ignore[arg-type]


def test_any_task_can_be_done_by_a_model_without_a_line_of_code() -> None:
    found = generic(SUM)
    assert isinstance(found, ModelSolver)
    assert (found.spec.name, found.spec.kind, found.spec.tasks, found.model) == (
        "model.sum_up",
        "model",
        ("sum_up",),
        "auto",
    )
    request = ask(found, instructions="Be brief.")
    assert [message.role for message in request.messages] == ["system", "user"]
    assert words(request, 0).startswith("Be brief.\n\n")
    assert "sum up" in words(request, 0)
    assert "- Every source is the number of a note.\n" in words(request, 0)
    assert "no model needs" not in words(request, 0)
    assert json.loads(words(request, 1)) == INPUTS
    assert request.output_schema is not None
    assert json.dumps(request.output_schema, separators=(",", ":")) in words(request, 0)
    assert read(found, 'Here: {"text": "weather", "sources": [0]}') == {"text": "weather", "sources": [0]}


def test_an_output_that_is_no_object_is_asked_for_in_one() -> None:
    found = generic(WORDS)
    assert (ask(found).output_schema or {})["required"] == ["answer"]
    assert read(found, '{"answer": ["rain"]}') == ["rain"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("no", "no JSON"), ('{"text": 1, "sources": []}', "shape"), ('{"text": "a"}', "sources"), ("[]", "shape")],
)
def test_a_reply_of_another_shape_is_no_answer(text: str, wrong: str) -> None:
    with pytest.raises(ModelReplyError, match=wrong):
        read(generic(SUM), text)


documents = st.lists(
    st.text(st.characters(codec="utf-8"), max_size=400) | st.text("新闻模型。，", max_size=400), max_size=30
)


@given(documents, st.integers(200, 3_000), st.text(max_size=50))
def test_a_prompt_fits_its_window_and_is_the_same_every_time(notes: list[str], window: int, instructions: str) -> None:
    found = generic(SUM)
    inputs = {"notes": notes, "language": "zh"}
    try:
        request = ask(found, inputs, instructions, window)
    except BoundError:
        assert window < 700
        return
    assert sum(map(message_tokens, request.messages)) <= window
    assert request == ask(generic(SUM), inputs, instructions, window)
    assert ask(found, inputs, instructions, 0) == ask(found, inputs, instructions, 10**9)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=900), min_size=1, max_size=30))
def test_what_was_wrong_with_the_last_answer_is_told_within_the_same_window(faults: list[str]) -> None:
    found = generic(SUM)
    inputs = {"notes": ["x" * 90] * 300}
    request = found.request(SUM.spec, inputs, "", 8_000, tuple(faults))  # type: ignore[arg-type]
    assert sum(map(message_tokens, request.messages)) <= 8_000
    assert request.messages[0] == ask(found, inputs, window=8_000).messages[0], "the prefix stays"
    told = words(request, -1).splitlines()
    assert told[0] == "The last answer to this was refused, because:"
    assert told[-1] == "Answer anew, and in full."
    assert all(line.startswith("> ") for line in told[1:-1])
    assert len(told) == 2 + min(len(faults), 10) + (len(faults) > 10)


def test_the_answer_has_its_share_of_the_window() -> None:
    notes = {"notes": ["x" * 90] * 300}
    small, large = (model_solver(SUM, output_tokens_max=tokens) for tokens in (10, 500))
    taken = [sum(map(message_tokens, ask(found, notes, "", 2_000).messages)) for found in (small, large)]
    assert taken[0] <= 1_990
    assert taken[1] <= 1_500
    assert [ask(found).output_tokens_max for found in (small, large)] == [10, 500]


def test_the_bound_of_a_task_is_a_window_too() -> None:
    bounded = Task("bounded", inputs=Notes, output=Summary, tokens_max=1_000)
    request = ask(generic(bounded), {"notes": ["x" * 90] * 300})
    assert sum(map(message_tokens, request.messages)) <= 1_000
    assert "Not shown" in words(request, 1)


def by_number(inputs: Notes, answer: int) -> Summary:
    if not 0 <= answer < len(inputs.notes):
        raise ValueShapeError(f"there is no note {answer}")
    return Summary(inputs.notes[answer], [answer])


def test_a_model_may_answer_in_a_smaller_type_that_is_looked_up() -> None:
    found = model_solver(SUM, prompt=lambda notes: "\n".join(notes.notes), wire=int, read=by_number, name="short")
    request = ask(found, instructions="Choose.")
    assert words(request, 1) == "rain in Oslo\nsun in Turin"
    assert words(request, 0).startswith("Choose.")
    assert (request.output_schema or {})["properties"] == {"answer": {"type": "integer"}}
    assert read(found, "1") == {"text": "sun in Turin", "sources": [1]}
    with pytest.raises(ModelReplyError, match="there is no note 7"):
        read(found, '{"answer": 7}')


def test_a_read_that_did_not_expect_a_reply_is_no_answer_and_ends_nothing_else() -> None:
    found = model_solver(SUM, wire=int, read=lambda inputs, answer: Summary(inputs.notes[answer], []))
    with pytest.raises(ToolFailedError, match=r"`read` of model\.sum_up raised IndexError"):
        read(found, "9")


def test_read_may_ask_who_answered() -> None:
    found = model_solver(SUM, wire=int, read=lambda inputs, answer, reply: Summary(reply.model, [answer]))
    assert read(found, "0", model="qwen3") == {"text": "qwen3", "sources": [0]}


def test_a_prompt_may_take_instructions_and_the_room_it_has() -> None:
    seen: list[tuple[str, int]] = []

    def prompt(notes: Notes, *, instructions: str, tokens: int) -> tuple[Message, ...]:
        seen.append((instructions, tokens))
        return (system(f"mine: {instructions}"), user(*notes.notes))

    found = model_solver(SUM, prompt=prompt)
    request = ask(found, instructions="Be brief.", window=1_000)
    assert [words(request, at) for at in (0, 1)] == ["mine: Be brief.", "rain in Oslosun in Turin"]
    ask(found)
    assert seen[0][0] == "Be brief."
    assert 700 < seen[0][1] < 1_000
    assert seen[1] == ("", 0)


def test_a_prompt_without_a_system_message_gets_one() -> None:
    request = ask(model_solver(SUM, prompt=lambda notes: (user(notes.notes[0]),)), instructions="Mind the step.")
    assert [message.role for message in request.messages] == ["system", "user"]
    assert words(request, 0).startswith("Mind the step.")


def test_a_text_too_long_for_the_window_is_cut_and_messages_are_refused() -> None:
    as_text = ask(model_solver(SUM, prompt=lambda notes: "x" * 90_000), window=1_000)
    assert "characters]" in words(as_text, 1)
    with pytest.raises(BoundError, match="there is room for"):
        ask(model_solver(SUM, prompt=lambda notes: (user("x" * 90_000),)), window=1_000)


def test_inputs_of_another_shape_are_never_sent() -> None:
    with pytest.raises(ValueShapeError, match="inputs of sum_up"):
        ask(model_solver(SUM, prompt=lambda notes: "?"), {"notes": 7})


@pytest.mark.parametrize(
    "options",
    [
        {"wire": int},
        {"read": by_number},
        {"prompt": lambda: ""},
        {"prompt": lambda notes, more: ""},
        {"wire": int, "read": lambda inputs: None},
        {"name": "no such name"},
        {"output_tokens_max": 0},
        {"wire": complex, "read": by_number},
    ],
)
def test_what_cannot_work_is_refused_where_it_is_declared(options: dict[str, object]) -> None:
    with pytest.raises(ToolDefinitionError):
        model_solver(SUM, **options)  # type: ignore[arg-type]


def test_a_model_is_never_called_behind_the_kernels_back() -> None:
    errand = Errand(pid=Pid(1), owner="a", agent="a", idempotency_key="k", deadline_ns=1, now_ns=0)
    with pytest.raises(PortMissingError, match=r"model\.sum_up"):
        asyncio.run(generic(SUM).solve(SUM.spec, INPUTS, errand))  # type: ignore[arg-type]


def test_without_a_preference_what_is_free_comes_before_a_model() -> None:
    @solver(SUM, kind="system1")
    def zero(notes: Notes) -> Summary:
        return Summary("", [])

    @solver(SUM, price=Price(microusd_per_call=900_000))
    def dear(notes: Notes) -> Summary:
        return Summary("", [])

    specs = [dear.spec, generic(SUM).spec, zero.spec]
    assert [one.name for one in order(SUM.spec, specs, {})] == ["zero", "model.sum_up", "dear"]
    assert [one.name for one in order(SUM.spec, specs, {}, ("model",))] == ["model.sum_up", "zero", "dear"]
