"""Agents of other frameworks, unmodified, killed at random moments: how many calls they pay for twice.

The same agents, the same kills, once as processes and once without: what was asked of the model again although it had
been answered. The house and the agents are those of tests/foreign.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.rounds import Plan, said
from tests.foreign.house import AGENTS, PYTHON, House, chance, kill_tree

SEED: Final = 20_261_125
DIRECTIVE: Final = "pause=0.3 tools=6"
RUN_S: Final = 120.0  # seconds one start of an agent may take


class Tally(msgspec.Struct, kw_only=True):
    """One agent, killed so many times."""

    agent: str
    kills: int
    asked: int
    """Calls that reached the model."""
    repeated: int
    """Of these, calls that had been answered before."""
    finished: bool


def _repeated(house: House) -> tuple[int, int]:
    """Calls that came, and those of a content that had been answered."""
    calls = house.ended()
    seen: set[str] = set()
    again = 0
    for call in calls:
        digest = str(call["digest"])
        again += digest in seen
        if call["outcome"] == "answered":
            seen.add(digest)
    return len(calls), again


def as_process(folder: Path, agent: str, kills: int) -> Tally:
    """Under `ergos exec`."""
    drawn = chance(SEED)
    with House(folder, directive=DIRECTIVE) as house:
        house.ergos("up")
        command = ["--name", "prog", "--budget", "1usd", "--", str(PYTHON), str(AGENTS / agent)]
        done = 0
        code = 1
        while code != 0 and done <= kills:
            running = house.start(*command)
            if done < kills and house.wait_for_calls(len(house.calls()) + 1, running):
                time.sleep(drawn.uniform(0, 0.6))
                kill_tree(running)
                done += 1
            running.communicate(timeout=RUN_S)
            code, command = running.returncode, ["--resume", "1"]
        asked, repeated = _repeated(house)
    return Tally(agent=agent, kills=done, asked=asked, repeated=repeated, finished=code == 0)


def alone(folder: Path, agent: str, kills: int) -> Tally:
    """Without a door: straight to the model."""
    drawn = chance(SEED)
    with House(folder, directive=DIRECTIVE) as house:
        environ = {**house.environ, "OPENAI_BASE_URL": f"{house.model_url}/v1", "OPENAI_API_KEY": "none"}
        done = 0
        code = 1
        while code != 0 and done <= kills:
            running = subprocess.Popen(
                [str(PYTHON), str(AGENTS / agent)],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if done < kills and house.wait_for_calls(len(house.calls()) + 1, running):
                time.sleep(drawn.uniform(0, 0.6))
                if running.poll() is None:
                    os.kill(running.pid, signal.SIGKILL)
                    done += 1
            running.communicate(timeout=RUN_S)
            code = running.returncode
        asked, repeated = _repeated(house)
    return Tally(agent=agent, kills=done, asked=asked, repeated=repeated, finished=code == 0)


def campaign(plan: Plan) -> tuple[list[Tally], list[Tally]]:
    """Every agent both ways; nothing where the frameworks are not installed."""
    ours: list[Tally] = []
    theirs: list[Tally] = []
    if not PYTHON.exists():
        return ours, theirs
    kills = plan.sized(5, 2)
    for agent in sorted(path.name for path in AGENTS.glob("*_agent.py")):
        for way, tallies in ((as_process, ours), (alone, theirs)):
            with tempfile.TemporaryDirectory(prefix="foreign-", dir=plan.folder) as folder:
                tallies.append(way(Path(folder), agent, kills))
            said(f"  {agent}, {way.__name__}: {tallies[-1]}")
    return ours, theirs
