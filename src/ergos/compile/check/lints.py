"""What is wrong, or should be known, with a program before it runs: compiled ones and those written by hand.

    check(file, circumstances)      # diagnostics, the gravest first

Rules: pure; what cannot be known here (an agent's own code, its own tools) is not judged. A finding about a step points
at its words where `spans` says which. Nothing is changed.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from ergos.base.canonical import Plain
from ergos.compile.check.reach import about_grants
from ergos.compile.check.spend import about_money
from ergos.compile.check.times import about_times
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic, ordered
from ergos.compile.intent import Span
from ergos.kernel.triggers import Files
from ergos.lib import conditions
from ergos.lib.acceptance import CHECKS
from ergos.lib.agent_file import AgentFile
from ergos.lib.references import ROOTS, paths_of
from ergos.lib.work import Step

TASKS: Final = frozenset(
    {"extract", "summarise", "brief", "filter", "classify", "translate", "compare", "compute", "accept"}
)
"""Standard tasks, which every agent of steps has."""
_WRITES: Final[Mapping[str, str]] = {
    "files.write": "path", "files.append": "path", "files.edit": "path", "files.move": "to", "table.append": "path",
    "press.publish": "folder", "calendar.add": "path",
}  # fmt: skip
"""Tools that write a file, and the argument that says which."""
_MADE_EVENTS: Final = {"created", "changed"}


def check(
    file: AgentFile,
    circumstances: Circumstances,
    *,
    spans: Mapping[str, Span] | None = None,
    tools: AbstractSet[str] = frozenset(),
    tasks: AbstractSet[str] = frozenset(),
) -> tuple[Diagnostic, ...]:
    """All findings. `tools`, `tasks`: the agent's own; `spans`: words of steps by id, and of triggers by name."""
    known = spans or {}
    found: list[Diagnostic] = []
    if not file.program:
        found += _steps(file, circumstances, known, tools, tasks)
        found += _references(file, known)
        found += _order(file, circumstances, known)
        found += _loops(file, known)
        found += _acceptance(file, known)
    found += about_grants(file, circumstances, known)
    found += about_money(file, circumstances, known)
    found += about_times(file, circumstances, known)
    return ordered(found)


def _at(known: Mapping[str, Span], name: str) -> tuple[Span, ...]:
    return (known[name],) if name in known else ()


def _steps(
    file: AgentFile,
    circumstances: Circumstances,
    known: Mapping[str, Span],
    tools: AbstractSet[str],
    tasks: AbstractSet[str],
) -> Iterator[Diagnostic]:
    """Tools and tasks that nobody has."""
    mounted = set(circumstances.tools) | set(tools)
    for step in file.work.steps:
        if step.verb == "act" and circumstances.tools and step.name not in mounted:
            yield _unknown("tool", step, mounted, known)
        if step.verb == "think" and step.name not in TASKS | set(tasks) and not step.name.startswith("model."):
            yield _unknown("task", step, TASKS | set(tasks), known)
    for one in file.work.acceptance:
        if one.check not in CHECKS:
            near = _near(one.check, CHECKS)
            yield Diagnostic(code="C348", spans=_at(known, one.of), values={"name": one.check, "near": near})


def _unknown(kind: str, step: Step, names: AbstractSet[str], known: Mapping[str, Span]) -> Diagnostic:
    values = {"name": step.name, "near": _near(step.name, names)}
    return Diagnostic(code="C342" if kind == "tool" else "C358", spans=_at(known, step.id), values=values)


def _near(name: str, names: AbstractSet[str] | Mapping[str, object]) -> str:
    """What was likely meant, else what there is."""
    listed = sorted(names)
    close = difflib.get_close_matches(name, listed, 1, cutoff=0.5)
    tail = name.rpartition(".")[2]
    close = close or [one for one in listed if one.rpartition(".")[2] == tail]
    return f"→ {close[0]}" if close else "→ " + ", ".join(listed[:8])


def _references(file: AgentFile, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """What a step refers to must come before it."""
    seen: set[str] = set()
    woken = bool(file.work.triggers)
    for step in file.work.steps:
        allowed = (seen | set(ROOTS)) - (set() if step.each else {"item"}) - (set() if woken else {"event"})
        paths = [*_paths(step.given), *paths_of(step.each)]
        for text in step.when:
            condition = conditions.parse(text)
            paths += [condition.left, *paths_of(condition.right)]
        for path in dict.fromkeys(paths):
            if path.partition(".")[0] not in allowed:
                yield Diagnostic(
                    code="C341", spans=_at(known, step.id), values={"step": step.id, "what": f"{{{path}}}"}
                )
        seen.add(step.id)


def _paths(value: Plain) -> list[str]:
    match value:
        case str():
            return [*paths_of(value)]
        case list():
            return [path for item in value for path in _paths(item)]
        case dict():
            return [path for item in value.values() for path in _paths(item)]
        case _:
            return []


def _order(file: AgentFile, circumstances: Circumstances, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """What cannot be taken back must come after what is checked or asked."""
    steps = file.work.steps
    judged = {one.of: one.check for one in file.work.acceptance}
    asked = {grant.name for grant in file.grants if grant.ask}
    for place, step in enumerate(steps):
        spec = circumstances.tools.get(step.name) if step.verb == "act" else None
        if spec is None or spec.effect != "irreversible" or step.name in asked:
            continue
        for later in steps[place + 1 :]:
            if later.id in judged or later.verb == "ask":
                values = {"step": step.id, "check": judged.get(later.id, later.id)}
                yield Diagnostic(code="C340", spans=_at(known, step.id), values=values)
                break


def _loops(file: AgentFile, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """A watch on what the agent itself writes."""
    for trigger in file.work.triggers:
        if not isinstance(trigger, Files) or not _MADE_EVENTS & set(trigger.events):
            continue
        for step in file.work.steps:
            argument = _WRITES.get(step.name) if step.verb == "act" else None
            path = step.given.get(argument) if argument else None
            if isinstance(path, str) and _wakes(path, trigger, whole=argument == "folder"):
                values = {"step": step.id, "name": trigger.name}
                yield Diagnostic(code="C343", spans=(*_at(known, trigger.name), *_at(known, step.id)), values=values)


def _wakes(path: str, trigger: Files, *, whole: bool) -> bool:
    """Whether writing this path makes the trigger fire."""
    folder, _, name = (path, "", "*") if whole else path.rpartition("/")
    if path == "{event.path}":
        return "changed" in trigger.events
    inside = _folded(folder if not folder.endswith(":") else folder + "/")
    outer = _folded(trigger.folder)
    if inside != outer and not (trigger.deep and inside.startswith(outer.rstrip("/") + "/")):
        return False
    if whole:
        return fnmatch.fnmatch("index.html", trigger.pattern) or trigger.pattern.lower().endswith((".html", ".md"))
    if "{event.name}" in name:
        ending = name.rpartition("}")[2]
        return not ending or trigger.pattern in ("*", f"*{ending}")
    bare = name
    for one in paths_of(name):
        bare = bare.replace(f"{{{one}}}", "x")
    return fnmatch.fnmatch(bare.lower(), trigger.pattern.lower())


def _folded(folder: str) -> str:
    return "" if folder in (".", "") else folder if folder.endswith(":/") else folder.rstrip("/")


def _acceptance(file: AgentFile, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """The last thing made, when nothing looks at it before it leaves."""
    judged = {one.of for one in file.work.acceptance}
    made = [step for step in file.work.steps if step.verb == "think"]
    if made and not judged & {step.id for step in made}:
        yield Diagnostic(code="C334", spans=_at(known, made[-1].id), values={"step": made[-1].id})
