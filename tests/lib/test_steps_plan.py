"""Plans and goals of an agent's own: checked like an owner's words, and never more than was granted."""

from __future__ import annotations

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import UnacceptedError
from ergos.base.ids import Pid
from ergos.kernel.packages import Beginning, Definition, ToolSpec
from ergos.kernel.permission.grants import Grant
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.agent import Context
from ergos.lib.steps_memory import Past
from ergos.lib.steps_plan import agreed, allowed_names, faults_of, planned, steps_from
from ergos.lib.work import STEPS_MAX, Step
from tests.lib.driving import World, drive

GRANTS = (
    Grant(agent="a", verb="act", name="files.*"),
    Grant(agent="a", verb="think", name="extract"),
    Grant(agent="a", verb="think", name="plan"),
)
GOOD: list[Plain] = [
    {"act": "files.read", "id": "read", "with": {"path": "a"}},
    {"think": "extract", "with": {"text": "{read.text}"}},
    {"ask": "Is {read.text} right?", "if": "read.bytes > 5"},
]


def context(language: str = "en") -> Context:
    definition = Definition(agent="a", program="p", grants=GRANTS, instructions="Keep order.", language=language)
    return Context(
        Beginning(
            pid=Pid(1), turn=1, owner="alice", agent="a", parent=Pid(0), cause="start", now_ns=0, memory=None,
            definition=definition,
            tools=(ToolSpec(name="files.read", summary="Reads.", parameters={"type": "object"}, effect="pure"),),
        )
    )  # fmt: skip


def test_a_draft_in_the_form_of_agent_md_is_a_plan() -> None:
    assert faults_of(GOOD, allowed_names(context())) == ()
    assert steps_from(GOOD)[0] == Step(id="read", verb="act", name="files.read", given={"path": "a"})


DEEP: Plain = "x"
for _ in range(50):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        ([], "the plan has no steps"),
        ([{"act": "files.list"}] * (STEPS_MAX + 1), f"the plan has {STEPS_MAX + 1} steps"),
        ([{"act": "mail.send"}], "step send_1: act mail.send is not granted"),
        ([{"think": "translate"}], "step translate_1: think translate is not granted"),
        ([{"act": "files.read", "with": {"path": "{later.x}"}}], "nothing before this step is called 'later'"),
        ([{"act": "files.read", "grants": ["all"]}], "'grants' is no part of a step"),
        ([{"act": "files.read"}, {"go": "x"}], "the plan, line 2, column 1: 'go' is no part of a step"),
        (["files.read"], "is not a mapping"),
        ([{"act": "files.read", "if": "sure"}], "'sure' is no condition"),
    ],
)
def test_a_draft_that_is_none_goes_back_with_what_is_wrong(draft: list[Plain], fault: str) -> None:
    found = faults_of(draft, allowed_names(context()))
    assert len(found) >= 1
    assert fault in found[0]


def test_a_draft_that_is_nested_without_end_is_cut() -> None:
    assert faults_of([{"act": "files.read", "with": {"path": DEEP}}], allowed_names(context())) == ()


def drafting(*drafts: Plain) -> tuple[World, list[Request]]:
    asked: list[Request] = []
    left = list(drafts)

    def world(request: Request) -> Answer:
        asked.append(request)
        return Answer(left.pop(0), solver=f"s{len(asked)}") if left else Answer()

    return world, asked


def test_a_plan_is_drafted_until_it_holds_and_then_kept() -> None:
    world, asked = drafting({"steps": [{"act": "mail.send"}]}, {"steps": GOOD})
    past = drive(planned(context(), Past(), "Keep order."), world)
    assert (past.plan, past.planned_for) == (GOOD, "Keep order.")
    assert asked[0].args["inputs"]["tools"][0]["name"] == "files.read"  # type: ignore[index,call-overload]
    assert asked[1].args["faults"] == ["step send_1: act mail.send is not granted"]
    assert drive(planned(context(), past, "Keep order."), drafting()[0]) == past
    world, asked = drafting({"steps": GOOD[:1]})
    assert drive(planned(context(), past, "Keep order.", "less"), world).plan == GOOD[:1]
    assert asked[0].args["inputs"]["asked"] == "less"  # type: ignore[index,call-overload]


def test_a_plan_that_never_holds_is_none() -> None:
    world, _ = drafting(*[{"steps": []}] * 20)
    with pytest.raises(UnacceptedError, match="the plan has no steps"):
        drive(planned(context(), Past(), "x"), world)


@pytest.mark.parametrize(
    ("answers", "goal"),
    [(["yes"], "goal 1"), (["no", "好"], "goal 2"), (["Sell the house"], "Sell the house"), (["no", "no", "no"], "")],
)
def test_a_goal_is_what_its_owner_agreed_to(answers: list[str], goal: str) -> None:
    proposals = 0

    def world(request: Request) -> Answer:
        nonlocal proposals
        if request.kind == "ask":
            return Answer(answers.pop(0))
        proposals += 1
        return Answer({"goal": f"goal {proposals}"}, solver="a")

    assert drive(agreed(context(), Past()), world).goal == goal


def test_an_owners_own_goal_needs_no_proposal_and_ends_the_plan_for_the_old_one() -> None:
    past = drive(agreed(context(), Past(plan=GOOD, planned_for="old"), "New goal"), drafting()[0])
    assert (past.goal, past.plan) == ("New goal", [])
