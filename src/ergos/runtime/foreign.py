"""The definition of a process whose program runs elsewhere: what it may do, at most for how much, and its command.

Rules: it may call the models and tools it was given and nothing else; its name is an agent's name; what is needed to
start it again is in the definition, and no secret is.
"""

from __future__ import annotations

import msgspec

from ergos.base.canonical import encode
from ergos.base.ids import name as checked_name
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import FOREIGN_LASTING, FOREIGN_RESUMABLE, Definition
from ergos.kernel.permission.grants import Grant
from ergos.kernel.values import NULL
from ergos.runtime.subjects import MODEL


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What starts a foreign program."""

    command: tuple[str, ...] = ()
    folder: str = ""
    """Where it is started; absolute."""


def foreign_definition(
    name: str,
    *,
    resumable: bool,
    command: tuple[str, ...] = (),
    folder: str = "",
    models: tuple[str, ...] = (),
    tools: tuple[str, ...] = (),
    budget: Amount | None = None,
) -> Definition:
    """The definition of a foreign process. Raises: ValueShapeError for a name that is none."""
    own = checked_name(name, what="a program")
    called = tuple(f"{MODEL}{model}" for model in models) or (f"{MODEL}*",)
    settings = encode(Command(command=command, folder=folder)) if command else bytes(NULL)
    return Definition(
        agent=own,
        program=FOREIGN_RESUMABLE if resumable else FOREIGN_LASTING,
        grants=(
            *[Grant(agent=own, verb="think", name=one) for one in called],
            *[Grant(agent=own, verb="act", name=_tool(one)) for one in tools],
        ),
        caps=Caps(process=budget),
        settings=msgspec.Raw(settings),
    )


def _tool(name: str) -> str:
    """A tool's name, or a prefix that ends in '.*'."""
    return checked_name(name.removesuffix(".*"), what="a tool") + (".*" if name.endswith(".*") else "")


def command_of(definition: Definition) -> Command:
    """What starts the program of a definition; empty for one that nobody starts."""
    if bytes(definition.settings) == bytes(NULL):
        return Command()
    return msgspec.json.decode(definition.settings, type=Command)
