"""What an agent's author may count on: every call of the context, and what becomes of a program that misbehaves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ergos.base.error_tree import every_error
from ergos.base.errors import (
    ApprovalDeniedError,
    BoundError,
    BudgetError,
    DeadlineError,
    DefinitionError,
    DeniedError,
    ErgosError,
    NoModelError,
    OverloadedError,
    UnacceptedError,
    UnknownPriceError,
    UnknownProcessError,
)
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.calls import Failure
from ergos.kernel.events import Called, Exited, Intended, Restarted, Resulted
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.process import State
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.agent import agent, anything, at_domain, between, error_of, may, one_of, under
from ergos.lib.folder import FolderPrograms
from ergos.lib.task import Task
from ergos.runtime.desk import Ended
from tests.lib.driving import context, drive, failed
from tests.lib.house import Cut, House, agent_in, ended, item, records, run, until

TOOLS = """
@tool(effect="pure", local=True)
def echo(value: int) -> int:
    if value < 0:
        raise ToolFailedError(f"{value} is negative")
    return value

@tool(effect="irreversible")
def ring() -> str:
    return "ding"

@agent()
async def child(ctx):
    return ctx.memory

GRANTS = [may("act", "echo"), may("act", "ring")]
"""


def program(tmp_path: Path, body: str, memory: Any = None, options: str = "") -> Ended:
    """One run of `a`, whose body this is."""
    head = f"\n@agent(grants=GRANTS, team=['child'], {options})\nasync def a(ctx):\n"
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return asyncio.run(run(tmp_path, agent_in(tmp_path, TOOLS + head + lines), memory))


def outcome(tmp_path: Path, body: str, memory: Any = None) -> Any:
    end = program(tmp_path, body, memory)
    assert end.process.state is State.DONE, end.process.failure
    return end.outcome


def failure(tmp_path: Path, body: str, options: str = "") -> Failure:
    end = program(tmp_path, body, options=options)
    assert end.process.state is State.FAILED
    assert end.process.failure is not None
    return end.process.failure


# Declaring


def test_grants_are_made_of_words_and_numbers() -> None:
    found = may(
        "act",
        "pay",
        ask=True,
        amount=between(0, 5),
        to="bob",
        kind=one_of("a", 2),
        at=at_domain("x.org"),
        note=anything(),
    )
    assert found == Grant(
        agent="*",
        verb="act",
        name="pay",
        ask=True,
        args={
            "amount": Matcher("range", (0, 5)),
            "to": Matcher("equals", ("bob",)),
            "kind": Matcher("one_of", ("a", 2)),
            "at": Matcher("domain", ("x.org",)),
            "note": Matcher("any"),
        },
    )
    assert may("act", "x", name="n", verb=under("v")).args == {
        "name": Matcher("equals", ("n",)),
        "verb": Matcher("under", ("v",)),
    }


def test_an_agent_gets_its_own_grants_and_those_for_its_team() -> None:
    @agent(name="lead", grants=[may("act", "x")], team=["b"])
    async def whatever(ctx: Any) -> None: ...

    assert [(grant.agent, grant.verb, grant.name) for grant in whatever.grants] == [
        ("lead", "act", "x"),
        ("lead", "spawn", "b"),
    ]


def test_only_an_async_function_is_a_program() -> None:
    with pytest.raises(DefinitionError, match="no async function"):
        agent()(lambda ctx: None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("error", every_error())
def test_a_failure_is_raised_as_the_error_of_its_code(error: type[ErgosError]) -> None:
    found = error_of(Failure(error.code, "what", "do"))
    assert type(found) is error
    assert (found.what, found.what_to_do) == ("what", "do")


def test_a_failure_of_an_unknown_code_is_still_an_error() -> None:
    assert type(error_of(Failure("E999", "what"))) is ErgosError


# Calling


def test_several_calls_at_once_answer_in_their_order(tmp_path: Path) -> None:
    body = "return await ctx.all(*(ctx.act('echo', value=n) for n in (3, 1, 2, 1)))"
    assert outcome(tmp_path, body) == [3, 1, 2, 1]


def test_all_and_settled_of_nothing_are_nothing(tmp_path: Path) -> None:
    assert outcome(tmp_path, "return [await ctx.all(), await ctx.settled()]") == [[], []]


def test_settled_shows_failures_where_all_raises_the_first(tmp_path: Path) -> None:
    body = """
calls = lambda: (ctx.act('echo', value=n) for n in (1, -2, 3, -4))
shown = [one if isinstance(one, int) else [one.code, one.what] for one in await ctx.settled(*calls())]
try:
    await ctx.all(*calls())
except ToolFailedError as error:
    shown.append(error.what)
