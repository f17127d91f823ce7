"""Sources to documents: URLs, files, folders and patterns, read side by side, none able to harm the others.

Rules: each source has its own deadline; a slow, broken or hostile one becomes an `Unread` with a code and a
reason, and the others go on; the order of the documents is that of the sources and of the items within them,
whatever answered first. Parsing runs in threads, so the loop is never blocked.

Must not know: what a format looks like; `intake` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.base.clock import SECOND
from ergos.base.documents import Document, Unread
from ergos.base.errors import BoundError, DeadlineError, ErgosError
from ergos.base.limits import SOURCE_DEADLINE_S, SOURCES_PARALLEL_MAX, SYSTEM1_DOCUMENTS_MAX
from ergos.drivers.sources.disk import Place, places_of, read_file, source_name
from ergos.drivers.sources.fetch import Fetched, Fetcher
from ergos.drivers.sources.intake import read
from ergos.drivers.sources.reading import Limit, Origin, Reading

SOURCES_MAX: Final = 1_000  # sources of one gathering; more is a crawl
WHY_CHARS_MAX: Final = 500  # characters of a reason kept in an Unread


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, what was not, and what was repaired on the way."""

    documents: tuple[Document, ...]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    """Each begins with the source it is about."""


class _Outcome(msgspec.Struct, frozen=True, kw_only=True):
    reading: Reading | None = None
    unread: Unread | None = None
    url: str


class _Pass(msgspec.Struct, frozen=True, kw_only=True):
    """What every reading of one gathering shares."""

    fetcher: Fetcher
    clock: Callable[[], int]
    deadline_ns: int | None
    gate: asyncio.Semaphore


async def gather(
    sources: Sequence[str],
    *,
    fetcher: Fetcher,
    clock: Callable[[], int],
    deadline_ns: int | None = None,
) -> Gathered:
    """Read every source; `clock` tells UTC nanoseconds, `deadline_ns` is when all must be over.

    At most SOURCES_PARALLEL_MAX sources are open at once, each for at most SOURCE_DEADLINE_S seconds. Raises
    nothing but bugs and cancellation: whatever goes wrong with a source is in `unread`.
    """
    shared = _Pass(fetcher=fetcher, clock=clock, deadline_ns=deadline_ns, gate=asyncio.Semaphore(SOURCES_PARALLEL_MAX))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_source(source, shared)) for source in sources[:SOURCES_MAX]]
    outcomes = [outcome for task in tasks for outcome in task.result()]
    for source in sources[SOURCES_MAX:]:
        error = BoundError(f"more than {SOURCES_MAX} sources; this one was left out")
        outcomes.append(_Outcome(url=_shown(source), unread=_unread(source, error)))
    return _collect(outcomes)


def _collect(outcomes: list[_Outcome]) -> Gathered:
    documents: dict[str, Document] = {}
    unread: list[Unread] = []
    notes: list[str] = []
    left_out = 0
    for outcome in outcomes:
        if outcome.unread is not None:
            unread.append(outcome.unread)
        if outcome.reading is None:
            continue
        notes.extend(f"{outcome.url}: {note}" for note in outcome.reading.notes)
        for document in outcome.reading.documents:
            if len(documents) >= SYSTEM1_DOCUMENTS_MAX and document.id not in documents:
                left_out += 1
            else:
                _ = documents.setdefault(document.id, document)
    if left_out:
        notes.append(f"all sources: more than {SYSTEM1_DOCUMENTS_MAX} documents; {left_out} were left out")
    return Gathered(documents=tuple(documents.values()), unread=tuple(unread), notes=tuple(notes))


async def _source(source: str, shared: _Pass) -> list[_Outcome]:
    """The outcomes of every place a source names, in order."""
    try:
        async with shared.gate, asyncio.timeout(_allowed_s(shared)):
            found = await asyncio.to_thread(places_of, source)
    except ErgosError as error:
        return [_Outcome(url=_shown(source), unread=_unread(source, error))]
    except TimeoutError:
        error = DeadlineError("its files could not be listed in time")
        return [_Outcome(url=_shown(source), unread=_unread(source, error))]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_place(place, shared)) for place in found.places]
    outcomes = [task.result() for task in tasks]
    if found.notes:
        outcomes.append(_Outcome(url=_shown(source), reading=Reading(documents=(), notes=found.notes)))
    return outcomes


async def _place(place: Place, shared: _Pass) -> _Outcome:
    async with shared.gate:
        try:
            reading = await _read(place, shared)
        except ErgosError as error:
            return _Outcome(url=_shown(place.url), unread=_unread(place.url, error))
    return _Outcome(url=_shown(place.url), reading=reading)


async def _read(place: Place, shared: _Pass) -> Reading:
    allowed_s = _allowed_s(shared)
    stop_ns = shared.clock() + int(allowed_s * SECOND)
    limit = Limit(now_ns=shared.clock(), expired=lambda: shared.clock() >= stop_ns)
    try:
        async with asyncio.timeout(allowed_s):
            fetched = await _get(place, shared.fetcher, allowed_s)
            origin = Origin(
                url=fetched.url,
                source=source_name(fetched.url) if place.is_file else urlsplit(fetched.url).hostname or "",
                media_type=fetched.media_type,
                charset=fetched.charset,
            )
            reading = await asyncio.to_thread(read, fetched.body, origin, limit)
    except TimeoutError as error:
        raise DeadlineError(f"not read within {allowed_s:.0f} s") from error
    return msgspec.structs.replace(reading, notes=fetched.notes + reading.notes)


async def _get(place: Place, fetcher: Fetcher, allowed_s: float) -> Fetched:
    if not place.is_file:
        return await fetcher.fetch(place.url, deadline_s=allowed_s)
    body = await asyncio.to_thread(read_file, place.url, follow=not place.found)
    return Fetched(body=body, url=place.url)


def _allowed_s(shared: _Pass) -> float:
    """Seconds one source may take from now on.

    Raises: DeadlineError where none are left.
    """
    if shared.deadline_ns is None:
        return float(SOURCE_DEADLINE_S)
    left_s = (shared.deadline_ns - shared.clock()) / SECOND
    if left_s <= 0:
        raise DeadlineError("no time was left to read it")
    return min(float(SOURCE_DEADLINE_S), left_s)


def _unread(url: str, error: ErgosError) -> Unread:
    return Unread(url=_shown(url), code=error.code, why=_printable(error.what)[:WHY_CHARS_MAX])


def _shown(url: str) -> str:
    """`url` as it may appear in records: without credentials, without bytes that are no characters."""
    shown = _printable(url)
    scheme, mark, rest = shown.partition("://")
    if not mark:
        return shown
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
