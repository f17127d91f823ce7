"""Model calls: scheduled, sent, sent again, called off, and never without a hold that covers the sending."""

from __future__ import annotations

import asyncio

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.limits import MODEL_DEADLINE_S, MODEL_SENDINGS_MAX
from ergos.base.money import Amount, Price
from ergos.base.world_errors import ModelError, ModelRequestError, RateLimitedError
from ergos.kernel.events import Body, Intended, Repeated, Resulted
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.models import Limits, Message, ModelRequest, Reply, Text, TextDelta, Usage
from ergos.kernel.packages import Errand, Performed
from ergos.kernel.permission.grants import Grant
from ergos.kernel.ports import ModelCame
from ergos.kernel.process import State
from ergos.kernel.solvers import SolverSpec, TaskSpec
from ergos.lib.agent import Agent, Context, agent, may
from ergos.lib.task import Task, solver

from .kernels import Rig, becomes, play, until
from .providers import Behaviour, Provider, an_endpoint, chat


def caller(*words: str, caps: Caps | None = None, name: str = "caller", **more: Plain) -> Agent:
    """Makes model calls one after another and tells how each was answered."""

    async def program(ctx: Context) -> list[Plain]:
        said: list[Plain] = []
        for word in words:
            args: dict[str, Plain] = {"dialect": "openai.chat", "body": chat(word, **more)}
            found = await ctx.settled(ctx._call("think", "model.auto", args, lambda value: value))
            said.append(getattr(found[0], "code", None) or found[0]["body"])
        return said

    return agent(name=name, grants=[may("think", "model.*")], caps=caps or Caps(process=Amount(10_000_000, UNCAPPED)))(
        program
    )


def charges(rig: Rig, pid: int) -> list[Amount]:
    """Everything charged for a process, in order."""
    return [body.charge for body in rig.bodies(pid) if isinstance(body, Resulted | Repeated)]


def held_first(bodies: list[Body]) -> Amount:
    hold = next(body.hold for body in bodies if isinstance(body, Intended))
    assert hold is not None
    return hold.amount


def test_a_model_call_of_an_agent_passes_the_same_steps():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider()
        ended = await rig.ends(rig.put(caller("a", "b")))
        assert ended.outcome == ["well.", "well."]
        assert rig.tags(ended.process.pid) == ["spawn", "wake", "intent", "result", "intent", "result", "exit"]
        assert [hint.session for hint in provider.hints] == [provider.hints[0].session] * 2

    play(scenario)


def test_what_an_endpoint_claims_beyond_the_worst_case_is_shown_and_not_charged():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(behave=lambda *_: Behaviour(usage=Usage(input_tokens=10**6, output_tokens=10**6)))
        ended = await rig.ends(rig.put(caller("a")))
        bodies = rig.bodies(ended.process.pid)
        result = next(body for body in bodies if isinstance(body, Resulted))
        assert result.charge == held_first(bodies)
        assert result.claimed == Amount(3_000_000, 2_000_000)

    play(scenario)


def test_an_answer_without_usage_or_with_none_used_is_charged_in_full():
    async def scenario(rig: Rig) -> None:
        lies = {1: None, 2: Usage(input_tokens=0, output_tokens=0)}
        rig.models = Provider(behave=lambda number, _: Behaviour(usage=lies[number]))
        ended = await rig.ends(rig.put(caller("a", "b")))
        assert charges(rig, ended.process.pid) == [held_first(rig.bodies(ended.process.pid))] * 2

    play(scenario)


def test_an_endpoint_that_says_it_failed_is_asked_again_and_only_the_answer_is_paid_for():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda number, _: (
                Behaviour(error=ModelError("overloaded", status=503), bills=0) if number == 1 else Behaviour()
            )
        )
        ended = await rig.ends(rig.put(caller("a")))
        assert ended.outcome == ["well."]
        assert charges(rig, ended.process.pid) == [Amount(20, 15)]
        assert len(provider.sent) == 2

    play(scenario)


def test_who_watches_sees_each_sending_begin_and_the_call_is_sent_again_all_the_same():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda number, _: (
                Behaviour(pieces=3, breaks_after=2, error=ModelError("it broke"))
                if number == 1
                else Behaviour(pieces=3)
            )
        )
        definition = rig.put(caller("a", stream=True))
        kernel = await rig.boot()
        poured: list[tuple[int, bytes]] = []
        kernel.machine.pour = lambda pid, _, piece: poured.append((pid, piece))
        pid = await kernel.desk.spawn(definition, "alice", None)
        ended = await kernel.desk.end_of(pid)
        await kernel.stop()
        assert ended.outcome == ["well0;well1;well2;."]
        assert len(provider.sent) == 2, "what was watched of the first sending does not keep it from a second"
        assert {one for one, _ in poured} == {pid}
        begins = [at for at, (_, piece) in enumerate(poured) if piece == b""]
        assert len(begins) == 2
        assert b"".join(piece for _, piece in poured[begins[1] :]) == b"well0;well1;well2;"

    play(scenario)


