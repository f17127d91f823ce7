from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.sandbox_score import sandbox_findings, verdicts
from ergos.base.entropy import SeededEntropy
from ergos.drivers.sandbox.orders import BACKENDS
from ergos.drivers.sandbox.trial import ATTEMPTS, Outcome, Score


def test_every_back_end_has_its_line(tmp_path: Path) -> None:
    found = sandbox_findings(tmp_path, SeededEntropy(1), attack=False)
    assert [finding.found.partition(":")[0] for finding in found[:3]] == list(BACKENDS)
    used = [finding for finding in found if finding.found.endswith(": used")]
    assert len(used) <= 1
    assert used or found[-1].verdict == "bad"


def test_what_was_not_held_is_named() -> None:
    (good,) = verdicts(Score("bubblewrap", (Outcome("a", "held", ""), Outcome("b", "held", ""))))
    assert (good.verdict, good.found) == ("good", "2 of 2 hostile attempts held by bubblewrap")
    bad, named = verdicts(Score("landlock", (Outcome("a", "held", ""), Outcome("read it", "breached", "x\x1b[31m"))))
    assert bad.verdict == named.verdict == "bad"
    assert bad.remedy
    assert named.found == "read it: BREACHED, x[31m"
    unclear, silent = verdicts(Score("landlock", (Outcome("a", "unclear", ""),)))
    assert unclear.verdict == silent.verdict == "note"


def test_a_machine_without_any_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        return None

    monkeypatch.setattr("ergos.drivers.sandbox.linux_calls.machine_of", none)
    found = sandbox_findings(tmp_path, SeededEntropy(1))
    assert found[-1].verdict == "bad"
    assert "bubblewrap" in found[-1].remedy


def test_every_attempt_is_counted_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sandbox_findings(tmp_path, SeededEntropy(1), attack=False)[-1].verdict == "bad":
        pytest.skip("this machine has no sandbox")
    monkeypatch.setattr("ergos.app.sandbox_score.ATTEMPTS", ATTEMPTS[:2])
    monkeypatch.setattr("ergos.drivers.sandbox.trial.score.__defaults__", (ATTEMPTS[:2],))
    shown: list[str] = []
    found = sandbox_findings(tmp_path, SeededEntropy(1), show=shown.append)
    assert [line.partition(" on ")[0] for line in shown] == ["hostile attempt 1 of 2", "hostile attempt 2 of 2"]
    assert found[-1].found.startswith("2 of 2 hostile attempts held")
