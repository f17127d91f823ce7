"""`ergos demo`: the thesis in under a minute, with real processes and a real SIGKILL.

The newsroom works; its kernel is killed in the middle of publishing; it is started again; the team finishes.
Then everything that was promised is checked, and the command fails if one promise does not hold.

Rules: nothing is staged but the moment of the kill, which is drawn from a seed that is printed; the demo acts
as the owner where the owner is asked, and says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from ergos.app.client import ask, bring_down
from ergos.app.daemon import launch
from ergos.app.home import Home, home_at, reads_of
from ergos.base.canonical import Plain
from ergos.base.documents import Language
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ProgramError, VerificationError, WorldError
from ergos.base.ids import Pid
from ergos.base.money import Amount, format_money
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import Intended, decode_body
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item
from ergos.runtime.audit import audit
from ergos.runtime.control import Answer, Fine, Spawn, Status, StatusOf
from ergos.runtime.vault import Vault

T = TypeVar("T")

PRESS_S: Final = 1.2  # seconds the demo's press takes, so that a kill can hit the middle of it
KILL_MS_MAX: Final = 1_000  # milliseconds into publishing at the latest; the rest is room for a slow machine
POLL_S: Final = 0.02  # seconds between two looks at the journal
PATIENCE_S: Final = 90  # seconds for any one step of the demonstration
FEEDS: Final = (
    "agents-en.xml",
    "agents-zh.xml",
    "systems-en.atom",
    "research.json",
    "notes",
    "three-stages.html",
    "open-source-record.pdf",
)

Say = Callable[[str], None]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the demonstration found; every promise among it was checked."""

    seed: int = 0
    killed_after_ms: int = 0
    """Milliseconds between the durable intent to publish and SIGKILL."""
    happened_before: bool = False
    """Whether the announcement was out when the kernel died."""
    asked: bool = False
    """Whether the owner was asked about the call in doubt."""
    seconds_to_recover: float = 0.0
    announcements: int
    documents: int
    sentences: int
    faults: int
    records: int
    spent_microusd: int
    spent_tokens: int
    title: str
    page: str
    markdown: str
    home: str


NOBODY: Final = "[models]\ndiscover = false  # a demonstration spends nobody's money\n"


async def demonstrate(say: Say, *, folder: Path | None, language: Language, seed: int) -> Told:
    """Run it. Raises: VerificationError if a promise does not hold; WorldError, ProgramError if it cannot run."""
    place = _place(folder)
    home = home_at(place / "home", {**os.environ, "ERGOS_OWNER": "you"})
    out = place / "published"
    after_ms = SeededEntropy(seed).below(KILL_MS_MAX, stream="kill")
    try:
        return await _scenes(say, home, out, language, seed, after_ms)
    finally:
        if home.holder() is not None:
            await bring_down(home)


def _place(folder: Path | None) -> Path:
    return Path(tempfile.mkdtemp(prefix="ergos-demo-")) if folder is None else folder.expanduser().absolute()


async def _scenes(say: Say, home: Home, out: Path, language: Language, seed: int, after_ms: int) -> Told:
    newsroom = newsroom_folder()
    say(f"[bold]1[/] A kernel starts in {home.folder}. No key, no service, no network.")
    home.make()
    (home.folder / "settings.toml").write_text(NOBODY, encoding="utf-8")
    launch(home)
    settings = {
        "sources": [str(newsroom / "feeds" / name) for name in FEEDS],
        "out": str(out),
        "language": language,
        "press_s": PRESS_S,
    }
    started = await ask(home, Spawn(path=str(newsroom), owner="you", settings=settings))
    assert isinstance(started, Fine)
    reads = reads_of(home)
    say("[bold]2[/] Four agents go to work: News reads, Insight thinks, Writer writes, Checker verifies.")
    approval = await _item(reads, "approval")
    say(f"[bold]3[/] Checker accepts, and asks: [italic]{approval.text}[/]")
    say("  The demo, as the owner, approves this one call.")
    await ask(home, Answer(number=approval.id, verdict="approve", by="you"))
    await _intended(reads, approval.pid, "publish")
    await asyncio.sleep(after_ms / 1000)
    status = await ask(home, StatusOf())
    assert isinstance(status, Status)
    os.kill(status.os_pid, signal.SIGKILL)
    say(f"[bold]4[/] [red]kill -9[/] {after_ms} ms into publishing (seed {seed}). The kernel is gone.")
    seconds = await _restart(home, reads, approval.pid)
    before = announced(out)
    asked = await _decide(say, home, reads, out, started.pid, seconds)
    root = await _ended(reads, started.pid)
    await bring_down(home)
    found = await _checked(home, root, out)
    return msgspec.structs.replace(
        found,
        seed=seed,
        killed_after_ms=after_ms,
        happened_before=bool(before),
        asked=asked,
        seconds_to_recover=round(seconds, 3),
    )


async def _decide(say: Say, home: Home, reads: SqliteReads, out: Path, root: Pid, seconds: float) -> bool:
    """Decide about the call in doubt as its owner would: by looking. False if nothing was in doubt."""

    async def look() -> Item | Process | None:
        doubt = next((item for item in await reads.items("you", 100) if item.kind == "doubt"), None)
        process = (await reads.load((root,)))[0].process
        return doubt or (process if process.state in ENDED else None)

    doubt = await _until(look, "the call in doubt")
    if isinstance(doubt, Process):
        say(f"[bold]5[/] Started again after {seconds:.1f} s. The result was recorded before the kill; nothing to ask.")
        return False
    say(f"[bold]5[/] Started again; running after {seconds:.1f} s. Nobody repeats an irreversible call, so it asks:")
    say(f"  [italic]{doubt.text}[/]")
    lines = announced(out)
    seen, verdict = ("out", "done") if lines else ("not out", "redo")
    say(f"  The owner looks: the announcement is {seen}. Answer: {verdict}.")
    value: Plain = {**_paths(out, lines)} if lines else None
    await ask(home, Answer(number=doubt.id, verdict="done" if lines else "redo", by="you", value=value))
    return True