def test_a_connection_that_broke_may_have_been_billed_and_the_next_sending_is_held_anew():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(
            behave=lambda number, _: Behaviour(error=ModelError("the connection broke")) if number == 1 else Behaviour()
        )
        ended = await rig.ends(rig.put(caller("a")))
        assert ended.outcome == ["well."]
        assert charges(rig, ended.process.pid) == [held_first(rig.bodies(ended.process.pid)), Amount(20, 15)]

    play(scenario)


def test_a_second_sending_that_nothing_covers_is_not_made():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(error=ModelError("the connection broke")))
        ended = await rig.ends(rig.put(caller("a", caps=Caps(process=Amount(300, UNCAPPED)))))
        assert ended.outcome == ["E302"]
        assert len(provider.sent) == 1
        assert sum(charge.microusd for charge in charges(rig, ended.process.pid)) <= 300

    play(scenario)


def test_a_request_the_endpoint_refuses_is_not_sent_again_and_costs_nothing():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            behave=lambda *_: Behaviour(error=ModelRequestError("no such tool", status=400))
        )
        ended = await rig.ends(rig.put(caller("a")))
        assert ended.outcome == ["E508"]
        assert len(provider.sent) == 1
        assert charges(rig, ended.process.pid) == [Amount(0, 0)]

    play(scenario)


def test_an_endpoint_that_never_recovers_ends_in_its_own_error():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(behave=lambda *_: Behaviour(error=RateLimitedError("slow down", status=429)))
        ended = await rig.ends(rig.put(caller("a")))
        assert ended.outcome in (["E507"], ["E502"])
        assert charges(rig, ended.process.pid) == [Amount(0, 0)]

    play(scenario)


def test_an_endpoint_that_is_down_is_tried_a_few_times_and_its_error_told():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(error=ModelError("down", status=503), bills=0))
        begun_ns = rig.clock.now_ns()
        ended = await rig.ends(rig.put(caller("a")))
        assert ended.outcome == ["E506"]
        assert len(provider.sent) == MODEL_SENDINGS_MAX
        assert rig.clock.now_ns() - begun_ns < MODEL_DEADLINE_S * SECOND // 4
        assert charges(rig, ended.process.pid) == [Amount(0, 0)]

    play(scenario)


def test_a_call_that_takes_too_long_is_cut_off_and_charged():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(behave=lambda *_: Behaviour(before_s=10 * MODEL_DEADLINE_S))
        ended = await rig.ends(rig.put(caller("a")))
        assert ended.outcome == ["E502"]
        assert charges(rig, ended.process.pid) == [held_first(rig.bodies(ended.process.pid))]

    play(scenario)


def test_a_call_that_never_had_its_turn_costs_nothing():
    async def scenario(rig: Rig) -> None:
        limits = Limits(slots=1)
        provider = rig.models = Provider(
            an_endpoint(local=True, limits=limits), behave=lambda *_: Behaviour(before_s=10 * MODEL_DEADLINE_S)
        )
        kernel = await rig.boot()
        first = await kernel.desk.spawn(rig.put(caller("a", name="one")), "alice")
        await until(lambda: provider.sent, "the first to be sent")
        second = await kernel.desk.spawn(rig.put(caller("b", name="two")), "alice")
        await until(lambda: rig.tags(second)[-1:] == ["intent"], "the second to wait")
        await kernel.desk.signal(second, "kill", "alice")
        await becomes(kernel, second, State.KILLED)
        await asyncio.sleep(1)
        await kernel.machine.store.flush()
        assert charges(rig, second) == [Amount(0, 0)]
        await kernel.desk.signal(first, "kill", "alice")
        assert [body["messages"] for _, body in provider.sent] == [chat("a")["messages"]]

    play(scenario)


def test_stop_holds_back_what_waits_and_lets_it_go_afterwards():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            an_endpoint(local=True, limits=Limits(slots=1)), behave=lambda *_: Behaviour(before_s=5)
        )
        kernel = await rig.boot()
        pids = [await kernel.desk.spawn(rig.put(caller("x", name=f"c{number}")), "alice") for number in range(3)]
        await until(lambda: provider.sent, "the first to be sent")
        await kernel.desk.halt("alice", on=True)
        await asyncio.sleep(60)
        assert len(provider.sent) == 1
        await kernel.desk.halt("alice", on=False)
        assert [(await kernel.desk.end_of(pid)).outcome for pid in pids] == [["well."]] * 3

    play(scenario)


