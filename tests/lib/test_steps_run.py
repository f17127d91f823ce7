"""One run: steps in order, each under its conditions, for each element, accepted or not at all."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import BoundError, DeniedError, ErgosError, ProgramError, SourceError, UnacceptedError
from ergos.base.ids import Pid
from ergos.kernel.packages import Beginning, Definition, ToolSpec
from ergos.kernel.syscalls import Answer, Request
from ergos.lib import steps_run
from ergos.lib.agent import Context
from ergos.lib.steps_run import Ended, Run, compared, holds, is_no
from ergos.lib.work import Acceptance, Step, Work
from tests.lib.driving import drive, failed

TEXT: dict[str, object] = {"type": "object", "properties": {"text": {"type": "string"}, "row": {"type": "object"}}}
TOOLS = (
    ToolSpec(name="look", summary="Looks.", parameters=TEXT, effect="pure"),
    ToolSpec(name="put", summary="Puts.", parameters=TEXT, effect="idempotent"),
)


class World:
    """Answers calls, and keeps them."""

    def __init__(self, answer: Callable[[Request], Plain] | None = None) -> None:
        self.asked: list[Request] = []
        self._answer = answer or (lambda request: {"did": request.name, **request.args})

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        try:
            return Answer(self._answer(request), solver="a")
        except ErgosError as error:
            return failed(error, "a")

    @property
    def calls(self) -> list[str]:
        return [f"{one.kind} {one.name}" for one in self.asked]


def ctx() -> Context:
    return Context(
        Beginning(
            pid=Pid(1), turn=1, owner="alice", agent="a", parent=Pid(0), cause="start", now_ns=0, memory=None,
            definition=Definition(agent="a", program="p"), tools=TOOLS,
        )
    )  # fmt: skip


def run(steps: tuple[Step, ...], world: World, scope: dict[str, Plain] | None = None, **work: object) -> Ended:
    return drive(Run(ctx(), Work(steps=steps, **work), steps, scope or {}).to_end(), world)  # type: ignore[arg-type]


def act(name: str, id: str = "", **more: object) -> Step:  # noqa: A002 - as it is written in AGENT.md
    return Step(id=id or name, verb="act", name=name, **more)  # type: ignore[arg-type]


def test_steps_go_in_order_and_use_what_came_before() -> None:
    world = World()
    steps = (
        act("look", given={"text": "{event.path}"}),
        act("put", given={"row": {"a": "{look.text}", "b": "{look.nothing}"}}),
    )
    ended = run(steps, world, {"event": {"path": "x.pdf"}})
    assert world.asked[1].args == {"row": {"a": "x.pdf", "b": None}}
    assert ended.value == {"did": "put", "row": {"a": "x.pdf", "b": None}}
    assert ended.changed


def test_a_step_whose_condition_does_not_hold_is_left_out_and_gives_nothing() -> None:
    world = World()
    steps = (act("look", given={"text": "5 EUR"}), act("put", when=("look.text > 10 EUR",), given={"row": {}}))
    ended = run(steps, world)
    assert world.calls == ["act look"]
    assert (ended.value, ended.scope["put"], ended.changed) == ({"did": "look", "text": "5 EUR"}, None, False)


@pytest.mark.parametrize(("verb", "happens"), [("ask", True), ("act", False), ("think", False)])
def test_what_cannot_be_compared_is_asked_about_and_not_done(verb: str, happens: bool) -> None:
    world = World(lambda request: "yes" if request.kind == "ask" else {})
    step = Step(
        id="s", verb=verb, name="" if verb == "ask" else "put", given={"question": "?"}, when=("event.total > 5 EUR",)
    )  # type: ignore[arg-type]
    run((step,), world, {"event": {"total": "much"}})
    assert bool(world.asked) == happens


def test_every_condition_must_hold_and_may_name_two_values() -> None:
    scope: dict[str, Plain] = {"a": 5, "b": 7}
    assert holds(("a < {b}", "b < 8"), scope, otherwise=False)
    assert not holds(("a < {b}", "b > 8"), scope, otherwise=True)
    assert holds((), {}, otherwise=False)


@pytest.mark.parametrize("answer", ["no", "No.", "不", "拒绝", "nein"])
def test_a_no_ends_the_run(answer: str) -> None:
    world = World(lambda request: answer if request.kind == "ask" else {})
    ended = run((Step(id="ok", verb="ask", given={"question": "Go on?"}), act("put")), world)
    assert (world.calls, ended.declined, ended.value) == (["ask owner"], "ok", answer)


def test_a_no_that_a_later_step_asks_about_ends_nothing() -> None:
    world = World(lambda request: "no" if request.kind == "ask" else {})
    steps = (
        Step(id="ok", verb="ask", given={"question": "Go on?"}),
        act("put", when=("ok != no",)),
        act("look", when=("ok == no",)),
    )
    assert (run(steps, world).declined, world.calls) == ("", ["ask owner", "act look"])


def test_a_question_is_asked_with_its_values_and_choices() -> None:
    world = World(lambda _: "later")
    step = Step(id="q", verb="ask", given={"question": "{event.total}?", "choices": ["now", "later"]})
    ended = run((step,), world, {"event": {"total": {"amount": "5", "currency": "EUR"}}})
    assert world.asked[0].args == {"question": "5 EUR?", "choices": ["now", "later"]}
    assert (ended.value, ended.declined) == ("later", "")


def test_a_step_runs_for_each_element_and_gives_the_list_of_what_each_gave() -> None:
    world = World(lambda request: request.args["text"])
    steps = (act("look", each="{event.items}", given={"text": "{item.name}"}, when=("item.size > 1",)),)
    ended = run(steps, world, {"event": {"items": [{"name": "a", "size": 1}, {"name": "b", "size": 2}, {"name": "c"}]}})
    assert (ended.value, len(world.asked)) == ([None, "b", None], 1)


def test_what_changes_something_is_done_one_after_the_other() -> None:
    together: list[int] = []

    async def watched() -> object:
        return await Run(ctx(), Work(), steps, {"event": {"items": [1, 2, 3]}}).to_end()

    for name, width in (("look", [3]), ("put", [1, 1, 1])):
        steps = (act(name, each="{event.items}", given={"row": "{item}"}),)
        together.clear()
        program, answers = watched(), None
        while True:
            try:
                asked = program.send(answers)
            except StopIteration:
                break
            together.append(len(asked))
            answers = tuple(Answer(1) for _ in asked)
        assert together == width


@pytest.mark.parametrize(
    ("value", "error"), [("text", ProgramError), (5, ProgramError), (list(range(2_000)), BoundError)]
)
def test_each_has_a_list_of_a_bounded_length(value: Plain, error: type[Exception]) -> None:
    with pytest.raises(error):
        run((act("look", each="{event.items}"),), World(), {"event": {"items": value}})
    assert run((act("look", each="{event.none}"),), World(), {"event": {}}).value == []


def test_a_value_for_a_tool_that_takes_text_is_written_as_people_write_it() -> None:
    world = World()
    run((act("put", given={"text": "{event.total}", "row": "{event.total}"}),), world,
        {"event": {"total": {"amount": "5", "currency": "EUR"}}})  # fmt: skip
    assert world.asked[0].args == {"text": "5 EUR", "row": {"amount": "5", "currency": "EUR"}}


CHECKED = (Acceptance(check="not_empty", of="made"), Acceptance(check="found_in_source", of="made"))


def test_an_answer_is_done_again_until_its_checks_pass() -> None:
    tries = 0

    def answer(request: Request) -> Plain:
        nonlocal tries
        if request.name == "accept":
            return [] if request.args["inputs"]["value"] == "answer 2" else ["it is wrong"]  # type: ignore[index,call-overload]
        tries += 1
        return f"answer {tries}"

    world = World(answer)
    step = Step(id="made", verb="think", name="summarise", given={"text": "t"}, solvers=("system1",))
    assert run((step,), world, acceptance=CHECKED).value == "answer 2"
    assert world.calls == ["think summarise", "think accept"] * 2
    assert world.asked[2].args == {
        "inputs": {"text": "t"},
        "tried": ["a"],
        "faults": ["it is wrong"],
        "solvers": ["system1"],
    }
    assert world.asked[1].args["inputs"] == {
        "checks": [{"check": "not_empty", "value": None}, {"check": "found_in_source", "value": None}],
        "value": "answer 1",
        "source": {"text": "t"},
    }


def test_nothing_follows_what_was_not_accepted() -> None:
    world = World(lambda request: ["it is wrong"] if request.name == "accept" else "x")
    with pytest.raises(UnacceptedError, match="it is wrong"):
        run((act("look", "made"), act("put")), world, acceptance=CHECKED)
    assert "act put" not in world.calls


def test_a_failure_of_a_step_is_the_failure_of_the_run() -> None:
    def answer(request: Request) -> Plain:
        if request.name == "put":
            raise DeniedError("no grant")
        return {}

    with pytest.raises(DeniedError):
        run((act("look"), act("put"), act("look", "more")), World(answer))


def test_it_is_known_whether_something_was_changed_before_a_failure() -> None:
    def answer(request: Request) -> Plain:
        if request.name == "look":
            raise SourceError("down")
        return {}

    for steps, changed in (((act("look"), act("put")), False), ((act("put"), act("look")), True)):
        made = Run(ctx(), Work(steps=steps), steps, {})
        with pytest.raises(SourceError):
            drive(made.to_end(), World(answer))
        assert made.changed is changed


def test_where_a_filter_keeps_nothing_nothing_is_done_with_it() -> None:
    world = World(lambda request: [] if request.name == "filter" else "0")
    steps = (
        Step(id="kept", verb="think", name="filter", given={"items": [], "about": "x"}),
        Step(id="said", verb="think", name="summarise", given={"text": "{kept}"}),
        act("put", given={"row": "{kept.0}"}),
        act("put", "again", given={"text": "{said}"}),
        act("put", "more", each="{kept}", given={"row": "{item}"}),
        Step(id="count", verb="think", name="compute", given={"rows": "{kept}", "what": "count"}),
        act("look", given={"text": "{count}"}),
    )
    ended = run(steps, world, acceptance=(Acceptance(check="not_empty", of="kept"),))
    assert (world.calls, ended.value) == (["think filter", "think compute", "act look"], "0")


def test_without_any_source_it_says_what_to_do() -> None:
    step = act("look", given={"at": "{sources}"})
    with pytest.raises(ProgramError, match="no source is named"):
        run((step,), World(), {"sources": []})
    assert run((step,), World(), {"sources": ["x"]}).value == {"did": "look", "at": ["x"]}


def test_what_is_compared_is_kept_for_the_next_time() -> None:
    step = Step(id="c", verb="think", name="compare", given={"before": "{last.text}", "after": "{event.text}"})
    assert compared((step,), {"event": {"text": "now"}}) == {"c": "now", "text": "now"}
    plain = msgspec.structs.replace(step, given={"after": "{event.text}"})
    assert compared((plain,), {"event": {"text": "now"}}) == {}


def test_a_no_is_a_no_in_any_of_its_words() -> None:
    assert all(is_no(one) for one in ("no", " NO! ", "不要", False))
    assert not any(is_no(one) for one in ("yes", "not yet decided", None, True, 0))


def test_digests_tell_outcomes_apart() -> None:
    assert steps_run.digest({"a": 1}) == steps_run.digest({"a": 1}) != steps_run.digest({"a": 2})
