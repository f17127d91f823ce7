"""The command prints what was tried and fails when something is wrong."""

from __future__ import annotations

import pytest

from ergos.sim.adversary import __main__ as command
from ergos.sim.adversary import campaign
from ergos.sim.adversary.planted import DECISIONS


def test_a_clean_run_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--decisions", "2000", "--seed", "3", "--stories"]) == 0
    said = capsys.readouterr().out
    assert "2,000 decisions" in said
    assert "honest twins, 0 wrong" in said
    assert said.endswith("no unauthorised effect\n")


def test_two_processes_decide_the_same_scenes_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--decisions", "3000", "--seed", "3"]) == 0
    assert command.main(["--decisions", "3000", "--seed", "3", "--processes", "2"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "decisions:" in line]
    assert lines[0] == lines[1]


def test_a_wrong_decision_fails_and_can_be_replayed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = DECISIONS["labels are not looked at"]
    monkeypatch.setattr(
        command, "run", lambda seed, decisions, first=0: campaign.run(seed, decisions, judge, first=first)
    )
    assert command.main(["--decisions", "2000"]) == 1
    assert "replay: python -m ergos.sim.adversary --seed 1 --from " in capsys.readouterr().out
