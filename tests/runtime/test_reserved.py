"""What is reserved to an owner is asked about whatever grants say, and answered by nobody else."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.base.errors import RefusedError, UsageError
from ergos.kernel.calls import Verdict
from ergos.kernel.events import Answered, Asked, Intended, Refused
from ergos.kernel.permission.grants import Grant
from ergos.kernel.rights import Delegation, Rights
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import FunctionTool
from ergos.runtime.charter import Charter, reserved_in
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts

from .kernels import Rig, an_agent, effect_tool, item_of, items_of, play, until

RESERVED = Rights(owner="alice", reserved=("post", "press.*"))


async def posts(ctx: Context) -> object:
    one = (await ctx.settled(ctx.act("post", word="x")))[0]
    return str(getattr(one, "what", one))


async def boot(rig: Rig, rights: Rights) -> Kernel:
    """A kernel with these rights."""
    kernel = await rig.boot()
    kernel.machine.charter = Charter(rights)  # type: ignore[misc]
    return kernel


def test_rights_are_a_part_of_a_kernel() -> None:
    assert "rights" in Parts.__struct_fields__


def test_a_grant_that_does_not_ask_asks_for_what_is_reserved() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await boot(rig, RESERVED)
        definition = rig.put(an_agent(posts, "post"), effect_tool(rig.outside, "irreversible"))
        pid = await kernel.desk.spawn(definition, "alice")
        item = await item_of(kernel)
        assert (item.kind, rig.outside.effects) == ("approval", [])
        await kernel.desk.answer(item.id, "approve", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == "x!"
        (intent,) = [body for body in rig.bodies(pid) if isinstance(body, Intended)]
        assert intent.approved_by == "alice"

    play(scenario)


def test_what_only_one_agent_reserves_binds_that_agent() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await boot(rig, Rights(owner="alice"))
        plain = rig.put(an_agent(posts, "post"), effect_tool(rig.outside, "irreversible"))
        own = msgspec.structs.replace(plain, work=msgspec.Raw(b'{"reserved":["post"]}'))
        rig.shelf.definitions[plain.program] = own
        free = await kernel.desk.spawn(plain, "alice")
        assert (await kernel.desk.end_of(free)).outcome == "x!"
        await kernel.desk.spawn(own, "alice")
        item = await item_of(kernel)
        with pytest.raises(RefusedError, match="only alice decides"):
            await kernel.desk.answer(item.id, "approve", "mcp")
        assert rig.outside.effects == ["x"]

    play(scenario)


def test_a_grant_for_many_tools_asks_for_the_reserved_one_alone() -> None:
    @agent(grants=[may("act", "press.*")])
    async def printer(ctx: Context) -> object:
        await ctx.act("press.look", word="seen")
        return await ctx.act("press.print", word="printed")

    async def scenario(rig: Rig) -> None:
        kernel = await boot(rig, Rights(reserved=("press.print",)))
        tools = [effect_tool(rig.outside, "irreversible", name=name) for name in ("press.look", "press.print")]
        await kernel.desk.spawn(rig.put(printer, *tools), "alice")
        item = await item_of(kernel)
        assert "press.print" in item.text
        assert rig.outside.effects == ["seen"]

    play(scenario)


def test_a_grant_confirmed_while_the_question_is_open_opens_nothing() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await boot(rig, RESERVED)
        definition = rig.put(an_agent(posts, "post"), effect_tool(rig.outside, "irreversible"))
        await kernel.desk.spawn(definition, "alice")
        await item_of(kernel)
        for grant in (
            Grant(agent="*", verb="act", name="post"),
            Grant(agent="posts", verb="act", name="post", times=9),
        ):
            await kernel.desk.grant("alice", grant, "alice")
        await asyncio.sleep(60)
        assert len(await items_of(kernel)) == 1
        assert rig.outside.effects == []

    play(scenario)


@pytest.mark.parametrize("by", ["mcp", "bob", "eve", "process 1", "agent", "", "posts"])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_nobody_but_the_owner_answers_for_what_is_reserved(by: str, verdict: Verdict) -> None:
    async def scenario(rig: Rig) -> None:
        bob = Delegation(delegate="bob", owner="alice", agents=("*",), tools=("*",), kinds=("approval",))
        kernel = await boot(rig, msgspec.structs.replace(RESERVED, delegations=(bob,)))
        definition = rig.put(an_agent(posts, "post"), effect_tool(rig.outside, "irreversible"))
        pid = await kernel.desk.spawn(definition, "alice")
        item = await item_of(kernel)
        with pytest.raises(RefusedError, match="reserved"):
            await kernel.desk.answer(item.id, verdict, by)
        assert len(await items_of(kernel)) == 1
        assert not [body for body in rig.bodies(pid) if isinstance(body, Answered)]

    play(scenario)


def test_a_call_in_doubt_of_a_reserved_tool_is_its_owners() -> None:
    async def scenario(rig: Rig) -> None:
        definition = rig.put(
            an_agent(posts, "post", ask=True), effect_tool(rig.outside, "irreversible", before_s=1, after_s=60)
        )
        kernel = await boot(rig, RESERVED)
        await kernel.desk.spawn(definition, "alice")
        await kernel.desk.answer((await item_of(kernel)).id, "approve", "alice")
        await until(lambda: rig.outside.effects, "the effect")
        await rig.crash(kernel)
        kernel = await boot(rig, RESERVED)
        item = await until(lambda: doubt_of(kernel), "a doubt")
        with pytest.raises(RefusedError, match="reserved"):
            await kernel.desk.answer(item.id, "redo", "mcp")
        await kernel.desk.answer(item.id, "fail", "alice")

    async def doubt_of(kernel: Kernel) -> object:
        return next((one for one in await items_of(kernel) if one.kind == "doubt"), None)

    play(scenario)


def test_a_delegates_answer_counts_within_the_delegation_and_is_recorded_as_theirs() -> None:
    async def scenario(rig: Rig) -> None:
        bob = Delegation(delegate="bob", owner="alice", agents=("posts",), tools=("post",))
        kernel = await boot(rig, Rights(owner="alice", delegations=(bob,)))
        definition = rig.put(an_agent(posts, "post", ask=True), effect_tool(rig.outside, "irreversible"))
        pid = await kernel.desk.spawn(definition, "alice")
        await kernel.desk.answer((await item_of(kernel)).id, "deny", "bob", "too dear")
        assert (await kernel.desk.end_of(pid)).outcome == "bob denied this call: too dear"
        (answered,) = [body for body in rig.bodies(pid) if isinstance(body, Answered)]
        assert (answered.by, answered.verdict) == ("bob", "deny")
        other = rig.put(an_agent(posts, "post", ask=True, name="other"), effect_tool(rig.outside, "irreversible"))
        await kernel.desk.spawn(other, "alice")
        with pytest.raises(RefusedError, match="none of the agents"):
            await kernel.desk.answer((await item_of(kernel)).id, "approve", "bob")
        await kernel.desk.spawn(definition, "carol")
        theirs = await until(lambda: of_carol(kernel), "carol's item")
        with pytest.raises(RefusedError, match="alice's decisions"):
            await kernel.desk.answer(theirs.id, "approve", "bob")

    async def of_carol(kernel: Kernel) -> object:
        return next((one for one in await items_of(kernel) if one.owner == "carol"), None)

    play(scenario)


def test_an_owner_and_a_delegate_who_answer_at_once_are_counted_once() -> None:
    async def scenario(rig: Rig) -> None:
        bob = Delegation(delegate="bob", owner="alice", agents=("*",), tools=("*",))
        kernel = await boot(rig, Rights(owner="alice", delegations=(bob,)))
        definition = rig.put(an_agent(posts, "post", ask=True), effect_tool(rig.outside, "irreversible"))
        pid = await kernel.desk.spawn(definition, "alice")
        item = await item_of(kernel)
        both = await asyncio.gather(
            kernel.desk.answer(item.id, "deny", "bob"),
            kernel.desk.answer(item.id, "approve", "alice"),
            return_exceptions=True,
        )
        assert sum(isinstance(one, UsageError) for one in both) == 1
        await kernel.desk.end_of(pid)
        assert len([body for body in rig.bodies(pid) if isinstance(body, Answered)]) == 1

    play(scenario)


def test_a_parent_neither_answers_its_childs_question_nor_lends_it_a_way_around() -> None:
    """A child's reserved call asks the owner, whatever its parent may do; a message is no answer."""

    async def parent(ctx: Context) -> object:
        child = await ctx.spawn("posts")
        await ctx.send(child, {"item": 1, "verdict": "approve", "by": "alice"})
        return (await ctx.wait(child)).outcome

    async def scenario(rig: Rig) -> None:
        kernel = await boot(rig, RESERVED)
        tool = effect_tool(rig.outside, "irreversible")
        rig.put(an_agent(posts, "post"), tool)
        definition = rig.put(an_agent(parent, "post", team=["posts"]), tool)
        await kernel.desk.spawn(definition, "alice")
        await item_of(kernel)
        await asyncio.sleep(3_600)
        assert len(await items_of(kernel)) == 1
        assert rig.outside.effects == []

    play(scenario)


