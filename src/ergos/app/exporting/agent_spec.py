"""An agent as an Open Agent Specification document, in JSON."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ergos.app.exporting.leaving import Leaving
from ergos.app.exporting.tools import NAMES, named, report_bounds
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import ServerProposal
from ergos.kernel.permission.grants import Grant

VERSION: Final = "25.4.2"
"""The version of the format that is written; later readers read it."""


def files(leaving: Leaving, findings: Findings) -> dict[str, str | bytes]:
    """The one document."""
    document = {**_whole(leaving, findings), "agentspec_version": VERSION}
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return {f"{leaving.name}.agentspec.json": text + "\n"}


def _whole(one: Leaving, findings: Findings, above: str = "") -> dict[str, Any]:
    """An agent alone, or as the manager of its team. `above`: the way to it, so that every id is its own."""
    place = f"{above}{one.name}"
    agent = _agent(one, place, findings)
    if not one.team:
        return agent
    return {
        "component_type": "ManagerWorkers",
        "id": f"team-{place}",
        "name": one.name,
        "description": one.goal,
        "metadata": {},
        "inputs": [],
        "outputs": [],
        "group_manager": agent,
        "workers": [_whole(member, findings, f"{place}/") for member in one.team],
    }


def _agent(one: Leaving, place: str, findings: Findings) -> dict[str, Any]:
    where = f"{one.name}/AGENT.md"
    findings.add("I801", where, "the choice of a model; `auto` is written")
    for trigger in one.file.work.triggers:
        findings.add("I801", where, f"the trigger {trigger.name}")
    for name in one.prompts:
        findings.add("I801", where, f"the prompt {name}")
    for scope in ("call", "process", "agent", "owner", "day", "week", "month"):
        if getattr(one.file.caps, scope) is not None:
            findings.add("I801", where, f"budget: per_{scope}")
    for skill in one.skills:
        findings.add("I801", f"{one.name}/skills", f"the skill {skill.name}")
    if one.memory:
        findings.add("I801", f"{one.name}/memory.json", "memory")
    tools, boxes = _tools(one, place, findings)
    return {
        "component_type": "Agent",
        "id": f"agent-{place}",
        "name": one.name,
        "description": one.goal,
        "metadata": {},
        "inputs": [],
        "outputs": [],
        "llm_config": {
            "component_type": "OpenAiConfig",
            "id": f"llm-{place}",
            "name": "auto",
            "description": None,
            "metadata": {},
            "default_generation_parameters": None,
            "model_id": "auto",
        },
        "system_prompt": one.instructions,
        "tools": tools,
        "toolboxes": boxes,
        "human_in_the_loop": True,
    }


def _tools(one: Leaving, place: str, findings: Findings) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    where = f"{one.name}/AGENT.md"
    servers = {server.name: server for server in one.servers}
    tools: dict[str, dict[str, Any]] = {}
    boxes: dict[str, dict[str, Any]] = {}
    for grant in one.acts:
        family, _, tool = grant.name.partition(".")
        if grant.ask:
            findings.add("I802", where, "`ask: true` of its grants")
        if family in servers:
            box = boxes.setdefault(family, _box(servers[family], place))
            if tool not in ("*", ""):
                box["tool_filter"] = [*(box["tool_filter"] or []), tool]
            continue
        names = named(grant, NAMES)
        if not names:
            findings.add("I801", where, f"act: {grant.name}")
        for name in names:
            tools.setdefault(name, _tool(name, grant, place))
        report_bounds(grant, where, findings)
    return list(tools.values()), list(boxes.values())


def _tool(name: str, grant: Grant, agent: str) -> dict[str, Any]:
    return {
        "component_type": "ServerTool",
        "id": f"tool-{agent}-{name}",
        "name": name,
        "description": f"{grant.name} of ErgOS",
        "metadata": {},
        "inputs": [],
        "outputs": [],
    }


def _box(server: ServerProposal, agent: str) -> dict[str, Any]:
    transport: dict[str, Any] = {
        "id": f"transport-{agent}-{server.name}",
        "name": server.name,
        "description": None,
        "metadata": {},
    }
    if server.url:
        transport |= {"component_type": "StreamableHTTPTransport", "url": server.url}
        plain = {name: value for name, value in server.headers.items() if not value.startswith("secret:")}
        transport |= {"headers": plain or None}
    else:
        plain = {name: value for name, value in server.env.items() if not value.startswith("secret:")}
        transport |= {"component_type": "StdioTransport", "command": server.command, "args": list(server.args)}
        transport |= {"env": plain or None}
    return {
        "component_type": "MCPToolBox",
        "id": f"box-{agent}-{server.name}",
        "name": server.name,
        "description": None,
        "metadata": {},
        "client_transport": transport,
        "tool_filter": None,
    }
