"""The documentation is executed, and what is generated says what the code says.

In README.md and under docs/, blocks run from top to bottom, one fresh folder and home a file:

- `python`: executed, all blocks of a file in one namespace;
- `bash`: run as a script if its first command is `ergos`;
- `console`: each `$ ergos ...` line is run; the lines below it are what it prints, `...` standing for anything.

A block below `<!-- not run: reason -->` is left out, and one below `<!-- needs: sandbox, code -->` where this machine has
no sandbox or the extra is not installed. Whatever a block says about `make`, the Makefile must have it.
"""

from __future__ import annotations

import doctest
import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import pytest
import typer

from ergos.base.error_tree import every_error
from ergos.base.errors import ErgosError
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from scripts import gen_docs

ROOT: Final = Path(__file__).resolve().parent.parent
BLOCK_S: Final = 60  # seconds one block may take
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE: Final = re.compile(
    r"(?P<skip><!-- not run: \S.*?-->\s*\n)?(?:<!-- needs: (?P<needs>[a-z, ]+) -->\s*\n)?^(?P<indent> *)```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```\s*?$",
    re.MULTILINE | re.DOTALL,
)
EXTRAS: Final = {
    "a2a": "a2a",
    "code": "pydantic_monty",
    "mcp": "mcp",
}  # by extra, the package that shows that it is installed
FORM: Final = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block, and the line of its file on which its text begins."""

    kind: str
    text: str
    line: int
    skipped: bool
    needs: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the rules above say that it is executed."""
        if self.skipped or not self.text.strip() or not all(is_there(need) for need in self.needs):
            return False
        if self.kind == "bash":
            commands = [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]
            return bool(commands) and commands[0].startswith("ergos ")
        return self.kind in {"python", "console"}


def blocks(text: str) -> Iterator[Block]:
    for found in FENCE.finditer(text):
        body = re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        line = text.count("\n", 0, found.start("text")) + 1
        needs = tuple(need.strip() for need in (found["needs"] or "").split(",") if need.strip())
        yield Block(found["kind"], body, line, found["skip"] is not None, needs)


@functools.cache
def is_there(need: str) -> bool:
    """Whether this machine has what a block needs: a sandbox, or the package of an extra."""
    if need != "sandbox":
        return importlib.util.find_spec(EXTRAS[need]) is not None
    with tempfile.TemporaryDirectory(prefix="ergos-docs-") as scratch:
        found = open_sandboxes(Path(scratch))
        if isinstance(found, HostSandboxes):
            found.close()
        return isinstance(found, HostSandboxes)


