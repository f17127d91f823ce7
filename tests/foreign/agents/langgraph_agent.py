"""A LangGraph agent with two tools, as its documentation would write it.

Reads OPENAI_BASE_URL, OPENAI_API_KEY and MODEL; each use of a tool is one line in the file EFFECTS_FILE.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

TASK = "What is the weather in Lisbon, and in Oslo? Book a table for 4 people in the sunnier city."


def effect(line: str) -> None:
    with Path(os.environ["EFFECTS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    effect(f"get_weather {city}")
    return f"It is sunny in {city}, {len(city) + 14} degrees."


@tool
def book_table(city: str, people: int) -> str:
    """Book a table in a city for some people."""
    effect(f"book_table {city} {people}")
    return f"Booked a table for {people} in {city}."


def main() -> None:
    tools = [get_weather, book_table]
    model = ChatOpenAI(model=os.environ.get("MODEL", "auto"), temperature=0).bind_tools(tools)
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    task = " ".join(sys.argv[1:]) or TASK
    state = graph.compile().invoke({"messages": [("system", "You are a travel assistant."), ("user", task)]})
    print(state["messages"][-1].content)


if __name__ == "__main__":
    main()
