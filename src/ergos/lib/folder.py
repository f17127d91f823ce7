"""Finds agents on disk: folders with AGENT.md, or single Python files with `@agent` functions.

    newsroom/AGENT.md            the agent that is started
    newsroom/agent.py            its program (or what `program:` names)
    newsroom/tools/*.py          tools, tasks and solvers, for it and its team
    newsroom/skills/*/SKILL.md   skills, for it and its team; those the owner installed in the home come to them
    newsroom/team/writer/…       agents it may spawn, folders of the same shape

Rules: code is loaded again when its files changed and the agent is started anew; its digest is the version, and a
process takes a newer one at its next turn. Loading runs the owner's own files and nothing else. Everything in a
folder is usable only through grants.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, MappingProxyType, ModuleType
from typing import Final, TypeVar, cast

import msgspec

from ergos.base.canonical import encode
from ergos.base.errors import AgentFileError, DefinitionError
from ergos.base.limits import AGENT_FILE_BYTES_MAX, AGENT_FILES_MAX, SPAWN_DEPTH_MAX, TOOL_FILES_MAX
from ergos.kernel.packages import Definition, Package, Program, Solver, Tool
from ergos.kernel.packages import Task as TaskPort
from ergos.kernel.values import NULL
from ergos.lib import steps
from ergos.lib.agent import Agent, AgentFunction, program_of
from ergos.lib.agent_file import AgentFile, granted, read
from ergos.lib.foreign import Loading
from ergos.lib.model_solver import PromptedSolver, generic
from ergos.lib.pins import Pin
from ergos.lib.skills import LOCK, READ, Shelf, Skill, pins_of, skills_in
from ergos.lib.task import FunctionSolver, Task
from ergos.lib.tool import FunctionTool
from ergos.lib.work import NO_WORK

T = TypeVar("T")


class Loaded(msgspec.Struct, frozen=True):
    """An agent ready to run: its definition and its code."""

    definition: Definition
    package: Package


class Kit(msgspec.Struct, frozen=True):
    """Tools, tasks and solvers found in files."""

    tools: Mapping[str, Tool]
    tasks: Mapping[str, TaskPort]
    solvers: tuple[Solver, ...]
    code: tuple[bytes, ...] = ()
    """The files they stand in; a change of one is a new version of every agent that has them."""
    skills: tuple[Skill, ...] = ()


class FolderPrograms:
    """A `Programs` port over the file system. Definitions name their place as 'PATH' or 'PATH::AGENT'."""

    def __init__(self, home_skills: Path | None = None, standard: Callable[[], Kit] | None = None) -> None:
        """`home_skills`: the folder of the skills that the owner installed.

        `standard`: the tasks of agents of steps; asked for when the first such agent is loaded.
        """
        self._standard: Final = standard
        self._home_skills: Final = home_skills
        self._loaded: dict[str, Loaded] = {}
        self._stamps: dict[Path, tuple[object, ...]] = {}

    def load(self, path: Path, *, settings: Mapping[str, object] | None = None) -> Definition:
        """The definition of the agent at a path, as its files are now. `settings` override those of its AGENT.md.

        The settings belong to this definition alone: another process of the same agent has its own.
        Raises: DefinitionError.
        """
        found = self._at(str(path.absolute())).definition
        if not settings:
            return found
        merged: dict[str, object] = {**(msgspec.json.decode(found.settings) or {}), **settings}
        return msgspec.structs.replace(
            found,
            language=str(merged.get("language", found.language)),
            settings=msgspec.Raw(encode(merged, what="settings")),
        )

    def package(self, definition: Definition) -> Package:
        """The code of a definition. Raises: DefinitionError."""
        found = self._loaded.get(definition.program)
        return (found or self._at(definition.program)).package

    def current(self, agent: str, program: str) -> Definition | None:
        """The newest definition of an agent that was loaded; None if none was."""
        del agent
        found = self._loaded.get(program)
        return found.definition if found is not None else None

    def _at(self, program: str) -> Loaded:
        """Load the whole team a program belongs to, unless its files are the ones that were loaded."""
        place, _, member = program.partition("::")
        root = _root(Path(place))
        if root.is_dir() and not (root / "AGENT.md").exists():  # before all that is in it is looked at
            raise DefinitionError(f"{root / 'AGENT.md'} is not there", remedy="name a folder with AGENT.md")
        stamp = _stamp(root, self._home_skills)
        if self._stamps.get(root) != stamp or program not in self._loaded:
            self._loaded.update(self._read(root))
            self._stamps[root] = stamp
        found = self._loaded.get(program)
        if found is None:
            raise DefinitionError(
                f"{place} has no agent {member!r}" if member else f"{root} has no {place} in its team"
            )
        return found

    def _read(self, root: Path) -> dict[str, Loaded]:
        pins = pins_of(self._home_skills)
        found = () if self._home_skills is None else skills_in(self._home_skills, pins, installed=True)
        if root.suffix == ".py":
            return _file(root, Shelf(found))
        return _folder(root, Kit({}, {}, (), skills=found), pins, self._standard)


def _root(place: Path) -> Path:
    """The folder whose team a place belongs to, however deep; tools are inherited from there on."""
    while place.parent.name == "team" and (place.parent.parent / "AGENT.md").is_file():
        place = place.parent.parent
    return place


def _stamp(root: Path, home_skills: Path | None) -> tuple[object, ...]:
    """Changes when a file of an agent changes: names, sizes and times."""
    paths = [root] if root.suffix == ".py" else sorted([*root.rglob("*.py"), *root.rglob("AGENT.md")])
    if len(paths) > AGENT_FILES_MAX:
        raise DefinitionError(
            f"{root} has more than {AGENT_FILES_MAX} files of code", remedy="name the agent's own folder"
        )
    if root.suffix != ".py":
        paths += sorted(root.rglob("SKILL.md"))[:AGENT_FILES_MAX]
    paths += [] if home_skills is None else [home_skills, home_skills / LOCK]
    return tuple((str(path), found.st_size, found.st_mtime_ns) for path in paths if (found := _stat(path)) is not None)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _folder(
    folder: Path, inherited: Kit, pins: Mapping[str, Pin], standard: Callable[[], Kit] | None, depth: int = 0
) -> dict[str, Loaded]:
    """The agent of a folder first, then its team."""
    if depth > SPAWN_DEPTH_MAX:
        raise DefinitionError(f"{folder} is the team of a team more than {SPAWN_DEPTH_MAX} deep")
    text = _text(folder / "AGENT.md")
    file = read(text, str(folder / "AGENT.md"))
    own = msgspec.structs.replace(_kit(folder / "tools"), skills=skills_in(folder / "skills", pins))
    kit = _joined(inherited, own)
    shelf = Shelf(kit.skills)
    team: dict[str, Loaded] = {}
    members: dict[str, Definition] = {}
    for member in file.team:
        below = _folder(folder / "team" / member, kit, pins, standard, depth + 1)
        first = next(iter(below.values())).definition
        if first.agent != member:
            raise AgentFileError(f"{folder / 'team' / member / 'AGENT.md'} is named {first.agent!r}, not {member!r}")
        members[member] = first
        team.update(below)
    definition = _definition(file, folder, (text.encode(), *kit.code), shelf)
    tools = {**kit.tools, READ: shelf.tool()} if len(shelf) else kit.tools
    if not file.program and standard is not None:  # an agent of steps; what its folder says comes first
        kit = _joined(standard(), kit)
    package = Package(program=_program(folder, file), tools=tools, tasks=kit.tasks, solvers=_solvers(kit), team=members)
    return {definition.program: Loaded(definition, package), **team}


def _definition(file: AgentFile, folder: Path, code: tuple[bytes, ...], shelf: Shelf) -> Definition:
    lines, digests = shelf.seen_by(file.grants)
    return Definition(
        agent=file.name,
        program=str(folder.absolute()),
        code=_digest([*code, *digests, *(path.read_bytes() for path in sorted(folder.glob("*.py")))]),
        grants=granted(file),
        caps=file.caps,
        supervision=file.supervision,
        solvers=file.solvers,
        window_tokens=file.window_tokens,
        language=file.language,
        instructions="\n\n".join(part for part in (file.instructions, lines) if part),
        settings=file.settings,
        triggers=file.work.triggers,
        timezone=file.work.timezone,
        work=NULL if file.work == NO_WORK else msgspec.Raw(encode(file.work, what="the work")),
    )


def _program(folder: Path, file: AgentFile) -> Program:
    if not file.program:
        return program_of(steps.program)
    name, _, function_name = file.program.partition(":")
    module = _module(folder / name)
    wanted = function_name or "agent"
    found: object = getattr(module, wanted, None)
    function: object = found.function if isinstance(found, Agent) else found
    if not inspect.iscoroutinefunction(function):
        what = (
            f"{wanted!r} in {name} is no async function" if found is not None else f"there is no {wanted!r} in {name}"
        )
        raise AgentFileError(f"{folder / 'AGENT.md'}: {what}", remedy="expected `program: FILE.py:FUNCTION`")
    return program_of(cast("AgentFunction", function))


def _file(path: Path, shelf: Shelf) -> dict[str, Loaded]:
    """Every `@agent` of a Python file; the last one is the one that is started."""
    module = _module(path)
    kit = _kit_of([module])
    agents = list({id(found): found for found in vars(module).values() if isinstance(found, Agent)}.values())
    names = [found.name for found in agents]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise DefinitionError(f"{path} declares two agents named {twice!r}", remedy="give each its own name")
    if not agents:
        raise DefinitionError(f"{path} declares no agent", remedy="decorate an async function with `@agent(...)`")
    source = path.read_bytes()
    seen = {found.name: shelf.seen_by(found.grants) for found in agents}
    tools = {**kit.tools, READ: shelf.tool()} if len(shelf) else kit.tools
    place = str(path.absolute())
    definitions = {
        found.name: Definition(
            agent=found.name,
            program=place if found is agents[-1] else f"{place}::{found.name}",
            code=_digest([source, *seen[found.name][1]]),
            grants=found.grants,
            caps=found.caps,
            supervision=found.supervision,
            solvers=found.solvers,
            instructions=seen[found.name][0],
        )
        for found in reversed(agents)
    }
    loaded: dict[str, Loaded] = {}
    for found in reversed(agents):
        team = {member: definitions[member] for member in found.team if member in definitions}
        missing = set(found.team) - set(team)
        if missing:
            raise DefinitionError(f"{path}: {found.name} has {min(missing)!r} in its team, which is not in the file")
        package = Package(
            program=program_of(found.function), tools=tools, tasks=kit.tasks, solvers=_solvers(kit), team=team
        )
        loaded[definitions[found.name].program] = Loaded(definitions[found.name], package)
    return loaded


def _kit(folder: Path) -> Kit:
    """What the files of a folder of tools declare; none where there is no folder."""
    listed = sorted(folder.glob("*.py")) if folder.is_dir() else []
    if len(listed) > TOOL_FILES_MAX:
        raise DefinitionError(f"{folder} has {len(listed)} files; at most {TOOL_FILES_MAX} are read")
    kit = _kit_of([_module(path) for path in listed])
    return msgspec.structs.replace(kit, code=tuple(path.read_bytes() for path in listed))


def _kit_of(modules: Iterable[ModuleType]) -> Kit:
    tools: dict[str, Tool] = {}
    tasks: dict[str, TaskPort] = {}
    solvers: dict[str, Solver] = {}
    for module in modules:
        for found in vars(module).values():
            if isinstance(found, FunctionTool):
                _once(tools, found.spec.name, found, module)
            elif isinstance(found, Task):
                _once(tasks, found.spec.name, found, module)
            elif isinstance(found, FunctionSolver | PromptedSolver):
                _once(solvers, found.spec.name, found, module)
    return Kit(tools, tasks, tuple(solvers.values()))


def _solvers(kit: Kit) -> tuple[Solver, ...]:
    """The solvers of a kit, and a model for every task that has none of its own."""
    by_model = {name for found in kit.solvers if found.spec.kind == "model" for name in found.spec.tasks}
    taken = {found.spec.name for found in kit.solvers}
    more = (generic(task) for name, task in kit.tasks.items() if name not in by_model and isinstance(task, Task))
    return (*kit.solvers, *(found for found in more if found.spec.name not in taken))


def _once(kit: dict[str, T], name: str, found: T, module: ModuleType) -> None:
    """A second one of the same name would silently take the place of the first."""
    if kit.setdefault(name, found) is not found:
        raise DefinitionError(
            f"{module.__file__}: there is another one named {name!r}", remedy="give each its own name"
        )


def _joined(first: Kit, second: Kit) -> Kit:
    """What is inherited and what is the folder's own; of two with one name, the folder's own.

    A task that is replaced takes its solvers with it: they do another one.
    """
    replaced = {name for name, task in second.tasks.items() if first.tasks.get(name, task) is not task}
    kept = (found for found in first.solvers if not set(found.spec.tasks) <= replaced)
    solvers = {found.spec.name: found for found in (*kept, *second.solvers)}
    return Kit(
        MappingProxyType({**first.tools, **second.tools}),
        MappingProxyType({**first.tasks, **second.tasks}),
        tuple(solvers.values()),
        first.code + second.code,
        second.skills + first.skills,
    )


_PREFIX: Final = "ergos_agent_"


class _Source(SourceFileLoader):
    """Compiles the source as it is now: byte code of a moment ago is told from it by the second and the size only."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the file."""
        return self.source_to_code(self.get_data(self.path), self.get_filename(fullname))


def _module(path: Path) -> ModuleType:
    """Run an owner's file as a module of its own name. Raises: DefinitionError naming file and line."""
    if not path.is_file():
        raise DefinitionError(
            f"{path} is not there", remedy="check the path; an agent is a folder with AGENT.md or a file"
        )
    name = _PREFIX + hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    spec = importlib.util.spec_from_file_location(name, path, loader=_Source(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loaded = False
    try:
        with Loading(str(path)):
            spec.loader.exec_module(module)
        loaded = True
    finally:
        if not loaded:
            del sys.modules[name]
    return module


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes() if path.stat().st_size <= AGENT_FILE_BYTES_MAX else None
    except FileNotFoundError as error:
        raise DefinitionError(f"{path} is not there", remedy="an agent is a folder with AGENT.md") from error
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
    if raw is None:
        raise AgentFileError(f"{path} is larger than {AGENT_FILE_BYTES_MAX:,} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise AgentFileError(f"{path}, line {line}: this is not UTF-8 text", remedy="save the file as UTF-8") from error


def _digest(parts: Iterable[bytes]) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big") + part)
    return hashed.hexdigest()
