"""The agents of a home as they lie on disk: those that can be started, and what their files say.

Rules: reads only, runs no code of anybody: a file of code is parsed, never imported; every read is bounded; what cannot
be read is an agent with a fault, never an error. What a definition names is read only where it is an agent's file.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import msgspec

from ergos.app.composing import AGENT
from ergos.base.errors import DefinitionError
from ergos.base.limits import AGENT_FILE_BYTES_MAX
from ergos.kernel.packages import FOREIGN, Definition
from ergos.lib.agent_file import AgentFile, read

SHELF: Final = "agents"
"""Folder of a home that holds the agents every owner of it may start."""
AGENTS_MAX: Final = 500  # agents on disk that are listed
CODE_BYTES_MAX: Final = 256 * 1024  # bytes of a file of code that are looked at
FILES_MAX: Final = 20  # files of code of one agent that are looked at


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """An agent on disk."""

    name: str
    path: str
    goal: str = ""
    fault: str = ""
    """Why it cannot be read."""


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """A function of an agent's code."""

    name: str
    kind: str
    """agent, tool or task: how it is declared."""
    words: str
    """Its docstring."""
    file: str


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent's files say now."""

    path: str
    file: AgentFile | None = None
    text: str = ""
    """Of AGENT.md."""
    code: tuple[Coded, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    """Name and text of the files of code."""
    fault: str = ""


def lying_in(home: Path) -> tuple[Lying, ...]:
    """The agents in a home's own folder, by name. Blocks."""
    folder = home / SHELF
    try:
        entries = sorted(folder.iterdir())[:AGENTS_MAX]
    except OSError:
        return ()
    found: list[Lying] = []
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir() and (entry / AGENT).is_file():
            file, _, fault = _agent_file(entry)
            name = file.name if file is not None else entry.name
            found.append(Lying(name=name, path=str(entry), goal=file.goal if file is not None else "", fault=fault))
        elif entry.suffix == ".py" and entry.is_file():
            agents = [one for one in _code_of(entry) if one.kind == "agent"]
            if agents:
                found.append(Lying(name=agents[-1].name, path=str(entry), goal=agents[-1].words.partition("\n")[0]))
    return tuple(sorted(found, key=lambda one: one.name))


def files_of(definition: Definition) -> Files:
    """What the files of a definition say now. Blocks."""
    place, _, _ = definition.program.partition("::")
    path = Path(place)
    if definition.program.startswith(FOREIGN) or not path.is_absolute():
        return Files(path="", fault="")
    if path.suffix == ".py":
        code = _code_of(path)
        text = _text(path, CODE_BYTES_MAX)
        fault = "" if text is not None else f"{path} cannot be read"
        return Files(path=place, code=code, sources=((path.name, text),) if text is not None else (), fault=fault)
    file, text, fault = _agent_file(path)
    paths = [*sorted(path.glob("*.py")), *sorted(path.glob("tools/*.py"))][:FILES_MAX]
    sources = [(one, _text(one, CODE_BYTES_MAX)) for one in paths]
    return Files(
        path=place,
        file=file,
        text=text,
        code=tuple(coded for one in paths for coded in _code_of(one)),
        sources=tuple((str(one.relative_to(path)), found) for one, found in sources if found is not None),
        fault=fault,
    )


def _agent_file(folder: Path) -> tuple[AgentFile | None, str, str]:
    """What AGENT.md says, its text, and why it cannot be read."""
    text = _text(folder / AGENT, AGENT_FILE_BYTES_MAX)
    if text is None:
        return None, "", f"{folder / AGENT} cannot be read"
    try:
        return read(text, str(folder / AGENT)), text, ""
    except DefinitionError as error:
        return None, text, error.what


def _text(path: Path, bytes_max: int) -> str | None:
    """A file's text; None for one that is none of an agent's, too large, or not text."""
    try:
        if not path.is_file() or path.stat().st_size > bytes_max:
            return None
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def _code_of(path: Path) -> tuple[Coded, ...]:
    """Functions that a file declares as agent, tool or task, without running it."""
    text = _text(path, CODE_BYTES_MAX)
    if text is None:
        return ()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: list[Coded] = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in node.decorator_list:
            called = mark.func if isinstance(mark, ast.Call) else mark
            if isinstance(called, ast.Name) and called.id in ("agent", "tool", "task", "check"):
                words = ast.get_docstring(node) or ""
                found.append(Coded(name=node.name, kind=called.id, words=words, file=path.name))
    return tuple(found)
