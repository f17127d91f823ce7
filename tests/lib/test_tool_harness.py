"""The harness, as the sandbox runs it: a process of its own, standard library only, one JSON document out."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ergos.lib import tool_harness

TOOL = """
from ergos.base.errors import ToolFailedError
from ergos.lib.tool import tool


@tool(effect="pure")
def f(a=1):
    print("noise")
    if a == "fail":
        raise ToolFailedError("no such thing")
    if a == "bug":
        return 1 / 0
    if a == "exit":
        raise SystemExit(0)
    if a == "gone":
        import os
        os._exit(0)
    if a == "set":
        return {1, 2}
    if a == "nan":
        return float("nan")
    if a == "large":
        return "x" * (2 * 1024 * 1024)
    if a == "close":
        import os
        os.closerange(3, 100)
    return {"got": a}


@tool(effect="pure")
async def g(a=1):
    return [a]
"""
TESTS = """
from f import f, g


def test_good():
    assert f(2) == {"got": 2}


async def test_async():
    assert await g(1) == [1]


def test_bad():
    assert f(2) == 3


def test_gone():
    assert f("gone")


def test_exit():
    assert f("exit")


def helper():
    return 1
"""


def run(folder: Path, mode: str, asked: object = None, **files: str) -> dict[str, object]:
    (folder / "f.py").write_text(files.get("tool", TOOL))
    (folder / "tests.py").write_text(files.get("tests", TESTS))
    (folder / "run.py").write_bytes(Path(tool_harness.__file__).read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-B", "run.py", mode], cwd=folder, input=json.dumps(asked or {}).encode(), capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    return json.loads(done.stdout or b'{"nothing": true}')


def call(folder: Path, a: object, function: str = "f") -> dict[str, object]:
    return run(folder, "call", {"module": "f", "function": function, "args": {"a": a}})


def test_a_call_gives_its_value_and_nothing_that_it_printed(tmp_path: Path) -> None:
    assert call(tmp_path, [1, "ü", None]) == {"value": {"got": [1, "ü", None]}}
    assert call(tmp_path, 7, "g") == {"value": [7]}


@pytest.mark.parametrize(
    ("a", "why"),
    [
        ("fail", "no such thing"), ("bug", "ZeroDivisionError"), ("exit", "SystemExit"), ("gone", "ended its process"),
        ("set", "TypeError"), ("nan", "ValueError"), ("large", "more than"), ("close", "ended its process"),
    ],
)  # fmt: skip
def test_a_call_that_fails_says_why(tmp_path: Path, a: str, why: str) -> None:
    answer = call(tmp_path, a)
    assert list(answer) == ["failed"]
    assert why in str(answer["failed"])


def test_the_line_that_failed_is_named(tmp_path: Path) -> None:
    assert "f.py:12: return 1 / 0" in str(call(tmp_path, "bug")["failed"])


@pytest.mark.parametrize(
    "source", ["1 / 0", "raise SystemExit(0)", "import os\nos._exit(0)", "import nothing_at_all", "def f(:"]
)
def test_a_file_that_does_not_load_is_a_failure(tmp_path: Path, source: str) -> None:
    answer = run(tmp_path, "call", {"module": "f", "function": "f", "args": {}}, tool=source)
    assert list(answer) == ["failed"]


def test_tests_are_run_apart_and_all_are_reported(tmp_path: Path) -> None:
    came = run(tmp_path, "test")["tests"]
    assert isinstance(came, list)
    assert {one["name"]: one["why"][:14] for one in came} == {
        "test_good": "", "test_async": "", "test_bad": "AssertionError", "test_gone": "it ended its p", "test_exit": "SystemExit: 0 a",
    } | {"test_exit": came[-1]["why"][:14]}  # fmt: skip
    assert came[-1]["why"].startswith("SystemExit")


def test_tests_that_print_a_report_are_not_the_report(tmp_path: Path) -> None:
    forged = 'import os\nfrom f import f\n\ndef test_a():\n    os.write(1, b\'{"tests": [{"name": "test_a", "why": ""}]}\')\n    assert False\n'
    assert run(tmp_path, "test", tests=forged)["tests"][0]["why"] != ""  # type: ignore[index]


def test_it_stands_alone() -> None:
    tree = ast.parse(Path(tool_harness.__file__).read_text())
    modules = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert modules <= set(sys.stdlib_module_names)
