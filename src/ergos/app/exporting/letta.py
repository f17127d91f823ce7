"""An agent as a Letta agent file (.af)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import msgspec

from ergos.app.exporting.leaving import Leaving
from ergos.app.exporting.tools import named, report_bounds
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import ServerProposal

NAMES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        "files.read": "open_files",
        "files.search": "grep_files",
        "http.fetch": "fetch_webpage",
        "python.run": "run_code",
    }
)
"""Tools that system brings along."""
BLOCK_CHARS: Final = 20_000  # characters of a block, as that system writes for one
_PERSONA: Final = "<!-- persona -->"


def files(leaving: Leaving, findings: Findings) -> dict[str, str | bytes]:
    """The one file."""
    document: dict[str, Any] = {
        "agents": [],
        "groups": [],
        "blocks": [],
        "files": [],
        "sources": [],
        "tools": [],
        "mcp_servers": [],
        "skills": [],
        "metadata": {"exported_by": "ergos"},
        "created_at": None,
    }
    _agent(leaving, document, findings)
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return {f"{leaving.name}.af": text + "\n"}


def _agent(one: Leaving, document: dict[str, Any], findings: Findings) -> str:
    """Add an agent and its team; the id of the agent."""
    where = f"{one.name}/AGENT.md"
    findings.add("I801", where, "the choice of a model")
    number = f"agent-{len(document['agents'])}"
    system, _, persona = one.instructions.partition(_PERSONA)
    said: dict[str, Any] = {
        "id": number,
        "name": one.name,
        "description": one.goal or None,
        "system": system.strip(),
        "agent_type": "letta_v1_agent",
        "timezone": one.file.work.timezone or "UTC",
        "llm_config": {"handle": "auto", "context_window": one.file.window_tokens},
        "tool_ids": _tools(one, document, findings),
        "block_ids": _blocks(one, persona.strip(), document, findings),
        "tool_rules": [
            {"type": "requires_approval", "tool_name": tool}
            for grant in one.acts
            if grant.ask
            for tool in (named(grant, NAMES) or (grant.name.partition(".")[2],))
            if tool and tool != "*"
        ],
        "messages": [],
        "in_context_message_ids": [],
        "tags": [],
    }
    document["agents"].append(said)
    for trigger in one.file.work.triggers:
        findings.add("I801", where, f"the trigger {trigger.name}")
    for name in one.prompts:
        findings.add("I801", where, f"the prompt {name}")
    for scope in ("call", "process", "agent", "owner", "day", "week", "month"):
        if getattr(one.file.caps, scope) is not None:
            findings.add("I801", where, f"budget: per_{scope}")
    _skills(one, document, findings)
    members = [_agent(member, document, findings) for member in one.team]
    if members:
        document["groups"].append(
            {
                "id": f"group-{len(document['groups'])}",
                "agent_ids": members,
                "description": f"the team of {one.name}",
                "manager_config": {"manager_type": "supervisor", "manager_agent_id": number},
            }
        )
    return number


def _blocks(one: Leaving, persona: str, document: dict[str, Any], findings: Findings) -> list[str]:
    found: list[str] = []
    listed = [("persona", persona)] if persona else []
    listed += [(kept.key.removeprefix("blocks/"), kept.text) for kept in one.memory]
    for label, text in listed:
        if len(text) > BLOCK_CHARS:
            findings.add("I802", f"{one.name}/memory.json", f"the length of {label}")
        number = f"block-{len(document['blocks'])}"
        block = {
            "id": number,
            "label": label,
            "value": text,
            "limit": max(BLOCK_CHARS, len(text)),
        }
        document["blocks"].append(block)
        found.append(number)
    return found


def _tools(one: Leaving, document: dict[str, Any], findings: Findings) -> list[str]:
    where = f"{one.name}/AGENT.md"
    servers = {server.name: server for server in one.servers}
    found: list[str] = []
    for grant in one.acts:
        family, _, tool = grant.name.partition(".")
        report_bounds(grant, where, findings)
        if family in servers:
            _mount(servers[family], document)
            if tool in ("*", ""):
                findings.add("I801", where, f"act: {grant.name} (name each tool)")
                continue
            found.append(_tool(document, tool, "external_mcp", [f"mcp:{family}"]))
            continue
        names = named(grant, NAMES)
        if not names:
            findings.add("I801", where, f"act: {grant.name}")
        found += [_tool(document, name, "letta_builtin", []) for name in names]
    return list(dict.fromkeys(found))


def _tool(document: dict[str, Any], name: str, kind: str, tags: list[str]) -> str:
    for one in document["tools"]:
        if (one["name"], one["tool_type"], one["tags"]) == (name, kind, tags):
            return str(one["id"])
    number = f"tool-{len(document['tools'])}"
    document["tools"].append({"id": number, "name": name, "tool_type": kind, "tags": tags, "source_code": None})
    return number


def _mount(server: ServerProposal, document: dict[str, Any]) -> None:
    if any(one["server_name"] == server.name for one in document["mcp_servers"]):
        return
    said: dict[str, Any] = {"id": f"mcp_server-{len(document['mcp_servers'])}", "server_name": server.name}
    if server.url:
        said |= {"server_type": "streamable_http", "server_url": server.url, "stdio_config": None}
    else:
        stdio = {"server_name": server.name, "type": "stdio", "command": server.command, "args": list(server.args)}
        said |= {"server_type": "stdio", "server_url": None, "stdio_config": stdio}
    document["mcp_servers"].append(said)


def _skills(one: Leaving, document: dict[str, Any], findings: Findings) -> None:
    for skill in one.skills:
        texts: dict[str, str] = {}
        for path, raw in skill.files.items():
            try:
                texts[path] = raw.decode()
            except UnicodeDecodeError:
                findings.add("I801", f"{one.name}/skills/{skill.name}", path)
        if all(other["name"] != skill.name for other in document["skills"]):
            document["skills"].append({"name": skill.name, "files": texts})