return shown
"""
    assert outcome(tmp_path, body) == [1, ["E501", "-2 is negative"], 3, ["E501", "-4 is negative"], "-2 is negative"]


def test_all_of_something_that_is_no_call_says_what_to_do(tmp_path: Path) -> None:
    assert "not awaited yet" in failure(tmp_path, "await ctx.all(await ctx.act('echo', value=1))").what
    assert "not awaited yet" in failure(tmp_path / "", "await ctx.all(ctx.think(None, 1))").what


def test_a_key_names_a_call_and_is_used_once_in_a_turn(tmp_path: Path) -> None:
    body = "await ctx.act('echo', key='k', value=1)\nawait ctx.act('echo', key='k', value=1)"
    assert failure(tmp_path, body).code == "E401"


@pytest.mark.parametrize("key", ["''", "'x' * 201"])
def test_a_key_has_a_length(tmp_path: Path, key: str) -> None:
    assert (
        "key"
        in failure(
            tmp_path, f"await ctx.act('echo', key={key}, value=1)", "supervision=Supervision(restart='never')"
        ).what
    )


@pytest.mark.parametrize("value", ["float('nan')", "object()", "{1: 2}", "'\\ud800'", "(lambda: 1)"])
def test_arguments_that_are_no_data_fail_the_program_and_nothing_else(tmp_path: Path, value: str) -> None:
    found = failure(tmp_path, f"await ctx.act('echo', value={value})", "supervision=Supervision(restart='never')")
    assert "value" in found.what


def test_what_is_not_granted_is_denied_and_the_program_goes_on(tmp_path: Path) -> None:
    body = """
said = []
for call in (ctx.act('nothing'), ctx.spawn('stranger'), ctx.send(99, 'x'), ctx.wait(1), ctx.signal(99, 'kill')):
    try:
        await call
    except ErgosError as error:
        said.append(error.code)
return said
"""
    assert outcome(tmp_path, body) == ["E301", "E301", "E102", "E102", "E102"]


def test_receive_gives_up_in_time(tmp_path: Path) -> None:
    assert outcome(tmp_path, "return await ctx.receive(within_s=0.05)") is None


def test_time_passes_with_answers_and_only_with_them(tmp_path: Path) -> None:
    body = """
times = [ctx.now_ns, ctx.now_ns]
await ctx.sleep(0.05)
times.append(ctx.now_ns)
return times
"""
    first, second, third = outcome(tmp_path, body)
    assert first == second
    assert third - first >= 50_000_000


def test_a_child_is_started_awaited_and_signalled(tmp_path: Path) -> None:
    body = """
pid = await ctx.spawn('child', {'x': (1, 2)})
end = await ctx.wait(pid)
sleeper = await ctx.spawn('child', 1, idle=True)
await ctx.signal(sleeper, 'kill')
return [end.state, end.outcome, (await ctx.wait(sleeper)).state]
"""
    assert outcome(tmp_path, body) == ["done", {"x": [1, 2]}, "killed"]


def test_a_question_is_answered_by_the_owner(tmp_path: Path) -> None:
    path = agent_in(tmp_path, "@agent()\nasync def a(ctx):\n    return await ctx.ask('Tea?', ['yes', 'no'])\n")

    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(path), "alice")
            question = await item(kernel, "question")
            assert question.text == "Tea?"
            await kernel.desk.answer(question.id, "answer", "alice", "yes")
            assert (await ended(kernel, pid)).outcome == "yes"

    asyncio.run(scenario())


def test_chance_is_the_same_at_every_replay(tmp_path: Path) -> None:
    body = """
