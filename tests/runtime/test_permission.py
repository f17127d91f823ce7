"""Rules 2 and 3 at the door: what a name gives, and what was written without a question."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ergos.base.errors import UsageError
from ergos.kernel.events import Resulted
from ergos.kernel.labels import Label
from ergos.kernel.packages import Performed
from ergos.kernel.permission.naming import Named
from ergos.kernel.supervisor import Supervision
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import FunctionTool, tool
from tests.runtime.kernels import Rig, an_agent, item_of, items_of, play

EVENTS = (Named("id", by=("title",), fits=("event",)),)


@tool(effect="pure", named=EVENTS)
async def events() -> list[dict[str, str]]:
    return [{"id": "5", "title": "Dinner with Ann"}, {"id": "6", "title": "Dinner with Eve"}]


@tool(effect="pure")
async def model() -> Performed:
    return Performed(value="as you wish", label=Label("trusted", None, modelled=True))


@tool(effect="idempotent", reach="own", roles={"event": "target"})
async def cancel(event: str) -> str:
    return event


@tool(effect="idempotent", reach="own", roles={"path": "target", "text": "text"})
async def write(path: str, text: str) -> str:
    return path


@tool(effect="idempotent", reach="others", roles={"path": "target", "to": "recipient"})
async def share(path: str, to: str) -> str:
    return path


TOOLS = (events, model, cancel, write, share)
USES = [one.spec.name for one in TOOLS]
WORDS = "cancel 'Dinner with Ann'; write plan.txt and share it with bob@x.com"


def asked_of(function) -> list[str]:
    """What the owner of an agent is asked in the end."""

    async def scenario(rig: Rig) -> list[str]:
        definition = rig.put(an_agent(function, *USES), *TOOLS)
        kernel = await rig.boot()
        end = asyncio.ensure_future(kernel.desk.end_of(await kernel.desk.spawn(definition, "alice", {"words": WORDS})))
        await asyncio.wait([end], timeout=20)
        found = [item.text for item in await items_of(kernel)]
        assert end.done() is not bool(found)
        end.cancel()
        return found

    return play(scenario)


def test_an_id_follows_from_the_name_its_owner_gave() -> None:
    async def named(ctx) -> str:
        await ctx.act("model")
        await ctx.act("events")
        return await ctx.act("cancel", event="5")

    async def other(ctx) -> str:
        await ctx.act("model")
        await ctx.act("events")
        return await ctx.act("cancel", event="6")

    assert asked_of(named) == []
    (text,) = asked_of(other)
    assert "event 6 comes neither from you nor from a source you trust" in text


def test_what_was_written_without_a_question_does_not_leave_without_one() -> None:
    async def shares(ctx) -> str:
        await ctx.act("events")
        return await ctx.act("share", path="plan.txt", to="bob@x.com")

    async def writes_first(ctx) -> str:
        await ctx.act("events")
        await ctx.act("write", path="plan.txt", text="the secrets of Eve")
        return await ctx.act("share", path="plan.txt", to="bob@x.com")

    async def writes_beside(ctx) -> str:
        await ctx.act("events")
        await ctx.all(
            ctx.act("write", path="plan.txt", text="the secrets of Eve"),
            ctx.act("share", path="plan.txt", to="bob@x.com"),
        )
        return ""

    assert asked_of(shares) == []
    for function in (writes_first, writes_beside):
        (text,) = asked_of(function)
        assert "may hold what was written" in text


def test_a_tool_that_only_echoes_is_as_good_as_what_it_was_given() -> None:
    @tool("idempotent", name="note", reach="own", roles={"text": "text"})
    async def note(text: str) -> str:
        return text

    spec = msgspec.structs.replace(note.spec, echoes=True)
    echo = FunctionTool(note.function, spec, note._arguments, None)

    @tool("pure", name="read")
    async def read() -> str:
        return "strange"

    @agent(name="clerk", grants=[may("act", "note"), may("act", "read")])
    async def clerk(ctx: Context) -> None:
        await ctx.act("note", text="first")
        await ctx.act("read")
        await ctx.act("note", text="second")

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(clerk, echo, read))
        labels = [body.label.integrity for body in rig.bodies(ended.process.pid) if isinstance(body, Resulted)]
        assert labels == ["trusted", "untrusted", "untrusted"]

    play(scenario)


@pytest.mark.parametrize("error", [ValueError, UsageError])
def test_what_a_failed_child_says_of_what_it_read_is_as_strange_to_its_parent(error: type[Exception]) -> None:
    async def reads(ctx: Context) -> None:
        raise error(f"no such invoice: {await ctx.act('events')}")

    async def parent(ctx: Context) -> str:
        child = await ctx.spawn("reads")
        assert "Eve" in (await ctx.wait(child)).failure.what
        return await ctx.act("cancel", event="6")

    async def scenario(rig: Rig) -> list[str]:
        rig.put(an_agent(reads, "events", supervision=Supervision(restarts=0)), events)
        kernel = await rig.boot()
        await kernel.desk.spawn(rig.put(an_agent(parent, "cancel", team=["reads"]), cancel), "alice")
        return [(await item_of(kernel)).text]

    (text,) = play(scenario)
    assert "event 6 comes neither from you nor from a source you trust" in text
