"""The agents that are measured: loaded by a kernel like an owner's file.

Rules: tools do nothing, so that what is measured is the kernel; a call's argument differs from the one
before, because identical ones are stopped as a loop.
"""

from __future__ import annotations

from bench import stamps
from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure")
async def fetch(n: int) -> int:
    """Reads something outside; its intent is durable before."""
    return n


@tool(effect="idempotent", roles={"n": "plain"})
async def put(n: int) -> int:
    """Changes something outside under a key."""
    return n


@tool(effect="pure", local=True)
async def look(n: int) -> int:
    """Reads this machine."""
    return n


@tool(effect="pure")
async def chat(messages: list[dict[str, str]]) -> str:
    """Answers a conversation, like a model endpoint."""
    return f"Answer {len(messages):06d}: " + "the quick brown fox jumps over the lazy dog. " * 4


@tool(effect="pure")
async def hang(n: int) -> int:
    """Tells that it runs, and does not return."""
    stamps.started(n)
    await stamps.never()
    return n


def _number(value: object) -> int:
    assert isinstance(value, int), value
    return value


@agent(grants=[may("act", "fetch")])
async def fetcher(ctx: Context) -> int:
    """`memory` calls of a pure tool, one after another."""
    count = _number(ctx.memory)
    for n in range(count):
        await ctx.act("fetch", n=n)
    return count


@agent(grants=[may("act", "put")])
async def putter(ctx: Context) -> int:
    """`memory` calls of an idempotent tool, one after another."""
    count = _number(ctx.memory)
    for n in range(count):
        await ctx.act("put", n=n)
    return count


@agent(grants=[may("act", "look")])
async def looker(ctx: Context) -> int:
    """`memory` calls of a local pure tool, one after another."""
    count = _number(ctx.memory)
    for n in range(count):
        await ctx.act("look", n=n)
    return count


@agent(grants=[may("act", "chat")])
async def talker(ctx: Context) -> int:
    """`memory` calls, each with the whole conversation so far, as agents do it."""
    count = _number(ctx.memory)
    messages: list[dict[str, str]] = [{"role": "system", "content": "You are a patient assistant. " * 20}]
    for n in range(count):
        messages.append({"role": "user", "content": f"Question {n:06d}: " + "what happened next, and why? " * 5})
        messages.append({"role": "assistant", "content": await ctx.act("chat", messages=list(messages))})
    return count


@agent()
async def sleeper(ctx: Context) -> Idle:
    """Idles; each message is one turn that takes it and counts."""
    stamps.first_instruction(int(ctx.beginning.pid))
    await ctx.receive()
    memory = ctx.memory if isinstance(ctx.memory, dict) else {}
    return ctx.idle({**memory, "turns": _number(memory.get("turns", 0)) + 1})


@agent(grants=[may("act", "look"), may("act", "hang")])
async def stuck(ctx: Context) -> int | Idle:
    """Goes through a long past (`turns` of ten calls), then a turn with three done calls and one that hangs."""
    memory = ctx.memory
    assert isinstance(memory, dict), memory
    turns, number = _number(memory["turns"]), _number(memory["number"])
    if turns > 0:
        for n in range(10):
            await ctx.act("look", n=n)
        return ctx.idle({"turns": turns - 1, "number": number}, wake_in_s=0.0)
    for n in range(3):
        await ctx.act("look", n=n)
    return await ctx.act("hang", n=number)