async def _restart(home: Home, reads: SqliteReads, pid: Pid) -> float:
    """Start the kernel again; seconds until the interrupted process stood again."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def is_free() -> bool | None:
        return True if home.holder() is None else None

    async def stands() -> bool | None:
        process = (await reads.load((pid,)))[0].process
        return True if process.state is State.PARKED or process.state in ENDED else None

    await _until(is_free, "the dead kernel's files to be closed")
    launch(home)
    await _until(stands, "the process to be driven again")
    return loop.time() - began


async def _checked(home: Home, root: Process, out: Path) -> Told:
    """Every promise, held against what is on disk. Raises: VerificationError."""
    reads = reads_of(home)
    proof = await audit(reads)
    lines = announced(out)
    accounts, meters = await reads.books(("*",))
    _promise(root.state is State.DONE, f"the newsroom ended {root.state}")
    _promise(len(lines) == 1, f"the brief was announced {len(lines)} times")
    _promise(proof.sound, f"the receipt does not verify: {proof.problem}")
    _promise(
        not any(sum(part) for part in zip(*map(_parts, accounts.values()), strict=True)), "the books do not balance"
    )
    _promise(not any(meter.held for meter in meters.values()), "a hold is left")
    report = await _outcome(reads, root)
    spent = meters["owner/you"].spent
    paths = _paths(out, lines)
    return Told(
        announcements=len(lines),
        documents=_number(report, "news", "documents"),
        sentences=_number(report, "writer", "sentences"),
        faults=_number(report, "checker", "faults"),
        records=(await reads.head()).seq,
        spent_microusd=spent.microusd,
        spent_tokens=spent.tokens,
        title=lines[0]["title"],
        page=paths["page"],
        markdown=paths["markdown"],
        home=str(home.folder),
    )


def _parts(amount: Amount) -> tuple[int, int]:
    return (amount.microusd, amount.tokens)


async def _outcome(reads: SqliteReads, root: Process) -> dict[str, Plain]:
    """What the newsroom returned."""
    value = await Vault(reads).value(root.outcome)
    return value if isinstance(value, dict) else {}


def _number(report: dict[str, Plain], part: str, key: str) -> int:
    found = report.get(part)
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, int) else 0


def announced(out: Path) -> list[dict[str, str]]:
    """What the outside has seen: one line an announcement."""
    path = out / "announcements.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _paths(out: Path, lines: list[dict[str, str]]) -> dict[str, str]:
    page = Path(lines[0]["page"]) if lines else out
    return {"page": str(page), "markdown": str(page.with_suffix(".md"))}


def newsroom_folder() -> Path:
    """The newsroom of this checkout, or the one that came with the package. Raises: WorldError."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "newsroom_example", package.parent.parent / "examples" / "newsroom"):
        if (place / "AGENT.md").exists():
            return place
    raise WorldError("the newsroom is not part of this installation", remedy="run the demo from a checkout")


# Waiting


async def _item(reads: SqliteReads, kind: str) -> Item:
    async def look() -> Item | None:
        await _alive(reads)
        return next((item for item in await reads.items("you", 100) if item.kind == kind), None)

    return await _until(look, f"the {kind}")


async def _intended(reads: SqliteReads, pid: Pid, tool: str) -> None:
    async def look() -> bool | None:
        async for record in reads.records(pid=pid):
            body = decode_body(record.body)
            if isinstance(body, Intended) and body.call.name == tool:
                return True
        return None

    await _until(look, f"the intent to {tool}")


async def _ended(reads: SqliteReads, pid: Pid) -> Process:
    async def look() -> Process | None:
        process = (await reads.load((pid,)))[0].process
        return process if process.state in ENDED else None

    return await _until(look, "the team to finish")


async def _alive(reads: SqliteReads) -> None:
    """Raises: ProgramError if the team failed before it got there."""
    for process in await reads.processes(live_only=False, limit=10):
        if process.failure is not None:
            raise ProgramError(f"{process.agent} failed: {process.failure.what}")


async def _until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look again and again until something is there. Raises: WorldError after PATIENCE_S seconds."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + PATIENCE_S
    while loop.time() < limit:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(POLL_S)
    raise WorldError(f"the demo waited {PATIENCE_S} seconds for {what}", remedy="`ergos doctor` checks this machine")


def _promise(held: bool, otherwise: str) -> None:
    if not held:
        raise VerificationError(f"a promise of the demo does not hold: {otherwise}", remedy="please report this")


def rows(told: Told) -> list[tuple[str, str]]:
    """The result as lines of a table."""
    if not told.asked:
        how = "recorded before the kill"
    elif told.happened_before:
        how = "out before the kill, in doubt, confirmed by the owner"
    else:
        how = "not out before the kill, in doubt, done again on the owner's word"
    cost = f"{format_money(told.spent_microusd)} and {told.spent_tokens:,} metered tokens"
    return [
        ("effects", f"1 irreversible call, {told.announcements} announcement: {how}"),
        ("recovery", f"{told.seconds_to_recover:.1f} s from kill -9 until the process stood again"),
        ("work", f"{told.documents} documents read, {told.sentences} sentences written, {told.faults} faults found"),
        ("cost", f"{cost}; the ledger balances, no hold is left"),
        ("receipt", f"{told.records:,} records: chain, signatures and books verified"),
        ("brief", told.title),
        ("", told.page),
        ("look", f"ergos --home {told.home} ps --all"),
    ]
