"""A call is judged with what its tool says of itself and with everything the program has read."""

from __future__ import annotations

import msgspec

from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.policy import Proposal
from ergos.kernel.process import State
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool
from ergos.runtime.proposals import said
from ergos.runtime.residents import Resident

from .kernels import Rig, an_agent, becomes, play


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


class Apart:
    """Prohibitions of what goes to another process."""

    def __init__(self, *verbs: str) -> None:
        self.verbs = verbs

    def forbids(self, owner: str, proposal: Proposal) -> str:
        return "agents keep to themselves" if proposal.verb in self.verbs else ""


def test_a_prohibition_of_sending_and_of_spawning_holds_whatever_grants_say() -> None:
    async def silent(ctx: Context) -> None:
        await ctx.sleep(1_000)

    @agent(grants=[may("send", "silent"), may("spawn", "silent")], team=["silent"])
    async def clerk(ctx: Context) -> object:
        found = await ctx.settled(ctx.spawn("silent"), ctx.send(1, "psst"))
        return [getattr(one, "code", one) for one in found]

    async def scenario(rig: Rig) -> None:
        rig.prohibitions = Apart("send", "spawn")
        kernel = await rig.boot()
        assert await kernel.desk.spawn(rig.put(an_agent(silent)), "alice") == 1
        assert (await kernel.desk.end_of(await kernel.desk.spawn(rig.put(clerk), "alice"))).outcome == ["E312"] * 2

    play(scenario)


def test_a_prohibition_of_sending_holds_between_parent_and_child_who_need_no_grant() -> None:
    async def child(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.send(1, "psst"))
        return getattr(found, "code", found)

    async def parent(ctx: Context) -> object:
        return (await ctx.wait(await ctx.spawn("child"))).outcome

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(child))
        family = rig.put(an_agent(parent, team=["child"]))
        rig.prohibitions = Apart("send")
        ended = await rig.ends(family)
        assert (ended.process.pid, ended.outcome) == (1, "E312")

    play(scenario)


def test_a_grant_for_one_message_and_one_child_allows_one_of_each_even_over_a_crash() -> None:
    async def silent(ctx: Context) -> None:
        await ctx.sleep(1_000)

    async def clerk(ctx: Context) -> object:
        found = await ctx.settled(*[ctx.spawn("silent", n) for n in range(2)], *[ctx.send(1, n) for n in range(2)])
        await ctx.sleep(10)
        found += await ctx.settled(ctx.spawn("silent", 2), ctx.send(1, 2))
        return [getattr(one, "code", "") for one in found]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        await kernel.desk.spawn(rig.put(an_agent(silent)), "alice")
        grants = tuple(Grant(agent="clerk", verb=verb, name="silent", times=1) for verb in ("spawn", "send"))
        made = msgspec.structs.replace(rig.put(an_agent(clerk, team=["silent"])), grants=grants)
        pid = await kernel.desk.spawn(made, "alice")
        await becomes(kernel, pid, State.WAITING)
        kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == ["", "E301", "", "E301", "E301", "E301"]

    play(scenario)
