"""Kills a process under load, again and again, and counts what the outside saw.

Rules: the kill is SIGKILL, at a moment drawn from the seed, usually under load and sometimes during start-up;
the same schedule for every engine; whatever was left open is finished by one last start that is not killed.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from bench import outside
from bench.kill_agents import PRICE_MICROUSD
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.audit import audit

ROOT: Final = Path(__file__).resolve().parent.parent
KILLS_DURING_START: Final = 10  # one kill in so many does not wait until the load runs
READY_S: Final = 60.0  # seconds until a child must say that it is ready
FINISH_S: Final = 120.0  # seconds the last start gets to finish what is open


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a campaign."""

    engine: str
    kills: int
    tally: outside.Tally
    asked: int = 0
    """Effects its owner was asked about."""
    unfinished: int = 0
    """Jobs that were begun and neither finished nor handed to their owner."""
    unsound: str = ""
    """What is wrong with its books or its chain, if anything."""
    start_s: float = 0.0
    """Median seconds from start to ready."""

    @property
    def doubled(self) -> int:
        """Surplus effects of all kinds."""
        return sum(self.tally.doubled.values())

    @property
    def lost(self) -> int:
        """Missing effects of all kinds."""
        return sum(self.tally.lost.values())


def campaign(engine: str, folder: Path, *, kills: int, seed: int, window_s: tuple[float, float]) -> Score:
    """Kill the engine's worker so many times; `window_s` is when, in seconds after it is ready.

    Raises: RuntimeError with the child's last words if it ends by itself or does not finish.
    """
    chance = random.Random(seed)
    starts: list[float] = []
    for _ in range(kills):
        early, fraction = chance.randrange(KILLS_DURING_START) == 0, chance.random()
        began = time.monotonic()
        child = _start(engine, folder)
        if early:
            time.sleep(fraction * (min(starts) if starts else 0.3))
        else:
            _await_ready(child, folder)
            starts.append(time.monotonic() - began)
            time.sleep(window_s[0] + fraction * (window_s[1] - window_s[0]))
        if child.poll() is not None:
            _close(child)
            raise RuntimeError(f"{engine} ended by itself:\n{_words(folder)}")
        os.kill(child.pid, signal.SIGKILL)
        _close(child)
    (folder / outside.STOP).touch()
    child = _start(engine, folder)
    try:
        code = child.wait(FINISH_S)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{engine} did not finish what was open:\n{_words(folder)}") from None
    finally:
        child.kill()
        _close(child)
    if code != 0:
        raise RuntimeError(f"{engine} failed:\n{_words(folder)}")
    judge = _judge_ergos if engine == "ergos" else _judge_rival
    return msgspec.structs.replace(judge(engine, folder, kills), start_s=sorted(starts)[len(starts) // 2])


def _start(engine: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "ERGOS_KILL_FOLDER": str(folder)}
    with (folder / "words.txt").open("ab") as words:
        return subprocess.Popen(
            [sys.executable, "-m", f"bench.kill_{engine}", str(folder)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=words,
        )


def _await_ready(child: subprocess.Popen[bytes], folder: Path) -> None:
    assert child.stdout is not None
    if child.stdout.readline() != b"ready\n":
        child.kill()
        _close(child)
        raise RuntimeError(f"the child did not get ready:\n{_words(folder)}")


def _close(child: subprocess.Popen[bytes]) -> None:
    assert child.stdout is not None
    child.wait()
    child.stdout.close()


def _words(folder: Path) -> str:
    return (folder / "words.txt").read_text(encoding="utf-8", errors="replace")[-3000:]


def _judge_ergos(engine: str, folder: Path, kills: int) -> Score:
    """Its processes against the outside, its books against the effects, its chain against itself."""
    database = sqlite3.connect(folder / "ergos.db")
    states = dict(database.execute("SELECT pid, state FROM process").fetchall())
    jobs = [str(pid) for pid, state in states.items() if state == "done"]
    doubted = "SELECT count(*) FROM journal WHERE substr(body, 1, 12) = ?"
    asked = database.execute(doubted, (b'{"k":"doubt"',)).fetchone()
    money = dict(database.execute("SELECT name, microusd FROM account").fetchall())
    database.close()
    faults: list[str] = []
    if sum(money.values()) != 0:
        faults.append(f"the accounts sum to {sum(money.values())}")
    faults += [f"{name} still holds {held}" for name, held in money.items() if name.startswith("held/")]
    for kind in outside.KINDS:
        if money.get(f"paid/{kind}", 0) != PRICE_MICROUSD * len(jobs):
            faults.append(f"paid/{kind} is {money.get(f'paid/{kind}', 0)} for {len(jobs)} jobs")
    proof = asyncio.run(_audit(folder / "ergos.db"))
    if proof:
        faults.append(proof)
    return Score(
        engine=engine,
        kills=kills,
        tally=outside.tally(folder, jobs),
        asked=int(asked[0]),
        unfinished=len(states) - len(jobs),
        unsound="; ".join(faults),
    )


async def _audit(path: Path) -> str:
    reads = SqliteReads.open(path)
    try:
        found = await audit(reads)
    finally:
        await reads.close()
    return "" if found.sound else str(found.problem)


def _judge_rival(engine: str, folder: Path, kills: int) -> Score:
    jobs = (folder / "jobs.txt").read_text(encoding="ascii").split()
    done = set((folder / "done.txt").read_text(encoding="ascii").split())
    return Score(
        engine=engine,
        kills=kills,
        tally=outside.tally(folder, [job for job in jobs if job in done]),
        unfinished=len(set(jobs) - done),
    )
