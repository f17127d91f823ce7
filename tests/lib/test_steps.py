"""The program of steps: a run for each happening, orders of its owner, and what becomes of failures."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import ApprovalDeniedError, DeniedError, ErgosError, SourceError
from ergos.base.ids import Pid
from ergos.kernel.packages import Beginning, Definition, ToolSpec
from ergos.kernel.syscalls import Answer, Idle, Request
from ergos.kernel.triggers import Schedule
from ergos.lib.agent import Context
from ergos.lib.steps import RETRY_S, program, work_of
from ergos.lib.steps_memory import Again, Past, past_of
from ergos.lib.work import Escalation, Milestone, Source, Step, Work
from tests.lib.driving import drive, failed

DAILY = Schedule(name="morning", rule="FREQ=DAILY")
READ = Step(id="read", verb="act", name="look", given={"at": "{event.path}"})
NOW_NS = 1_767_225_600 * SECOND
TOOLS = tuple(
    ToolSpec(name=name, summary="x.", parameters={"type": "object"}, effect=effect)
    for name, effect in (("look", "pure"), ("put", "idempotent"), ("notify.owner", "idempotent"))
)


class World:
    """A mailbox, and answers; keeps what was asked."""

    def __init__(self, *mail: dict[str, Plain], answer: Callable[[Request], Plain] | None = None) -> None:
        self.mail, self.asked = list(mail), list[Request]()
        self._answer = answer or (lambda request: dict(request.args))

    def __call__(self, request: Request) -> Answer:
        if request.kind == "receive":
            return Answer(msgspec.to_builtins(self.mail.pop(0)) if self.mail else None)
        self.asked.append(request)
        if request.kind == "watch":
            return Answer({"morning": None})
        try:
            return Answer(self._answer(request), solver="a")
        except ErgosError as error:
            return failed(error, "a")

    @property
    def calls(self) -> list[str]:
        return [f"{one.kind} {one.name}" for one in self.asked]


def told(value: Plain, key: str = "k1", trigger: str = "morning") -> dict[str, Plain]:
    body: Plain = {"trigger": trigger, "key": key, "at_ns": NOW_NS, "value": value}
    return {"id": 1, "sender": 0, "body": body, "trigger": trigger}


def said(body: Plain, sender: int = 0) -> dict[str, Plain]:
    return {"id": 1, "sender": sender, "body": body, "trigger": ""}


def turn(
    work: Work, world: World, memory: Past | None = None, *, language: str = "en", cause: str = "mail", **more: object
) -> object:
    definition = Definition(
        agent="clerk", program="p", work=msgspec.Raw(msgspec.json.encode(work)), language=language,
        triggers=work.triggers, instructions="Do it.", **more,  # type: ignore[arg-type]
    )  # fmt: skip
    ctx = Context(
        Beginning(
            pid=Pid(1), turn=1, owner="alice", agent="clerk", parent=Pid(0), cause=cause, now_ns=NOW_NS,
            memory=msgspec.to_builtins(memory), definition=definition, tools=TOOLS,
        )
    )  # fmt: skip
    assert work_of(ctx) == work
    return drive(program(ctx), world)


def after(came: object) -> Past:
    assert isinstance(came, Idle), came
    return past_of(came.memory)


HOSTED = Work(triggers=(DAILY,), steps=(READ,))


def test_without_triggers_the_steps_run_once_and_what_the_last_gave_is_the_outcome() -> None:
    assert turn(Work(steps=(READ,)), World()) == {"at": None}
    with pytest.raises(SourceError):
        turn(Work(steps=(READ,)), World(answer=_down))


def _down(request: Request) -> Plain:
    if request.kind == "act" and request.name == "look":
        raise SourceError("the host is down")
    return "again" if request.kind == "ask" else {}


def test_the_first_turn_arms_the_triggers_and_a_changed_definition_does_so_again() -> None:
    world = World()
    past = after(turn(HOSTED, world, cause="start"))
    assert (world.calls, past.runs) == (["watch triggers"], 0)
    world = World()
    assert after(turn(HOSTED, world, past)) == past
    assert world.calls == []
    turn(msgspec.structs.replace(HOSTED, timezone="Europe/Berlin"), world, past)
    assert world.calls == ["watch triggers"]


def armed() -> Past:
    return after(turn(HOSTED, World(), cause="start"))


def test_a_happening_is_one_run_with_what_the_trigger_told() -> None:
    world = World(told({"path": "a.pdf"}), told({"path": "b.pdf"}))
    past = after(turn(HOSTED, world, armed()))
    assert [one.args for one in world.asked] == [{"at": "a.pdf"}]
    assert (past.runs, past.last_key, past.last_ns, len(world.mail)) == (1, "k1", NOW_NS, 1)


def test_a_run_knows_its_event_sources_settings_and_time() -> None:
    step = Step(id="s", verb="act", name="look", given={
        "all": ["{event.key}", "{event.value}", "{sources}", "{settings.out}", "{now.date} {now.time}", "{agent.name}", "{agent.goal}"]
    })  # fmt: skip
    work = Work(triggers=(DAILY,), steps=(step,), sources=(Source(at="x"),), timezone="Asia/Shanghai")
    world = World(told("plain"))
    turn(work, world, Past(armed="?"), settings=msgspec.Raw(b'{"out": "there"}'))
    assert world.asked[-1].args["all"] == ["k1", "plain", ["x"], "there", "2026-01-01 08:00", "clerk", "Do it."]
    turn(work, world := World(told("plain")), Past(armed="?"), settings=msgspec.Raw(b'{"sources": ["y"]}'))
    assert world.asked[-1].args["all"][2] == ["y"]  # type: ignore[index,call-overload]


def test_its_owner_can_run_it_ask_how_it_stands_and_end_it() -> None:
    past = armed()
    plain = msgspec.structs.replace(HOSTED, steps=(Step(id="p", verb="act", name="put"),))
    assert after(turn(plain, World(said("run")), past)).runs == 1
    came = after(turn(HOSTED, World(said("run")), past))
    assert (came.runs, came.said[0].text[:30]) == (0, "I work on what my trigger tell")
    world = World(said("状态"))
    noted = after(turn(HOSTED, world, past, language="zh")).said
    assert (noted[0].text, noted[0].at_ns) == ("已运行 0 次。", NOW_NS)
    assert world.calls == ["act notify.owner"]
    assert turn(HOSTED, World(said("stop")), past) == {"stopped": "by its owner", "runs": 0}
    assert "I understand" in after(turn(HOSTED, World(said("dance")), past)).said[0].text


@pytest.mark.parametrize("order", ["stop", "run", {"trigger": "morning", "key": "k", "value": {}}])
def test_another_process_is_not_obeyed(order: Plain) -> None:
    world = World(said(order, sender=7))
    assert after(turn(HOSTED, world, armed())) == armed()
    assert world.calls == []


def test_a_happening_that_says_stop_is_data() -> None:
    assert after(turn(HOSTED, World(told("stop")), armed())).runs == 1


def test_a_trigger_that_sees_nothing_is_told_of_and_is_no_happening() -> None:
    world = World(told({"fault": "the host is not reached"}))
    past = after(turn(HOSTED, world, armed()))
    assert (past.runs, past.said[0].text) == (0, "morning: the host is not reached")
    assert world.calls == ["act notify.owner"]


def test_a_failure_before_anything_changed_is_tried_again_after_a_while() -> None:
    came = turn(HOSTED, World(told({"path": "a"}), answer=_down), armed())
    past = after(came)
    assert (past.failures, past.failed, past.runs, past.last_failure) == (1, 1, 0, "the host is down")
    assert past.again == [Again(event=told({"path": "a"})["body"], tries=1, due_ns=NOW_NS + RETRY_S[0] * SECOND)]
    assert isinstance(came, Idle)
    assert came.wake_at_ns == NOW_NS + RETRY_S[0] * SECOND
    due = msgspec.structs.replace(past, again=[msgspec.structs.replace(past.again[0], due_ns=NOW_NS)])
    world = World()
    past = after(turn(HOSTED, world, due))
    assert (past.runs, past.failed, past.failures, past.again, world.asked[0].args) == (1, 0, 1, [], {"at": "a"})


def test_a_failure_after_a_change_is_told_and_not_repeated() -> None:
    work = msgspec.structs.replace(HOSTED, steps=(Step(id="p", verb="act", name="put"), READ))
    world = World(told({}), answer=_down)
    past = after(turn(work, world, armed()))
    assert (past.again, world.calls[-1]) == ([], "act notify.owner")
    assert past.said[0].text == "clerk failed: the host is down"


def test_a_refusal_is_told_and_not_repeated() -> None:
    def denies(request: Request) -> Plain:
        if request.name == "look":
            raise DeniedError("no grant names it")
        return {}

    past = after(turn(HOSTED, World(told({}), answer=denies), armed()))
    assert (past.again, past.failures, past.said[0].text) == ([], 1, "clerk failed: no grant names it")


def test_a_no_of_its_owner_is_no_failure() -> None:
    def refuses(_: Request) -> Plain:
        raise ApprovalDeniedError("not now")

    past = after(turn(HOSTED, World(told({}), answer=refuses), armed()))
    assert (past.declined, past.failures, past.again, past.said) == (1, 0, [], [])
    asks = msgspec.structs.replace(HOSTED, steps=(Step(id="q", verb="ask", given={"question": "?"}), READ))
    past = after(turn(asks, World(told({}), answer=lambda _: "no"), armed()))
    assert (past.runs, past.declined) == (1, 1)


def failing(then: str, after_: int = 2) -> Work:
    return msgspec.structs.replace(HOSTED, escalation=Escalation(after=after_, then=then))  # type: ignore[arg-type]


def test_after_so_many_failures_its_owner_is_asked_and_decides() -> None:
    world = World(told({}), answer=lambda request: "skip" if request.kind == "ask" else _down(request))
    past = after(turn(failing("ask"), world, msgspec.structs.replace(armed(), failed=1)))
    assert world.asked[-1].args == {
        "question": "clerk failed 2 times in a row: the host is down. What now?", "choices": ["again", "skip", "stop"],
    }  # fmt: skip
    assert (past.failed, past.failures, past.again) == (0, 1, [])
    world = World(told({}), answer=lambda request: "停止" if request.kind == "ask" else _down(request))
    came = turn(failing("ask", 1), world, armed(), language="zh")
    assert came == {"stopped": "clerk 失败：the host is down", "runs": 0}


def test_again_at_its_owners_word_is_done_at_once() -> None:
    downs = 0

    def answer(request: Request) -> Plain:
        nonlocal downs
        if request.name == "look" and downs < 1:
            downs += 1
            raise SourceError("down")
        return "again" if request.kind == "ask" else {}

    world = World(told({"path": "a"}), answer=answer)
    past = after(turn(failing("ask", 1), world, armed()))
    assert (past.runs, past.failures, world.calls) == (1, 1, ["act look", "ask owner", "act look"])


def test_or_its_owner_is_told_and_it_goes_on_or_it_stops() -> None:
    past = after(turn(failing("notify", 1), World(told({}), answer=_down), armed()))
    assert (past.failed, past.said[0].text) == (0, "clerk failed: the host is down")
    came = turn(failing("stop", 1), World(told({}), answer=_down), armed())
    assert came == {"stopped": "clerk failed: the host is down", "runs": 0}


def test_milestones_are_reached_once() -> None:
    work = msgspec.structs.replace(
        HOSTED, milestones=(Milestone(name="first", accept=("read.at == a",)), Milestone(name="own"))
    )
    past = after(turn(work, World(told({"path": "a"})), armed()))
    assert past.milestones == {"first": NOW_NS}
    assert after(turn(work, World(told({"path": "a"})), past)).milestones == {"first": NOW_NS}
    assert after(turn(work, World(told({"path": "b"})), armed())).milestones == {}


def test_what_was_compared_is_there_the_next_time() -> None:
    step = Step(id="c", verb="think", name="compare", given={"before": "{last.text}", "after": "{event.text}"})
    work = msgspec.structs.replace(HOSTED, steps=(step,))
    past = after(turn(work, World(told({"text": "one"})), armed()))
    world = World(told({"text": "two"}))
    turn(work, world, past)
    assert world.asked[0].args["inputs"] == {"before": "one", "after": "two"}


def test_an_agent_that_sets_its_own_plan_runs_what_it_planned() -> None:
    work = Work(triggers=(DAILY,), plan_by="agent")
    plan: Plain = {"steps": [{"ask": "Well?", "id": "q"}]}
    world = World(told({}), answer=lambda request: plan if request.name == "plan" else "fine")
    past = after(turn(work, world, Past()))
    assert (world.calls, past.runs) == (["watch triggers", "think plan", "ask owner"], 1)
    world = World(said("plan: ask twice"), answer=lambda _: plan)
    turn(work, world, past)
    assert world.asked[0].args["inputs"]["asked"] == "ask twice"  # type: ignore[index,call-overload]


def test_an_agent_that_sets_its_own_goal_waits_for_a_yes() -> None:
    work = Work(triggers=(DAILY,), steps=(READ,), goal_by="agent")

    def world(answer: str) -> World:
        return World(
            told({}), answer=lambda one: {"goal": "g"} if one.kind == "think" else answer if one.kind == "ask" else {}
        )

    past = after(turn(work, world("no"), Past()))
    assert (past.goal, past.runs) == ("", 0)
    past = after(turn(work, world("yes"), Past()))
    assert (past.goal, past.runs) == ("g", 1)
    assert after(turn(work, World(said("goal: mine")), past)).goal == "mine"
    assert turn(Work(steps=(READ,), goal_by="agent"), world("no")) == {"declined": "goal"}
