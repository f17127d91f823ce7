"""What a call would do: who performs it, what it can cost at most, and how far it reaches.

Asked by the door for a new call and by the settlement for one that is performed again, so that both hold the same
worst case.

Rules: nothing is performed or written here; an unknown price is a Failure. A solver that is a model holds what its
task and its agent's window allow, because its prompt is made only when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, ToolChangedError
from ergos.base.limits import ERROR_CHARS_MAX, WINDOW_TOKENS_DEFAULT
from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure
from ergos.kernel.choice import choose
from ergos.kernel.models import EndpointSpec, Outline
from ergos.kernel.packages import ModelSolver, Solver
from ergos.kernel.solvers import SolverSpec, order
from ergos.runtime.machine import Machine
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import ModelWork, Resident

CONTEXT_SHARE_PERCENT: Final = 75  # of an endpoint's context that a prompt may fill; the rest is for the answer
MODEL_ATTEMPTS: Final = 2  # answers of one model to one task; the second is told what was wrong with the first
MODEL: Final = "model."
"""What the names of model calls begin with: a `think` of 'model.auto' is a model call, of 'summarise' a task."""


class Subject(msgspec.Struct, frozen=True):
    """What a call would do."""

    worst: Amount
    provider: str
    local: bool = False
    solver: SolverSpec | None = None
    work: ModelWork | None = None


Found: TypeAlias = Subject | Failure


class Subjects:
    """Looks at calls before they are made."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine

    def of(self, resident: Resident, pending: Pending) -> Found:
        """What a new call would do; for a task the solver is picked here."""
        call = pending.call
        if call.kind == "act":
            return self._tool(resident, pending)
        if call.name.startswith(MODEL):
            return self._model(pending)
        return self._task(resident, pending)

    def again(self, resident: Resident, pending: Pending) -> Found:
        """What a call that was allowed once would do if it were performed again, by the same solver."""
        call = pending.call
        if call.kind == "act":
            tool = resident.package.tools.get(call.name) if resident.package is not None else None
            price = tool.spec.price if tool is not None else None
            return Subject(Amount(price.of(0) if price else 0, 0), call.name)
        if call.name.startswith(MODEL):
            return self._model(pending)
        found = next((one for one in _solvers(resident) if one.spec.name == call.solver), None)
        if found is None:
            return Subject(Amount(), call.solver or call.name)  # the performer says that it is gone
        return self._by(resident, call, found)

    def _tool(self, resident: Resident, pending: Pending) -> Found:
        call = pending.call
        tool = resident.package.tools.get(call.name) if resident.package is not None else None
        if tool is None:
            mounts = self._machine.parts.mounts
            why = mounts.why_not(call.name) if mounts is not None else ""
            if why:
                return Failure("E310", f"{call.name}: {why}"[:ERROR_CHARS_MAX], ToolChangedError.remedy)
            return Failure("E301", f"there is no tool {call.name!r}", "`ergos tools` lists what there is")
        if tool.spec.price is None:
            return Failure("E303", f"the price of {tool.spec.name} is unknown, so it was not called")
        misfit = tool.misfit(pending.request.args)
        if misfit:
            return Failure("E105", f"{tool.spec.name}: {misfit}"[:ERROR_CHARS_MAX])
        worst = Amount(tool.spec.price.of(0), 0)
        return Subject(worst, tool.spec.name, tool.spec.local and tool.spec.effect == "pure")

    def _model(self, pending: Pending) -> Found:
        """A call of a model, in whichever wire format it came."""
        models = self._machine.parts.models
        if models is None:
            return Failure("E307", "there is no model endpoint", "`ergos models` says how to add one")
        args = model_args(pending.request.args)
        try:
            outline = models.outline(args)
        except ErgosError as error:
            return Failure(error.code, error.what[:ERROR_CHARS_MAX], error.what_to_do)
        choice = choose(outline, models.endpoints())
        if isinstance(choice, Failure):
            return choice
        work = ModelWork(args=args, outline=outline, choice=choice)
        return Subject(work.worst, choice.endpoints[0].name, work=work)

    def _task(self, resident: Resident, pending: Pending) -> Found:
        """The kernel picks: of the solvers not tried, the owner's preferred kind, then the cheapest per success."""
        assert resident.package is not None
        assert resident.definition is not None
        call = pending.call
        task = resident.package.tasks.get(call.name)
        if task is None:
            return Failure("E301", f"there is no task {call.name!r}", "name a task of the agent's folder")
        given = pending.request.args.get("tried")
        tried = given if isinstance(given, list) else []
        asked = pending.request.args.get("solvers")  # of a step: its own order of preference
        preferred = tuple(map(str, asked)) if isinstance(asked, list) and asked else resident.definition.solvers
        specs = order(
            task.spec,
            (solver.spec for solver in _solvers(resident)),
            self._machine.solver_records,
            preferred,
        )
        refusal: Failure | None = None
        for spec in specs:
            solver = next(one for one in _solvers(resident) if one.spec is spec or one.spec.name == spec.name)
            if tried.count(spec.name) >= (MODEL_ATTEMPTS if isinstance(solver, ModelSolver) else 1):
                continue
            found = self._by(resident, call, solver)
            if isinstance(found, Subject):
                return found
            refusal = found  # no endpoint for it: the next one
        if tried:
            return Failure("E405", f"no other solver can do the task {task.spec.name!r}")
        if refusal is not None:
            what = f"no solver can do the task {task.spec.name!r}: {refusal.what}"
            return msgspec.structs.replace(refusal, what=what)
        return Failure("E303", f"no solver of known price can do the task {task.spec.name!r}")

    def _by(self, resident: Resident, call: Call, solver: Solver) -> Found:
        """The task of a call done by this solver."""
        assert resident.package is not None
        assert resident.definition is not None
        task = resident.package.tasks.get(call.name)
        tokens = task.spec.tokens_max if task is not None else 0
        spec = solver.spec
        if not isinstance(solver, ModelSolver):
            return Subject(Amount(spec.price.of(tokens) if spec.price else 0, tokens), spec.name, solver=spec)
        window = resident.definition.window_tokens or WINDOW_TOKENS_DEFAULT
        outline = Outline(
            dialect="neutral", model=solver.model, input_tokens=1, output_tokens_max=solver.output_tokens_max
        )
        nearest = choose(outline, self._endpoints())
        if isinstance(nearest, Failure):
            return nearest
        room = nearest.endpoints[0].context_tokens * CONTEXT_SHARE_PERCENT // 100
        outline = msgspec.structs.replace(outline, input_tokens=min(tokens or window, window, room))
        choice = choose(outline, self._endpoints())
        if isinstance(choice, Failure):
            return choice
        work = ModelWork(args=None, outline=outline, choice=choice, solver=solver)
        return Subject(work.worst, choice.endpoints[0].name, solver=spec, work=work)

    def _endpoints(self) -> tuple[EndpointSpec, ...]:
        models = self._machine.parts.models
        return models.endpoints() if models is not None else ()


def _solvers(resident: Resident) -> Iterator[Solver]:
    assert resident.package is not None
    return iter(resident.package.solvers)


def model_args(args: dict[str, Plain]) -> dict[str, Plain]:
    """What the `Models` port takes of a model call's arguments.

    What says the same whoever asks (`body`) and what may differ when a program asks again (`aside`) are recorded
    apart and sent together.
    """
    body, aside = args.get("body"), args.get("aside")
    if isinstance(body, dict) and isinstance(aside, dict):
        body = {**body, **aside}
    return {"dialect": args.get("dialect"), "body": body}
