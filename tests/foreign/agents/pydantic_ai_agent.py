"""A pydantic-ai agent with two tools and a typed answer, as its documentation would write it.

Reads OPENAI_BASE_URL, OPENAI_API_KEY and MODEL; STREAM=1 streams. Each use of a tool is one line in the file
EFFECTS_FILE.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel

TASK = "What is the weather in Lisbon, and in Oslo? Book a table for 4 people in the sunnier city."


class Trip(BaseModel):
    city: str
    people: int
    summary: str


agent = Agent(
    OpenAIChatModel(os.environ.get("MODEL", "auto")), instructions="You are a travel assistant.", output_type=Trip
)


def effect(line: str) -> None:
    with Path(os.environ["EFFECTS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@agent.tool_plain
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    effect(f"get_weather {city}")
    return f"It is sunny in {city}, {len(city) + 14} degrees."


@agent.tool_plain
def book_table(city: str, people: int) -> str:
    """Book a table in a city for some people."""
    effect(f"book_table {city} {people}")
    return f"Booked a table for {people} in {city}."


async def main() -> None:
    task = " ".join(sys.argv[1:]) or TASK
    if os.environ.get("STREAM"):
        async with agent.run_stream(task) as result:
            print((await result.get_output()).model_dump_json())
    else:
        print((await agent.run(task)).output.model_dump_json())


if __name__ == "__main__":
    asyncio.run(main())
