"""A house for the kill proof: a loopback model, a kernel in the background, and commands run as processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".foreign-venv" / "bin" / "python"
AGENTS = ROOT / "tests" / "foreign" / "agents"
PATIENCE_S = 90.0

SETTINGS = """
owner = "alice"
[models]
discover = false
[models.endpoints.loop]
base_url = "http://127.0.0.1:{port}/v1"
model = "loop"
price = {{input = 1.0, output = 2.0}}
output_tokens_max = 1000
"""


class House:
    """Everything that runs, and its end."""

    def __init__(self, folder: Path, *, directive: str = "pause=0.15 tools=4") -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.log = folder / "calls.jsonl"
        self.project = folder / "project"
        self.project.mkdir()
        self.effects = self.project / "effects.txt"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "ANTHROPIC"))},
            "ERGOS_HOME": str(self.home),
            "EFFECTS_FILE": str(self.effects),
            "PYTHONPATH": str(ROOT / "src"),
        }
        command = [sys.executable, "-m", "ergos.sim.loopback", "--port", "0", "--print-port", "--log", str(self.log)]
        self.loopback = subprocess.Popen(
            [*command, "--directive", directive], env=self.environ, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.loopback.stdout is not None
        port = int(self.loopback.stdout.readline())
        self.model_url = f"http://127.0.0.1:{port}"
        (self.home / "settings.toml").write_text(SETTINGS.format(port=port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ergos("down", check=False)
        self.loopback.kill()
        self.loopback.wait()
        if self.loopback.stdout is not None:
            self.loopback.stdout.close()

    def ergos(self, *arguments: str, check: bool = True) -> str:
        """Run a command of ours; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "ergos.cli.main", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=ROOT,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `ergos exec` in the project; the command sees the agents, too."""
        sees = ("--read", str(AGENTS), "--env", "EFFECTS_FILE")
        return subprocess.Popen(
            [sys.executable, "-m", "ergos.cli.main", "exec", *sees, *arguments],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.project,
        )

    def calls(self) -> list[dict[str, object]]:
        """What reached the model so far: the comings, in order."""
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line.get("outcome") in (None, "open")]

    def ended(self) -> list[dict[str, object]]:
        """The calls that came, each with how it ended, in order of coming."""
        found: dict[object, dict[str, object]] = {}
        for line in self.log.read_text().splitlines() if self.log.exists() else []:
            entry = json.loads(line)
            found.setdefault(entry["number"], {"outcome": "open"}).update(entry)
        return [found[number] for number in sorted(found, key=lambda number: int(str(number)))]

    def wait_for_calls(self, count: int, running: subprocess.Popen[str]) -> bool:
        """Until so many calls have come; False if the command ended before."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.calls()) < count:
            if running.poll() is not None:
                return False
            assert time.monotonic() < deadline, f"{len(self.calls())} of {count} calls came"
            time.sleep(0.01)
        return True

    def answered(self) -> list[str]:
        """Keys of calls whose answer is in the journal."""
        records = [json.loads(line) for line in self.ergos("journal", "--json", "1").splitlines()]
        return [record["key"] for record in records if record["k"] == "result" and not record.get("failure")]

    def kernel_pid(self) -> int:
        """Of the operating system."""
        return int(json.loads(self.ergos("status", "--json"))["status"]["os_pid"])


def inside(process: subprocess.Popen[str]) -> list[int]:
    """What runs in the sandbox of an `ergos exec`, its first process left out."""
    parents: dict[int, int] = {}
    confined: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            said = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            parents[int(entry.name)] = int(said["PPid"])
            if len(said.get("NSpid", "").split()) > 1 and said["NSpid"].split()[-1] != "1":
                confined.add(int(entry.name))
    found, below = {process.pid}, {process.pid}
    while below:
        below = {pid for pid, parent in parents.items() if parent in below} - found
        found |= below
    return sorted(found & confined)


def kill_tree(process: subprocess.Popen[str]) -> None:
    """kill -9 of the command that `ergos exec` runs, and of nothing else."""
    for pid in inside(process):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def chance(seed: int) -> random.Random:
    """Moments, repeatable."""
    return random.Random(seed)
