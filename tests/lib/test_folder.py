"""Agents on disk: what is found, what is refused and how it is said, and when a change is a new version."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from ergos.base.errors import AgentFileError, DefinitionError, ErgosError
from ergos.base.limits import TOOL_FILES_MAX
from ergos.kernel.packages import Package
from ergos.lib.folder import FolderPrograms, Kit
from ergos.lib.work import Work
from ergos.verify.standard_solvers import standard as standard_kit
from tests.lib.house import agent_in, write

PROGRAM = "async def agent(ctx):\n    return 1\n"
TOOL = """
from ergos.lib.tool import tool

@tool(effect="pure")
def {name}() -> str:
    return "{said}"
"""


def folder(path: Path, name: str = "a", more: str = "", program: str = PROGRAM) -> Path:
    write(path, "AGENT.md", f"---\nname: {name}\n{more}\n---\n")
    write(path, "agent.py", program)
    return path


def package(path: Path) -> Package:
    programs = FolderPrograms()
    return programs.package(programs.load(path))


def refusal(path: Path) -> DefinitionError:
    before = set(sys.modules)
    with pytest.raises(DefinitionError) as raised:
        FolderPrograms().load(path)
    assert not [
        name for name in set(sys.modules) - before if name.startswith("ergos_agent_") and sys.modules[name] is None
    ]
    return raised.value


def test_a_folder_is_an_agent_with_its_tools_and_its_team(tmp_path: Path) -> None:
    folder(tmp_path, "lead", "team: [b]")
    folder(tmp_path / "team/b", "b")
    write(tmp_path, "tools/x.py", TOOL.format(name="shared", said="lead"))
    write(tmp_path, "team/b/tools/x.py", TOOL.format(name="own", said="b"))
    programs = FolderPrograms()
    definition = programs.load(tmp_path)
    found = programs.package(definition)
    assert (definition.agent, set(found.tools), set(found.team)) == ("lead", {"shared"}, {"b"})
    below = programs.package(found.team["b"])
    assert set(below.tools) == {"shared", "own"}


def test_a_member_of_a_team_is_loaded_with_what_it_inherits(tmp_path: Path) -> None:
    folder(tmp_path, "lead", "team: [b]")
    folder(tmp_path / "team/b", "b")
    write(tmp_path, "tools/x.py", TOOL.format(name="shared", said="lead"))
    assert set(package(tmp_path / "team/b").tools) == {"shared"}


def test_the_nearest_of_two_tools_or_solvers_with_one_name_counts(tmp_path: Path) -> None:
    solver = "from ergos.lib.task import Task, solver\nT = Task('t', inputs=int, output=int)\n@solver(T)\ndef s(inputs: int) -> int:\n    return {n}\n"
    folder(tmp_path, "lead", "team: [b]")
    folder(tmp_path / "team/b", "b")
    for place, said, number in ((tmp_path, "lead", 1), (tmp_path / "team/b", "b", 2)):
        write(place, "tools/x.py", TOOL.format(name="shared", said=said) + solver.format(n=number))
    programs = FolderPrograms()
    lead = programs.package(programs.load(tmp_path))
    member = programs.package(lead.team["b"])
    assert [one.spec.name for one in member.solvers] == ["s", "model.t"]
    assert member.tools["shared"]() == "b"  # type: ignore[operator]
    assert member.solvers[0].function(0) == 2  # type: ignore[attr-defined]
    assert lead.solvers[0].function(0) == 1  # type: ignore[attr-defined]


TASKS = """
from ergos.lib.model_solver import model_solver
from ergos.lib.task import Task, solver

A = Task("a", inputs=str, output=str)
B = Task("b", inputs=str, output=str)
by_model = model_solver(B, name="mine")

@solver(A)
def by_code(text: str) -> str:
    return text