dice = [ctx.entropy.below(10**9, stream='dice') for _ in range(3)]
await ctx.act('echo', key=str(dice), value=1)
raise RuntimeError('driven again')
"""
    path = agent_in(
        tmp_path,
        TOOLS + "@agent(grants=GRANTS)\nasync def a(ctx):\n" + "".join(f"    {x}\n" for x in body.splitlines()),
    )

    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(path), "alice")
            end = await ended(kernel, pid)
            assert end.process.failure is not None
            assert "driven again" in end.process.failure.what, "another key would have been a divergence"
            assert len([record for record in await records(kernel, pid) if isinstance(record, Restarted)]) == 3

    asyncio.run(scenario())


# Misbehaving


@pytest.mark.parametrize(
    ("body", "code", "what"),
    [
        ("await asyncio.sleep(0)", "E400", "awaited NoneType, which is not a system call"),
        ("await asyncio.sleep(1)", "E400", "awaited Future, which is not a system call"),
        ("raise ValueError('bad')", "E403", "ValueError: bad (subject.py:"),
        ("raise DeniedError('no')", "E301", "no"),
        ("import sys; sys.exit(3)", "E400", "SystemExit: 3"),
        ("raise asyncio.CancelledError", "E400", "CancelledError"),
        ("return object()", "E403", "unsupported"),
        ("return float('nan')", "E105", "nan"),
        ("return ctx.idle(float('nan'))", "E105", "nan"),
        ("return 'x' * 20_000_000", "E106", "at most"),
        ("while True: await ctx.act('echo', value=1)", "E402", "same arguments"),
        ("def f(): return f()\nf()", "E403", "RecursionError"),
        ("await ctx.act('ring', volume=11)", "E105", "volume"),
        ("await ctx.act('echo', value=-1)", "E501", "negative"),
    ],
)
def test_a_program_that_misbehaves_fails_with_a_reason_and_the_kernel_lives(
    tmp_path: Path, body: str, code: str, what: str
) -> None:
    path = agent_in(
        tmp_path,
        TOOLS
        + "@agent(grants=GRANTS, supervision=Supervision(backoff_s=0.0, restarts=1))\nasync def a(ctx):\n"
        + "".join(f"    {line}\n" for line in body.splitlines())
        + "@agent()\nasync def bystander(ctx):\n    return 'alive'\n",
    )

    async def scenario() -> None:
        programs = FolderPrograms()
        bystander = programs.load(path)
        async with House(tmp_path).running(programs) as kernel:
            subject = msgspec.structs.replace(bystander, agent="a", program=f"{path}::a")
            subject = programs.current("a", f"{path}::a") or subject
            end = await ended(kernel, await kernel.desk.spawn(subject, "alice"))
            assert end.process.state is State.FAILED
            assert end.process.failure is not None
            assert (end.process.failure.code, what in end.process.failure.what) == (code, True), end.process.failure
            assert (await ended(kernel, await kernel.desk.spawn(bystander, "alice"))).outcome == "alive"

    asyncio.run(scenario())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Python says so once more
def test_a_program_that_swallows_exceptions_still_ends_when_it_is_killed(tmp_path: Path) -> None:
    path = agent_in(
        tmp_path,
        """
        @agent()
        async def a(ctx):
            while True:
                try:
                    await ctx.receive()
                except BaseException:
                    pass
        """,
    )

    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            pid = await kernel.desk.spawn(programs.load(path), "alice")
            await kernel.desk.send(pid, "x")
            await kernel.desk.signal(pid, "kill", "alice")
            assert (await ended(kernel, pid)).process.state is State.KILLED

    asyncio.run(scenario())


def test_a_call_that_ends_after_its_process_was_killed_is_recorded_as_late(tmp_path: Path) -> None:
    path = agent_in(
        tmp_path,
        """
        GO = asyncio.Event()

        @tool(effect="irreversible")
        async def slow():
            await GO.wait()
            return "too late"

        @agent(grants=[may("act", "slow")])
        async def a(ctx):
            return await ctx.act("slow")
        """,
    )

    async def scenario() -> None:
        programs = FolderPrograms()
        async with House(tmp_path).running(programs) as kernel:
            definition = programs.load(path)
            pid = await kernel.desk.spawn(definition, "alice")
            await until(lambda: any(flight.task for flight in kernel.machine.table[pid].flying.values()))
            await kernel.desk.signal(pid, "kill", "alice")
            assert (await ended(kernel, pid)).process.state is State.KILLED
            programs.package(definition).tools["slow"].function.__globals__["GO"].set()  # type: ignore[attr-defined]
            await until(lambda: not kernel.machine.table[pid].flying)
            journal = await records(kernel, pid)
            assert [record.late for record in journal if isinstance(record, Resulted)] == [True]
            assert [record.state for record in journal if isinstance(record, Exited)] == ["killed"]

    asyncio.run(scenario())


def test_a_program_that_floods_a_mailbox_is_told_that_it_is_full(tmp_path: Path) -> None:
    path = agent_in(
        tmp_path,
        """
        @agent()
        async def child(ctx):
            return 1

        @agent(team=["child"])
        async def a(ctx):
            pid = await ctx.spawn("child", idle=True)
            await ctx.signal(pid, "pause")
            sent = 0
            try:
                while True:
                    await ctx.all(*(ctx.send(pid, sent + n) for n in range(200)))
                    sent += 200
            except MailboxFullError as error:
                return [sent, error.code]
        """,
    )
    assert asyncio.run(run(tmp_path, path)).outcome == [10_000, "E305"]


def test_a_program_that_changed_its_mind_is_shown_both_sides_after_a_restart(tmp_path: Path) -> None:
    path = agent_in(
        tmp_path,
        TOOLS
        + """
@agent(grants=GRANTS)
async def a(ctx):
    await ctx.act("echo", value=1)
    return await ctx.act("ring")
