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
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from ergos.app.client import ask, bring_down
from ergos.app.daemon import launch
from ergos.app.home import Home, home_at, reads_of
from ergos.base.canonical import decode
from ergos.base.clock import MILLISECOND
from ergos.base.documents import Language
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError, ProgramError, VerificationError, WorldError
from ergos.base.ids import Pid
from ergos.base.money import format_money
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import Intended, decode_body
from ergos.kernel.ports import Item
from ergos.kernel.process import Process, State
from ergos.runtime.audit import Audit, audit
from ergos.runtime.control import Answer, Fine, Spawn, Status, StatusOf

PRESS_S: Final = 1.2  # seconds the demo's press takes, so that a kill can hit the middle of it
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
    """What the demonstration found; all of it was checked."""

    seed: int
    killed_after_ms: int
    """Milliseconds between the durable intent to publish and SIGKILL."""
    happened_before: bool
    """Whether the announcement was out when the kernel died."""
    asked: bool
    """Whether the owner was asked about the call in doubt."""
    announcements: int
    seconds_to_recover: float
    documents: int
    sentences: int
    faults: int
    records: int
    spent_microusd: int
    spent_tokens: int
    page: str
    markdown: str
    home: str


async def demonstrate(say: Say, *, folder: Path | None, language: Language, seed: int) -> Told:
    """Run it. Raises: VerificationError if a promise does not hold; WorldError, ProgramError if it cannot run."""
    place = folder.expanduser().absolute() if folder is not None else Path(tempfile.mkdtemp(prefix="ergos-demo-"))
    home = home_at(place / "home", {**os.environ, "ERGOS_OWNER": "you"})
    out = place / "published"
    after_ms = SeededEntropy(seed).below(int(PRESS_S * 1000), stream="kill")
    try:
        return await _scenes(say, home, out, language, seed, after_ms)
    finally:
        if home.holder() is not None:
            await bring_down(home)


async def _scenes(say: Say, home: Home, out: Path, language: Language, seed: int, after_ms: int) -> Told:
    newsroom = newsroom_folder()
    say(f"[bold]1[/] A kernel starts in {home.folder}. No key, no service, no network.")
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
    say(f"[bold]3[/] Checker accepts, and asks: [italic]{approval.text}[/]\n  The demo, as the owner, approves this one call.")
    await ask(home, Answer(number=approval.id, verdict="approve", by="you"))
    await _intended(reads, approval.pid, "publish")
    await asyncio.sleep(after_ms / 1000)
    status = await ask(home, StatusOf())
    assert isinstance(status, Status)
    os.kill(status.os_pid, signal.SIGKILL)
    before = announced(out)
    say(f"[bold]4[/] [red]kill -9[/] {after_ms} ms into publishing (seed {seed}). The kernel is gone.")
    seconds = await _restart(home, reads, approval.pid)
    doubt = await _item(reads, "doubt")
    say(f"[bold]5[/] Started again; running after {seconds:.1f} s. Nobody repeats an irreversible call, so it asks:")
    say(f"  [italic]{doubt.text}[/]")
    happened = len(before) == 1
    say(f"  The owner looks: the announcement is {'out' if happened else 'not out'}. Answer: {'done' if happened else 'redo'}.")
    value = json.loads(json.dumps(_paths(out, before))) if happened else None
    await ask(home, Answer(number=doubt.id, verdict="done" if happened else "redo", by="you", value=value))
    root = await _ended(reads, started.pid)
    await bring_down(home)
    return await _checked(home, root, out, seed=seed, after_ms=after_ms, happened=happened, seconds=seconds)


