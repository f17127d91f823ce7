"""An agent of the OpenAI Agents SDK with two tools, as its documentation would write it.

Reads OPENAI_BASE_URL, OPENAI_API_KEY and MODEL; API=chat asks by chat completions instead of responses, STREAM=1
streams. Each use of a tool is one line in the file EFFECTS_FILE.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from agents import Agent, Runner, function_tool, set_default_openai_api, set_tracing_disabled

TASK = "What is the weather in Lisbon, and in Oslo? Book a table for 4 people in the sunnier city."


def effect(line: str) -> None:
    with Path(os.environ["EFFECTS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@function_tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    effect(f"get_weather {city}")
    return f"It is sunny in {city}, {len(city) + 14} degrees."


@function_tool
def book_table(city: str, people: int) -> str:
    """Book a table in a city for some people."""
    effect(f"book_table {city} {people}")
    return f"Booked a table for {people} in {city}."


async def main() -> None:
    set_tracing_disabled(True)
    if os.environ.get("API") == "chat":
        set_default_openai_api("chat_completions")
    agent = Agent(
        name="Travel",
        instructions="You are a travel assistant.",
        tools=[get_weather, book_table],
        model=os.environ.get("MODEL", "auto"),
    )
    task = " ".join(sys.argv[1:]) or TASK
    if os.environ.get("STREAM"):
        result = Runner.run_streamed(agent, task)
        async for _ in result.stream_events():
            pass
    else:
        result = await Runner.run(agent, task)
    print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
