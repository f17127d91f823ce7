"""Says, without changing anything, whether this version of ErgOS can go on with a home.

    schema of the store · records of the journal · agents, their code and their open turns · settings · packages

Rules: reads only, also beside a running kernel; every finding that is not good says what to do. Open turns are driven
from the journal on the code that is installed now, as recovery will do it; nothing is performed. An agent's code is
loaded for it, as at every start.
"""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final, cast

import msgspec

from ergos import __version__
from ergos.app.checkup import Finding
from ergos.app.home import Home, programs_of
from ergos.app.upgrade_turns import Turns
from ergos.base.errors import ErgosError, SettingsError
from ergos.base.ids import Digest, Pid
from ergos.drivers.sqlite_open import SCHEMA_VERSION, schema_of
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import decode_body
from ergos.kernel.packages import FOREIGN, Definition
from ergos.kernel.process import Process
from ergos.runtime.settings import FILE, KEYS, SETTINGS_BYTES_MAX, Settings, read_settings

DISTRIBUTION: Final = "ergos"
PIDS_SHOWN: Final = 10  # processes named in one finding; the others are counted
PAGE: Final = 1_000  # processes read at once
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*([^;]*)(;.*)?$")
_BOUND: Final = re.compile(r"(>=|<=|==|!=|<|>)\s*([0-9][0-9.]*)")


async def hurdles(
    folder: Path, environ: Mapping[str, str], told: Callable[[str], None] = lambda _: None
) -> list[Finding]:
    """Every finding, in a fixed order. `folder`: absolute. Cost: some 10 microseconds a record of the journal."""
    found = [Finding("ergos", "good", __version__)]
    settings, said = _settings(folder, environ)
    found += said
    found += _packages(settings)
    store = folder / "ergos.db"
    if not store.is_file():
        return [*found, Finding("store", "good", "nothing was run here yet")]
    schema = _schema(store)
    found.append(schema)
    if schema.verdict == "bad":
        return found
    home = Home(settings or Settings(home=folder, owner="owner"))
    try:
        reads = SqliteReads.open(store)
    except ErgosError as error:
        return [*found, Finding("store", "bad", error.what, error.what_to_do)]
    try:
        found.append(await _journal(reads, told))
        found += await _agents(home, reads, told)
    except ErgosError as error:
        found.append(Finding("store", "bad", error.what, error.what_to_do))
    finally:
        await reads.close()
    return found


# The store


def _schema(store: Path) -> Finding:
    try:
        found = schema_of(store)
    except ErgosError as error:
        return Finding("schema", "bad", error.what, error.what_to_do)
    if found > SCHEMA_VERSION:
        return Finding("schema", "bad", f"{found}; this version knows {SCHEMA_VERSION}", "install a newer ErgOS")
    if found < SCHEMA_VERSION:
        return Finding(
            "schema",
            "note",
            f"{found}; the first start makes it {SCHEMA_VERSION}, and no older ErgOS opens it then",
            "take a backup first: `ergos backup FILE`",
        )
    return Finding("schema", "good", str(found))


async def _journal(reads: SqliteReads, told: Callable[[str], None]) -> Finding:
    """Whether every record can be read."""
    count, bad, first = 0, Counter[str](), ""
    async for record in reads.records():
        count += 1
        if count % 10_000 == 0:
            told(f"{count:,} records read …")
        try:
            decode_body(record.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            bad[_kind_of(record.body)] += 1
            first = first or f"record {record.seq}: {error}"
    if not bad:
        return Finding("journal", "good", f"{count:,} records, all of kinds that this version reads")
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(bad.items()))
    return Finding(
        "journal", "bad", f"{kinds} of {count:,} records cannot be read; {first}", "install the version that wrote them"
    )


