"""Options that many commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from ergos.app.home import Home


PORT_DEFAULT: Final = 7410  # where the console and the door are, if nothing else is said and nobody is there


def _home(context: typer.Context, value: Path | None) -> Path | None:
    """`ergos --home X ps` and `ergos ps --home X` mean the same."""
    above = context.parent
    while value is None and above is not None:
        found = above.params.get("home")
        value = found if isinstance(found, Path) else None
        above = above.parent
    return value


HomeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--home", metavar="FOLDER", callback=_home, help="Folder of the kernel. Default: $ERGOS_HOME, else ~/.ergos."
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def home_of(folder: Path | None) -> Home:
    """The home a command works on. Raises: SettingsError."""
    from ergos.app.home import home_at  # heavy: every part of the kernel

    return home_at(folder)
