"""A call is judged with what its tool says of itself and with everything the program has read."""

from __future__ import annotations

from ergos.kernel.permission.policy import Proposal
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool
from ergos.runtime.proposals import said
from ergos.runtime.residents import Resident

from .kernels import Rig, play


def test_a_proposal_holds_the_label_the_reach_and_the_roles() -> None:
    seen: list[Proposal] = []

    class Rules:
        """Prohibitions that only look."""

        def forbids(self, owner: str, proposal: Proposal) -> str:
            assert owner == "alice"
            seen.append(proposal)
            return "not on a Sunday" if proposal.name == "mail" else ""

    @tool("pure")
    async def look() -> str:
        return "x"

    @tool("irreversible", roles={"to": "recipient"})
    async def mail(to: str) -> str:
        return to

    @agent(grants=[may("act", "look"), may("act", "mail", to="bob")])
    async def clerk(ctx: Context) -> object:
        await ctx.act("look")
        one = (await ctx.settled(ctx.act("mail", to="bob")))[0]
        return [getattr(one, "code", one), str(one)]

    async def scenario(rig: Rig) -> None:
        rig.prohibitions = Rules()
        ended = await rig.ends(rig.put(clerk, look, mail))
        assert ended.outcome[0] == "E312"
        assert "not on a Sunday" in ended.outcome[1]

    play(scenario)
    assert [(one.name, one.reach, one.label.integrity, dict(one.roles)) for one in seen] == [
        ("look", "read", "user", {}),
        ("mail", "others", "untrusted", {"to": "recipient"}),
    ]


def test_outside_of_a_turn_nobody_said_anything() -> None:
    resident = Resident.__new__(Resident)
    resident.turn = None
    assert said(resident).integrity("x") == "untrusted"