def test_a_killed_process_has_its_call_cut_off_and_recorded():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(before_s=100))
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(caller("x")), "alice")
        await until(lambda: provider.at_once, "the call to be under way")
        await kernel.desk.signal(pid, "kill", "alice")
        await becomes(kernel, pid, State.KILLED)
        await until(lambda: provider.at_once == 0, "the call to be cut off")
        await asyncio.sleep(1)
        await kernel.machine.store.flush()
        results = [body for body in rig.bodies(pid) if isinstance(body, Resulted)]
        assert [result.late for result in results] == [True]
        assert results[0].charge == held_first(rig.bodies(pid))

    play(scenario)


def test_a_grant_that_expires_while_its_call_waits_is_not_used():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            an_endpoint(local=True, limits=Limits(slots=1)), behave=lambda *_: Behaviour(before_s=50)
        )
        kernel = await rig.boot()
        definition = rig.put(caller("slow", name="one"))
        await kernel.desk.spawn(definition, "alice")
        await until(lambda: provider.sent, "the first to be sent")
        until_ns = kernel.machine.now_ns + 20 * SECOND
        short = (Grant(agent="two", verb="think", name="model.*", expires_ns=until_ns),)
        made = msgspec.structs.replace(rig.put(caller("late", name="two")), grants=short)
        rig.shelf.definitions["two"] = made
        ended = await kernel.desk.end_of(await kernel.desk.spawn(made, "alice"))
        assert ended.outcome == ["E301"]
        assert len(provider.sent) == 1

    play(scenario)


def test_no_more_run_at_once_than_the_endpoint_takes():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            an_endpoint(local=True, limits=Limits(slots=3)), behave=lambda number, _: Behaviour(before_s=1 + number % 3)
        )
        kernel = await rig.boot()
        pids = [await kernel.desk.spawn(rig.put(caller("x", "y", name=f"c{number}")), "alice") for number in range(12)]
        for pid in pids:
            assert (await kernel.desk.end_of(pid)).outcome == ["well.", "well."]
        assert provider.at_once_max == 3

    play(scenario)


# How long a call waited


def queued_s(rig: Rig, pid: int) -> list[float]:
    """Of every call with a result, in their order: the seconds until it was sent to the endpoint that answered."""
    return [round(body.queued_ns / SECOND, 1) for body in rig.bodies(pid) if isinstance(body, Resulted)]


def test_a_model_call_waits_until_an_endpoint_has_room_for_it():
    async def scenario(rig: Rig) -> None:
        rig.models = Provider(an_endpoint(local=True, limits=Limits(slots=1)), behave=lambda *_: Behaviour(before_s=5))
        kernel = await rig.boot()
        pids = [await kernel.desk.spawn(rig.put(caller("x", name=f"c{number}")), "alice") for number in range(3)]
        for pid in pids:
            await kernel.desk.end_of(pid)
        assert sorted(queued_s(rig, pid)[0] for pid in pids) == [0, 5, 10]

    play(scenario)


def test_a_model_call_waits_until_it_is_sent_to_the_endpoint_that_answers():
    for bills in (0, 20):  # one that may have been billed is written down again before it is sent again
        failure = ModelError("it broke", status=0 if bills else 503)

        def behave(number: int, _: object, failure: ModelError = failure) -> Behaviour:
            return Behaviour(before_s=7, error=failure) if number == 1 else Behaviour(before_s=2)

        async def scenario(rig: Rig) -> None:
            provider = rig.models = Provider(behave=behave)
            ended = await rig.ends(rig.put(caller("a")))
            assert ended.outcome == ["well."]
            assert len(provider.sent) == 2
            bodies = rig.bodies(ended.process.pid)
            assert [body.sent_again for body in bodies if isinstance(body, Repeated)] == [True] * bool(bills)  # noqa: B023
            (waited,) = queued_s(rig, ended.process.pid)
            assert 7 <= waited < 20

        play(scenario)


