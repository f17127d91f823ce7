"""Grants are in force from the moment they are confirmed until they are taken back, used up or over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
import pytest

from ergos.base.clock import SECOND
from ergos.base.ids import Digest, Pid
from ergos.kernel.bounds import Bounds
from ergos.kernel.events import Refused, Resulted, decode_body
from ergos.kernel.own_events import Granted, Revoked
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, Matcher, Permit, grant_id
from ergos.kernel.process import Process
from ergos.lib.agent import Context, may
from ergos.runtime.charter import Charter
from ergos.runtime.narrowing import within
from ergos.runtime.residents import Resident

from .kernels import Rig, an_agent, effect_tool, play, until

PAY = Grant(agent="payer", verb="act", name="pay", args={"amount": Matcher("range", (0, 10))}, words="up to ten")
TWICE = msgspec.structs.replace(PAY, times=2)


def ids(charter: Charter, owner: str = "alice", agent: str = "payer", brought: tuple[Grant, ...] = ()) -> list[str]:
    return [permit.id for permit in charter.of(owner, agent, brought)]


def test_what_an_owner_confirmed_is_in_force_for_that_owners_agent_alone() -> None:
    charter = Charter()
    charter.grant("alice", PAY)
    assert ids(charter) == [grant_id(PAY)]
    assert ids(charter, owner="bob") == []
    assert ids(charter, agent="other") == []


def test_what_is_taken_back_is_not_in_force_wherever_it_came_from_until_it_is_given_again() -> None:
    charter = Charter()
    charter.grant("alice", PAY)
    charter.revoke("alice", grant_id(PAY), "alice")
    assert ids(charter, brought=(PAY,)) == []
    assert ids(charter, owner="bob", brought=(PAY,)) == [grant_id(PAY)]
    charter.grant("alice", PAY)
    assert ids(charter) == [grant_id(PAY)]


@pytest.mark.parametrize("owner", ["alice", "sales/alice"])
def test_what_was_written_down_is_taken_over(owner: str) -> None:
    charter, facts = Charter(), dict[str, str]()
    facts.update(charter.grant(owner, TWICE))
    facts.update(charter.grant(owner, PAY))
    facts.update(charter.revoke(owner, grant_id(PAY), owner))
    facts.update(charter.use(owner, grant_id(TWICE)))
    again = Charter()
    again.restore(facts)
    assert again.of(owner, "payer", (PAY,)) == charter.of(owner, "payer", (PAY,))
    assert [permit.left for permit in again.of(owner, "payer", (PAY,))] == [1]


def test_a_call_is_not_counted_against_itself() -> None:
    charter = Charter()
    charter.grant("alice", TWICE)
    charter.use("alice", grant_id(TWICE))
    charter.use("alice", grant_id(TWICE))
    permits = charter.of("alice", "payer", ())
    assert [permit.left for permit in permits] == [0]
    assert [permit.left for permit in charter.unused(permits, grant_id(TWICE))] == [1]


def clerk(calls: int):
    async def program(ctx: Context) -> object:
        found = [(await ctx.settled(ctx.act("post", word=f"{n}")))[0] for n in range(calls)]
        return [getattr(one, "code", one) for one in found]

    return program


def test_a_confirmed_grant_is_in_force_at_once_and_a_revoked_one_is_not() -> None:
    async def waiting(ctx: Context) -> object:
        found: list[object] = []
        for n in range(3):
            await ctx.receive()
            one = (await ctx.settled(ctx.act("post", word=f"{n}")))[0]
            found.append(getattr(one, "code", one))
        return found

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(waiting), effect_tool(rig.outside, "idempotent")), "alice")
        await kernel.desk.send(pid, "go")
        agent = kernel.machine.table[pid].process.agent
        await until(lambda: any(isinstance(body, Refused) for body in rig.bodies(pid)))
        one = await kernel.desk.grant("alice", Grant(agent=agent, verb="act", name="post"), "alice")
        await kernel.desk.send(pid, "go")
        await until(lambda: rig.outside.effects == ["1"])
        await kernel.desk.revoke("alice", one, "alice")
        await kernel.desk.send(pid, "go")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["E301", "1!", "E301"]
        own = [decode_body(record.body) for record in rig.disk.journal if record.pid == 0]
        assert [type(body) for body in own if isinstance(body, Granted | Revoked)] == [Granted, Revoked]

    play(scenario)


def test_a_call_that_waits_does_not_start_once_its_grant_was_taken_back() -> None:
    async def both(ctx: Context) -> object:
        found = await ctx.settled(ctx.act("post", word="first"), ctx.act("post", word="second"))
        return [getattr(one, "code", one) for one in found]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(concurrency={"narrow": 1})
        slow = effect_tool(rig.outside, "idempotent", queue="narrow", after_s=30)
        definition = rig.put(an_agent(both, "post"), slow)
        pid = await kernel.desk.spawn(definition, "alice")
        await until(lambda: rig.outside.effects == ["first"])
        await kernel.desk.revoke("alice", grant_id(definition.grants[0]), "alice")
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["first!", "E301"]
        assert rig.outside.effects == ["first"]
        assert [body.failure.code for body in rig.bodies(pid) if isinstance(body, Resulted) and body.failure] == [
            "E301"
        ]

    play(scenario)


def test_a_grant_for_two_calls_allows_two_even_over_a_crash() -> None:
    async def scenario(rig: Rig) -> None:
        made = an_agent(clerk(3))
        grant = Grant(agent=made.name, verb="act", name="post", times=2)
        definition = msgspec.structs.replace(rig.put(made, effect_tool(rig.outside, "idempotent")), grants=(grant,))
        first, pid = await rig.cut_at("result", "after", definition)
        ended = await first.desk.end_of(pid)
        assert ended.outcome == ["0!", "1!", "E301"]
        assert rig.outside.effects == ["0", "1"]
        other = await first.desk.end_of(await first.desk.spawn(definition, "alice"))
        assert other.outcome == ["E301"] * 3

    play(scenario)


def test_a_grant_that_ended_while_the_kernel_was_down_does_not_let_a_begun_call_be_repeated() -> None:
    async def scenario(rig: Rig) -> None:
        made = an_agent(clerk(1))
        until_ns = rig.clock.now_ns() + 30 * SECOND
        grant = Grant(agent=made.name, verb="act", name="post", expires_ns=until_ns)
        definition = msgspec.structs.replace(
            rig.put(made, effect_tool(rig.outside, "idempotent", before_s=20)), grants=(grant,)
        )
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(definition, "alice")
        await until(lambda: "intent" in rig.tags(pid))
        await rig.crash(kernel)
        await asyncio.sleep(60)
        kernel = await rig.boot()
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["E301"]
        assert rig.outside.effects == []

    play(scenario)


def test_an_agent_cannot_grant_itself_anything() -> None:
    assert not hasattr(Context, "grant")
    assert may("act", "x").agent == "*"  # until its definition names the agent


class Counting(Charter):
    """Counts how often permits are worked out."""

    worked_out = 0

    def of(self, owner: str, agent: str, brought: Iterable[Grant]) -> tuple[Permit, ...]:
        self.worked_out += 1
        return super().of(owner, agent, brought)


def a_resident(pid: int, owner: str) -> Resident:
    definition = Definition(agent="payer", program="x", grants=(PAY,))
    process = Process(
        pid=Pid(pid), owner=owner, agent="payer", definition=Digest("d"), parent=Pid(0), depth=0, state="ready"
    )
    resident = Resident(process, ())
    resident.definition = definition
    return resident


def test_permits_are_worked_out_once_for_all_processes_until_their_owner_changes_something() -> None:
    charter = Counting()
    ours, theirs = [a_resident(n, "alice") for n in range(1, 6)], a_resident(9, "bob")
    for one in (*ours, theirs, *ours):
        one.permits_epoch = -1
        assert [permit.id for permit in charter.permits(one)] == [grant_id(PAY)]
    assert charter.worked_out == 2
    charter.revoke("alice", grant_id(PAY), "alice")
    assert [charter.permits(one) for one in ours] == [()] * 5
    assert [permit.id for permit in charter.permits(theirs)] == [grant_id(PAY)]
    assert charter.worked_out == 3
    charter.grant("alice", TWICE)
    charter.use("alice", grant_id(TWICE))
    assert [[permit.left for permit in charter.permits(one)] for one in ours] == [[1]] * 5
    assert charter.worked_out == 4


def test_a_grant_for_every_agent_does_not_widen_what_a_peers_process_is_held_to() -> None:
    async def clerk(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.act("post", word="x"))
        return getattr(found, "code", found)

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(clerk), effect_tool(rig.outside, "pure"))
        await kernel.desk.grant("alice", Grant(agent="*", verb="act", name="post"), "alice")
        for tools, outcome in ((None, "x!"), (("post",), "x!"), ((), "E301"), (("other.*",), "E301")):
            held = within(definition, Bounds(peer="acme", tools=tools))
            ended = await kernel.desk.end_of(await kernel.desk.spawn(held, "alice"))
            assert ended.outcome == outcome, tools

    play(scenario)
