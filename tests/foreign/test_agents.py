"""The example agents of other frameworks, unmodified, against the loopback model alone: they end, and ask the same again.

What the kill proof rests on: without a kernel between, equal runs of an agent make equal calls and have equal effects.
Needs the frameworks: `make foreign` installs them into an environment of their own and runs this.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergos.sim.loopback.calls import read_log

from .house import AGENTS, PYTHON, ROOT

VARIANTS = [
    ("langgraph_agent.py", {}),
    ("openai_agents_agent.py", {}),
    ("openai_agents_agent.py", {"STREAM": "1"}),
    ("openai_agents_agent.py", {"API": "chat", "STREAM": "1"}),
    ("pydantic_ai_agent.py", {}),
    ("pydantic_ai_agent.py", {"STREAM": "1"}),
    ("smolagents_agent.py", {}),
    ("smolagents_agent.py", {"STREAM": "1"}),
    ("smolagents_agent.py", {"KIND": "code"}),
]

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="the frameworks are not installed: `make foreign`"),
    pytest.mark.timeout(300),
    pytest.mark.slow,
]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "ergos.sim.loopback", "--print-port", "--mode", "engine", "--scale", "50"]
    with subprocess.Popen(
        [*command, "--log", str(tmp_path / "log")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()


def run(agent: str, more: dict[str, str], port: int, effects: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
    given = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "k", "EFFECTS_FILE": str(effects)}
    done = subprocess.run(
        [PYTHON, AGENTS / agent], env=clean | given | more, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("agent", "more"), VARIANTS)
def test_an_agent_ends_and_a_second_run_asks_and_does_the_same(
    agent: str, more: dict[str, str], port: int, tmp_path: Path
) -> None:
    first = run(agent, more, port, tmp_path / "first")
    second = run(agent, more, port, tmp_path / "second")
    assert first == second
    assert first.strip()
    effects = (tmp_path / "first").read_text().splitlines()
    assert {line.split()[0] for line in effects} == {"get_weather", "book_table"}
    assert (tmp_path / "second").read_text().splitlines() == effects
    calls = read_log(tmp_path / "log")
    assert {call.outcome for call in calls} == {"answered"}
    half = len(calls) // 2
    assert half >= 3
    assert [call.digest for call in calls[:half]] == [call.digest for call in calls[half:]]
    assert len({call.digest for call in calls}) == half