def dialogue(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block with what each prints; `> ` continues a command."""
    command, printed = "", ""
    for line in text.splitlines(keepends=True):
        if line.startswith("> ") and not printed:
            command += "\n" + line[2:].rstrip()
        elif line.startswith("$ "):
            if command:
                yield command, printed
            command, printed = line[2:].rstrip(), ""
        else:
            printed += line
    if command:
        yield command, printed


class Stage:
    """A fresh folder with the examples in it, a fresh home, and the `ergos` of this checkout, or the program that is it."""

    def __init__(self, folder: Path, program: Path | None = None) -> None:
        self.folder = folder / "here"
        shutil.copytree(ROOT / "examples", self.folder / "examples")
        commands = folder / "bin"
        commands.mkdir()
        ergos = commands / "ergos"
        if program is None:
            ergos.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from ergos.cli.main import run; run()" "$@"\n')
            ergos.chmod(0o755)
        else:
            ergos.symlink_to(program)
        self.environment = {
            "ERGOS_HOME": str(folder / "home"),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "120",
            "PATH": f"{commands}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "PYTHONPATH": str(ROOT / "src"),
        }
        self.called = False

    def run(self, script: str) -> str:
        """What a script prints on both streams; an assertion with all of it where it fails."""
        self.called = True
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, timeout=BLOCK_S,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"exit code {done.returncode} of:\n{script}\n{done.stdout}"
        return done.stdout

    def close(self) -> None:
        """Stop a kernel that a block left running."""
        if self.called and (self.folder.parent / "home").exists():
            subprocess.run(
                ["bash", "-c", "ergos down"],
                cwd=self.folder, env=self.environment, capture_output=True, timeout=BLOCK_S, check=False,
            )  # fmt: skip


def perform(block: Block, stage: Stage, namespace: dict[str, object], label: str) -> None:
    """Execute one block; any failure names its file and line."""
    place = f"{label}:{block.line}"
    if block.kind == "python":
        exec(compile("\n" * (block.line - 1) + block.text, label, "exec"), namespace)
    elif block.kind == "bash":
        assert_runs(stage, block.text, place)
    else:
        for command, expected in dialogue(block.text):
            if command.startswith("ergos "):
                got = assert_runs(stage, command, place)
                if expected.strip():
                    same = doctest.OutputChecker().check_output(expected, got, FORM)
                    assert same, f"{place}: `{command}` printed\n{got}\ninstead of\n{expected}"


def assert_runs(stage: Stage, script: str, place: str) -> str:
    try:
        return stage.run(script)
    except (AssertionError, subprocess.TimeoutExpired) as failure:
        raise AssertionError(f"{place}: {failure}") from failure


def perform_all(text: str, folder: Path, label: str, program: Path | None = None) -> int:
    """Execute every block of a text that is to be run; how many there were."""
    found = [block for block in blocks(text) if block.runs]
    stage = Stage(folder, program)
    namespace: dict[str, object] = {"__name__": "__documentation__"}
    before = Path.cwd()
    os.chdir(stage.folder)
    try:
        for block in found:
            perform(block, stage, namespace, label)
    finally:
        os.chdir(before)
        stage.close()
    return len(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_the_documentation_runs(
    page: Path, ergos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text("utf-8")
    if not any(block.runs for block in blocks(text)):
        return
    monkeypatch.setenv("ERGOS_HOME", str(tmp_path / "home"))
    perform_all(text, tmp_path, page.relative_to(ROOT).as_posix(), ergos)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_target_named_in_the_documentation_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = page.read_text("utf-8")
    named = re.findall(r"`make ([a-z-]+)", text)
    for block in blocks(text):
        named += re.findall(r"^(?:\$ )?make ([a-z-]+)", block.text, re.MULTILINE)
    assert set(named) <= targets, f"{page.name} names targets the Makefile has not: {sorted(set(named) - targets)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_within_the_documentation_leads_somewhere(page: Path) -> None:
    prose = FENCE.sub("", page.read_text("utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", prose)
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing, f"{page.name} links to what is not there: {missing}"


# The runner itself

TEXT: Final = """
```python
x = 1
```

<!-- not run: needs a key -->
```bash
ergos down
```

```bash
make demo
```

```bash
# first of all
ergos ps
```

```console
$ ergos ps
pid  state
$ echo no
```

<!-- needs: nothing, sandbox -->
```bash
ergos exec -- true
```
"""


def test_the_runner_takes_the_blocks_that_are_to_be_run_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_docs.is_there", lambda need: need != "nothing")
    found = list(blocks(TEXT))
    assert [(block.kind, block.runs) for block in found] == [
        ("python", True),
        ("bash", False),
        ("bash", False),
        ("bash", True),
        ("console", True),
        ("bash", False),
    ]
    assert found[0].line == 3
    assert found[-1].needs == ("nothing", "sandbox")


def test_what_a_block_needs_is_something_the_runner_knows() -> None:
    needed = {need for page in PAGES for block in blocks(page.read_text("utf-8")) for need in block.needs}
    assert needed <= {"sandbox", *EXTRAS}


def test_a_dialogue_is_taken_apart() -> None:
    assert list(dialogue("$ ergos run \\\n> x\nout\nmore\n$ ergos ps\n")) == [
        ("ergos run \\\nx", "out\nmore\n"),
        ("ergos ps", ""),
    ]


def test_a_python_block_that_fails_fails_the_page_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        perform_all("words\n\n```python\nx = 0\ny = 1 / x\n```\n", tmp_path, "page.md")
    assert raised.traceback[-1].lineno == 4


def test_blocks_of_a_page_share_a_namespace(tmp_path: Path) -> None:
    assert perform_all("```python\nx = 1\n```\n\n```python\nassert x == 1\n```\n", tmp_path, "page.md") == 2


def test_a_command_that_prints_something_else_fails_the_page(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    command = tmp_path / "bin" / "ergos"
    command.write_text('#!/bin/sh\necho "pid $1 done"\n')
    perform(Block("console", "$ ergos 7\npid ... done\n", 1, skipped=False), stage, {}, "page.md")
    with pytest.raises(AssertionError, match=r"page\.md:1"):
        perform(Block("console", "$ ergos 7\npid 8 done\n", 1, skipped=False), stage, {}, "page.md")


def test_a_command_that_fails_fails_the_page(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    (tmp_path / "bin" / "ergos").write_text("#!/bin/sh\nexit 4\n")
    with pytest.raises(AssertionError, match="exit code 4"):
        perform(Block("bash", "ergos ps\n", 1, skipped=False), stage, {}, "page.md")


# The generated pages


def test_the_generated_pages_say_what_the_code_says() -> None:
    made = {name: text for name, make in gen_docs.PAGES.items() if (text := make()) is not None}
    assert not gen_docs.drift(gen_docs.FOLDER, made), "run `make docs`"


def test_a_page_that_drifted_is_missing_or_has_no_code_is_told(tmp_path: Path) -> None:
    (tmp_path / "kept.md").write_text("same", "utf-8")
    (tmp_path / "drifted.md").write_text("old", "utf-8")
    (tmp_path / "orphan.md").write_text("whose?", "utf-8")
    faults = gen_docs.drift(tmp_path, {"kept.md": "same", "drifted.md": "new", "absent.md": "new"})
    assert [fault.split()[0] for fault in faults] == ["drifted.md", "absent.md", "orphan.md"]


def test_every_error_has_a_code_of_its_own_and_stands_on_its_page() -> None:
    codes = [error.code for error in every_error()]
    assert len(set(codes)) == len(codes)
    text = gen_docs.errors_page()
    assert all(f"| `{error.code}` | {error.__name__} |" in text for error in every_error())
    assert all(error.__doc__ and error.remedy for error in every_error(ErgosError))


def test_every_bound_stands_on_its_page() -> None:
    source = (ROOT / "src/ergos/base/limits.py").read_text("utf-8")
    names = set(re.findall(r"^([A-Z_0-9]+): Final", source, re.MULTILINE)) - {"MIB"}
    assert names
    assert names == set(re.findall(r"^\| `([A-Z_0-9]+)` \| [^|–]+ \| [^|–]", gen_docs.limits_page(), re.MULTILINE))


def test_every_command_says_what_it_does_and_what_it_takes() -> None:
    main = pytest.importorskip("ergos.cli.main", reason="there is no command line yet")
    for command in gen_docs.commands(main.app):
        assert command.meaning, f"`{command.path}` has no help"
        silent = [option.spelling for option in command.options if not option.meaning]
        assert not silent, f"`{command.path}`: no help for {silent}"


def test_the_page_of_a_command_line_holds_every_visible_command_and_option() -> None:
    app, group = typer.Typer(help="Turns energy into work."), typer.Typer(help="Look at things.")

    @group.command()
    def ls(
        path: Annotated[str, typer.Argument(help="Where to look.")],
        depth: Annotated[int, typer.Option(help="How deep.")] = 1,
    ) -> None:
        """List what stands at a path."""

    @app.command(hidden=True)
    def secret() -> None:
        """Never shown."""

    app.add_typer(group, name="show")
    found = gen_docs.commands(app)
    assert [command.path for command in found] == ["ergos", "ergos show", "ergos show ls"]
    text = gen_docs.commands_page(found)
    assert "ergos show ls" in text
    assert "List what stands at a path." in text
    assert "| `--depth` | How deep. | `1` |" in text
    assert "Where to look." in text