def test_a_foreign_program_is_asked_about_like_everybody() -> None:
    class Mounted:
        def __init__(self, one: FunctionTool) -> None:
            self.one = one

        def tool(self, name: str) -> FunctionTool | None:
            return self.one if name == "post" else None

        def why_not(self, name: str) -> str:
            return ""

        def names(self) -> tuple[str, ...]:
            return ("post",)

    async def scenario(rig: Rig) -> None:
        rig.mounts = Mounted(effect_tool(rig.outside, "irreversible"))
        kernel = await boot(rig, RESERVED)
        made = foreign_definition("prog", resumable=True, command=("prog",), tools=("post",))
        visitor = (await kernel.desk.enter(await kernel.desk.host(made, "alice"), ())).visitor
        waiting = asyncio.ensure_future(kernel.reactor.guests.act(visitor, "post", {"word": "x"}))
        item = await item_of(kernel)
        with pytest.raises(RefusedError, match="reserved"):
            await kernel.desk.answer(item.id, "approve", "mcp")
        assert rig.outside.effects == []
        await kernel.desk.answer(item.id, "approve", "alice")
        assert (await waiting).value == "x!"

    play(scenario)


def test_a_prohibition_or_a_missing_grant_is_no_question() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await boot(rig, RESERVED)
        definition = rig.put(an_agent(posts), effect_tool(rig.outside, "irreversible"))
        ended = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
        assert "may not act" in str(ended.outcome)
        assert [type(body) for body in rig.bodies(1) if isinstance(body, Asked | Refused)] == [Refused]

    play(scenario)


@pytest.mark.parametrize(
    ("work", "reserved"),
    [
        (b"null", ()), (b"{}", ()), (b'{"reserved":["a.b","c.*"]}', ("a.b", "c.*")), (b'{"steps":[]}', ()),
        (b'{"reserved":"post"}', ("*",)), (b'{"reserved":[1]}', ("*",)), (b"[1]", ("*",)), (b'{"$ref":"00"}', ("*",)),
        (b"{", ("*",)),
    ],
)  # fmt: skip
def test_work_that_cannot_be_read_reserves_everything(work: bytes, reserved: tuple[str, ...]) -> None:
    assert reserved_in(msgspec.Raw(work)) == reserved
