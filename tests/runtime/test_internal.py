"""Calls the kernel answers itself: mail, children, people, time, memory."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.base.limits import SLEEP_S_MAX
from ergos.kernel.bounds import Bounds
from ergos.kernel.process import State
from ergos.lib.agent import Context, agent, may
from ergos.runtime.narrowing import within

from .kernels import Rig, an_agent, becomes, effect_tool, play, until


def code(one: object) -> object:
    return getattr(one, "code", one)


async def listener(ctx: Context) -> object:
    message = await ctx.receive()
    return message.body if message is not None else None


async def silent(ctx: Context) -> object:
    await ctx.sleep(1_000)
    return None


# Mail


def test_a_mailbox_is_read_in_the_order_it_was_written_also_after_a_crash():
    async def reader(ctx: Context) -> object:
        await ctx.sleep(10)
        found = []
        for _ in range(20):
            message = await ctx.receive()
            found.append(message.body if message is not None else None)
        return found

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(reader)), "alice")
        for number in range(10):
            await kernel.desk.send(pid, number)
        kernel = await rig.again(kernel)
        for number in range(10, 20):
            await kernel.desk.send(pid, number)
        assert (await kernel.desk.end_of(pid)).outcome == list(range(20))
        assert rig.disk.mail == {}

    play(scenario)


def test_a_message_that_was_read_is_not_read_again_after_a_crash():
    async def reader(ctx: Context) -> object:
        first = await ctx.receive()
        await ctx.sleep(10)
        second = await ctx.receive()
        return [first and first.body, second and second.body]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(reader)), "alice")
        await kernel.desk.send(pid, "one")
        await until(lambda: not rig.disk.mail)
        kernel = await rig.again(kernel)
        await kernel.desk.send(pid, "two")
        assert (await kernel.desk.end_of(pid)).outcome == ["one", "two"]

    play(scenario)


def test_a_full_mailbox_refuses_and_the_sender_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ergos.runtime.internal.MAILBOX_MESSAGES_MAX", 3)

    async def sender(ctx: Context) -> object:
        child = await ctx.spawn("silent")
        found = await ctx.settled(*[ctx.send(child, number) for number in range(5)])
        return [isinstance(one, int) or code(one) for one in found]

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(silent))
        ended = await rig.ends(rig.put(an_agent(sender, team=["silent"])))
        assert ended.outcome == [True, True, True, "E305", "E305"]
        assert len(rig.disk.mail) == 3

    play(scenario)


def test_another_owners_process_is_as_invisible_as_one_that_does_not_exist():
    async def sender(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.send(int(ctx.memory), "hello"))  # type: ignore[call-overload]
        return [code(found), getattr(found, "what", "")]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        spy = rig.put(agent(name="spy", grants=[may("send", "silent")])(sender))
        hidden = await kernel.desk.spawn(rig.put(an_agent(silent)), "bob")
        for target in (int(hidden), 999):
            ended = await kernel.desk.end_of(await kernel.desk.spawn(spy, "alice", target))
            assert ended.outcome == ["E102", f"there is no process {target}"]
        own = await kernel.desk.spawn(rig.put(an_agent(silent)), "alice")
        ended = await kernel.desk.end_of(await kernel.desk.spawn(spy, "alice", int(own)))
        assert isinstance(ended.outcome, list)
        assert isinstance(ended.outcome[0], int)
        assert [mail.to for mail in rig.disk.mail.values()] == [own]

    play(scenario)


def test_a_stranger_needs_a_grant_to_send_and_kin_do_not():
    async def child(ctx: Context) -> object:
        await ctx.send(ctx.beginning.parent, "to my parent")
        return None

    async def parent(ctx: Context) -> object:
        await ctx.spawn("child")
        message = await ctx.receive()
        (found,) = await ctx.settled(ctx.send(1, "to a stranger"))
        return [message and message.body, code(found)]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        stranger = await kernel.desk.spawn(rig.put(an_agent(silent)), "alice")
        assert stranger == 1
        rig.put(an_agent(child))
        ended = await kernel.desk.end_of(await kernel.desk.spawn(rig.put(an_agent(parent, team=["child"])), "alice"))
        assert ended.outcome == ["to my parent", "E301"]

    play(scenario)


def test_a_message_to_an_ended_process_is_refused():
    async def brief(ctx: Context) -> object:
        return None

    async def parent(ctx: Context) -> object:
        child = await ctx.spawn("brief")
        await ctx.wait(child)
        (found,) = await ctx.settled(ctx.send(child, "too late"))
        return code(found)

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(brief))
        assert (await rig.ends(rig.put(an_agent(parent, team=["brief"])))).outcome == "E103"

    play(scenario)


@pytest.mark.parametrize("crash", [False, True])
def test_receive_gives_up_after_its_time(crash: bool):
    async def reader(ctx: Context) -> object:
        began_ns = ctx.now_ns
        message = await ctx.receive(within_s=5)
        return [message, (ctx.now_ns - began_ns) // SECOND]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(reader)), "alice")
        await becomes(kernel, pid, State.WAITING)
        if crash:
            kernel = await rig.again(kernel)
        assert (await kernel.desk.end_of(pid)).outcome == [None, 5]

    play(scenario)


def test_receive_takes_what_comes_within_its_time():
    async def reader(ctx: Context) -> object:
        message = await ctx.receive(within_s=5)
        return message and message.body

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(reader)), "alice")
        await asyncio.sleep(4)
        await kernel.desk.send(pid, "in time")
        assert (await kernel.desk.end_of(pid)).outcome == "in time"

    play(scenario)


def test_a_large_message_is_read_whole_after_a_restart():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        body = {"text": "y" * 20_000, "list": [{"n": number, "pad": "z" * 600} for number in range(8)]}
        pid = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice", idle=True)
        await kernel.desk.signal(pid, "pause", "alice")
        await kernel.desk.send(pid, body)
        kernel = await rig.again(kernel)
        await kernel.desk.signal(pid, "resume", "alice")
        assert (await kernel.desk.end_of(pid)).outcome == body

    play(scenario)


# Time


def test_a_sleep_ends_at_its_time_also_after_a_crash():
    async def sleeper(ctx: Context) -> object:
        began_ns = ctx.now_ns
        await ctx.sleep(100)
        return (ctx.now_ns - began_ns) / SECOND

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(sleeper)), "alice")
        await asyncio.sleep(60)
        kernel = await rig.again(kernel)
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == pytest.approx(100, abs=0.1)

    play(scenario)


def test_a_sleep_beyond_the_bound_is_refused():
    async def sleeper(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.sleep(SLEEP_S_MAX + 60))
        return code(found)

    play(lambda rig: expects(rig, sleeper, "E105"))


async def expects(rig: Rig, function, outcome: object) -> None:
    assert (await rig.ends(rig.put(an_agent(function)))).outcome == outcome


# Children


def test_a_parent_is_told_how_each_child_ended():
    async def good(ctx: Context) -> object:
        return {"memory": ctx.memory, "long": "w" * 2_000}

    async def bad(ctx: Context) -> object:
        await ctx.act("nothing")
        return None

    async def parent(ctx: Context) -> object:
        first, second = await ctx.all(ctx.spawn("good", [1, 2]), ctx.spawn("bad"))
        one, two = await ctx.all(ctx.wait(first), ctx.wait(second))
        return [one.state, one.outcome, two.state, two.failure.code]

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(good))
        rig.put(an_agent(bad))
        ended = await rig.ends(rig.put(an_agent(parent, team=["good", "bad"])))
        assert ended.outcome == ["done", {"memory": [1, 2], "long": "w" * 2_000}, "failed", "E301"]

    play(scenario)


def test_only_the_team_can_be_spawned_and_only_own_children_waited_for():
    async def lonely(ctx: Context) -> object:
        found = await ctx.settled(ctx.spawn("silent"), ctx.wait(1), ctx.signal(1, "kill"), ctx.wait(99))
        return [code(one) for one in found]

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        other = await kernel.desk.spawn(rig.put(an_agent(silent)), "alice")
        ended = await kernel.desk.end_of(await kernel.desk.spawn(rig.put(an_agent(lonely)), "alice"))
        assert ended.outcome == ["E301", "E102", "E102", "E102"]
        assert rig.disk.processes[other].state is not State.KILLED

    play(scenario)


def test_a_child_is_spawned_once_whatever_crashes():
    async def parent(ctx: Context) -> object:
        children = await ctx.all(*[ctx.spawn("silent", number) for number in range(3)])
        await ctx.sleep(10)
        for child in children:
            await ctx.signal(child, "kill")
        return [(await ctx.wait(child)).state for child in children]

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(silent))
        kernel = await rig.boot()
        pid = await kernel.desk.spawn(rig.put(an_agent(parent, team=["silent"])), "alice")
        await becomes(kernel, pid, State.WAITING)
        kernel = await rig.again(kernel)
        ended = await kernel.desk.end_of(pid)
        assert ended.outcome == ["killed"] * 3
        assert len(rig.disk.children[Pid(pid)]) == 3

    play(scenario)


def test_the_children_of_one_turn_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ergos.runtime.internal.CHILDREN_MAX", 2)

    async def parent(ctx: Context) -> object:
        found = []
        for number in range(4):
            found += await ctx.settled(ctx.spawn("silent", number))
        return [isinstance(one, int) or code(one) for one in found]

    async def scenario(rig: Rig) -> None:
        rig.put(an_agent(silent))
        ended = await rig.ends(rig.put(an_agent(parent, team=["silent"])))
        assert isinstance(ended.outcome, list)
        assert ended.outcome[0] is True
        assert ended.outcome[2:] == ["E304", "E304"]
        assert len(rig.disk.children[ended.process.pid]) <= 2

    play(scenario)


def test_a_fork_bomb_ends_at_the_last_generation(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ergos.runtime.internal.SPAWN_DEPTH_MAX", 3)

    async def bomb(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.spawn("bomb"))
        return code(found) if not isinstance(found, int) else (await ctx.wait(found)).outcome

    async def scenario(rig: Rig) -> None:
        made = an_agent(bomb, team=["bomb"])
        alone = an_agent(bomb, name="bomb")
        rig.shelf.definitions["bomb"] = rig.put(alone)
        for _ in range(5):
            rig.put(made)
        ended = await rig.ends(rig.shelf.definitions["bomb"])
        assert ended.outcome in {"E304", "E301"}
        assert len(rig.disk.processes) <= 4

    play(scenario)


# Memory


def test_what_is_remembered_is_recalled_by_prefix_until_it_is_forgotten():
    async def keeper(ctx: Context) -> object:
        await ctx.remember("a/1", "x" * 2_000)
        await ctx.remember("a/2", [1, 2])
        await ctx.remember("b/1", None)
        await ctx.remember("a/2", [3])
        first = await ctx.recall("a/")
        await ctx.forget("a/1")
        return [first, await ctx.recall("a/"), await ctx.recall("nothing")]

    async def scenario(rig: Rig) -> None:
        ended = await rig.ends(rig.put(an_agent(keeper)))
        assert ended.outcome == [{"a/1": "x" * 2_000, "a/2": [3]}, {"a/2": [3]}, {}]

    play(scenario)


def test_memory_belongs_to_one_agent_of_one_owner_and_survives_a_crash():
    async def keeper(ctx: Context) -> object:
        if ctx.memory is not None:
            await ctx.remember("key", ctx.memory)
        return await ctx.recall()

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        mine = rig.put(an_agent(keeper, name="keeper"))
        other = rig.put(an_agent(keeper, name="other"))

        async def outcome(definition, owner: str, memory: object) -> object:
            return (await kernel.desk.end_of(await kernel.desk.spawn(definition, owner, memory))).outcome  # type: ignore[arg-type]

        assert await outcome(mine, "alice", "secret") == {"key": "secret"}
        kernel = await rig.again(kernel)
        assert await outcome(mine, "alice", None) == {"key": "secret"}
        assert await outcome(mine, "bob", None) == {}
        assert await outcome(other, "alice", None) == {}

    play(scenario)


def test_a_note_of_untrusted_text_is_untrusted_when_it_is_recalled():
    async def keeper(ctx: Context) -> object:
        if ctx.memory == "write":
            await ctx.remember("key", await ctx.act("post", word="from outside"))
            return None
        await ctx.recall()
        return ctx.idle()

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        definition = rig.put(an_agent(keeper, "post"), effect_tool(rig.outside, "pure"))
        await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice", "write"))
        pid = await kernel.desk.spawn(definition, "alice", "read")
        assert (await becomes(kernel, pid, State.WAITING)).label.integrity == "untrusted"

    play(scenario)


def test_what_is_said_to_whoever_started_it_stands_in_the_journal_and_nowhere_else():
    async def child(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.send(0, "to nobody of mine"))
        return code(found)

    async def teller(ctx: Context) -> object:
        await ctx.send(0, {"said": 1})
        return (await ctx.wait(await ctx.spawn("child"))).outcome

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        rig.put(an_agent(child))
        pid = await kernel.desk.spawn(rig.put(an_agent(teller, team=["child"])), "alice")
        assert (await kernel.desk.end_of(pid)).outcome == "E102"  # only who was started from outside has somebody there
        assert rig.disk.mail == {}
        bodies = [one async for one in kernel.machine.store.records(pid=pid)]
        assert any(b'"said":1' in one.body for one in bodies)

    play(scenario)


def test_a_child_is_held_to_what_its_parent_is():
    async def child(ctx: Context) -> object:
        (found,) = await ctx.settled(ctx.act("post", word="x"))
        return [ctx.beginning.agent, code(found)]

    async def parent(ctx: Context) -> object:
        return (await ctx.wait(await ctx.spawn("child"))).outcome

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        rig.put(an_agent(child, "post"), effect_tool(rig.outside, "pure"))
        definition = rig.put(an_agent(parent, team=["child"]))
        free = await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))
        assert free.outcome == ["child", "x!"]
        held = within(definition, Bounds(peer="acme", tools=()))
        bound = await kernel.desk.end_of(await kernel.desk.spawn(held, "alice"))
        assert bound.outcome == ["child@acme", "E301"]

    play(scenario)
