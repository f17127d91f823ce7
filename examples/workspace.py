"""Built-in tools: an agent keeps files in a workspace of its own, in the folders its grants name and nowhere else."""

from __future__ import annotations

from ergos.base.errors import DeniedError
from ergos.lib.agent import Context, agent, anything, may, under

GRANTS = [
    may("act", "files.write", path=under("notes"), text=anything()),
    may("act", "files.search", text=anything()),
]


@agent(grants=GRANTS)
async def scribe(ctx: Context) -> dict[str, object]:
    """Writes two notes, looks for a word in them, and is refused a third place."""
    await ctx.act("files.write", path="notes/monday.md", text="The pump was mended.\n")
    await ctx.act("files.write", path="notes/friday.md", text="The pump leaks again.\n")
    found = await ctx.act("files.search", text="leaks")
    try:
        await ctx.act("files.write", path="profile.md", text="Ada.")
    except DeniedError as denied:
        return {"found": [match["path"] for match in found["matches"]], "refused": denied.what}
    return {}
