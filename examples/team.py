"""A small team: the lead starts two workers, hands out the work and waits for them."""

from __future__ import annotations

from ergos.lib.agent import Context, agent


@agent()
async def worker(ctx: Context) -> int:
    """Reads a text from its mailbox; how many different words are in it."""
    message = await ctx.receive(within_s=60)
    if message is None:
        raise TimeoutError("nobody sent any work")
    return len(set(message.body.lower().split()))


@agent(team=["worker"])
async def lead(ctx: Context) -> dict[str, int]:
    """Counts the words of two texts at once."""
    texts = {"proverb": "more haste less speed", "chorus": "row row row your boat"}
    workers = dict(zip(texts, await ctx.all(*(ctx.spawn("worker") for _ in texts)), strict=True))
    for name, pid in workers.items():
        await ctx.send(pid, texts[name])
    ends = await ctx.all(*(ctx.wait(pid) for pid in workers.values()))
    return {name: end.outcome for name, end in zip(workers, ends, strict=True)}
