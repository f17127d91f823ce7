"""The four effect classes: what the kernel does with a call that a crash cut off.

pure          done again
idempotent    done again under the same key, so that the other side can tell
reconcilable  the probe looks first: adopted if it happened, done if it did not
irreversible  never repeated: the owner is shown the call and decides
"""

from __future__ import annotations

from pathlib import Path

from ergos.kernel.packages import Absent, Errand
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import NOT_DONE, tool


@tool(effect="pure", local=True)
def count(text: str) -> int:
    """Count words."""
    return len(text.split())


@tool(effect="idempotent", reach="own", roles={"folder": "plain", "seats": "plain"})
def book(seats: int, folder: str, *, errand: Errand) -> str:
    """Book seats; a second booking under the same key changes nothing."""
    (Path(folder) / f"booking-{errand.idempotency_key}").write_text(str(seats))
    return f"{seats} seats"


def printed(folder: str, *, errand: Errand) -> str | Absent:
    """Whether the page already lies in the tray."""
    return "printed" if (Path(folder) / f"page-{errand.idempotency_key}").exists() else NOT_DONE


@tool(effect="reconcilable", reach="own", roles={"folder": "plain"}, probe=printed)
def print_page(folder: str, *, errand: Errand) -> str:
    """Print a page."""
    (Path(folder) / f"page-{errand.idempotency_key}").write_text("welcome")
    return "printed"


@tool(effect="irreversible", reach="own", roles={"folder": "plain"})
def ring(folder: str) -> str:
    """Ring the bell; nobody can unring it."""
    with (Path(folder) / "bell").open("a") as bell:
        bell.write("ding\n")
    return "ding"


@agent(grants=[may("act", name) for name in ("count", "book", "print_page", "ring")])
async def doorman(ctx: Context) -> list[object]:
    """Does one of each, in the folder it is given (default: here)."""
    folder = str(ctx.memory or ".")
    seats = await ctx.act("count", text="alice and bob")
    booked, page = ctx.act("book", seats=seats, folder=folder), ctx.act("print_page", folder=folder)
    return [seats, *await ctx.all(booked, page, ctx.act("ring", folder=folder))]
