"""The style of CONVENTIONS.md, as far as a machine can tell.

A rule reads one file and yields faults. `EXCEPTIONS` names what may break a rule; the lists may only shrink: an
exception that is no longer needed is a fault too. Each rule is tested on a planted violation.
"""

from __future__ import annotations

import ast
import functools
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT: Final = Path(__file__).resolve().parent.parent

MODULE_LINES_MAX: Final = 400
KERNEL_MODULE_LINES_MAX: Final = 300
FUNCTION_LINES_MAX: Final = 60
PUBLIC_METHODS_MAX: Final = 15
EXAMPLE_LINES_MAX: Final = 60
CHANGELOG_LINE_MAX: Final = 160

VAGUE: Final = frozenset("util utils helper helpers common misc manager handler base data".split())
HEAVY: Final = frozenset(
    "feedparser httptools httpx2 llama_cpp lxml openai anthropic pydantic_ai pypdf rjieba trafilatura uvloop yaml".split()
)
CLOCKS: Final = frozenset(
    f"time.{name}{unit}" for name in ("time", "monotonic", "perf_counter", "process_time") for unit in ("", "_ns")
)
AMBIENT: Final = CLOCKS | {
    "time.localtime", "time.gmtime", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today", "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "uuid.getnode",
}  # fmt: skip
AMBIENT_MODULES: Final = ("random.", "secrets.")

# By rule, what may break it: a path, or path::name. Only ever take lines away.
EXCEPTIONS: Final[dict[str, frozenset[str]]] = {
    "a module is short": frozenset(),
    "a function is short": frozenset(),
    "a class is small": frozenset(),
    "a name says what the thing is": frozenset({"src/ergos/base"}),
    # Where a stranger's mistake must not end the system: around programs, and around commands. And the simulator,
    # whose finding is whatever broke.
    "nothing is caught that is not understood": frozenset(
        {
            "src/ergos/runtime/reactor.py",
            "src/ergos/cli/main.py",
            "src/ergos/sim/__main__.py",
            "src/ergos/sim/explore.py",
        }
    ),
    "a module says what it is for": frozenset(),
    "time, chance and identity are handed in": frozenset({"src/ergos/drivers/host.py"}),
    "nothing is left to do": frozenset(),
    "a heavy library is imported where it is used": frozenset(),
    # Vocabulary without behaviour of its own: numbers, records, protocols.
    "a module has its tests": frozenset(
        {
            "src/ergos/kernel/events.py",
            "src/ergos/kernel/packages.py",
            "src/ergos/kernel/ports.py",
            "src/ergos/kernel/rows.py",
        }
    ),
}


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the root, and what it holds."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))


@dataclass(frozen=True)
class Fault:
    """A broken rule: what an exception would have to name, and what to do."""

    key: str
    message: str


