"""Shares of ceilings that were passed."""

from __future__ import annotations

import pytest

from ergos.app.spending import spent_shares
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.wording import Language
from ergos.lib.agent import Context
from tests.runtime.kernels import Rig, an_agent, effect_tool, play


async def spends(ctx: Context) -> object:
    await ctx.act("post", word="x")
    return "done"


def shares(caps: Caps, thresholds: tuple[float, ...], language: Language = "en") -> list[tuple[str, float, str]]:
    """After $0.50 were spent."""

    async def scenario(rig: Rig) -> list[tuple[str, float, str]]:
        kernel = await rig.boot(owner_caps={"alice": caps})
        tool = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=500_000))
        pid = await kernel.desk.spawn(rig.put(an_agent(spends, "post"), tool), "alice")
        await kernel.desk.end_of(pid)
        return spent_shares(kernel.machine, kernel.machine.table[pid], thresholds, language)

    return play(scenario)


def test_the_highest_share_that_was_passed_is_told_of_each_ceiling() -> None:
    found = shares(Caps(owner=Amount(1_000_000, -1), day=Amount(600_000, -1)), (0.5, 0.8, 1.0))
    assert [(key.partition("/")[0], share) for key, share, _ in found] == [("owner", 0.5), ("day", 0.8)]
    assert found[0][2] == "all agents in all: $0.50 / $1.00 (50%)"


def test_no_ceiling_and_no_use_is_no_share() -> None:
    assert shares(Caps(owner=Amount(-1, 5), day=Amount(5_000_000, -1)), (0.5,)) == []
    assert shares(Caps(owner=Amount(500_000, -1)), ()) == []


@pytest.mark.parametrize("scope", ["agent", "week", "month"])
def test_the_agents_own_ceilings_are_told_with_its_name(scope: str) -> None:
    (found,) = shares(Caps(**{scope: Amount(500_000, -1)}), (1.0,), "zh")
    assert "spends" in found[2]
    assert "$0.50 / $0.50 (100%)" in found[2]