""",
    )

    async def crash() -> int:
        cut = Cut(programs := FolderPrograms(), "ring")
        async with House(tmp_path).dying(cut) as kernel:
            pid = await kernel.desk.spawn(programs.load(path), "alice")
            await asyncio.wait_for(cut.done["ring"].wait(), 10)
            return pid

    pid = asyncio.run(crash())
    path.write_text(path.read_text().replace('await ctx.act("echo", value=1)', 'await ctx.act("echo", value=2)'))

    async def recover() -> None:
        async with House(tmp_path).running() as kernel:
            end = await ended(kernel, pid)
            assert end.process.failure is not None
            assert end.process.failure.code == "E401"
            assert "the journal says act 'echo' (key act:echo:" in end.process.failure.what
            assert "the program asked for act 'echo'" in end.process.failure.what
            journal = await records(kernel, pid)
            assert len([record for record in journal if isinstance(record, Intended)]) == 1, "nothing was rung again"
            assert len([record for record in journal if isinstance(record, Called)]) == 1

    asyncio.run(recover())


def test_an_answer_of_the_journal_is_not_asked_for_again_after_a_restart(tmp_path: Path) -> None:
    path = agent_in(
        tmp_path,
        TOOLS
        + """
@agent(grants=GRANTS)
async def a(ctx):
    first = await ctx.act("echo", value=1)
    await ctx.receive()
    return [first, await ctx.act("echo", value=2), ctx.now_ns > ctx.beginning.now_ns]
""",
    )

    async def first() -> int:
        async with House(tmp_path).running(programs := FolderPrograms()) as kernel:
            pid = await kernel.desk.spawn(programs.load(path), "alice")
            await until(lambda: kernel.machine.table[pid].process.state is State.WAITING)
            return pid

    async def second(pid: int) -> None:
        async with House(tmp_path).running() as kernel:
            await kernel.desk.send(pid, "go")
            assert (await ended(kernel, pid)).outcome == [1, 2, True]
            echoes = [
                record
                for record in await records(kernel, pid)
                if isinstance(record, Called) and record.call.kind == "act"
            ]
            assert len(echoes) == 2

    asyncio.run(second(asyncio.run(first())))


def test_there_is_no_end_of_what_never_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with House(tmp_path).running() as kernel:
            with pytest.raises(UnknownProcessError):
                await ended(kernel, 77)

    asyncio.run(scenario())


T = Task("t", inputs=int, output=int)


def tried_until(*answers: Answer) -> tuple[object, list[object]]:
    """What `think` comes to, and whom it names as tried each time."""
    given, seen = iter(answers), list[object]()

    def world(request: Request) -> Answer:
        seen.append(request.args["tried"])
        return next(given)

    try:
        return drive(context().think(T, 1), world), seen
    except ErgosError as error:
        return error.code, seen


@pytest.mark.parametrize(
    "error", [BudgetError, UnknownPriceError, BoundError, NoModelError, OverloadedError, ModelReplyError, DeadlineError]
)
def test_a_solver_that_is_too_dear_too_busy_or_wrong_leaves_the_task_to_the_next(error: type[ErgosError]) -> None:
    assert tried_until(failed(error(), "model.t"), Answer(7, solver="system1.t")) == (7, [[], ["model.t"]])


@pytest.mark.parametrize("error", [DeniedError, ApprovalDeniedError])
def test_a_task_that_is_not_granted_is_given_to_nobody_else(error: type[ErgosError]) -> None:
    assert tried_until(failed(error(), "model.t")) == (error.code, [[]])


def test_the_next_solver_is_told_what_was_wrong_with_the_last_answer() -> None:
    asked: list[Request] = []
    given = iter([Answer(faults=("a digit is wrong",), solver="s"), failed(ModelReplyError("no JSON"), "m"), Answer(7)])

    def world(request: Request) -> Answer:
        asked.append(request)
        return next(given)

    assert drive(context().think(T, 1), world) == 7
    assert [one.args.get("faults") for one in asked] == [None, ["a digit is wrong"], ["no JSON"]]


def test_where_nobody_is_left_the_last_faults_are_told() -> None:
    wrong = Answer(faults=("a digit is wrong",), solver="model.t")
    assert tried_until(wrong, failed(UnacceptedError())) == ("E405", [[], ["model.t"]])
    assert tried_until(failed(NoModelError())) == ("E307", [[]])
    assert tried_until(failed(BudgetError(), "model.t"), failed(UnacceptedError())) == ("E302", [[], ["model.t"]])
    assert tried_until(wrong, failed(BudgetError(), "dear"), failed(UnacceptedError()))[0] == "E302"