Rule = Callable[[Source], Iterator[Fault]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def short_module(source: Source) -> Iterator[Fault]:
    most = KERNEL_MODULE_LINES_MAX if source.path.startswith("src/ergos/kernel/") else MODULE_LINES_MAX
    if (lines := len(source.text.splitlines())) > most:
        yield Fault(source.path, f"{lines} lines, {most} at most; split it along its nouns")


def short_function(source: Source) -> Iterator[Fault]:
    for node in source.nodes:
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                why = f"line {node.lineno}: {lines} lines, {FUNCTION_LINES_MAX} at most; give its parts names"
                yield Fault(f"{source.path}::{node.name}", why)


def small_class(source: Source) -> Iterator[Fault]:
    for node in source.nodes:
        if isinstance(node, ast.ClassDef):
            public = {part.name for part in node.body if isinstance(part, Function) and not part.name.startswith("_")}
            if len(public) > PUBLIC_METHODS_MAX:
                why = f"{len(public)} public methods, {PUBLIC_METHODS_MAX} at most; it is more than one thing"
                yield Fault(f"{source.path}::{node.name}", why)


def telling_name(source: Source) -> Iterator[Fault]:
    path = Path(source.path)
    for part in (*path.parents, path.with_suffix("")):
        if part.name in VAGUE or VAGUE & set(part.name.split("_")) - {"base", "data"}:
            yield Fault(part.as_posix(), f"'{part.name}' says nothing; name the noun of the field it holds")
    for node in source.nodes:
        if isinstance(node, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", node.name)}
            if words & VAGUE - {"base", "data", "common"}:
                yield Fault(f"{source.path}::{node.name}", "this class name says nothing; name what it is")


def narrow_except(source: Source) -> Iterator[Fault]:
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else {""}
            if caught & {"", "Exception", "BaseException"}:
                yield Fault(source.path, f"line {node.lineno}: a broad except hides bugs; name what may happen")


def module_docstring(source: Source) -> Iterator[Fault]:
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield Fault(source.path, "no module docstring; say what it is for, its rules, what it must not know")


def dotted_name(node: ast.AST) -> str:
    """`a.b.c` where a node is that; nothing where it is anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def nothing_ambient(source: Source) -> Iterator[Fault]:
    homes: dict[str, str] = {}
    for node in source.nodes:
        if isinstance(node, ast.Import):
            homes |= {name.asname or name.name: name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            homes |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    for node in source.nodes:
        first, dot, rest = dotted_name(node).partition(".")
        full = homes.get(first, "") + dot + rest
        if full in AMBIENT or full.startswith(AMBIENT_MODULES):
            yield Fault(source.path, f"line {node.lineno}: {full}; take a Clock, an Entropy or an id (ergos.base)")


def nothing_left_to_do(source: Source) -> Iterator[Fault]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", line):
            yield Fault(source.path, f"line {number}: {found[0]}; do it, or leave out what is not there yet")


def light_import(source: Source) -> Iterator[Fault]:
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for heavy in HEAVY & {name.split(".")[0] for name in names}:
                yield Fault(source.path, f"line {node.lineno}: import {heavy} inside the function that uses it")


def mirrored(source: Source) -> Iterator[Fault]:
    path = Path(source.path)
    if path.name in {"__init__.py", "__main__.py"}:
        return
    test = Path("tests", *path.parts[2:-1], f"test_{path.name}")
    if not (ROOT / test).exists():
        yield Fault(source.path, f"no {test.as_posix()}; tests mirror the source")


SOURCE_RULES: Final[dict[str, Rule]] = {
    "a module is short": short_module,
    "a function is short": short_function,
    "a class is small": small_class,
    "a name says what the thing is": telling_name,
    "nothing is caught that is not understood": narrow_except,
    "a module says what it is for": module_docstring,
    "time, chance and identity are handed in": nothing_ambient,
    "nothing is left to do": nothing_left_to_do,
    "a heavy library is imported where it is used": light_import,
    "a module has its tests": mirrored,
}

# Each rule and a file that breaks it; the last three words of a rule must be seen to bite.
PLANTED: Final[dict[str, Source]] = {
    "a module is short": Source("src/ergos/kernel/long.py", "'''Long.'''\n" + "x = 1\n" * 300),
    "a function is short": Source("src/ergos/lib/a.py", "async def f():\n" + "    x = 1\n" * 60),
    "a class is small": Source(
        "src/ergos/a.py", "class A:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(16))
    ),
    "a name says what the thing is": Source("src/ergos/lib/text_utils.py", ""),
    "nothing is caught that is not understood": Source(
        "src/ergos/lib/a.py", "try:\n    f()\nexcept (OSError, Exception):\n    g()\n"
    ),
    "a module says what it is for": Source("src/ergos/lib/a.py", "x = 1\n"),
    "time, chance and identity are handed in": Source(
        "src/ergos/lib/a.py", "from datetime import datetime as when\nx = when.now()\n"
    ),
    "nothing is left to do": Source("src/ergos/lib/a.py", "x = 1  # " + "TODO" + ": more\n"),
    "a heavy library is imported where it is used": Source("src/ergos/lib/a.py", "from lxml.html import fromstring\n"),
    "a module has its tests": Source("src/ergos/lib/no_such_module.py", "'''Untested.'''\n"),
}


@functools.cache
def faults_by_rule() -> dict[str, list[Fault]]:
    """What every rule finds in the source: a file is read and parsed once, and not kept."""
    found: dict[str, list[Fault]] = {name: [] for name in SOURCE_RULES}
    for path in sorted((ROOT / "src").rglob("*.py")):
        source = Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for name, rule in SOURCE_RULES.items():
            found[name] += rule(source)
    return found


@pytest.mark.parametrize("name", SOURCE_RULES)
def test_the_source_keeps_the_rule(name: str) -> None:
    faults = faults_by_rule()[name]
    broken = sorted(f"{fault.key}: {fault.message}" for fault in faults if fault.key not in EXCEPTIONS[name])
    assert not broken, f"{name}:\n" + "\n".join(dict.fromkeys(broken))
    unneeded = sorted(EXCEPTIONS[name] - {fault.key for fault in faults})
    assert not unneeded, f"{name}: no longer needed, take it off the list: {unneeded}"


@pytest.mark.parametrize("name", SOURCE_RULES)
def test_a_planted_violation_is_found(name: str) -> None:
    assert list(SOURCE_RULES[name](PLANTED[name]))


@pytest.mark.parametrize(
    "text",
    [
        "import time\nx = time.time()\n",
        "import time as t\nx = t.monotonic_ns()\n",
        "from time import time_ns\nx = time_ns()\n",
        "import random\nx = random.Random(1)\n",
        "from random import choice\nx = choice([1])\n",
        "import datetime\nx = datetime.datetime.now(tz=datetime.UTC)\n",
        "from datetime import date\nx = date.today()\n",
        "import os\nx = os.urandom(8)\n",
        "from uuid import uuid4 as name\nx = name()\n",
        "import time\nread = time.time\n",
    ],
)
def test_an_ambient_call_is_found_however_it_is_imported(text: str) -> None:
    assert list(nothing_ambient(Source("src/ergos/lib/a.py", text)))


def test_a_name_that_only_looks_ambient_is_left_alone() -> None:
    text = "import time\nfrom ergos.base import clock\nx = clock.time.time()\ny = time.strftime('%Y')\ntime_ns = 1\nz = time_ns\n"
    assert not list(nothing_ambient(Source("src/ergos/lib/a.py", text)))


def test_a_bare_except_is_found() -> None:
    assert list(narrow_except(Source("src/ergos/lib/a.py", "try:\n    f()\nexcept:\n    g()\n")))


# The whole checkout

_REGISTRY = "py" + "pi"
FOREIGN: Final = re.compile(
    "|".join(
        (
            r"(?<![\w.~-])/(?:home|Users)/[A-Za-z]\w*",
            r"(?<![\w.~-])/" + "root/",
            r"(?<![\w.~/-])/" + "work/",
            r"(?:test\.|files\.)?" + _REGISTRY + r"\.(?:org|python\.org)",
            r"python" + "hosted",
        )
    )
)


def kept_files() -> list[Path]:
    """What is, or would be, committed; where this is no checkout, every file but what was built."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listing.returncode == 0:
        return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    tops = [
        path
        for path in ROOT.iterdir()
        if path.name not in {".venv", "dist", "build", ".git"} and not path.name.endswith("-venv")
    ]
    return [path for top in tops for path in (top, *top.rglob("*")) if path.is_file() and path.suffix != ".pyc"]


def foreign_words(text: str) -> list[str]:
    return [f"line {text.count(chr(10), 0, found.start()) + 1}: {found[0]}" for found in FOREIGN.finditer(text)]


def test_no_file_names_a_machine_or_a_package_host() -> None:
    faults: list[str] = []
    kept = kept_files()
    assert Path(__file__) in kept
    for path in kept:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        faults += [f"{path.relative_to(ROOT)}: {words}" for words in foreign_words(text)]
    assert not faults, "true on one machine only:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    "text",
    ["see /" + "home/alice/x", "'/" + "root/.cache'", "cd /" + "work/main", "https://" + _REGISTRY + ".org/simple"],
)
def test_a_planted_machine_path_is_found(text: str) -> None:
    assert foreign_words(text)


def test_the_first_examples_are_short() -> None:
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "examples").glob("*.py")}
    assert not {name: count for name, count in lines.items() if count > EXAMPLE_LINES_MAX}