def test_a_model_call_that_was_never_sent_waited_all_the_time():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(
            an_endpoint(local=True, limits=Limits(slots=1)), behave=lambda *_: Behaviour(before_s=1_000)
        )
        kernel = await rig.boot()
        await kernel.desk.spawn(rig.put(caller("a", name="one")), "alice")
        await until(lambda: provider.sent, "the first to be sent")
        second = await kernel.desk.spawn(rig.put(caller("b", name="two")), "alice")
        await until(lambda: rig.tags(second)[-1:] == ["intent"], "the second to wait")
        await asyncio.sleep(30)
        await kernel.desk.signal(second, "kill", "alice")
        await becomes(kernel, second, State.KILLED)
        await kernel.machine.store.flush()
        (waited,) = queued_s(rig, second)
        assert 30 <= waited < 31

    play(scenario)


def test_a_model_call_repeated_after_a_crash_waits_from_its_repetition():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(behave=lambda *_: Behaviour(before_s=5))
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(caller("a")), "alice")
        await until(lambda: provider.sent, "it to be sent")
        await rig.crash(kernel)
        await asyncio.sleep(1_000)
        again = await rig.boot()
        assert (await again.desk.end_of(pid)).outcome == ["well."]
        assert queued_s(rig, pid) == [0]
        assert [body.sent_again for body in rig.bodies(pid) if isinstance(body, Repeated)] == [False]

    play(scenario)


# Tasks that a model does

COUNT = Task("count", inputs=str, output=int, checks=(), tokens_max=500)


def positive(inputs: str, answer: int) -> list[str]:
    """Says what is wrong with a number below one."""
    return [] if answer > 0 else [f"{answer} is not positive"]


CHECKED = Task("count", inputs=str, output=int, checks=(positive,), tokens_max=500)


class Counting:
    """Asks a model to count."""

    model = "auto"
    output_tokens_max = None
    spec = SolverSpec(name="model.count", kind="model", tasks=("count",), price=Price())

    async def solve(self, task: TaskSpec, inputs: Plain, errand: Errand) -> Performed:
        raise AssertionError("the kernel makes the call")

    def request(self, task: TaskSpec, inputs: Plain, instructions: str, window_tokens: int) -> ModelRequest:
        return ModelRequest(messages=(Message("user", (Text(f"count {inputs}"),)),))

    def value(self, task: TaskSpec, inputs: Plain, reply: Reply) -> Plain:
        return int(reply.text)


@solver(CHECKED, kind="system1", name="plain")
def counted(inputs: str) -> int:
    """Without a model."""
    return len(inputs)


class NeutralProvider(Provider):
    """Answers neutral requests with one text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    async def _answer(self, body, behaviour, sink, on_first) -> ModelCame:
        if on_first is not None:
            on_first()
        assert TextDelta("x").text == "x"
        reply = Reply(parts=(Text(self.text),), usage=Usage(input_tokens=7, output_tokens=2))
        return ModelCame(value=msgspec.to_builtins(reply), usage=reply.usage)

    def outline(self, args):
        found = msgspec.json.decode(msgspec.json.encode(args["body"]))
        assert found["model"] == "auto"
        return super().outline({"body": {"model": "auto", "messages": found["messages"]}})


def test_a_task_is_done_by_a_model_checked_and_billed():
    @agent(name="teller", grants=[may("think", "count")], caps=Caps(process=Amount(10_000_000, UNCAPPED)))
    async def teller(ctx: Context) -> int:
        return await ctx.think(CHECKED, "abc")

    async def scenario(rig: Rig) -> None:
        rig.models = NeutralProvider("3")
        definition = rig.shelf.put(teller, tasks=[CHECKED], solvers=[Counting()])
        ended = await rig.ends(definition)
        assert ended.outcome == 3
        result = next(body for body in rig.bodies(ended.process.pid) if isinstance(body, Resulted))
        assert result.charge == Amount(11, 9)
        assert result.provider == "house/small"

    play(scenario)


def test_an_answer_that_fails_its_check_goes_to_the_next_solver_and_is_paid_for():
    @agent(name="teller", grants=[may("think", "count")], caps=Caps(process=Amount(10_000_000, UNCAPPED)))
    async def teller(ctx: Context) -> int:
        return await ctx.think(CHECKED, "abc")

    async def scenario(rig: Rig) -> None:
        for text in ("-1", "many"):
            inner = Rig(rig.loop)
            inner.models = NeutralProvider(text)
            definition = inner.shelf.put(teller, tasks=[CHECKED], solvers=[Counting(), counted])
            definition = msgspec.structs.replace(definition, solvers=("model", "system1"))
            kernel = await inner.boot()
            ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
            assert ended.outcome == 3
            results = [body for body in inner.bodies(ended.process.pid) if isinstance(body, Resulted)]
            assert results[0].charge.microusd > 0
            assert results[0].faults or results[0].failure
            await kernel.stop()

    play(scenario)
