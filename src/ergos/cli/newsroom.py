"""The command `ergos demo`, registered without loading what it shows."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ergos.cli.options import JsonOption

SEEDS = 1_000_000  # different moments of the kill


class LanguageChoice(StrEnum):
    """What the brief is written in."""

    EN = "en"
    ZH = "zh"


def demo(
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Work there; else in a new one.")
    ] = None,
    language: Annotated[
        LanguageChoice, typer.Option("--language", help="What the brief is written in.")
    ] = LanguageChoice.EN,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Draws the moment of the kill.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Watch four agents write a brief, be killed in the middle of publishing, and finish: no key, no network."""
    import asyncio

    from ergos.cli.demo import demonstrate, rows
    from ergos.cli.render import emit, note, table
    from ergos.drivers.host import HostEntropy

    drawn = seed if seed is not None else HostEntropy().below(SEEDS, stream="demo")
    if as_json:
        say = _nothing
    else:
        from rich.console import Console

        say = Console(stderr=True, highlight=False, emoji=False).print
    told = asyncio.run(demonstrate(say, folder=folder, language=language.value, seed=drawn))
    if as_json:
        emit(told)
        return
    table(("WHAT", "FOUND"), rows(told))
    note(f"ergos demo --seed {told.seed} kills at the same moment again")


def _nothing(_: str) -> None:
    return None
