"""What people and programs see: tables at 80 columns, JSON, errors on one line.

Rules: results go to stdout, everything about the way there to stderr; what came from agents or the outside is
shown without control characters, so that it cannot steer a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from ergos.base.errors import ErgosError
from ergos.lib.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

SHORT_CHARS: Final = 200  # characters of a value shown within a line
LINE_CHARS: Final = 100  # characters of one line of a long value
WHOLE_CHARS: Final = 20_000  # characters of one value of a call that its owner is shown
_SURROGATES: Final = dict.fromkeys(range(55296, 57344), "�")


def clean(text: str, *, one_line: bool = False) -> str:
    """Text that cannot move the cursor, ring, colour or reorder what stands beside it."""
    shown = visible(text if text.isascii() else text.translate(_SURROGATES), "\N{MIDDLE DOT}")
    return " ".join(shown.split()) if one_line else shown


def piece(text: str) -> str:
    """A part of a text that comes in parts, shown like the whole: what joins letters may stand at either end of it."""
    return clean(f"中{text}中")[1:-1]


def short(value: object) -> str:
    """A plain value within a line: text as it is, other values as JSON, long ones cut."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = clean(text[: 2 * SHORT_CHARS], one_line=True)
    return text if len(text) <= SHORT_CHARS else text[: SHORT_CHARS - 1] + "…"


def whole(value: object) -> list[str]:
    """A plain value to the last sign, in lines: whoever approves a call must not miss its end.

    Beyond WHOLE_CHARS it says how much is missing and where it stands.
    """
    text = clean(value if isinstance(value, str) else msgspec.json.encode(value).decode(), one_line=True)
    lines = [text[at : at + LINE_CHARS] for at in range(0, min(len(text), WHOLE_CHARS), LINE_CHARS)] or [""]
    if len(text) > WHOLE_CHARS:
        lines.append(f"… and {len(text) - WHOLE_CHARS:,} more characters; `ergos inbox --json` has them all")
    return lines


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> Console:
    """Where tables and progress go."""
    from rich.console import Console  # heavy: 50 ms, and not needed for --json

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)


def say(text: str) -> None:
    """A line of a result."""
    print(clean(text))


def note(text: str) -> None:
    """A line about the way there."""
    print(clean(text), file=sys.stderr)


def emit(value: object) -> None:
    """One JSON document."""
    encoded = msgspec.json.format(msgspec.json.encode(value), indent=2)
    print(encoded.decode())


def emit_line(value: object) -> None:
    """One line of JSON; flushed, for readers that follow."""
    print(msgspec.json.encode(value).decode(), flush=True)


def pretty(value: object) -> str:
    """A plain value for a person: text as it is, everything else as indented JSON."""
    return value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """Rows in columns that fit the terminal; the last column takes what is left."""
    from rich.table import Table
    from rich.text import Text

    made = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False, show_edge=False)
    for number, column in enumerate(columns):
        last = number == len(columns) - 1
        made.add_column(column, header_style="bold", overflow="fold", no_wrap=not last, ratio=1 if last else None)
    for row in rows:
        made.add_row(*[Text(clean(cell, one_line=True)) for cell in row])
    console().print(made)


def fail(error: ErgosError) -> None:
    """An error: what happened and what to do, on one line of stderr."""
    print(
        f"[{error.code}] {clean(error.what, one_line=True)} — {clean(error.what_to_do, one_line=True)}", file=sys.stderr
    )


class Progress(Protocol):
    """Something that says what is going on."""

    def show(self, text: str) -> None:
        """Replace what is shown."""
        ...

    @contextmanager
    def paused(self) -> Generator[None, None, None]:
        """Leave the terminal to somebody else."""
        ...


class Silence:
    """Progress for nobody."""

    def show(self, text: str) -> None:
        """Show nothing."""

    @contextmanager
    def paused(self) -> Generator[None, None, None]:
        """Nothing to leave."""
        yield


class Spinner:
    """Progress at a terminal: a spinner and lines of text."""

    def __init__(self) -> None:
        from rich.status import Status  # heavy: as console

        self._status: Final = Status("starting …", console=console(stderr=True))
        self._status.start()

    def show(self, text: str) -> None:
        """Replace what is shown."""
        from rich.text import Text

        self._status.update(Text(clean(text)))

    @contextmanager
    def paused(self) -> Generator[None, None, None]:
        """Leave the terminal to somebody else."""
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()

    def close(self) -> None:
        """Leave the terminal."""
        self._status.stop()


@contextmanager
def progress(*, quiet: bool = False) -> Generator[Progress, None, None]:
    """A spinner where stderr is a terminal, silence elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield Silence()
        return
    spinner = Spinner()
    try:
        yield spinner
    finally:
        spinner.close()
