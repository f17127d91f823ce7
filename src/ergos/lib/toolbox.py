"""An agent's tools as a model sees them: a few at a time, the others found by search and loaded on demand.

    box = Toolbox(ctx.tools(), goal)
    box.offered            # the few most likely for the goal, and `tools.find`
    box.find("send mail")  # names, summaries and schemas; what it found is offered from the next request on

Where all definitions fit the first prompt, all are offered and there is nothing to find.

Rules: what is offered stays where it stands and more is appended, so that a provider's prefix cache holds; the same
for the same tools and words, so that a replay sees the same. A definition is data of its author: it is cut to a
bound, loses characters that steer what shows them, and never makes the prompt longer than its budget. Finding a tool
gives no right to call it: every call is an `act` of its own, under its grant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, cast

from ergos.base.canonical import Plain, encode
from ergos.base.errors import TooLargeError, ValueShapeError
from ergos.kernel.models import ToolDefinition
from ergos.kernel.packages import ToolSpec
from ergos.kernel.pager import tokens_of
from ergos.lib.tool_search import QUERY_CHARS, ToolIndex
from ergos.lib.visible import one_line, visible

FIND: Final = "tools.find"
"""The name of the tool by which a model finds the others; it is answered here and reaches nothing."""

FIRST_TOKENS_MAX: Final = 1_200  # tokens of definitions in a first prompt; with a vendor's own 704 still below 2,000
FIRST_TOOLS_MAX: Final = 6  # tools offered by the goal's words; a wrong guess costs its tokens in every request
FOUND_MAX: Final = 5  # tools one search loads
NAMED_MAX: Final = 15  # further tools it names, a line each
DEFINITION_TOKENS_MAX: Final = 1_500  # tokens of one definition; longer ones lose their descriptions, then their depth
LOADED_TOKENS_MAX: Final = 24_000  # tokens of all definitions offered; beyond it nothing more is loaded
LOADED_MAX: Final = 100  # tools offered at once; vendors take 128
SUMMARY_CHARS: Final = 400  # characters of a tool's summary that a model sees
LINE_CHARS: Final = 100  # characters of a summary within a list
FAMILIES_SHOWN: Final = 20  # prefixes of names that `tools.find` says there are
NAME_PREFIX_CHARS: Final = 24  # characters of such a prefix

_NOISE: Final = frozenset({"description", "title", "examples", "example", "default", "$comment", "$schema", "$id"})
_CLEAN_DEPTH: Final = 40  # levels of a schema that are shown whole
_LEAN_DEPTH: Final = 3  # levels of a schema that is too long
_LEAN_FIELDS: Final = 30  # parameters of one

_FIND_PARAMETERS: Final[dict[str, object]] = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What the tool should do, in a few words"}},
    "required": ["query"],
    "additionalProperties": False,
}


class Toolbox:
    """The tools of one agent in one conversation."""

    def __init__(self, tools: Iterable[ToolSpec | ToolDefinition], goal: str = "") -> None:
        """`goal`: the words by which the first few are chosen."""
        self._all: Final = {tool.name: tool for tool in sorted(tools, key=lambda tool: tool.name) if tool.name != FIND}
        self._loaded: Final[dict[str, ToolDefinition]] = {}
        self._tokens = 0
        everything = self._leading(self._all)
        self._index: ToolIndex | None = None
        if everything is not None:
            self._loaded.update(everything)
            return
        self._index = ToolIndex(self._all.values())
        self._load(find_definition(self._all))
        for hit in self._index.search(goal, FIRST_TOOLS_MAX):
            self._load(lean(self._all[hit.name]), FIRST_TOKENS_MAX)

    def _leading(self, tools: Mapping[str, ToolSpec | ToolDefinition]) -> dict[str, ToolDefinition] | None:
        """All definitions, or None where they are too many for a first prompt."""
        if len(tools) > LOADED_MAX:
            return None
        found = {name: lean(tool) for name, tool in tools.items()}
        self._tokens = tokens(found.values())
        if self._tokens <= FIRST_TOKENS_MAX:
            return found
        self._tokens = 0
        return None

    @property
    def offered(self) -> tuple[ToolDefinition, ...]:
        """What a model is offered now; what is offered once stays in its place."""
        return tuple(self._loaded.values())

    def name_of(self, said: str) -> str | None:
        """The tool a model means: by its name, or by the name with '_' that vendors take; None if it is no tool."""
        if said in self._all:
            return said
        found = [name for name in self._all if plain_name(name) == said]
        return found[0] if len(found) == 1 else None

    def load(self, name: str) -> bool:
        """Offer a tool from now on; whether it is offered."""
        if name in self._loaded:
            return True
        return name in self._all and self._load(lean(self._all[name]))

    def find(self, query: str, *, schemas: bool = False) -> dict[str, Plain]:
        """Tools for a purpose: the best few, which are offered from now on, and the names of others that might do.

        `schemas`: with the parameters, for a caller who is not shown what is offered.
        Raises: ValueShapeError.
        """
        if not query.strip() or len(query) > QUERY_CHARS:
            raise ValueShapeError(
                f"a query has 1 to {QUERY_CHARS:,} characters", remedy="say in a few words what the tool should do"
            )
        index = self._index or ToolIndex(self._all.values())
        hits = [hit.name for hit in index.search(query, FOUND_MAX + NAMED_MAX)]
        exact = self.name_of(query.strip())
        if exact is not None:
            hits = [exact, *(name for name in hits if name != exact)]
        found = [name for name in hits[:FOUND_MAX] if self.load(name)]
        others = [name for name in hits if name not in found]
        said: dict[str, Plain] = {"found": [self._described(name, schemas=schemas) for name in found]}
        if others:
            said["others"] = [f"{name}: {one_line(self._all[name].summary, LINE_CHARS)}" for name in others]
        if not hits:
            said["hint"] = f"none of {len(self._all)} tools has these words; try others, in English or Chinese"
        elif len(found) < min(FOUND_MAX, len(hits)):
            said["hint"] = "no more tools can be loaded in this conversation"
        return said

    def _described(self, name: str, *, schemas: bool) -> dict[str, Plain]:
        shown: dict[str, Plain] = {"name": name, "summary": one_line(self._all[name].summary, SUMMARY_CHARS)}
        if schemas:
            shown["parameters"] = cast("Plain", self._loaded[name].parameters)
        return shown

    def _load(self, definition: ToolDefinition, most: int = LOADED_TOKENS_MAX) -> bool:
        more = tokens((definition,))
        if self._tokens + more > most or len(self._loaded) >= LOADED_MAX:
            return False
        self._loaded[definition.name] = definition
        self._tokens += more
        return True


def tokens(tools: Iterable[ToolDefinition]) -> int:
    """An upper estimate of the tokens of definitions, by the rule of `kernel.pager`."""
    return sum(tokens_of(encode(tool).decode()) for tool in tools)


def lean(tool: ToolSpec | ToolDefinition) -> ToolDefinition:
    """A definition as a model is shown it: whole where it is short, else without what can be left out.

    Never more than DEFINITION_TOKENS_MAX. What is left out of a schema is still checked when the tool is called.
    """
    summary = one_line(tool.summary, SUMMARY_CHARS)
    for parameters in (
        lambda: _clean(tool.parameters, _CLEAN_DEPTH),
        lambda: _bare(tool.parameters, _LEAN_DEPTH),
        lambda: _bare(tool.parameters, 1),
    ):
        try:
            found = ToolDefinition(tool.name, summary, cast("dict[str, object]", parameters()))
            if tokens((found,)) <= DEFINITION_TOKENS_MAX:
                return found
        except (ValueShapeError, TooLargeError):  # no plain data, or nested without end
            continue
    return ToolDefinition(tool.name, summary, {"type": "object"})


def _clean(schema: object, depth: int) -> object:
    """A schema whose every text shows all it says. Who hides something in a value has a tool that cannot be called.

    Raises: ValueShapeError where it is nested too deeply.
    """
    if depth < 0:
        raise ValueShapeError("the schema is nested too deeply")
    if isinstance(schema, list):
        return [_clean(item, depth - 1) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return visible(schema) if isinstance(schema, str) else schema
    return {visible(key): _clean(value, depth - 1) for key, value in cast("dict[str, object]", schema).items()}


def _bare(schema: object, depth: int) -> object:
    """A schema without words about it, and without what lies deeper."""
    if isinstance(schema, list):
        return [_bare(item, depth - 1) for item in cast("list[object]", schema)[:_LEAN_FIELDS]] if depth else []
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, object] = {}
    for key, value in cast("dict[str, object]", schema).items():
        if key in _NOISE and isinstance(value, str | int | float | list | None):
            continue
        if key in ("$defs", "definitions"):
            continue
        if key == "$ref":
            return {"type": "object"}
        if key == "properties" and isinstance(value, dict):
            fields = list(cast("dict[str, object]", value).items())[:_LEAN_FIELDS]
            kept[key] = {name: _bare(field, depth - 1) for name, field in fields} if depth else {}
        elif key in ("required", "enum", "type", "const") or not isinstance(value, dict | list):
            kept[key] = value
        elif depth:
            kept[key] = _bare(value, depth - 1)
    return kept


def find_definition(tools: Iterable[str]) -> ToolDefinition:
    """`tools.find`, with the families of tools there are: 'github (31), files (9)'."""
    names = list(tools)
    families = Counter(name.partition(".")[0][:NAME_PREFIX_CHARS] for name in names if "." in name)
    shown = [f"{family} ({count})" for family, count in sorted(families.items(), key=lambda one: (-one[1], one[0]))]
    groups = f" Among them: {', '.join(shown[:FAMILIES_SHOWN])}." if shown else ""
    more = " and others" if len(shown) > FAMILIES_SHOWN else ""
    summary = (
        f"Finds tools for a purpose among your {len(names)}, and makes the best {FOUND_MAX} callable. Use it whenever "
        f"no tool you have does what is needed.{groups[:-1]}{more}{'.' if groups else ''}"
    )
    return ToolDefinition(FIND, summary, _FIND_PARAMETERS)


def plain_name(name: str) -> str:
    """A tool's name with what no vendor takes replaced, as `lib.chat` offers it."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "_" for letter in name)
