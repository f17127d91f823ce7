from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.tools import cell
from ergos.drivers.tools.cell import CellTool
from ergos.drivers.tools.seal import Seal
from ergos.kernel.confinement import Ended
from tests.drivers.tools.errands import BACKENDS, Bench, confining, errand

pytest.importorskip("pydantic_monty", reason="the extra 'code' is not installed")
SEAL = Seal(b"k" * 32)


@pytest.fixture(scope="module", params=BACKENDS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with confining(tmp_path_factory.mktemp("scratch"), request.param) as sandboxes:
        yield Bench(CellTool(sandboxes, SEAL).tools())


def run(bench: Bench, code: str, *functions: str, **inputs: Any) -> Any:
    return bench.do("python.cell", code=code, functions=list(functions), inputs=inputs)


def go_on(bench: Bench, step: Any, *values: Any) -> Any:
    answers = {call["id"]: {"value": value} for call, value in zip(step["calls"], values, strict=True)}
    return bench.do("python.cell", state=step["state"], answers=answers)


def test_a_cell_gives_the_value_of_its_last_line_and_what_it_printed(bench: Bench) -> None:
    assert run(bench, "print('hi')\n[x * n for x in (1, 2)]", n=3) == {"done": [3, 6], "stdout": "hi\n"}


def test_a_call_suspends_the_cell_and_its_answer_goes_on_with_it(bench: Bench) -> None:
    step = run(bench, "a = files.read(path='a')\nb = files_read('b')\na + b", "files.read", "mail.send")
    assert step["calls"] == [{"id": "0", "name": "files.read", "args": [], "kwargs": {"path": "a"}}]
    step = go_on(bench, step, "A")
    assert step["calls"] == [{"id": "1", "name": "files.read", "args": ["b"], "kwargs": {}}]
    assert go_on(bench, step, "B")["done"] == "AB"


def test_gathered_calls_are_asked_for_at_once(bench: Bench) -> None:
    code = "import asyncio\nawait asyncio.gather(*(web.get(url=u) for u in 'abc'))"
    step = run(bench, code, "web.get")
    assert [call["kwargs"]["url"] for call in step["calls"]] == ["a", "b", "c"]
    assert go_on(bench, step, 1, 2, 3)["done"] == [1, 2, 3]


def test_too_many_calls_at_once_are_the_cells_error(bench: Bench) -> None:
    code = "import asyncio\nawait asyncio.gather(*(web.get(url=str(n)) for n in range(100)))"
    assert "100 calls at once" in run(bench, code, "web.get")["raised"]


def test_a_failed_call_is_an_exception_the_cell_can_catch(bench: Bench) -> None:
    code = "try:\n    pay(to='x')\nexcept PermissionError as e:\n    r = 'no: ' + str(e)\nr"
    step = run(bench, code, "pay")
    answers = {"0": {"error": "not granted", "kind": "PermissionError"}}
    assert bench.do("python.cell", state=step["state"], answers=answers)["done"] == "no: not granted"


def test_a_function_nobody_gave_is_a_name_error(bench: Bench) -> None:
    assert run(bench, "try:\n    evil()\nexcept NameError:\n    r = 1\nr", "files.read")["done"] == 1
    assert "NameError" in run(bench, "evil(1)")["raised"]
    assert "AttributeError" in run(bench, "files.delete('x')", "files.read")["raised"]


BOMBS = [
    "while True: pass",
    "x = 'a' * 10**10",
    "x = [0] * 10**9",
    "def f(): return f()\nf()",
    "x = []\nwhile True: x.append('y' * 1000)",
    "10 ** 10 ** 8",
    "x = 'a'\nfor _ in range(60): x += x",
    "while True: print('x' * 1000)",
    "[i for i in range(10**12)]",
    "s = {}\nfor i in range(10**9): s[i] = s.copy()",
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_within_its_limits(bench: Bench, bomb: str) -> None:
    assert "raised" in run(bench, bomb)
    assert run(bench, "1")["done"] == 1


ESCAPES = [
    "open('/etc/passwd').read()", "import os\nos.environ['HOME']", "import os\nos.listdir('/')", "import subprocess",
    "import socket", "__import__('os').system('id')", "().__class__.__base__.__subclasses__()", "eval('open(\"/etc/hosts\")')",
    "import ctypes", "from pathlib import Path\nPath('/etc/hostname').read_text()", "files.read.__globals__",
]  # fmt: skip


@pytest.mark.parametrize("code", ESCAPES)
def test_a_cell_reaches_no_file_no_environment_and_no_process(bench: Bench, code: str) -> None:
    said = run(bench, code, "files.read")
    assert "raised" in said, said


@pytest.mark.parametrize(
    "code",
    [
        "object()",
        "float('nan')",
        "{1: 2}",
        "10**5000",
        "b'x'",
        "class A: pass\nA()",
        "'x' * 6_000_000",
    ],
)
def test_a_value_that_is_no_plain_data_is_the_cells_error(bench: Bench, code: str) -> None:
    assert "raised" in run(bench, code)


def test_code_that_is_no_python_says_where(bench: Bench) -> None:
    assert "SyntaxError" in run(bench, "x = (1\ny")["raised"]


def test_output_is_cut(bench: Bench) -> None:
    said = run(bench, "for i in range(500): print('x' * 1000)\n1")
    assert said["done"] == 1
    assert len(said["stdout"]) < 80_000
    assert "dropped" in said["stdout"]


def test_a_forged_state_is_refused_and_never_loaded(bench: Bench) -> None:
    step = run(bench, "pay(1)", "pay")
    raw = bytearray(base64.b64decode(step["state"]))
    raw[100] ^= 1
    for state in (
        "AAAA",
        base64.b64encode(raw).decode(),
        step["state"][:-8],
        Seal(b"z" * 32).close("alice/scribe/7", bytes(raw)),
    ):
        with pytest.raises(ValueShapeError, match="not one that was given out"):
            bench.do("python.cell", state=state, answers={"0": {"value": 1}})


def test_a_state_is_taken_from_nobody_but_the_process_it_was_given_to(bench: Bench) -> None:
    step = run(bench, "pay(1)", "pay")
    with pytest.raises(ValueShapeError):
        bench.do("python.cell", by="clerk", state=step["state"], answers={"0": {"value": 1}})


def test_answers_that_do_not_fit_the_calls_are_refused(bench: Bench) -> None:
    step = run(bench, "pay(1)", "pay")
    for answers in ({}, {"1": {"value": 1}}, {"0": {"value": 1}, "1": {"value": 1}}):
        with pytest.raises(ValueShapeError, match="waits for the answers"):
            bench.do("python.cell", state=step["state"], answers=answers)


@pytest.mark.parametrize(
    "args",
    [
        {}, {"code": "1", "state": "x"}, {"code": " "}, {"code": "1", "functions": ["a b"]}, {"code": "1", "inputs": {"a b": 1}},
        {"code": "x" * 200_000}, {"state": "x", "answers": {"0": {"kind": "SystemExit", "error": "x"}}}, {"code": 1},
        {"state": "x", "answers": {"0": 3}},
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused_before_anything_runs(bench: Bench, args: dict[str, Any]) -> None:
    assert bench.misfit("python.cell", **args)


def test_the_same_state_can_be_answered_again_with_the_same_outcome(bench: Bench) -> None:
    step = run(bench, "import random\nx = random.random()\ny = pay(1)\n(x, y)", "pay")
    assert go_on(bench, step, 5) == go_on(bench, step, 5)


def test_calls_are_counted_over_all_answers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "CALLS_MAX", 2)
    step = run(bench, "while True: pay(1)", "pay")
    step = go_on(bench, step, 0)
    assert "more than 2 calls" in go_on(bench, step, 0)["raised"]


def test_a_cell_that_holds_too_much_while_it_waits_is_ended(bench: Bench) -> None:
    assert "may wait" in run(bench, "x = 'x' * 7_000_000\npay(1)", "pay")["raised"]


def test_a_tool_that_would_hide_a_module_is_called_by_its_flat_name(bench: Bench) -> None:
    step = run(bench, "import json\njson.dumps(json_read(path='a'))", "json.read")
    assert step["calls"][0]["name"] == "json.read"
    assert go_on(bench, step, [1])["done"] == "[1]"


def test_a_tool_with_a_name_that_is_no_python_is_called_by_one_that_is(bench: Bench) -> None:
    step = run(bench, "gh.create_issue(a=1)", "gh.create-issue")
    assert step["calls"][0]["name"] == "gh.create-issue"


def test_without_a_sandbox_nothing_is_run() -> None:
    with pytest.raises(SandboxMissingError):
        Bench(CellTool(None, SEAL).tools()).do("python.cell", code="1")


class Lying:
    """A sandbox whose job says what a test wants said: an interpreter that was taken over."""

    name = "lying"

    def __init__(self, said: bytes) -> None:
        self._said = [b"1 " + said if said else b""]

    async def open(self, job: object) -> Lying:
        return self

    async def write(self, piece: bytes) -> None:
        pass

    async def read(self, limit: int = 0) -> bytes:
        return self._said.pop() if self._said else b""

    async def wait(self) -> Ended:
        return Ended(status=1, why="exit", stderr=b"Traceback\nKaboom")

    def kill(self) -> None:
        pass


@pytest.mark.parametrize(
    "said",
    [
        b"", b"no end", b"nonsense\n", b'{"done": 1, "more": 2}\n', b'{"calls": [{"id": "x"}]}\n', b'{"done": ' + b"[" * 5_000 + b"\n", b'{"raised": 1}\n',
        b'{"calls": [{"id": "0", "name": "pay", "args": [], "kwargs": {}}], "state": "%%%"}\n',
        b'{"done": 1}\n{"done": 2}\n', b"x" * 20_000_000,
    ],
)  # fmt: skip
def test_what_a_hostile_worker_says_is_no_answer(said: bytes) -> None:
    with pytest.raises(ToolFailedError):
        Bench(CellTool(Lying(said), SEAL).tools()).do("python.cell", code="1", functions=["pay"])  # type: ignore[arg-type]


def test_a_hostile_worker_cannot_ask_for_a_function_the_cell_was_not_given() -> None:
    call = b'{"calls": [{"id": "0", "name": "mail.send", "args": [], "kwargs": {}}], "state": "AA=="}\n'
    said = Bench(CellTool(Lying(call), SEAL).tools()).do("python.cell", code="1", functions=["files.read"])  # type: ignore[arg-type]
    assert "NameError" in said["raised"]


def test_the_cell_is_pure_and_runs_code(bench: Bench) -> None:
    spec = bench.tools["python.cell"].spec
    assert (spec.effect, spec.goes, spec.trusted) == ("pure", "code", False)
    assert errand().pid == 7
