"""An agent is known from its files and from its versions; ceilings are told with what is used of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.home import Home, reading
from ergos.base.errors import UnknownPathError
from ergos.base.money import Amount
from ergos.console.work.agents import known, meters_of, sentences, settings_of
from ergos.kernel.ledger import Caps, Meter
from tests.app.trace_house import home_in, ran, seat_on

AGENT = "---\nname: gardener\ngoal: Water the plants.\nbudget:\n  per_day: 1usd\n---\n\nEvery morning.\n"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One agent ran, another only lies in the home."""
    home = home_in(tmp_path_factory.mktemp("known") / "house")
    (home.folder / "agents" / "gardener").mkdir(parents=True)
    (home.folder / "agents" / "gardener" / "AGENT.md").write_text(AGENT)
    asyncio.run(ran(home, "forecaster"))
    return home


def test_one_that_ran_and_one_that_lies_there_are_known(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            ran_once = await known(seat, "forecaster")
            assert ran_once.row is not None
            assert ran_once.path.endswith("forecaster.py")
            assert len(ran_once.versions) == 1
            lying = await known(seat, "gardener")
            assert lying.row is None
            assert lying.agent_file is not None
            assert Path(lying.path).name == "gardener"
            told_so, _ = await sentences(told, lying.agent_file, "en")
            assert "Water the plants." in [line for section in told_so for line in section.lines]
            assert settings_of(None, lying.agent_file) == {}
            for name in ("nobody", "../x", ""):
                with pytest.raises(UnknownPathError):
                    await known(seat, name)

    asyncio.run(look())


def test_the_nearer_ceiling_counts_and_what_has_neither_is_left_out():
    caps = Caps(day=Amount(2_000_000, -1), week=Amount(-1, 1_000))
    theirs = Caps(day=Amount(1_000_000, -1))
    found = meters_of(caps, theirs, {"day": Meter(Amount(500_000, 7), Amount(250_000, 0)), "week": Meter()})
    assert [(one.scope, one.cap, one.tokens_cap) for one in found] == [("day", 1_000_000, None), ("week", None, 1_000)]
    assert found[0].share == 0.75
