"""The four effect classes: what each tool promises, and what a crash does to a call of it."""

from __future__ import annotations

from ergos.kernel.ports import Absent, Errand
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import NOT_DONE, tool

OUTSIDE: dict[str, str] = {}  # stands for a service somewhere else


@tool(effect="pure")
def look(name: str) -> str:
    """Doing it twice is the same as doing it once: after a crash it is simply done again."""
    return OUTSIDE.get(name, "nothing")


@tool(effect="idempotent")
def put(name: str, value: str, *, errand: Errand) -> str:
    """Done again under the same key; the service applies a key once."""
    return OUTSIDE.setdefault(f"{name}/{errand.idempotency_key}", value)


def was_booked(name: str) -> str | Absent:
    """The probe: did it happen?"""
    return OUTSIDE.get(f"booking {name}", NOT_DONE)


@tool(effect="reconcilable", probe=was_booked)
def book(name: str) -> str:
    """After a crash the probe looks first; then it is adopted or done."""
    return OUTSIDE.setdefault(f"booking {name}", "booked")


@tool(effect="irreversible")
def announce(words: str) -> str:
    """Never repeated: cut off by a crash it is in doubt, and the owner decides."""
    OUTSIDE[words] = "announced"
    return "announced"


@agent(grants=[may("act", tool) for tool in ("look", "put", "book", "announce")])
async def clerk(ctx: Context) -> list[str]:
    """One call of each class."""
    return [
        await ctx.act("look", name="weather"),
        await ctx.act("put", name="light", value="on"),
        await ctx.act("book", name="table for two"),
        await ctx.act("announce", words="we are open"),
    ]
