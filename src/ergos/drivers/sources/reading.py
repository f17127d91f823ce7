"""What a parser of sources is given, and what it gives back.

Rules: a parser gets bounded input and returns a `Reading`; it raises `SourceError` for input it cannot use and
nothing else. Third-party parsers throw what they like at hostile input, so each call to one stands inside
`parsing`, which turns their exceptions into a `SourceError` and keeps their log lines off the terminal.

Must not know: the network, the file system, the event loop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import msgspec

from ergos.base.documents import Document
from ergos.base.errors import SourceError

REASON_CHARS_MAX: Final = 300  # characters of a third party's message kept in a reason; more is noise

PARSER_FAULTS: Final[tuple[type[Exception], ...]] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    StopIteration,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What feedparser, lxml, trafilatura and pypdf were seen to raise, or may raise, on malformed input."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where bytes came from and what was said about them there; none of it is trusted."""

    url: str
    """http(s) URL after redirects, or the path of a local file."""
    source: str
    """Name of the site or folder, used where the content names no publication."""
    media_type: str = ""
    """Lower case and without parameters, "" where nothing was declared."""
    charset: str | None = None
    """As declared by the transport."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one source held."""

    documents: tuple[Document, ...]
    notes: tuple[str, ...] = ()
    """English sentences about what was repaired, cut or left out."""
    ids: tuple[str, ...] = ()
    """Of a feed: what each document is called there (guid, atom:id), '' where it has no name; (): this is no feed."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """When a parser has to stop, and what day it is."""

    now_ns: int
    """UTC; dates after it are not believed."""
    expired: Callable[[], bool]
    """Asked between pages of long work; a parser that sees True stops with what it has."""


@contextmanager
def parsing(library: str, what: str, *faults: type[Exception]) -> Generator[None]:
    """Run a third-party parser on `what`; `faults` are the exceptions of its own.

    Raises: SourceError in place of anything of PARSER_FAULTS or `faults`.
    """
    logger = logging.getLogger(library)
    if not logger.handlers:
        # Without any handler Python prints warnings to stderr; the owner's own logging set-up still gets them.
        logger.addHandler(logging.NullHandler())
    try:
        yield
    except (*PARSER_FAULTS, *faults) as fault:
        reason = " ".join(str(fault).split())[:REASON_CHARS_MAX] or type(fault).__name__
        raise SourceError(f"{what} could not be parsed: {reason}") from fault
