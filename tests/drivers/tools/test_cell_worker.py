from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.drivers.tools.cell import LIMITS
from ergos.drivers.tools.cell_worker import Unfit, awaits, bounded, modules_of, plain, serve, spoken

pytest.importorskip("pydantic_monty", reason="the extra 'code' is not installed")


def ask(*requests: Any) -> list[Any]:
    """The worker without its sandbox: its own rules, which hold before any wall does."""
    said: list[bytes] = []
    bodies = [request if isinstance(request, bytes) else json.dumps(request).encode() for request in requests]
    serve(iter([b"%d %s\n" % (number, body) for number, body in enumerate(bodies)]), said.append)
    assert [line.partition(b" ")[0] for line in said] == [b"%d" % number for number in range(len(requests))]
    return [json.loads(line.partition(b" ")[2]) for line in said]


def cell(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "inputs": {}, "functions": [], "limits": LIMITS, "seed": "s", "now_s": 0, **more}


def test_a_cell_without_limits_is_not_run() -> None:
    for limits in (None, {}, [], {**LIMITS, "max_memory": None}, {**LIMITS, "max_turn_duration_secs": 0}):
        assert ask(cell("1", limits=limits)) == [{"refused": "a cell without limits is not run"}]


def test_a_request_that_makes_no_sense_does_not_end_the_worker() -> None:
    said = ask(b"{", b"[" * 100_000, {"limits": LIMITS, "functions": [], "now_s": 0, "seed": "s"}, cell("1"))
    assert [*map(sorted, said)] == [["refused"], ["refused"], ["refused"], ["done", "stdout"]]


def test_garbage_for_a_state_is_refused_by_the_interpreter_and_does_not_end_the_worker() -> None:
    request = {"state": "AAAA", "answers": {}, "functions": [], "limits": LIMITS, "seed": "s", "now_s": 0}
    said = ask(request, {**request, "state": "%%"}, cell("2"))
    assert "raised" in said[0]
    assert "refused" in said[1] or "raised" in said[1]
    assert said[2]["done"] == 2


def test_cells_share_nothing() -> None:
    assert "raised" in ask(cell("x = 1"), cell("x"))[1]


def test_the_clock_of_a_cell_stands_still() -> None:
    assert ask(cell("import time\ntime.sleep(9)\ntime.time()", now_s=1_900_000_000))[0]["done"] == 1_900_000_000


@pytest.mark.parametrize(
    ("name", "python"),
    [("files.read", "files_read"), ("a-b", "a_b"), ("class", "_class"), ("7zip", "_7zip"), ("读.文件", "读_文件")],
)
def test_every_tool_has_a_python_name(name: str, python: str) -> None:
    assert spoken(name) == python
    assert spoken(name).isidentifier()


def test_dotted_names_become_modules_unless_they_hide_one() -> None:
    assert modules_of(["a.b", "a.c.d", "json.x", "plain"]) == {"a": {"b": "a.b", "c": {"d": "a.c.d"}}}
    assert modules_of(["a.b", "a.b.c"]) == {"a": {"b": {"c": "a.b.c"}}}


@pytest.mark.parametrize(
    ("code", "so"),
    [
        ("await f()", True),
        ("f()", False),
        ("async def g():\n  await f()\nawait g()", True),
        ("x = 'await'", False),
        ("(", False),
    ],
)
def test_whether_code_awaits_its_calls_is_read_from_it(code: str, so: bool) -> None:
    assert awaits(code) is so


def test_what_is_no_plain_data_does_not_cross() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    for value in (float("inf"), {1: 2}, object(), deep, b"x", "\ud800", 10**5_000):
        with pytest.raises(Unfit):
            bounded(value)
    assert plain((1, {2}, {"a": None})) == [1, [2], {"a": None}]
