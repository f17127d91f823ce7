"""Letta agent files (.af): agents with memory blocks, tools with their source, groups, servers of tools.

Source: the schema of letta-ai/letta (AgentFileSchema) and the files of letta-ai/agent-file; the older form with one
agent (`core_memory`) is read, too.

Rules: blocks are to be remembered, once their owner agrees, the persona is part of the instructions; a tool's source is
a draft and never run; conversations are left out; environment values of tools are secrets.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from ergos.app.importing.fields import Fields
from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.names import Names, language_of, plain_name, secret_name
from ergos.app.importing.remarks import Findings
from ergos.app.importing.schedules import zone
from ergos.app.importing.servers import Servers
from ergos.app.importing.shape import AGENTS_MAX, DraftFile, Imported, Incoming, Kept, SkillFiles
from ergos.app.importing.skills import skill_of
from ergos.app.importing.tool_map import KNOWN, NEEDLESS, distinct, granted, of_tool, thinking
from ergos.app.importing.tree import Tree, safe_path
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError
from ergos.kernel.permission.grants import Grant
from ergos.lib.work import Work

SOURCE: Final = "Letta"
PERSONA: Final = "persona"
WINDOW_MAX: Final = 10_000_000  # tokens; more is a mistake
KEPT_MAX: Final = 1_000  # blocks and files of one agent
CODE_CHARS_MAX: Final = 400_000  # characters of one tool's source
_SILENT: Final = (
    "id", "memory_blocks", "tools", "source_ids", "folder_ids", "tags", "agent_type", "initial_message_sequence",
    "include_base_tools", "include_multi_agent_tools", "include_base_tool_rules", "include_default_source", "metadata",
    "metadata_", "embedding_config", "embedding", "model_settings", "compaction_settings", "embedding_chunk_size",
    "max_tokens", "max_reasoning_tokens", "enable_reasoner", "reasoning", "from_template", "template", "project",
    "project_id", "template_id", "base_template_id", "identity_ids", "message_buffer_autoclear", "enable_sleeptime",
    "response_format", "max_files_open", "per_file_view_window_char_limit", "hidden", "parallel_tool_calls",
    "in_context_message_ids", "group_ids", "memory_variables", "created_at", "updated_at", "last_run_completion",
)  # fmt: skip
"""How the other system runs an agent: nothing that one here could miss."""


def recognised(value: Plain) -> bool:
    """Whether this is such a file, of either form."""
    if not isinstance(value, dict):
        return False
    agents = value.get("agents")
    if isinstance(agents, list) and ("blocks" in value or "tools" in value):
        return True
    return "core_memory" in value and ("system" in value or "agent_type" in value)


def read(value: Plain, findings: Findings) -> Imported:
    """All agents of the file. Raises: DefinitionError where there is none."""
    return _Document(Fields(_newer(value), "", findings), findings).imported()


def _newer(value: Plain) -> Plain:
    """The older form, with one agent, as the newer one."""
    if not isinstance(value, dict) or "agents" in value:
        return value
    blocks = value.get("core_memory")
    listed = blocks if isinstance(blocks, list) else []
    named = [{**one, "id": f"block-{number}"} for number, one in enumerate(listed) if isinstance(one, dict)]
    tools_said = value.get("tools")
    tools = [
        {**one, "id": f"tool-{number}"}
        for number, one in enumerate(tools_said if isinstance(tools_said, list) else [])
        if isinstance(one, dict)
    ]
    agent = {
        key: one for key, one in value.items() if key not in ("core_memory", "tools", "version", "multi_agent_group")
    }
    agent |= {"id": "agent-0", "block_ids": [one["id"] for one in named], "tool_ids": [one["id"] for one in tools]}
    return cast(
        "Plain", {"agents": [agent], "blocks": named, "tools": tools, "metadata": {"version": value.get("version")}}
    )


class _Document:
    """One file."""

    def __init__(self, fields: Fields, findings: Findings) -> None:
        self._fields: Final = fields
        self._findings: Final = findings
        self._servers: Final = Servers(findings)
        self._names: Final = Names(findings)
        self._blocks: Final = self._by_id("blocks")
        self._tools: Final = self._by_id("tools")
        self._server_names: Final = self._mounted()

    def imported(self) -> Imported:
        """What it says."""
        agents = self._fields.items("agents")[:AGENTS_MAX]
        if not agents:
            raise DefinitionError("the file has no agents", remedy="export the agent again")
        drafts: dict[str, Incoming] = {}
        for number, value in enumerate(agents):
            fields = Fields(value, f"agents[{number}]", self._findings)
            drafts[fields.text("id") or f"agent-{number}"] = self._agent(fields)
        tops = self._grouped(drafts)
        for key in ("files", "sources"):
            if self._fields.items(key):
                self._findings.add("I505", key, key)
        metadata = self._fields.below("metadata")
        version = metadata.text("revision_id", "version")
        self._findings.add("I602", "agents")
        self._fields.known("metadata", "created_at", "skills")
        self._fields.done()
        return Imported(
            format="letta",
            version=version,
            agents=tops,
            servers=self._servers.all,
            secrets=self._servers.secrets,
            remarks=self._findings.all,
        )

    def _by_id(self, key: str) -> dict[str, Fields]:
        found: dict[str, Fields] = {}
        for number, value in enumerate(self._fields.items(key)):
            fields = Fields(value, f"{key}[{number}]", self._findings)
            found[fields.text("id") or f"{key}-{number}"] = fields
        return found

    def _mounted(self) -> dict[str, str]:
        """Servers by what they are called there."""
        found: dict[str, str] = {}
        for number, value in enumerate(self._fields.items("mcp_servers")):
            one = Fields(value, f"mcp_servers[{number}]", self._findings)
            stdio = one.below("stdio_config")
            said = one.text("server_name")
            name = self._servers.add(
                said,
                one.where,
                command=stdio.text("command"),
                args=stdio.texts("args"),
                env=stdio.pairs("env"),
                url=one.text("server_url"),
                headers=one.pairs("custom_headers"),
            )
            if one.text("token", "token_enc"):
                self._findings.add("I401", one.at("token"), "token")
            one.known("id", "server_type", "metadata_", "stdio_config", "server_url", "token", "organization_id")
            stdio.known("type", "server_name")
            if name is not None:
                found[said] = name
        return found

    def _agent(self, fields: Fields) -> Incoming:
        name = self._names.of(plain_name(fields.text("name")) or fields.text("name"), fields.where)
        blocks = [self._blocks[one] for one in fields.texts("block_ids") if one in self._blocks]
        for missing in (one for one in fields.texts("block_ids") if one not in self._blocks):
            self._findings.add("I109", fields.at("block_ids"), missing)
        inline = [Fields(one, fields.at("memory_blocks"), self._findings) for one in fields.items("memory_blocks")]
        memory, persona = self._memory([*blocks, *inline])
        system = without_secrets(fields.text("system"), fields.at("system"), self._findings).strip()
        instructions = f"{system}\n\n<!-- {PERSONA} -->\n\n{persona}".strip() if persona else system
        grants, drafts = self._granted(name, fields)
        if memory:
            self._findings.add("I501", fields.where, str(len(memory)))
            grants.append(granted(name, "imported.memory", "memory blocks", fields.where, self._findings, SOURCE))
        skills = self._skills()
        if skills:
            grants.append(granted(name, "skills.read", "skills", "skills", self._findings, SOURCE))
        model = fields.below("llm_config")
        handle = fields.text("model") or model.text("handle") or model.text("model")
        if handle:
            self._findings.add("I601", fields.at("llm_config"), handle)
        window = fields.number("context_window_limit") or model.number("context_window") or 0
        messages = fields.items("messages")
        if messages:
            self._findings.add("I504", fields.at("messages"), str(len(messages)))
        goal = without_secrets(fields.text("description"), fields.at("description"), self._findings)
        timezone = zone(fields.text("timezone"), fields.at("timezone"), self._findings)
        self._unsaid(fields)
        return Incoming(
            name=name,
            goal=goal,
            language=language_of(instructions),
            instructions=instructions,
            grants=distinct((thinking(name, SOURCE), *grants)),
            work=Work(timezone=timezone),
            memory=memory,
            skills=skills,
            drafts=tuple(drafts),
            window_tokens=int(window) if 0 < window <= WINDOW_MAX else 0,
        )

    def _unsaid(self, fields: Fields) -> None:
        """What has no counterpart, and secrets."""
        for key in ("tool_exec_environment_variables", "secrets"):
            found = fields.raw(key)
            names = list(found) if isinstance(found, dict) else [
                str(one.get("key", "?")) for one in found if isinstance(one, dict)
            ] if isinstance(found, list) else []  # fmt: skip
            for name in names:
                self._findings.add("I401", fields.at(key), name, secret_name(name))
        for number, rule in enumerate(fields.items("tool_rules")):
            said = Fields(rule, fields.at("tool_rules"), self._findings)
            if said.text("type") != "requires_approval":
                self._findings.add("I203", f"{said.where}[{number}]", f"{said.text('type')} {said.text('tool_name')}")
        if fields.items("files_agents"):
            self._findings.add("I505", fields.at("files_agents"), "files_agents")
        fields.known(*_SILENT)
        fields.done()

    def _memory(self, blocks: list[Fields]) -> tuple[tuple[Kept, ...], str]:
        """What is to be remembered, and the persona."""
        kept: dict[str, Kept] = {}
        persona = ""
        for block in blocks[:KEPT_MAX]:
            label = block.text("label") or "block"
            text = without_secrets(block.text("value").strip(), block.where, self._findings)
            if label == PERSONA and not persona:
                persona = text
            elif text:
                key = f"blocks/{plain_name(label) or 'block'}"
                kept.setdefault(key if key not in kept else f"{key}-{len(kept)}", Kept(key, text))
        unique = (Kept(key, one.text) for key, one in kept.items())
        return tuple(unique), persona

    def _granted(self, agent: str, fields: Fields) -> tuple[list[Grant], list[DraftFile]]:
        grants: list[Grant] = []
        drafts: dict[str, DraftFile] = {}
        for one in fields.texts("tool_ids"):
            tool = self._tools.get(one)
            if tool is None:
                self._findings.add("I109", fields.at("tool_ids"), one)
                continue
            kind, name = tool.text("tool_type"), tool.text("name")
            server = self._server_of(tool)
            if server:
                said = f"mcp {name}"
                grants.append(granted(agent, f"{server}.{plain_name(name)}", said, tool.where, self._findings, SOURCE))
            elif (kind.startswith("letta") or not tool.text("source_code")) and name.lower() in {*NEEDLESS, *KNOWN}:
                grants.extend(of_tool(agent, name, tool.where, self._findings, SOURCE))
            elif tool.text("source_code"):
                draft = self._draft(tool, name)
                drafts.setdefault(draft.name, draft)
            else:
                self._findings.add("I201", tool.where, name)
        return grants, list(drafts.values())

    def _server_of(self, tool: Fields) -> str:
        for tag in tool.texts("tags"):
            if tag.startswith("mcp:") and tag[4:] in self._server_names:
                return self._server_names[tag[4:]]
        metadata = tool.below("metadata_", "metadata").below("mcp")
        return self._server_names.get(metadata.text("server_name"), "")

    def _draft(self, tool: Fields, name: str) -> DraftFile:
        ending = "ts" if tool.text("source_type") == "typescript" else "py"
        file = f"{plain_name(name) or 'tool'}.{ending}.draft"
        source = without_secrets(tool.text("source_code")[:CODE_CHARS_MAX], tool.where, self._findings)
        self._findings.add("I205", tool.where, name, f"drafts/{file}")
        return DraftFile(file, source)

    def _skills(self) -> tuple[SkillFiles, ...]:
        """Skills that stand in the file, with their files by path."""
        found: dict[str, SkillFiles] = {}
        for number, value in enumerate(self._fields.items("skills")):
            fields = Fields(value, f"skills[{number}]", self._findings)
            said = fields.text("name")
            files = {
                path: text.encode()
                for path, text in fields.pairs("files").items()
                if isinstance(text, str) and safe_path(path)
            }
            if not any(path.lower() == "skill.md" for path in files):
                self._findings.add("I108", fields.where, fields.text("source_url") or said)
                continue
            one = skill_of(said, Tree(said, files), fields.where, self._findings)
            if one is not None:
                found.setdefault(one.name, one)
        return tuple(found.values())

    def _grouped(self, drafts: dict[str, Incoming]) -> tuple[Incoming, ...]:
        """A group's manager with the others as its team; those in no group by themselves."""
        led: set[str] = set()
        tops = dict(drafts)
        for number, value in enumerate(self._fields.items("groups")):
            group = Fields(value, f"groups[{number}]", self._findings)
            manager = group.below("manager_config")
            lead = manager.text("manager_agent_id") or group.text("manager_agent_id")
            others = [one for one in group.texts("agent_ids") if one in drafts and one != lead]
            if lead not in drafts or lead in led:
                self._findings.add("I701", group.where, manager.text("manager_type") or "group")
                continue
            free = [one for one in others if one not in led and not tops[one].team]
            led.update(free)
            tops[lead] = msgspec.structs.replace(tops[lead], team=tuple(tops[one] for one in free))
            for one in free:
                self._findings.add("I703", group.where, drafts[lead].name, drafts[one].name)
        return tuple(draft for key, draft in tops.items() if key not in led)
