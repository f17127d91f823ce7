"""How hosted agents stand, and the report, at the command line."""

from __future__ import annotations

import pytest
import typer

from ergos.base.errors import ErgosError, UsageError
from ergos.cli import goals

from .conftest import PAYER, Shell

app = typer.Typer()
app.command()(goals.goals)
app.command()(goals.report)


def run(shell: Shell, *arguments: str) -> str:
    shell._capture.readouterr()
    app([*arguments, "--home", str(shell.home)], standalone_mode=False)
    return shell._capture.readouterr().out


def test_nothing_hosted_is_said_and_an_unknown_process_is_an_error(shell: Shell) -> None:
    shell("run", shell.agent("payer", PAYER), code=3)
    assert run(shell, "goals") == ""
    assert run(shell, "goals", "--json").strip() == "[]"
    assert "payer (1), for me" in run(shell, "goals", "1")
    with pytest.raises(ErgosError, match="no process 9"):
        run(shell, "goals", "9")


def test_the_report_is_made_of_what_happened(shell: Shell) -> None:
    shell("run", shell.agent("payer", PAYER), code=3)
    shown = run(shell, "report")
    assert "Report for me" in shown
    assert "Waiting for you: 1" in shown
    assert '"asked": 1' in run(shell, "report", "--json")
    assert "You were asked nothing" in run(shell, "report", "--since", "2020-01-01", "--until", "2020-02-01")
    for wrong in (("--since", "soon"), ("--since", "2999-01-01"), ("--since", "2020-02-01", "--until", "2020-01-01")):
        with pytest.raises(UsageError):
            run(shell, "report", *wrong)
