"""`ergos run --dry`: the timeline as people read it, in both languages, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ergos.base.errors import UsageError
from ergos.cli.dry import FAILED_EXIT, dry
from tests.app.steps_house import House
from tests.app.test_dry_run import home_of
from tests.app.test_steps_end_to_end import CLERK


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, {"invoices": False, "here": True, "feeds": False, "out": True})


def show(house: House, path: Path, *, event: str | None = None, as_json: bool = False, zh: bool = False) -> int:
    home = home_of(house.folder)
    if zh:
        settings = home.folder / "settings.toml"
        settings.write_text('language = "zh"\n' + settings.read_text())
        from ergos.app.home import home_at

        home = home_at(home.folder, {"HOME": str(house.folder), "ERGOS_OWNER": "me"})
    return dry(home, path, {}, read=False, event=event, trigger="", answers=[], as_json=as_json)


def test_each_call_is_shown_with_its_arguments_and_what_was_decided(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(house, house.agent(CLERK)) == 0
    out, note = capsys.readouterr()
    assert "on invoice\n  1. act sources.read  [allowed, made-up answer]" in out
    assert '       at: ["invoices:/example.pdf"]' in out
    assert "4. ask owner  [would ask you]" in out
    assert "       path: here:/ledger.csv" in out
    assert "Nothing left this machine, nothing was written. It stands: waiting." in note


def test_it_is_shown_in_the_language_of_the_settings(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    show(house, house.agent(CLERK), zh=True)
    out, note = capsys.readouterr()
    assert "触发：invoice" in out
    assert "没有任何东西离开本机" in note


def test_what_is_denied_is_an_exit_code_and_json_holds_all_of_it(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    path = house.agent(CLERK.replace("- think: extract", "- think: brief"))
    assert show(house, path, event='{"path": "invoices:/a.pdf"}', as_json=True) == FAILED_EXIT
    report = json.loads(capsys.readouterr().out)
    assert report["calls"][0]["args"] == {"at": ["invoices:/a.pdf"]}
    assert report["calls"][-1]["decision"] == "denied"


@pytest.mark.parametrize("event", ["{", "5", "[]", '"x"'])
def test_an_event_that_is_no_object_is_refused(house: House, event: str) -> None:
    with pytest.raises(UsageError, match="--event is no JSON"):
        show(house, house.agent(CLERK), event=event)
