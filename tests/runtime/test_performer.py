"""Step 6: who performs a call, what it is told, what becomes of what it raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.base.world_errors import InDoubtError
from ergos.kernel.events import Resulted
from ergos.kernel.packages import Absent, Errand
from ergos.kernel.process import State
from ergos.lib.agent import Agent, Context, agent, may
from ergos.lib.task import Task, solver
from ergos.lib.tool import NOT_DONE, FunctionTool, tool
from ergos.runtime.performer import idempotency_key

from .kernels import Outside, Rig, an_agent, becomes, effect_tool, failing_tool, play, until


async def careful(ctx: Context) -> object:
    answers = await ctx.settled(ctx.act("post", word="hello"))
    one = answers[0]
    return [one.code, one.what] if isinstance(one, ErgosError) else one


@given(st.tuples(st.text(max_size=9), st.integers(0, 99), st.integers(0, 99), st.text(max_size=9)), st.data())
def test_a_key_is_the_same_for_the_same_call_and_another_for_every_other(
    call: tuple[str, int, int, str], data: st.DataObject
):
    other = data.draw(st.tuples(st.text(max_size=9), st.integers(0, 99), st.integers(0, 99), st.text(max_size=9)))
    if "\0" in call[0] + call[3] + other[0] + other[3]:
        return  # no store and no call has such a name
    assert (idempotency_key(*call) == idempotency_key(*other)) == (call == other)
    assert len(idempotency_key(*call)) == 32


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SourceError("the feed is gone"), "E503", "the feed is gone"),
        (ValueError("out of stock"), "E501", "ValueError: out of stock"),
        (KeyError("x" * 10_000), "E501", "KeyError: 'xxx"),
        (SystemError("deep"), "E501", "SystemError: deep"),
    ],
)
def test_whatever_a_tool_raises_is_its_failure_and_the_programs_answer(error: Exception, code: str, words: str):
    async def scenario(rig: Rig) -> None:
        outcome = (await rig.ends(rig.put(an_agent(careful, "post"), failing_tool(error)))).outcome
        assert isinstance(outcome, list)
        assert outcome[0] == code
        assert str(outcome[1]).startswith(words)
        assert len(str(outcome[1])) <= 2_000

    play(scenario)


def test_a_blocking_tool_runs_like_any_other():
    def run(word: str) -> str:
        return word[::-1]

    async def scenario(rig: Rig) -> None:
        assert (await rig.ends(rig.put(an_agent(careful, "post"), tool("pure", name="post")(run)))).outcome == "olleh"

    play(scenario)


@pytest.mark.parametrize("effect", ["idempotent", "reconcilable"])
def test_a_tool_that_is_gone_when_its_call_is_to_be_finished_is_a_failure_or_a_doubt(effect):
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        made = an_agent(careful, "post")
        pid = await kernel.desk.spawn(rig.put(made, effect_tool(rig.outside, effect, after_s=5)), "alice")
        await until(lambda: rig.outside.effects)
        await rig.crash(kernel)
        rig.put(made)
        kernel = await rig.boot()
        if effect == "idempotent":
            outcome = (await kernel.desk.end_of(pid)).outcome
            assert isinstance(outcome, list)
            assert outcome[0] == "E505"
        else:
            await becomes(kernel, pid, State.PARKED)
        assert rig.outside.effects == ["hello"]

    play(scenario)


# Solvers

SHORTEN = Task(
    "shorten", inputs=str, output=str, checks=(lambda given, answer: [] if len(answer) < len(given) else ["too long"],)
)


@solver(SHORTEN, kind="system1", name="lazy")
def lazy(inputs: str) -> str:
    return inputs


@solver(SHORTEN, name="wild")
def wild(inputs: str) -> str:
    raise RuntimeError("wild")


@solver(SHORTEN, name="good")
async def good(inputs: str) -> str:
    return inputs[:3]


def thinker() -> Agent:
    async def think(ctx: Context) -> object:
        try:
            return await ctx.think(SHORTEN, "long words")
        except ErgosError as error:
            return [error.code, error.what]

    return agent(name="thinker", grants=[may("think", "shorten")])(think)


def test_an_answer_that_fails_its_checks_is_not_accepted_and_the_next_solver_is_asked():
    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.shelf.put(thinker(), tasks=[SHORTEN], solvers=[lazy, wild, good]))
        assert ended.outcome == "lon"
        faults = [body.faults for body in rig.bodies(ended.process.pid) if isinstance(body, Resulted)]
        assert faults[-1] == ()
        assert set(faults[:-1]) <= {("too long",), ()}

    play(scenario)


def test_nobody_left_to_ask_hands_the_task_back_with_the_faults():
    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.shelf.put(thinker(), tasks=[SHORTEN], solvers=[lazy]))
        outcome = ended.outcome
        assert isinstance(outcome, list)
        assert outcome[0] == "E405"
        assert "too long" in str(outcome[1])

    play(scenario)


def test_a_conversation_is_cut_to_the_window_for_the_solver_and_kept_whole_in_the_journal():
    seen: list[int] = []
    chat = Task("chat", inputs=dict, output=int)

    @solver(chat)
    def answer(inputs: dict) -> int:
        seen.append(len(inputs["messages"]))
        return 1

    async def talk(ctx: Context) -> object:
        messages = [{"role": "user", "content": f"{number} " + "word " * 200} for number in range(30)]
        return await ctx.think(chat, {"messages": messages})

    async def scenario(rig: Rig) -> None:
        made = agent(name="talker", grants=[may("think", "chat")])(talk)
        ended = await rig.ends(rig.shelf.put(made, tasks=[chat], solvers=[answer], window_tokens=2_000))
        assert ended.outcome == 1
        assert 0 < seen[0] < 30
        kept = b"".join(rig.disk.blobs.values())
        assert all(f'"{number} word word'.encode() in kept for number in range(30))

    play(scenario)


@pytest.mark.parametrize("happened", [True, False])
def test_a_reconcilable_call_whose_answer_was_lost_is_asked_about_and_happens_once(happened: bool):
    lost = [True]

    def made(outside: Outside) -> FunctionTool:
        async def post(word: str = "", *, errand: Errand) -> str:
            if not lost[0] or happened:
                outside.effects.append(word)
                outside.keys.append(errand.idempotency_key)
            if lost.pop() if lost else False:
                lost.append(False)
                raise InDoubtError("the connection broke")
            return f"{word}!"

        async def look(word: str = "", *, errand: Errand) -> str | Absent:
            outside.probes += 1
            return f"{word}!" if errand.idempotency_key in outside.keys else NOT_DONE

        return tool("reconcilable", probe=look, roles={"word": "plain"})(post)

    async def once(ctx: Context) -> object:
        return await ctx.act("post", word="hello")

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(once, "post"), made(rig.outside)))
        assert ended.outcome == "hello!"
        assert rig.outside.effects == ["hello"]
        assert rig.outside.probes == 1

    play(scenario)
