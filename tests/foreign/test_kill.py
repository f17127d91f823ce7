"""Agents of other frameworks, unmodified, killed at random moments: no call that was answered is made again.

Needs the frameworks: `make foreign` installs them into an environment of their own and runs this.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from .house import AGENTS, PYTHON, House, chance, kill_tree

AGENT_FILES = sorted(path.name for path in AGENTS.glob("*_agent.py"))
KILLS = int(os.environ.get("ERGOS_FOREIGN_KILLS", "3"))

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="the frameworks are not installed: `make foreign`"),
    pytest.mark.timeout(600),
    pytest.mark.slow,
]


def run_through(house: House, agent: str) -> tuple[str, list[object]]:
    """What an agent says when nobody kills it, and what it asked."""
    running = house.start("--name", "prog", "--budget", "1usd", "--", str(PYTHON), str(AGENTS / agent))
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 0, said
    return said, [call["digest"] for call in house.calls()]


def answer_of(said: str) -> str:
    """Its last words, without ours."""
    return [line for line in said.splitlines() if line and not line.startswith(("process ", "done: ", "exit status"))][
        -1
    ]


@pytest.mark.parametrize("agent", AGENT_FILES)
def test_an_agent_killed_at_random_asks_nothing_twice_and_says_the_same(agent: str, tmp_path: Path) -> None:
    with_nobody = tmp_path / "whole"
    with_nobody.mkdir()
    with House(with_nobody) as house:
        whole, asked = run_through(house, agent)
    assert len(asked) >= 3
    killed = tmp_path / "killed"
    killed.mkdir()
    drawn = chance(len(agent))
    with House(killed) as house:
        house.ergos("up")
        command = ["--name", "prog", "--budget", "1usd", "--", str(PYTHON), str(AGENTS / agent)]
        for number in range(KILLS):
            running = house.start(*command)
            if house.wait_for_calls(len(house.calls()) + 1, running):
                time.sleep(drawn.uniform(0, 0.4))
                kill_tree(running)
            said, _ = running.communicate(timeout=120)
            command = ["--resume", "1"]
            if running.returncode == 0:
                break
            assert "--resume 1" in said, said
            del number
        running = house.start(*command) if running.returncode != 0 else running
        said = running.communicate(timeout=120)[0] if running.returncode is None else said
        assert running.returncode == 0, said
        assert answer_of(said) == answer_of(whole)
        counted = Counter(str(call["digest"]) for call in house.calls())
        # The kernel lived, so a call whose program was killed was finished and recorded: nothing was asked twice.
        assert counted == Counter(str(digest) for digest in asked)
        assert house.ergos("verify").strip().endswith("sound")


@pytest.mark.parametrize("agent", AGENT_FILES)
def test_a_kernel_killed_at_random_loses_no_answer_and_asks_none_again(agent: str, tmp_path: Path) -> None:
    drawn = chance(len(agent) + 1)
    with House(tmp_path, directive="pause=0.4 tools=4") as house:
        house.ergos("up", "--port", "0")
        running = house.start("--name", "prog", "--budget", "1usd", "--", str(PYTHON), str(AGENTS / agent))
        kernel = house.kernel_pid()
        assert house.wait_for_calls(2, running)
        time.sleep(drawn.uniform(0, 0.1))  # within the pause before the second answer
        os.kill(kernel, signal.SIGKILL)
        time.sleep(0.3)
        before = Counter(str(call["digest"]) for call in house.calls())
        answered = set(house.answered())
        kill_tree(running)
        running.communicate(timeout=120)
        house.ergos("up")
        again = house.start("--resume", "1")
        said, _ = again.communicate(timeout=120)
        assert again.returncode == 0, said
        after = Counter(str(call["digest"]) for call in house.calls())
        repeated = [digest for digest, count in after.items() if count > 1 and count > before[digest]]
        assert len(answered) >= 1
        # Only what was cut off unanswered is asked again, and that is at most one call of a program that asks in turn.
        assert len(repeated) <= 1
        assert sum(before.values()) - len(answered) >= len(repeated)
        assert house.ergos("verify").strip().endswith("sound")
