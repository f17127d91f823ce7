"""Runs measurements as processes of their own, rival after rival, round after round.

Rules: within a round every engine runs once, in the same order, so that a busy minute hits all of them;
ratios are taken within a round; what is reported is the median of the rounds, with the extremes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

ROOT: Final = Path(__file__).resolve().parent.parent
DEADLINE_S: Final = 600.0  # seconds one measurement may take

T = TypeVar("T")


class Series(msgspec.Struct, frozen=True):
    """One number over the rounds, in order of the rounds."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def over(self, other: Series) -> Series:
        """Ratios, round by round."""
        return Series(tuple(mine / theirs for mine, theirs in zip(self.values, other.values, strict=True)))

    def shown(self, form: Callable[[float], str]) -> str:
        """Median and extremes."""
        if len(self.values) == 1:
            return form(self.median)
        return f"{form(self.median)} [{form(min(self.values))} .. {form(max(self.values))}]"


class Plan(msgspec.Struct, frozen=True):
    """How thoroughly to measure, and where."""

    folder: Path
    rounds: int = 5
    quick: bool = False

    def sized(self, full: int, quick: int) -> int:
        """The size for this plan."""
        return quick if self.quick else full


def said(text: str) -> None:
    """Tell how far we are."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def environment() -> dict[str, str]:
    """What a measured process gets."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}


def child(kind: type[T], module: str, *args: object) -> T:
    """Run `python -m module args` and read the JSON line it prints.

    Raises: RuntimeError with its last words.
    """
    command = [sys.executable, "-m", module, *map(str, args)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, timeout=DEADLINE_S, check=False)
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        words = done.stderr.decode(errors="replace")[-3000:]
        raise RuntimeError(f"{' '.join(command[2:])} ended with {done.returncode}:\n{words}")
    return msgspec.json.decode(lines[-1], type=kind)


def killed(module: str, *args: object) -> None:
    """Run a process that ends by killing itself. Raises: RuntimeError if it ends in another way."""
    command = [sys.executable, "-m", module, *map(str, args)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, timeout=DEADLINE_S, check=False)
    if done.returncode != -9:
        raise RuntimeError(f"{' '.join(command[2:])} was not killed:\n{done.stderr.decode(errors='replace')[-3000:]}")


def interleaved(rounds: int, runs: Sequence[tuple[str, Callable[[], T]]]) -> dict[str, list[T]]:
    """Every run once a round; results by name in order of the rounds."""
    found: dict[str, list[T]] = {name: [] for name, _ in runs}
    for number in range(rounds):
        for name, run in runs:
            found[name].append(run())
            said(f"  round {number + 1} of {rounds}: {name}")
    return found