async def _restart(home: Home, reads: SqliteReads, pid: Pid) -> float:
    """Start the kernel again; seconds until the interrupted process stood again."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while home.holder() is not None:  # the system takes a moment to close what the dead one held
        await asyncio.sleep(POLL_S)
    launch(home)
    await _until(lambda: _is_parked(reads, pid), "the process to be driven again")
    return loop.time() - began


async def _is_parked(reads: SqliteReads, pid: Pid) -> bool | None:
    found = await reads.load((pid,))
    return True if found and found[0].process.state in (State.PARKED, State.DONE) else None


async def _checked(
    home: Home, root: Process, out: Path, *, seed: int, after_ms: int, happened: bool, seconds: float
) -> Told:
    """Every promise, held against what is on disk. Raises: VerificationError."""
    reads = reads_of(home)
    proof: Audit = await audit(reads)
    lines = announced(out)
    _promise(root.state is State.DONE, f"the newsroom ended {root.state}")
    _promise(len(lines) == 1, f"the brief was announced {len(lines)} times")
    _promise(proof.sound, f"the receipt does not verify: {proof.problem}")
    accounts, meters = await reads.books(("*",))
    _promise(sum(a.microusd for a in accounts.values()) == 0, "the ledger does not sum to zero")
    _promise(sum(a.tokens for a in accounts.values()) == 0, "the ledger does not sum to zero in tokens")
    _promise(all(not meter.held for meter in meters.values()), "a hold is left")
    report = decode(root.outcome) if not bytes(root.outcome).startswith(b'{"$') else await _outcome(reads, root)
    spent = meters["owner/you"].spent
    paths = _paths(out, lines)
    assert isinstance(report, dict)
    return Told(
        seed=seed,
        killed_after_ms=after_ms,
        happened_before=happened,
        asked=True,
        announcements=len(lines),
        seconds_to_recover=round(seconds, 3),
        documents=_number(report, "news", "documents"),
        sentences=_number(report, "writer", "sentences"),
        faults=_number(report, "checker", "faults") if isinstance(report.get("checker"), dict) else 0,
        records=(await reads.head()).seq,
        spent_microusd=spent.microusd,
        spent_tokens=spent.tokens,
        page=paths["page"],
        markdown=paths["markdown"],
        home=str(home.folder),
    )


async def _outcome(reads: SqliteReads, root: Process) -> object:
    from ergos.kernel.values import references

    (name,) = references(root.outcome)
    return decode((await reads.blobs((name,)))[name])


def _number(report: dict[str, object], part: str, key: str) -> int:
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
        return process if process.state in (State.DONE, State.FAILED, State.KILLED) else None

    return await _until(look, "the team to finish")


async def _alive(reads: SqliteReads) -> None:
    """Raises: ProgramError if the team failed before it got there."""
    for process in await reads.processes(live_only=False, limit=10):
        if process.failure is not None:
            raise ProgramError(f"{process.agent} failed: {process.failure.what}")


async def _until(look: Callable[[], object], what: str) -> object:  # type: ignore[no-untyped-def]
    loop = asyncio.get_running_loop()
    limit = loop.time() + PATIENCE_S
    while loop.time() < limit:
        found = await look()  # type: ignore[misc]
        if found is not None:
            return found
        await asyncio.sleep(POLL_S)
    raise WorldError(f"the demo waited {PATIENCE_S} seconds for {what}", remedy="`ergos doctor` checks this machine")


def _promise(held: bool, otherwise: str) -> None:
    if not held:
        raise VerificationError(f"a promise of the demo does not hold: {otherwise}", remedy="please report this")


def rows(told: Told) -> list[tuple[str, str]]:
    """The result as lines of a table."""
    how = "announced before the kill; the owner confirmed it" if told.happened_before else "not announced; done again on the owner's word"
    return [
        ("effects", f"1 irreversible call, {told.announcements} announcement ({how})"),
        ("recovery", f"{told.seconds_to_recover:.1f} s from kill -9 to the question"),
        ("work", f"{told.documents} documents read, {told.sentences} sentences, {told.faults} faults left in"),
        ("ledger", f"balances; {format_money(told.spent_microusd)} and {told.spent_tokens:,} metered tokens spent, no hold left"),
        ("receipt", f"{told.records:,} records, chain and signatures verified"),
        ("brief", told.page),
        ("", told.markdown),
        ("home", f"ergos --home {told.home} ps --all"),
    ]


def remove(folder: Path) -> None:
    """Delete what a demonstration left behind."""
    shutil.rmtree(folder, ignore_errors=True)


__all__ = ["ErgosError", "Told", "demonstrate", "rows"]
_ = MILLISECOND
