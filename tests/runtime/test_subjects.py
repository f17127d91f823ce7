"""What a call would do is known before it is made, and is the same when it is made again."""

from __future__ import annotations

from ergos.base.canonical import Plain
from ergos.base.money import Price
from ergos.kernel.events import Intended
from ergos.kernel.models import Message, ModelRequest, Reply, Text
from ergos.kernel.packages import Errand, Performed
from ergos.kernel.solvers import SolverSpec, TaskSpec
from ergos.lib.agent import Context, agent, may
from ergos.lib.task import Task, solver
from ergos.runtime.subjects import model_args

from .kernels import Rig, play
from .providers import Provider, an_endpoint

UPPER = Task("upper", inputs=str, output=str, tokens_max=1_000)


class Asking:
    """A solver whose attempt is one model call."""

    model = "auto"
    output_tokens_max = None
    spec = SolverSpec(name="model.upper", kind="model", tasks=("upper",), price=Price())

    async def solve(self, task: TaskSpec, inputs: Plain, errand: Errand) -> Performed:
        raise AssertionError("the kernel makes the call")

    def request(self, task: TaskSpec, inputs: Plain, instructions: str, window_tokens: int) -> ModelRequest:
        return ModelRequest(messages=(Message("user", (Text(f"{task.name} {inputs}"),)),))

    def value(self, task: TaskSpec, inputs: Plain, reply: Reply) -> Plain:
        return reply.text.upper()


@solver(UPPER, kind="system1", name="plain")
def plain(inputs: str) -> str:
    """Without a model."""
    return inputs.upper()


@agent(name="asker", grants=[may("think", "upper")])
async def asker(ctx: Context) -> str:
    """Gives the task to whoever can do it."""
    return await ctx.think(UPPER, "a")


def test_without_an_endpoint_a_model_solver_is_passed_over():
    async def scenario(rig: Rig) -> None:
        definition = rig.shelf.put(asker, tasks=[UPPER], solvers=[Asking(), plain])
        ended = await rig.ends(definition)
        assert ended.outcome == "A"
        intent = next(body for body in rig.bodies(ended.process.pid) if isinstance(body, Intended))
        assert intent.call.solver == "plain"

    play(scenario)


def test_with_only_a_model_solver_and_no_endpoint_the_task_is_refused_with_the_reason():
    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.shelf.put(asker, tasks=[UPPER], solvers=[Asking()]))
        assert ended.process.failure is not None
        assert ended.process.failure.code == "E307"

    play(scenario)


def test_an_endpoint_of_unknown_price_is_refused_and_never_called():
    async def scenario(rig: Rig) -> None:
        provider = rig.models = Provider(an_endpoint(price=None))
        ended = await rig.ends(rig.shelf.put(asker, tasks=[UPPER], solvers=[Asking()]))
        assert ended.process.failure is not None
        assert ended.process.failure.code == "E303"
        assert provider.sent == []

    play(scenario)


def test_what_is_recorded_apart_is_sent_together():
    args: dict[str, Plain] = {"dialect": "openai.chat", "body": {"a": 1}, "aside": {"user": "x"}}
    assert model_args(args) == {"dialect": "openai.chat", "body": {"a": 1, "user": "x"}}
    assert model_args({"dialect": "openai.chat", "body": {"a": 1}}) == {"dialect": "openai.chat", "body": {"a": 1}}
    assert model_args({}) == {"dialect": None, "body": None}
