"""A proposal is shown once; what was dismissed stays so until it is another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.mining.habits import Proposal
from ergos.app.mining.shelf import Shelf
from ergos.base.clock import Clock
from ergos.base.errors import SettingsError, UsageError
from ergos.drivers.host import HostClock


def proposal(name: str) -> Proposal:
    return Proposal(id=name, kind="command", sentence=name, evidence=("e",), minutes_month=1.0, command=("new", name))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    clock: Clock = HostClock()
    return Shelf(tmp_path, clock)


def test_each_is_shown_once_under_a_number_that_stays(shelf: Shelf) -> None:
    first = shelf.take_in((proposal("a"), proposal("b")))
    assert [(one.number, one.proposal.id, fresh) for one, fresh in first] == [(1, "a", True), (2, "b", True)]
    again = shelf.take_in((proposal("b"), proposal("c"), proposal("a")))
    assert [(one.number, one.proposal.id, fresh) for one, fresh in again] == [
        (2, "b", False),
        (3, "c", True),
        (1, "a", False),
    ]


def test_what_was_settled_is_not_shown_again(shelf: Shelf) -> None:
    shelf.take_in((proposal("a"), proposal("b")))
    shelf.settle(1, "dismissed")
    shelf.settle(2, "accepted")
    assert shelf.take_in((proposal("a"), proposal("b"))) == ()
    assert [one.standing for one in shelf.entries()] == ["dismissed", "accepted"]


def test_a_number_that_was_never_shown_is_none_and_a_damaged_file_is_said(tmp_path: Path, shelf: Shelf) -> None:
    for call in (lambda: shelf.settle(1, "dismissed"), lambda: shelf.one(7)):
        with pytest.raises(UsageError):
            call()
    assert shelf.take_in(()) == ()
    assert not (tmp_path / "proposals.json").exists()
    (tmp_path / "proposals.json").write_text("[{")
    with pytest.raises(SettingsError, match="damaged"):
        shelf.entries()
