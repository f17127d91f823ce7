"""Write docs/reference from the code, so that the tables of the documentation cannot lie.

One function makes one page out of what it describes: errors, limits, transitions, system calls, records, the
command line. A page whose code does not exist yet is left out.

Rules: the output depends on the code alone (no dates, no versions); `--check` writes nothing and fails, naming
each page that differs from the code or that no code makes.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, cast

import msgspec

from ergos.base import error_tree, errors, limits
from ergos.kernel import events, own_events, process, syscalls

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "reference"
NOTICE: Final = "<!-- Written by scripts/gen_docs.py from the code; change the code, then run `make docs`. -->"


class Field(msgspec.Struct, frozen=True):
    """One annotated name of a class body and the string below it."""

    name: str
    type: str
    default: str
    meaning: str


class Option(msgspec.Struct, frozen=True):
    """One argument or option of a command."""

    spelling: str
    meaning: str
    default: str


class Command(msgspec.Struct, frozen=True):
    """One command of the command line, without its group's own options."""

    path: str
    usage: str
    meaning: str
    options: tuple[Option, ...]


def cell(text: str) -> str:
    """Text as it may stand in one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|") or "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *([cell(text) for text in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, *parts: str) -> str:
    """A page: notice, title, parts, each separated by a blank line."""
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip() for part in parts if part.strip())]) + "\n"


def class_fields(module: ModuleType) -> dict[str, tuple[Field, ...]]:
    """By class, the annotated or assigned names of its body, in order, with the string that follows each."""
    found: dict[str, tuple[Field, ...]] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = tuple(_fields(node))
    return found


def _fields(node: ast.ClassDef) -> Iterable[Field]:
    for place, line in enumerate(node.body):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            name, kind = line.target.id, ast.unparse(line.annotation)
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            name, kind = line.targets[0].id, ""
        else:
            continue
        default = ast.unparse(line.value) if line.value is not None else ""
        yield Field(name, kind, default, _string_below(node.body[place + 1 : place + 2]))


def _string_below(following: list[ast.stmt]) -> str:
    if following and isinstance(following[0], ast.Expr) and isinstance(following[0].value, ast.Constant):
        return inspect.cleandoc(str(following[0].value.value))
    return ""


def errors_page() -> str:
    """Every error of the tree with its exit code."""
    rows = [
        (f"`{error.code}`", error.__name__, inspect.cleandoc(error.__doc__ or ""), error.remedy, _exit_code(error))
        for error in sorted(error_tree.every_error(), key=lambda error: error.code)
    ]
    return page(
        "Errors",
        "Every failure has a stable code, says what happened and what to do. The first digit says whose fault it is;"
        " the command line ends with the exit code of that branch (0: done, 3: something waits for the owner).",
        table(("code", "class", "what happened", "what to do", "exit"), rows),
    )


def _exit_code(error: type[errors.ErgosError]) -> str:
    return str(next((code for branch, code in error_tree.EXIT_CODES.items() if issubclass(error, branch)), 1))


def limits_page() -> str:
    """Every bound with its value and the reason that stands beside it."""
    parts: list[str] = []
    rows: list[tuple[str, str, str]] = []
    title = ""
    for line in inspect.getsource(limits).splitlines():
        if heading := re.fullmatch(r"# (.+)", line):
            parts += _limits_part(title, rows)
            title, rows = heading[1], []
        elif bound := re.fullmatch(r"([A-Z][A-Z0-9_]*)\s*:\s*Final\b[^=]*=.*?(?:\s{2}#\s*(.+))?", line):
            rows.append((f"`{bound[1]}`", _number(cast("object", getattr(limits, bound[1]))), bound[2] or ""))
    parts += _limits_part(title, rows)
    return page(
        "Limits",
        "Every loop, queue, retry, string and file has a bound. Reaching one is a clear error, never silence.",
        *parts,
    )


def _limits_part(title: str, rows: list[tuple[str, str, str]]) -> list[str]:
    if not title or not rows:
        return []
    return [f"## {title}", table(("name", "value", "unit and reason"), rows)]


def _number(value: object) -> str:
    if isinstance(value, int) and value >= limits.MIB and value % limits.MIB == 0:
        return f"{value // limits.MIB} MiB"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def transitions_page() -> str:
    """The life of a process: its states, its causes, and which leads where."""
    fields = class_fields(process)
    arrows = [f"    {before} --> {after}: {cause}" for (before, cause), after in process.TRANSITIONS.items()]
    ends = [f"    {state} --> [*]" for state in process.State if state in process.ENDED]
    moves = [
        (str(before), *(str(process.TRANSITIONS.get((before, cause), "")) for cause in process.Cause))
        for before in process.State
        if before not in process.ENDED
    ]
    return page(
        "Transitions of a process",
        "What is absent from the table is an error (`E103`).",
        "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {process.State.READY}", *arrows, *ends, "```"]),
        "## States",
        table(("state", "meaning"), ((_value(field), field.meaning) for field in fields["State"])),
        "## From each state, by cause",
        table(("state", *(str(cause) for cause in process.Cause)), moves),
    )


def _value(field: Field) -> str:
    return str(ast.literal_eval(field.default))


def syscalls_page() -> str:
    """The table of system calls."""
    rows = [
        (f"`{row.name}`", row.summary, "yes" if row.granted else "no", row.waits) for row in syscalls.TABLE.values()
    ]
    return page(
        "System calls",
        "The only way out of an agent's program.",
        table(("call", "what it does", "needs a grant", "answered by"), rows),
    )


def records_page() -> str:
    """Every kind of record of the journal with its fields."""
    parts: list[str] = []
    every = [(module, *found) for module in (events, own_events) for found in class_fields(module).items()]
    for module, name, fields in every:
        kind = cast("object", getattr(module, name))
        if not isinstance(kind, type) or not issubclass(kind, msgspec.Struct):
            continue
        tag = f" (`{kind.__struct_config__.tag}`)" if kind.__struct_config__.tag else ""
        parts += [f"## {name}{tag}", inspect.cleandoc(kind.__doc__ or "")]
        if fields:
            rows = ((f"`{field.name}`", f"`{field.type}`", _default(field), field.meaning) for field in fields)
            parts.append(table(("field", "type", "default", "meaning"), rows))
    return page("Records of the journal", inspect.cleandoc(events.__doc__ or ""), *parts)


def _default(field: Field) -> str:
    return f"`{field.default}`" if field.default else ""


def cli_page() -> str | None:
    """Every command of the command line, or None while there is none."""
    if find_spec("ergos.cli.main") is None:
        return None
    app = cast("object", import_module("ergos.cli.main").app)
    return commands_page(commands(app))


def commands_page(found: Sequence[Command]) -> str:
    """The page of these commands."""
    parts: list[str] = []
    for command in found:
        parts += [f"## {command.path}", command.meaning, f"```text\n{command.usage}\n```"]
        if command.options:
            rows = ((f"`{option.spelling}`", option.meaning, option.default) for option in command.options)
            parts.append(table(("argument or option", "meaning", "default"), rows))
    return page("Command line", "`ergos COMMAND --help` says the same.", *parts)


def commands(app: object, name: str = "ergos") -> tuple[Command, ...]:
    """Every command of a typer application, groups before their members, hidden ones left out."""
    import typer.main

    return tuple(_walk(typer.main.get_command(cast("typer.Typer", app)), name, None))


def _walk(command: object, path: str, parent: object) -> Iterable[Command]:
    # The command-line library may carry its own copy of click: what is read here has the same names in both.
    node = cast("_Node", command)
    if getattr(node, "hidden", False):
        return
    context = node.context_class(node, info_name=path.rsplit(" ", 1)[-1], parent=parent)
    meaning = inspect.cleandoc((node.help or "").split("\f")[0])
    usage = context.get_usage().removeprefix("Usage: ")
    options = tuple(_option(found) for found in node.params if not getattr(found, "hidden", False))
    yield Command(path, " ".join(usage.split()), meaning, options)
    for name, child in cast("dict[str, object]", getattr(node, "commands", {})).items():
        yield from _walk(child, f"{path} {name}", context)


class _Parameter(Protocol):
    """What is read of an argument or option."""

    name: str
    metavar: str | None
    nargs: int
    opts: list[str]
    secondary_opts: list[str]
    help: str | None
    param_type_name: str
    required: bool
    default: object


class _Context(Protocol):
    """What is read of a context."""

    def get_usage(self) -> str: ...


class _Node(Protocol):
    """What is read of a command."""

    help: str | None
    params: list[_Parameter]
    context_class: Callable[..., _Context]


def _option(found: _Parameter) -> Option:
    if found.param_type_name == "argument":
        spelling = (found.metavar or found.name.upper()) + ("..." if found.nargs != 1 else "")
    else:
        spelling = ", ".join(found.opts) + "".join(f" / {name}" for name in found.secondary_opts)
    default = found.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return Option(spelling, found.help or "", f"`{default}`" if plain else "required" if found.required else "")


def api_page() -> str | None:
    """Every operation of the HTTP API."""
    if find_spec("starlette") is None:
        return None
    from ergos.server.api.document import reference
    from ergos.server.api.table import TABLE

    return page(
        "HTTP API",
        "`/api/v1/openapi.json` of a running kernel describes every operation in full: parameters, bodies, answers,"
        " errors and bounds. The role is the least that may ask: *keeper* is the owner of the home, *fresh* a sign-in"
        " of the last minutes or a token made with `--decides`.",
        reference(TABLE),
    )


PAGES: Final[dict[str, Callable[[], str | None]]] = {
    "api.md": api_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "limits.md": limits_page,
    "records.md": records_page,
    "syscalls.md": syscalls_page,
    "transitions.md": transitions_page,
}


def drift(folder: Path, made: dict[str, str]) -> list[str]:
    """One line for each page that differs from the code, is missing, or that no code makes."""
    faults: list[str] = []
    for name, text in made.items():
        path = folder / name
        if not path.exists():
            faults.append(f"{name} is missing")
        elif path.read_text(encoding="utf-8") != text:
            faults.append(f"{name} differs from the code")
    there = {path.name for path in folder.glob("*.md")} if folder.exists() else set[str]()
    return faults + [f"{name} is made by no code; delete it" for name in sorted(there - made.keys())]


def run(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` compare them; the exit code."""
    made = {name: text for name, make in PAGES.items() if (text := make()) is not None}
    if "--check" in arguments:
        faults = drift(FOLDER, made)
        for fault in faults:
            print(f"docs/reference: {fault}; run `make docs`", file=sys.stderr)
        return 1 if faults else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"docs/reference: {len(made)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
