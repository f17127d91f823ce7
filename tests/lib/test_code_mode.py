from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ergos.base.errors import DeadlineError, DeniedError, ErgosError, ToolFailedError, ValueShapeError
from ergos.drivers.tools.cell import CellTool
from ergos.drivers.tools.seal import Seal
from ergos.kernel.models import ToolDefinition
from ergos.kernel.syscalls import Answer, Request
from ergos.lib.code_mode import CELL, Ran, run_code
from tests.drivers.tools.errands import at_rest, confining, errand
from tests.lib.driving import context, drive, failed

pytest.importorskip("pydantic_monty", reason="the extra 'code' is not installed")

PAY = ToolDefinition("pay", "", {"type": "object", "properties": {"to": {}, "amount": {}}})


class World:
    """Answers `python.cell` with the real tool, and the others from a table."""

    def __init__(self, runner: asyncio.Runner, tool: Any) -> None:
        self._runner, self._tool = runner, tool
        self.values: dict[str, Any] = {}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.name == CELL:
            assert not (wrong := self._tool.misfit(request.args)), wrong
            try:
                return Answer(self._runner.run(self._tool.run(request.args, errand())).value)
            except ErgosError as error:
                return failed(error)
        value = self.values.get(request.name)
        if callable(value):
            value = value(**request.args)
        return failed(value) if isinstance(value, ErgosError) else Answer(value)

    def made(self) -> list[tuple[str, dict[str, Any]]]:
        return [(request.name, request.args) for request in self.asked if request.name != CELL]


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Any]]:
    with asyncio.Runner() as runner, confining(tmp_path_factory.mktemp("scratch")) as sandboxes:
        yield runner, CellTool(sandboxes, Seal(b"k" * 32)).tools()[0]
        runner.run(at_rest(sandboxes))


@pytest.fixture
def world(tool: tuple[asyncio.Runner, Any]) -> World:
    return World(*tool)


def test_every_call_of_the_code_is_a_call_of_the_agent(world: World) -> None:
    world.values["ledger.read"] = lambda month: {"total": month * 10}
    code = "print('adding')\nsum(ledger.read(month=m)['total'] for m in months)"
    ran = drive(run_code(context(), code, tools=["ledger.read"], inputs={"months": [6, 7]}), world)
    assert ran == Ran(130, "adding\n", 2)
    assert world.made() == [("ledger.read", {"month": 6}), ("ledger.read", {"month": 7})]


def test_gathered_calls_are_made_at_once(world: World) -> None:
    world.values["web.get"] = lambda url: url.upper()
    code = "import asyncio\nawait asyncio.gather(*(web.get(url=u) for u in 'abc'))"
    turns: list[int] = []

    def counting(request: Request) -> Answer:
        turns.append(1)
        return world(request)

    assert drive(run_code(context(), code, tools=["web.get"]), counting).value == ["A", "B", "C"]
    assert len(world.asked) == 5


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DeniedError("no"), "PermissionError"),
        (ValueShapeError("odd"), "ValueError"),
        (DeadlineError("late"), "TimeoutError"),
        (ToolFailedError("broke"), "RuntimeError"),
    ],
)
def test_a_call_that_is_denied_or_fails_is_an_exception_in_the_code(world: World, error: ErgosError, kind: str) -> None:
    world.values["pay"] = error
    code = f"try:\n    pay(to='x')\nexcept {kind} as e:\n    said = str(e)\nsaid"
    assert error.what in drive(run_code(context(), code, tools=["pay"]), world).value


def test_a_failure_nobody_catches_is_the_codes_failure_with_its_line(world: World) -> None:
    world.values["pay"] = DeniedError("no grant names it")
    with pytest.raises(ToolFailedError, match="no grant names it"):
        drive(run_code(context(), "x = 1\npay(to='x')", tools=["pay"]), world)
    with pytest.raises(ToolFailedError, match="line 2"):
        drive(run_code(context(), "x = 1\nx / 0"), world)


def test_what_was_not_given_is_not_called(world: World) -> None:
    with pytest.raises(ToolFailedError, match="NameError"):
        drive(run_code(context(), "mail_send(to='x')", tools=["pay"]), world)
    assert world.made() == []


def test_arguments_without_a_name_go_by_the_tools_schema(world: World) -> None:
    world.values["pay"] = "paid"
    assert drive(run_code(context(), "pay('bob', 5)", tools=[PAY]), world).value == "paid"
    assert world.made() == [("pay", {"to": "bob", "amount": 5})]
    for code, tools in (("pay('bob')", ["pay"]), ("pay('bob', to='eve')", [PAY]), ("pay(1, 2, 3)", [PAY])):
        with pytest.raises(ToolFailedError, match="ValueError"):
            drive(run_code(context(), code, tools=tools), world)


def test_a_tool_may_have_a_parameter_called_key(world: World) -> None:
    world.values["store.get"] = lambda key, name: f"{key}-{name}"
    assert drive(run_code(context(), "store.get(key='a', name='b')", tools=["store.get"]), world).value == "a-b"


def test_a_cell_that_cannot_be_run_says_why(world: World) -> None:
    def denied(request: Request) -> Answer:
        return failed(DeniedError("a may not act python.cell"))

    with pytest.raises(DeniedError):
        drive(run_code(context(), "1"), denied)


def test_a_tool_that_is_no_cell_is_found_out() -> None:
    with pytest.raises(ToolFailedError, match="no cell"):
        drive(run_code(context(), "1"), lambda request: Answer("text"))


def test_the_same_code_asks_for_the_same_calls_at_a_replay(world: World) -> None:
    world.values["web.get"] = "x"
    code = "import random\nweb.get(url=str(random.random()))"
    drive(run_code(context(), code, tools=["web.get"]), world)
    first = world.made()
    world.asked.clear()
    drive(run_code(context(), code, tools=["web.get"]), world)
    assert world.made() == first
