"""The verdict on a run of the conformance kit: what failed, was left out or was passed over is never counted as passed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.conformance_mcp.report import SKILLS_CHECKS_MIN, TASKS_CHECKS_MIN, UNSUPPORTED, counted, faults, main

GOOD = {
    "tasks-a": Counter(SUCCESS=TASKS_CHECKS_MIN),
    "sep-2640-skills-a": Counter(SUCCESS=SKILLS_CHECKS_MIN),
    "ping": Counter(SUCCESS=2),
}


def test_a_good_run_has_no_faults() -> None:
    assert faults(GOOD, ("ping",), "server", "all") == []


@pytest.mark.parametrize(
    "changed",
    [
        {"ping": Counter(SUCCESS=2, FAILURE=1)}, {"ping": Counter()}, {"ping": Counter(INFO=3)}, {"other": Counter(FAILURE=1)},
        {"tasks-a": Counter(SUCCESS=TASKS_CHECKS_MIN - 1)}, {"tasks-b": Counter(SKIPPED=1)}, {"sep-2640-skills-a": Counter(SKIPPED=60)},
    ],
)  # fmt: skip
def test_every_lack_is_a_fault(changed: dict[str, Counter[str]]) -> None:
    assert faults({**GOOD, **changed}, ("ping",), "server", "all")


def test_nothing_that_ran_is_a_fault() -> None:
    assert faults({}, (), "client", "all") == ["nothing ran"]


def test_what_a_client_may_lack_is_named_and_is_never_scored() -> None:
    lacking = next(iter(UNSUPPORTED))
    assert not faults({lacking: Counter(FAILURE=3)}, (), "client", "all")
    assert faults({lacking: Counter(FAILURE=3)}, (lacking,), "client", "2026-07-28")
    assert faults({lacking: Counter(FAILURE=3)}, (), "server", "2025-11-25")


def test_a_run_is_read_from_its_files(tmp_path: Path) -> None:
    for name, statuses in (
        ("server-ping-2026-11-25T23-22-59-884Z", ["SUCCESS", "INFO"]),
        ("server-auth/x-2026-11-25T23-22-59-885Z", ["FAILURE"]),
    ):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "checks.json").write_text(json.dumps([{"status": one} for one in statuses]))
    assert counted(tmp_path / "out", "server") == {"ping": Counter(SUCCESS=1, INFO=1), "auth/x": Counter(FAILURE=1)}
    (tmp_path / "r.yaml").write_text("server:\n  - ping\n")
    assert main(["server", str(tmp_path / "out"), str(tmp_path), "r"]) == 1