def changelog_faults(text: str) -> Iterator[str]:
    """What is wrong with the form of a change log: title, versions newest first, one finished line a change."""
    lines = text.splitlines()
    if not lines or lines[0] != "# Changelog":
        yield "the first line is '# Changelog'"
    versions: list[tuple[int, ...]] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("## ") and line != "## Unreleased":
            found = re.fullmatch(r"## (\d+)\.(\d+)\.(\d+) – \d{4}-\d{2}-\d{2}", line)
            if found is None:
                yield f"line {number}: '## Unreleased' or '## 1.2.3 – 2030-01-31'"
            else:
                versions.append(tuple(int(part) for part in found.groups()))
        if line.startswith("- ") and not (line.endswith(".") and line[2].isupper() and len(line) <= CHANGELOG_LINE_MAX):
            yield f"line {number}: one sentence of at most {CHANGELOG_LINE_MAX} characters that says what a user gets"
        if line == "## Unreleased" and versions:
            yield f"line {number}: what is unreleased stands above the releases"
    if versions != sorted(set(versions), reverse=True):
        yield "the newest version stands first, each once"


def test_the_changelog_has_its_form() -> None:
    assert not list(changelog_faults((ROOT / "CHANGELOG.md").read_text("utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Changes\n",
        "# Changelog\n\n## 1.0\n",
        "# Changelog\n\n## 0.1.0 – 2026-01-01\n\n## 0.2.0 – 2026-02-01\n",
        "# Changelog\n\n## Unreleased\n\n- fixed things\n",
        "# Changelog\n\n## 0.1.0 – 2026-01-01\n\n## Unreleased\n",
    ],
)
def test_a_malformed_changelog_is_found(text: str) -> None:
    assert list(changelog_faults(text))


@pytest.mark.filterwarnings("ignore:A test tried to use socket:UserWarning")
def test_the_network_is_out_of_reach_of_every_test() -> None:
    with socket.socket() as line, pytest.raises(SocketConnectBlockedError):
        line.connect(("192.0.2.1", 80))
