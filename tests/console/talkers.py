"""Agents that talk to a scripted model, for pages that show what a model saw and what would have been."""

from __future__ import annotations

from pathlib import Path
from typing import Final

AGENT: Final = '''
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context, agent, anything, may
from ergos.lib.conversation import converse
from ergos.lib.tool import tool


@tool(effect="pure", reach="read")
def weather(city: str) -> str:
    """The weather somewhere, as anybody may have written it."""
    return f"In {city} it rains <b>cats</b><script>alert(1)</script> and dogs, \\u202e take an umbrella."


@agent(
    grants=[may("think", "model.*"), may("act", "weather", city=anything())],
    caps=Caps(process=Amount(1_000_000, -1)),
)
async def %s(ctx: Context) -> Idle | str:
    """Talks about the weather."""
    message = await ctx.receive()
    if message.body == "stop":
        return "good bye"
    said = await converse(ctx, str(message.body))
    return ctx.idle({"last": said.text})
'''
SWARM: Final = '''
from ergos.lib.agent import Context, agent


@agent()
async def swarm(ctx: Context) -> int:
    """Remembers very many things in one turn."""
    for number in range(%d):
        await ctx.remember(f"n/{number %% 10}", number)
    return 1
'''
SCRIPT: Final = """
[[answers]]
when = "umbrella in"
calls = [{ name = "weather", arguments = { city = "Oslo" } }]
[[answers]]
after = "weather"
say = "It rains: take an umbrella <i>now</i>."
[[answers]]
when = "long"
say = "one two three four five six seven eight nine ten"
[[answers]]
when = "hello"
say = "Hello to you, too."
"""
SETTINGS: Final = """
owner = "alice"

[budget.owners.alice]
per_day = "5usd"

[models]
discover = false

[models.endpoints.toy]
dialect = "scripted"
file = "%s"
price = { input = 1, output = 2 }
"""


def settings_in(folder: Path) -> str:
    """Settings with a scripted model, whose script is written beside the home."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "toy.toml"
    script.write_text(SCRIPT)
    return SETTINGS % script


def build(agents: Path) -> dict[str, str]:
    """Write the agents into the home's folder of agents; where each of them is started."""
    agents.mkdir(parents=True, exist_ok=True)
    (agents / "talker.py").write_text(AGENT % "talker")
    (agents / "swarm.py").write_text(SWARM % 10_000)
    return {"talker": str(agents / "talker.py"), "swarm": str(agents / "swarm.py")}