def _kind_of(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "unreadable"
    kind = cast("dict[str, object]", found).get("k") if isinstance(found, dict) else None
    return str(kind)[:40]


# Agents


async def _agents(home: Home, reads: SqliteReads, told: Callable[[str], None]) -> list[Finding]:
    """Whether what every living process runs on can be read, loaded and gone on with."""
    programs = programs_of(home)
    turns = Turns(reads, programs)
    await turns.prepare()
    faults: dict[tuple[str, str], list[Pid]] = {}
    changed: dict[str, list[Pid]] = {}
    loaded: dict[Digest, str] = {}
    total, opened, after = 0, 0, Pid(0)
    while rows := await reads.processes(after=after, limit=PAGE):
        for process in rows:
            total += 1
            told(f"{total:,} processes looked at …")
            why = loaded.get(process.definition)
            if why is None:
                why = loaded[process.definition] = await _loads(reads, programs, process, changed)
            if not why and process.turn_open:
                opened += 1
                why = await turns.divergence(process)
            if why:
                faults.setdefault((process.agent, why), []).append(process.pid)
        after = rows[-1].pid
    found = [
        Finding(
            f"agent {agent}", "bad", f"{why} (process {_some(pids)})", "put back the files it began with, or end it"
        )
        for (agent, why), pids in sorted(faults.items())
    ]
    found += [
        Finding(
            f"agent {agent}", "note", "its files have changed; its processes take the new version at their next turn"
        )
        for agent in sorted(changed)
    ]
    if not faults:
        found.append(Finding("processes", "good", f"{total:,} live, {opened:,} open turns replayed, none diverges"))
    return found


async def _loads(reads: SqliteReads, programs: object, process: Process, changed: dict[str, list[Pid]]) -> str:
    """Why a definition or its code cannot be loaded, or ''."""
    from ergos.lib.folder import FolderPrograms

    assert isinstance(programs, FolderPrograms)
    body = (await reads.blobs((process.definition,))).get(process.definition)
    if body is None:
        return "its definition is missing from the store"
    try:
        definition = msgspec.json.decode(body, type=Definition)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"its definition cannot be read: {error}"
    if definition.program.startswith(FOREIGN):
        return ""
    error = await asyncio.to_thread(_raised, lambda: programs.package(definition))
    if error is not None:
        return error.what if isinstance(error, ErgosError) else f"{type(error).__name__}: {error}"
    current = programs.current(definition.agent, definition.program)
    if current is not None and current.code != definition.code:
        changed.setdefault(process.agent, []).append(process.pid)
    return ""


def _raised(load: Callable[[], object]) -> BaseException | None:
    """What a file of somebody's code raises, as a value: `SystemExit`, too."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "ergos-load") as thread:
        return thread.submit(load).exception()


def _some(pids: list[Pid]) -> str:
    shown = ", ".join(map(str, pids[:PIDS_SHOWN]))
    return shown if len(pids) <= PIDS_SHOWN else f"{shown} and {len(pids) - PIDS_SHOWN:,} more"


# Settings and packages


def _settings(folder: Path, environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings if they can be read; what is wrong with them."""
    unknown = _unknown_keys(folder / FILE)
    found = [
        Finding(
            "settings", "bad", f"{folder / FILE}: the key {key!r} is unknown to this version", "remove or rename it"
        )
        for key in unknown
    ]
    try:
        return read_settings(environ, home=folder), found or [Finding("settings", "good", "all keys are known")]
    except SettingsError as error:
        if not unknown:
            found.append(Finding("settings", "bad", error.what, error.what_to_do))
        return None, found


def _unknown_keys(path: Path) -> list[str]:
    try:
        if path.stat().st_size > SETTINGS_BYTES_MAX:
            return []
        return sorted(set(tomllib.loads(path.read_text(encoding="utf-8"))) - set(KEYS))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return []  # the reading of the settings says it better


def _packages(settings: Settings | None) -> list[Finding]:
    """What is not installed, or not in a version that fits."""
    wrong: list[str] = []
    try:
        listed = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return [Finding("packages", "note", "ergos runs from its source; what it needs is not checked")]
    for line in listed:
        parsed = _REQUIREMENT.match(line)
        if parsed is None or parsed[3]:  # with a marker: an extra, or needed on some machines only
            continue
        if why := _unfit(parsed[1], parsed[2] or ""):
            wrong.append(why)
    found = [Finding("packages", "bad", ", ".join(wrong), "install ergos again")] if wrong else []
    for extra, package, needed in _extras(settings):
        if needed and (why := _unfit(package, "")):
            found.append(Finding("packages", "bad", f"{why}; the settings need it", f"pip install 'ergos[{extra}]'"))
    return found or [Finding("packages", "good", "everything that is needed is installed")]


def _extras(settings: Settings | None) -> tuple[tuple[str, str, bool], ...]:
    if settings is None:
        return ()
    return (
        ("mcp", "mcp", bool(settings.servers)),
        ("cedar", "cedarpy", settings.forbid is not None),
        ("mqtt", "paho-mqtt", bool(settings.triggers.brokers)),
        ("a2a", "a2a-sdk", bool(settings.a2a.publish or settings.a2a.peers)),
        ("oidc", "authlib", settings.server.oidc is not None),
        ("telemetry", "opentelemetry-proto", settings.telemetry is not None),
    )


def _unfit(package: str, bounds: str) -> str:
    """What is wrong with an installed package, or ''."""
    try:
        installed = version(package)
    except PackageNotFoundError:
        return f"{package} is missing"
    has = _numbers(installed)
    for sign, bound in _BOUND.findall(bounds):
        want = _numbers(bound)
        width = max(len(has), len(want))
        left, right = has + (0,) * (width - len(has)), want + (0,) * (width - len(want))
        holds = {">=": left >= right, "<=": left <= right, "==": left == right, "!=": left != right}
        holds |= {"<": left < right, ">": left > right}
        if not holds[sign]:
            return f"{package} is {installed}, {bounds.strip()} is needed"
    return ""


def _numbers(text: str) -> tuple[int, ...]:
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)
