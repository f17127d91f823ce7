"""Agents that act by writing Python: what they are told of their tools, and the code a mind would write back.

Such an agent (smolagents' CodeAgent is one) describes its tools as Python functions in its system message, names the
marks that a block of code stands between, and offers `final_answer`.

Rules: reads text, runs nothing.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.kernel.models import ModelRequest, Text
from ergos.sim.loopback.schema_values import Said, value_for

_FUNCTION: Final = re.compile(r"^def (\w+)\(([^)]*)\)\s*->\s*[\w.\[\], ]+:", re.MULTILINE)
_MARKS: Final = re.compile(r"opened with '([^'\n]{1,20})', and closed with '([^'\n]{1,20})'")
_PLAIN_MARKS: Final = ("```py", "```")
_FINAL: Final = "final_answer"


class CodeTools(msgspec.Struct, frozen=True):
    """The functions an agent may call in its code, and what code stands between."""

    functions: dict[str, dict[str, str]]
    """By name: its parameters and their types."""
    opening: str
    closing: str


def tools_in(request: ModelRequest) -> CodeTools | None:
    """What the system message says of them; None: this is no agent that writes code."""
    system = "".join(
        part.text
        for message in request.messages
        if message.role == "system"
        for part in message.parts
        if isinstance(part, Text)
    )
    if f"def {_FINAL}(" not in system:
        return None
    functions = {name: _parameters(given) for name, given in _FUNCTION.findall(system)}
    found = _MARKS.search(system)
    opening, closing = (found[1], found[2]) if found else _PLAIN_MARKS
    return CodeTools({name: given for name, given in functions.items() if name != _FINAL}, opening, closing)


def step(tools: CodeTools, source: Said, done: int, wanted: int, answer: str) -> str:
    """The thought and the code of the next step: one tool, or the end."""
    names = list(tools.functions)
    if names and done < wanted:
        name = names[done % len(names)]
        given = ", ".join(
            f"{key}={value_for({'type': kind}, source, key=key)!r}" for key, kind in tools.functions[name].items()
        )
        thought, code = f"I will use {name}.", f"found = {name}({given})\nprint(found)"
    else:
        thought, code = "I know enough to answer.", f"{_FINAL}({answer!r})"
    return f"Thought: {thought}\n{tools.opening}\n{code}\n{tools.closing}"


def _parameters(given: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in given.split(",") if ":" in part)
    return {name.strip(): _KINDS.get(kind.strip().lower(), kind.strip()) for name, _, kind in pairs}


_KINDS: Final = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "any": "string",
}
