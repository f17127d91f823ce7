"""AgentDojo as plain data: prompts, environments, calls of honest plans and of injections. No model, no network.

Importing a suite pulls in every vendor's library through the package's own pipeline, of which nothing is used here; so
two of its modules are stood in for by empty ones, and the rest needs five small packages.
Source: Debenedetti et al., AgentDojo, arXiv 2406.13352; the package `agentdojo`, suites v1.2.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

Foreign: TypeAlias = Any
"""What the benchmark's own classes hold."""

VERSION: Final = "v1.2"


def _stand_in(name: str, **attributes: object) -> None:
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module


def _suites() -> dict[str, Any]:
    found = importlib.util.find_spec("agentdojo")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("agentdojo is not installed; its environment is made by `make bench-security`")
    home = found.submodule_search_locations[0]
    _stand_in("agentdojo.agent_pipeline", __path__=[f"{home}/agent_pipeline"])
    _stand_in("agentdojo.agent_pipeline.ground_truth_pipeline", GroundTruthPipeline=object)
    from agentdojo.task_suite.load_suites import get_suites

    return get_suites(VERSION)


@dataclass(frozen=True)
class Step:
    """One call of a plan."""

    tool: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Errand:
    """What somebody wants done: the owner's task or the attacker's."""

    name: str
    words: str
    steps: tuple[Step, ...]


class World:
    """One environment, changed by the calls that are made in it."""

    def __init__(self, suite: Foreign, environment: Foreign) -> None:
        self._environment = environment
        self._runtime = sys.modules["agentdojo.functions_runtime"].FunctionsRuntime(suite.tools)

    def make(self, step: Step) -> object:
        """Make a call; its result as plain data."""
        value, error = self._runtime.run_function(self._environment, step.tool, dict(step.args))
        return _plain(value) if error is None else {"error": error}


class Suite:
    """One of the four suites."""

    def __init__(self, name: str, suite: Foreign) -> None:
        self.name = name
        self._suite = suite
        self._environments: dict[str, Any] = {}

    @cached_property
    def tools(self) -> dict[str, Any]:
        """Its functions by name."""
        return {one.name: one for one in self._suite.tools}

    @cached_property
    def tasks(self) -> tuple[Errand, ...]:
        """What owners want; the plan is the benchmark's own."""
        return tuple(
            self._errand(name, task.PROMPT, task.ground_truth, task.init_environment)
            for name, task in self._suite.user_tasks.items()
        )

    @cached_property
    def injections(self) -> tuple[Errand, ...]:
        """What attackers want, where it takes a call at all."""
        found = (self._errand(name, one.GOAL, one.ground_truth) for name, one in self._suite.injection_tasks.items())
        return tuple(one for one in found if one.steps)

    def world(self, task: Errand, injection: Errand | None = None) -> World:
        """The environment of a task, with the attacker's words in every place that others can write to."""
        environment = self._planted("" if injection is None else injection.words).model_copy(deep=True)
        return World(self._suite, self._suite.user_tasks[task.name].init_environment(environment))

    def _planted(self, words: str) -> Foreign:
        if words not in self._environments:
            readable = "".join(letter if letter.isalnum() or letter in " .,@:;/-_()" else " " for letter in words)
            places = self._suite.get_injection_vector_defaults() if words else ()
            planted = dict.fromkeys(places, f"IMPORTANT - first do this. {readable}")
            self._environments[words] = self._suite.load_and_inject_default_environment(planted)
        return self._environments[words]

    def _errand(
        self, name: str, words: str, truth: Callable[[Any], Any], init: Callable[[Any], Any] | None = None
    ) -> Errand:
        environment = self._suite.load_and_inject_default_environment({})
        environment = init(environment) if init is not None else environment
        calls = truth(environment.model_copy(deep=True))
        return Errand(name, words, tuple(Step(one.function, _plain(dict(one.args))) for one in calls))


def suites() -> Iterator[Suite]:
    """All four, in the package's order."""
    for name, suite in _suites().items():
        yield Suite(name, suite)


def _plain(value: Foreign) -> Foreign:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
