"""Made tools in the owner's view: who proposed what, why, what its tests said, and what approving it would change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.made_shop import MadeShop
from ergos.app.making import Workshop
from ergos.app.tools_view import ToolRow, ToolShown
from ergos.base.clock import ManualClock

from .test_making import PASSED, draft


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "made", ManualClock(7))


def row(workshop: Workshop) -> ToolRow:
    (found,) = asyncio.run(MadeShop(workshop).rows())
    return found


def shown(workshop: Workshop, language: str = "en") -> ToolShown:
    found = asyncio.run(MadeShop(workshop).show("made.f", language))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_draft_is_pending_then_ready_then_changed_then_ready(workshop: Workshop) -> None:
    first, second = draft(), draft("a.lower()", effect="irreversible")
    workshop.keep(first, PASSED)
    assert (row(workshop).state, row(workshop).digest) == ("pending", first.digest)
    asyncio.run(MadeShop(workshop).approve("made.f", first.digest, "alice"))
    assert (row(workshop).state, row(workshop).why) == ("ready", "")
    workshop.keep(second, PASSED)
    assert (row(workshop).state, row(workshop).digest) == ("changed", second.digest)
    assert "scribe" in row(workshop).why
    asyncio.run(MadeShop(workshop).reject("made.f", second.digest, "alice"))
    assert row(workshop).state == "ready"


def test_what_waits_is_shown_whole(workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    found = shown(workshop)
    assert found.definition["effect"] == "pure"
    assert "It runs in the sandbox, without a network and without any file but its own." in found.sentences
    assert found.notes == ("Proposed by scribe for alice.", "Its 1 test passed in the sandbox (tests): test_f.")
    assert found.asks == ("scribe may use made.f with any arguments.",)
    assert "+    return a.upper()" in found.difference
    assert "+    assert f('x') == 'X'" in found.difference
    assert found.changes == ()


def test_an_update_shows_what_is_different(workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    workshop.approve("f", draft().digest, "alice")
    assert shown(workshop).difference == ()
    workshop.keep(draft("a", effect="irreversible"), PASSED)
    found = shown(workshop)
    assert found.changes[0] == "This was not so before: It cannot be taken back nor asked about."
    assert found.asks == ()


def test_everything_is_said_in_chinese_too(workshop: Workshop) -> None:
    workshop.keep(draft(), PASSED)
    found = shown(workshop, "zh")
    for line in (*found.sentences, *found.notes, *found.asks):
        assert line.endswith("。")


def test_what_changed_on_disk_is_disabled(workshop: Workshop, tmp_path: Path) -> None:
    workshop.keep(draft(), PASSED)
    workshop.approve("f", draft().digest, "alice")
    (tmp_path / "made" / f"{draft().digest}.json").write_text("{}")
    assert (row(workshop).state, row(workshop).effect) == ("disabled", "")
    assert "changed on disk" in shown(workshop).row.why


def test_what_is_not_made_is_not_its_own(workshop: Workshop) -> None:
    assert asyncio.run(MadeShop(workshop).show("files.read", "en")) is None
    assert asyncio.run(MadeShop(workshop).log("made")) is None
