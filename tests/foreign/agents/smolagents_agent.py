"""A smolagents agent with two tools, as its documentation would write it.

Reads OPENAI_BASE_URL, OPENAI_API_KEY and MODEL; KIND=code lets it act by writing Python instead of by calling tools,
STREAM=1 streams. Each use of a tool is one line in the file EFFECTS_FILE.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from smolagents import CodeAgent, LogLevel, OpenAIServerModel, ToolCallingAgent, tool

TASK = "What is the weather in Lisbon, and in Oslo? Book a table for 4 people in the sunnier city."


def effect(line: str) -> None:
    with Path(os.environ["EFFECTS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city.

    Args:
        city: The city to look up.
    """
    effect(f"get_weather {city}")
    return f"It is sunny in {city}, {len(city) + 14} degrees."


@tool
def book_table(city: str, people: int) -> str:
    """Book a table in a city for some people.

    Args:
        city: The city to book in.
        people: How many will come.
    """
    effect(f"book_table {city} {people}")
    return f"Booked a table for {people} in {city}."


def main() -> None:
    kind = CodeAgent if os.environ.get("KIND") == "code" else ToolCallingAgent
    model = OpenAIServerModel(
        model_id=os.environ.get("MODEL", "auto"),
        api_base=os.environ["OPENAI_BASE_URL"],
        api_key=os.environ["OPENAI_API_KEY"],
    )
    agent = kind(
        tools=[get_weather, book_table],
        model=model,
        stream_outputs=bool(os.environ.get("STREAM")),
        verbosity_level=LogLevel.ERROR,
    )
    print(agent.run(" ".join(sys.argv[1:]) or TASK))


if __name__ == "__main__":
    main()
