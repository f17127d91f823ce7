"""Who asked for a process is remembered, within bounds."""

from __future__ import annotations

import pytest

from ergos.app.telemetry import contexts
from ergos.app.telemetry.contexts import Contexts
from ergos.base.ids import Pid

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_process_links_to_whoever_asked_for_it():
    kept = Contexts()
    kept.note(Pid(1), GOOD)
    kept.note(Pid(2), "nonsense")
    assert kept.links(Pid(1)) == (
        (bytes.fromhex("0af7651916cd43dd8448eb211c80319c"), bytes.fromhex("b7ad6b7169203331")),
    )
    assert kept.links(Pid(2)) == ()


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contexts, "CONTEXTS_MAX", 3)
    kept = Contexts()
    for pid in range(1, 6):
        kept.note(Pid(pid), GOOD)
    assert [bool(kept.links(Pid(pid))) for pid in range(1, 6)] == [False, False, True, True, True]