"""


def test_every_task_without_a_model_gets_one_and_an_authors_own_is_the_only_one(tmp_path: Path) -> None:
    write(folder(tmp_path), "tools/x.py", TASKS)
    found = {solver.spec.name: solver.spec for solver in package(tmp_path).solvers}
    assert {name: (one.kind, one.tasks) for name, one in found.items()} == {
        "by_code": ("code", ("a",)),
        "mine": ("model", ("b",)),
        "model.a": ("model", ("a",)),
    }


def test_the_order_of_solvers_is_part_of_the_definition_and_its_absence_changes_none(tmp_path: Path) -> None:
    plain, chosen = (
        FolderPrograms().load(folder(tmp_path / "x")),
        FolderPrograms().load(folder(tmp_path / "y", more="solvers: [model, system1]")),
    )
    assert b'"solvers"' not in msgspec.json.encode(plain), "a definition without it keeps the digest it always had"
    assert chosen.solvers == ("model", "system1")


def test_an_agent_of_a_python_file_says_which_solvers_it_prefers(tmp_path: Path) -> None:
    path = agent_in(tmp_path, "@agent(solvers=['system1', 'model'])\nasync def a(ctx):\n    return 1\n")
    assert FolderPrograms().load(path).solvers == ("system1", "model")
    wrong = agent_in(tmp_path, "@agent(solvers=['gpt'])\nasync def a(ctx):\n    return 1\n")
    assert "'gpt' is no kind of solver" in refusal(wrong).what


def test_the_last_agent_of_a_file_is_started_and_its_team_is_in_the_file(tmp_path: Path) -> None:
    path = agent_in(tmp_path, "@agent()\nasync def a(ctx): ...\n@agent(team=['a'])\nasync def b(ctx): ...\nalias = b\n")
    programs = FolderPrograms()
    definition = programs.load(path)
    assert definition.agent == "b"
    assert programs.package(definition).team["a"].program == f"{path}::a"
    assert [(one.verb, one.name) for one in definition.grants] == [("spawn", "a")]


def test_settings_of_one_start_leave_the_next_one_alone(tmp_path: Path) -> None:
    folder(tmp_path, more="settings: {a: 1, b: 2}")
    programs = FolderPrograms()
    assert msgspec.json.decode(programs.load(tmp_path, settings={"b": 3}).settings) == {"a": 1, "b": 3}
    assert msgspec.json.decode(programs.load(tmp_path).settings) == {"a": 1, "b": 2}


@pytest.mark.parametrize("name", ["AGENT.md", "agent.py", "tools/x.py", "part.py"])
def test_a_change_of_any_file_of_an_agent_is_a_new_version(tmp_path: Path, name: str) -> None:
    folder(tmp_path)
    write(tmp_path, "tools/x.py", TOOL.format(name="x", said="x"))
    write(tmp_path, "part.py", "X = 1\n")
    programs = FolderPrograms()
    before = programs.load(tmp_path)
    assert programs.load(tmp_path) == before
    path = tmp_path / name
    path.write_text(path.read_text() + "\n\n")
    assert programs.load(tmp_path).code != before.code
    assert programs.current("a", before.program) == programs.load(tmp_path)


def test_a_tool_of_the_lead_is_part_of_the_version_of_its_team(tmp_path: Path) -> None:
    folder(tmp_path, "lead", "team: [b]")
    folder(tmp_path / "team/b", "b")
    tool = write(tmp_path, "tools/x.py", TOOL.format(name="x", said="x"))
    programs = FolderPrograms()
    before = programs.package(programs.load(tmp_path)).team["b"]
    tool.write_text(TOOL.format(name="x", said="something else"))
    assert programs.package(programs.load(tmp_path)).team["b"].code != before.code


# What is refused


def test_nothing_there(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path).what
    assert "is not there" in refusal(tmp_path / "x.py").what
    (tmp_path / "file").write_text("")
    assert "cannot be read" in refusal(tmp_path / "file").what
    (tmp_path / "AGENT.md").mkdir()
    assert "cannot be read" in refusal(tmp_path).what


def test_a_file_that_is_no_text_or_too_large(tmp_path: Path) -> None:
    (tmp_path / "AGENT.md").write_bytes(b"---\nname: a\ngoal: caf\xe9\n---\n")
    assert "line 3: this is not UTF-8" in refusal(tmp_path).what
    (tmp_path / "AGENT.md").write_bytes(b"---\nname: a\n---\n" + b"x" * 300_000)
    assert "larger than 262,144 bytes" in refusal(tmp_path).what


@pytest.mark.parametrize(
    ("program", "text", "what"),
    [
        ("gone.py:agent", PROGRAM, "gone.py is not there"),
        ("agent.py:gone", PROGRAM, "there is no 'gone' in agent.py"),
        ("agent.py", "x = 1\n", "there is no 'agent' in agent.py"),
        ("agent.py", "agent = 7\n", "'agent' in agent.py is no async function"),
        ("agent.py", "def agent(ctx): ...\n", "'agent' in agent.py is no async function"),
        ("agent.py", "class agent: ...\n", "'agent' in agent.py is no async function"),
    ],
)
def test_a_program_that_is_none(tmp_path: Path, program: str, text: str, what: str) -> None:
    assert what in refusal(folder(tmp_path, more=f"program: {program}", program=text)).what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x = 1\ndef f(:\n", "line 2: invalid syntax"),
        ("x = 1\n  y = 2\n", "line 2: unexpected indent"),
        ("x = '\n", "line 1: unterminated string"),
        ("\n\nimport no_such_module_anywhere\n", "line 3 cannot be loaded: ModuleNotFoundError"),
        ("from ergos.lib.tool import no_such_name\n", "line 1 cannot be loaded: ImportError"),
        ("x = 1\ny = x + z\n", "line 2 cannot be loaded: NameError"),
        ("def f():\n    return 1 / 0\nf()\n", "line 2 cannot be loaded: ZeroDivisionError"),
        ("class Own(Exception): ...\nraise Own('x')\n", "line 2 cannot be loaded: Own: x"),
        ("import sys\nsys.exit(0)\n", "line 2 cannot be loaded: SystemExit"),
        ("assert False, 'not yet'\n", "line 1 cannot be loaded: AssertionError: not yet"),
        ("def f(): f()\nf()\n", "cannot be loaded: RecursionError"),
        ("from ergos.lib.tool import tool\n@tool(effect='pure')\ndef f(x): ...\n", "f: the parameter 'x' has no type"),
    ],
)
def test_a_file_of_tools_that_cannot_be_loaded_is_named_with_its_line(tmp_path: Path, text: str, what: str) -> None:
    folder(tmp_path)
    path = tmp_path / "tools" / "broken.py"
    path.parent.mkdir()
    path.write_text(text)
    error = refusal(tmp_path)
    assert what in error.what
    assert "broken.py" in error.what or "the parameter" in what


@pytest.mark.parametrize("raw", [b"x = 1\x00\n", b"x = '\xff'\n", b"# coding: klingon\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_python_at_all(tmp_path: Path, raw: bytes) -> None:
    folder(tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "broken.py").write_bytes(raw)
    assert "broken.py" in refusal(tmp_path).what


def test_a_fault_in_what_a_file_imports_names_the_file_at_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "lib/at_fault_for_ergos.py", "x = 1\ny = (\n")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    folder(tmp_path / "a", program="import at_fault_for_ergos\n" + PROGRAM)
    assert "at_fault_for_ergos.py, line 2" in refusal(tmp_path / "a").what


def test_a_team_that_does_not_fit(tmp_path: Path) -> None:
    folder(tmp_path, "lead", "team: [b]")
    assert "team/b/AGENT.md is not there" in refusal(tmp_path).what
    folder(tmp_path / "team/b", "c")
    error = refusal(tmp_path)
    assert isinstance(error, AgentFileError)
    assert "is named 'c', not 'b'" in error.what
    folder(tmp_path / "team/b", "b", "goal: 5")
    assert "team/b/AGENT.md, line 3, column 7" in refusal(tmp_path).what


def test_a_team_that_contains_itself_ends(tmp_path: Path) -> None:
    folder(tmp_path / "b", "b", "team: [b]")
    (tmp_path / "b/team").mkdir()
    (tmp_path / "b/team/b").symlink_to(tmp_path / "b")
    assert "deep" in refusal(tmp_path / "b").what


def test_two_of_one_name_are_refused_instead_of_one_being_forgotten(tmp_path: Path) -> None:
    folder(tmp_path)
    write(tmp_path, "tools/one.py", TOOL.format(name="x", said="one"))
    write(tmp_path, "tools/two.py", TOOL.format(name="x", said="two"))
    error = refusal(tmp_path)
    assert "two.py" in error.what
    assert "'x'" in error.what
    path = agent_in(tmp_path, "@agent(name='a')\nasync def x(ctx): ...\n@agent(name='a')\nasync def y(ctx): ...\n")
    assert "two agents named 'a'" in refusal(path).what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x = 1\n", "declares no agent"),
        ("@agent(team=['b'])\nasync def a(ctx): ...\n", "'b' in its team, which is not in the file"),
        ("@agent()\ndef a(ctx): ...\n", "no async function"),
        ("@agent(name='a/b')\nasync def a(ctx): ...\n", "not a name"),
        ("@agent(team=['../b'])\nasync def a(ctx): ...\n", "not a name"),
        ("@agent(supervision=Supervision(loop_calls=0))\nasync def a(ctx): ...\n", "loop_calls is 0"),
    ],
)
def test_a_file_that_declares_no_agent_that_could_run(tmp_path: Path, text: str, what: str) -> None:
    assert what in refusal(agent_in(tmp_path, text)).what


def test_too_many_files_of_tools(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "tools").mkdir()
    for number in range(TOOL_FILES_MAX + 1):
        (tmp_path / "tools" / f"t{number}.py").write_text("")
    assert f"at most {TOOL_FILES_MAX}" in refusal(tmp_path).what


def test_a_broken_change_leaves_the_version_that_runs_alone(tmp_path: Path) -> None:
    folder(tmp_path)
    programs = FolderPrograms()
    before = programs.load(tmp_path)
    (tmp_path / "agent.py").write_text("def agent(:\n")
    with pytest.raises(DefinitionError):
        programs.load(tmp_path)
    assert programs.package(before).program is not None
    assert programs.current("a", before.program) == before


def test_settings_that_are_no_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ErgosError, match="settings"):
        FolderPrograms().load(folder(tmp_path), settings={"x": object()})


STEPS = """
    ---
    name: clerk
    timezone: Europe/Berlin
    triggers: [{on: schedule, rule: FREQ=DAILY}]
    steps:
      - {act: mail.list}
      - {think: extract, id: found, with: {text: x, fields: [a]}}
    acceptance: [{check: fields, of: found, value: [a]}]
    reserved: [mail.send, pay.*]
    grants:
      - {act: mail.*}
      - {act: pay}
      - {act: pay.rent}
      - {act: files.read}
      - {think: extract}
    ---
    Do it.
