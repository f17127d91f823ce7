"""An agent that lacks a tool writes one: it runs once its tests passed and its owner approved exactly this text.

ergos tools show made.initials        shows source, tests and what they said; needs a sandbox
"""

from __future__ import annotations

from ergos.lib.agent import Context, agent, may

# What a model would write: a tool, and tests that say what it is for.
SOURCE = '''
from ergos.lib.tool import tool


@tool("pure", name="initials")
def initials(name: str) -> str:
    """The initials of a name."""
    return "".join(word[0].upper() for word in name.split())
'''
TESTS = """
from initials import initials


def test_two_words_have_two_initials():
    assert initials("ada lovelace") == "AL"
"""


@agent(grants=[may("act", "tools.propose"), may("act", "made.initials")])
async def inventor(ctx: Context) -> object:
    """Proposes the tool; calls it where it was approved before."""
    proposed = await ctx.act("tools.propose", source=SOURCE, tests=TESTS, why="to sign letters")
    if proposed["state"] != "approved":
        return proposed
    return await ctx.act("made.initials", name="grace brewster hopper")