"""


def test_an_agent_of_steps_needs_no_code_and_gets_the_standard_tasks(tmp_path: Path) -> None:
    write(tmp_path, "AGENT.md", STEPS)
    asked: list[int] = []

    def standard() -> Kit:
        asked.append(1)
        return standard_kit()

    programs = FolderPrograms(None, standard)
    definition = programs.load(tmp_path)
    package = programs.package(definition)
    assert {"extract", "accept", "brief"} <= set(package.tasks)
    assert {"system1.extract", "model.extract", "acceptance"} <= {one.spec.name for one in package.solvers}
    assert (definition.timezone, [one.name for one in definition.triggers]) == ("Europe/Berlin", ["schedule"])
    assert msgspec.json.decode(definition.work, type=Work).steps[1].id == "found"
    assert asked == [1]


def test_what_is_reserved_is_asked_for_and_what_the_work_implies_is_granted(tmp_path: Path) -> None:
    write(tmp_path, "AGENT.md", STEPS)
    granted = {(one.verb, one.name): one.ask for one in FolderPrograms().load(tmp_path).grants}
    assert granted == {
        ("act", "mail.*"): True, ("act", "pay"): False, ("act", "pay.rent"): True, ("act", "files.read"): False,
        ("think", "extract"): False, ("think", "accept"): False,
    }  # fmt: skip


def test_a_task_of_the_folder_takes_the_place_of_a_standard_one_with_its_solvers(tmp_path: Path) -> None:
    write(tmp_path, "AGENT.md", STEPS)
    write(
        tmp_path,
        "tools/own.py",
        """
        from ergos.lib.task import Task, solver

        EXTRACT = Task("extract", inputs=dict, output=str)

        @solver(EXTRACT, name="own.extract")
        def extract(inputs): return "mine"
        """,
    )
    programs = FolderPrograms(None, standard_kit)
    package = programs.package(programs.load(tmp_path))
    able = {one.spec.name for one in package.solvers if "extract" in one.spec.tasks}
    assert able == {"own.extract", "model.extract"}


def test_an_agent_with_a_program_of_its_own_gets_no_standard_tasks(tmp_path: Path) -> None:
    write(tmp_path, "AGENT.md", STEPS.replace("name: clerk", "name: clerk\n    program: agent.py:agent"))
    write(tmp_path, "agent.py", "async def agent(ctx): return 1\n")
    programs = FolderPrograms(None, standard_kit)
    package = programs.package(programs.load(tmp_path))
    assert dict(package.tasks) == {}
