"""Open Agent Specification: agents, managers with workers, swarms and flows, in YAML or JSON.

Source: the language specification and the examples of oracle/agent-spec, versions 25.4 to 26.4.

Rules: `$component_ref` is resolved within the document, never fetched; a cycle is cut and reported; tools whose code is
elsewhere (ServerTool, ClientTool) are described in a draft and not granted; a flow becomes instructions in order.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.app.importing.agent_spec_flow import FLOW_TYPES, Component, Components, flow_text, placeholders
from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.names import Names, language_of, plain_name
from ergos.app.importing.remarks import Findings
from ergos.app.importing.servers import Servers
from ergos.app.importing.shape import AGENTS_MAX, DraftFile, Imported, Incoming
from ergos.app.importing.tool_map import KNOWN, distinct, fetching, granted, of_tool, thinking
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError
from ergos.kernel.permission.grants import Grant, Matcher

SOURCE: Final = "Agent Spec"
NEWEST: Final = (26, 4)
"""Year and release of the newest version that is known here."""
AGENT_TYPES: Final = ("Agent", "SpecializedAgent", "ManagerWorkers", "Swarm", "Flow")
REMOTE_TYPES: Final = ("A2AAgent", "OciAgent", "RemoteAgent", "OCIAgent")


def recognised(value: Plain) -> bool:
    """Whether this is such a document."""
    return isinstance(value, dict) and (
        "component_type" in value or "agentspec_version" in value or "$referenced_components" in value
    )


def read(value: Plain, findings: Findings) -> Imported:
    """The agent of a document with its team. Raises: DefinitionError where there is none."""
    return _Document(Components(value, findings), findings).imported()


class _Document:
    """One document."""

    def __init__(self, components: Components, findings: Findings) -> None:
        self._components: Final = components
        self._findings: Final = findings
        self._servers: Final = Servers(findings)
        self._names: Final = Names(findings)
        self._count = 0

    def imported(self) -> Imported:
        """What it says."""
        version = self._components.version
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
        if numbers > NEWEST:
            self._findings.add("I107", "agentspec_version", version)
        tops = [draft for one in self._components.tops(AGENT_TYPES) if (draft := self._any(one, ())) is not None]
        if not tops:
            raise DefinitionError(
                "the document describes no agent and no flow", remedy="name a document with an Agent, Swarm or Flow"
            )
        self._findings.add("I602", "agents")
        return Imported(
            format="agent-spec",
            version=version,
            agents=tuple(tops),
            servers=self._servers.all,
            secrets=self._servers.secrets,
            remarks=self._findings.all,
        )

    def _any(self, one: Component, above: tuple[str, ...]) -> Incoming | None:
        """An agent of any type; None, and a remark, for what cannot be one."""
        if one.id in above:
            self._findings.add("I110", one.where, one.name)
            return None
        self._count += 1
        if self._count > AGENTS_MAX:
            self._findings.add("I604", one.where, one.name)
            return None
        below = (*above, one.id)
        if one.type == "ManagerWorkers":
            return self._led(one.one("group_manager"), one.many("workers"), one, below)
        if one.type == "Swarm":
            return self._swarm(one, below)
        if one.type in FLOW_TYPES:
            return self._flow(one, below)
        if one.type == "SpecializedAgent":
            return self._specialised(one, below)
        if one.type in REMOTE_TYPES:
            self._findings.add("I108", one.where, one.name)
            return None
        if one.type != "Agent":
            self._findings.add("I201", one.where, f"{one.type or 'component'} {one.name}")
            return None
        return self._agent(one, below)

    def _agent(self, one: Component, above: tuple[str, ...]) -> Incoming:
        fields = one.fields
        name = self._names.of(plain_name(one.name) or one.name, one.where)
        prompt = placeholders(fields.text("system_prompt"), one, self._findings)
        instructions = without_secrets(prompt, f"{one.where}.system_prompt", self._findings)
        self._model(one)
        grants, drafts = self._tools(name, [*one.many("tools"), *one.many("toolboxes")])
        team = self._team(name, one.many("subagents"), above)
        if one.many("transforms"):
            self._findings.add("I101", f"{one.where}.transforms", "transforms")
        fields.known("id", "name", "component_type", "metadata", "inputs", "outputs", "human_in_the_loop", "toolboxes")
        fields.known(
            "transforms", "component_plugin_name", "component_plugin_version", "agentspec_version", "llm_config"
        )
        fields.known("$referenced_components", "description", "tools", "subagents")
        fields.done()
        return Incoming(
            name=name,
            goal=without_secrets(one.description, f"{one.where}.description", self._findings),
            language=language_of(instructions or one.description),
            instructions=instructions.strip("\n"),
            grants=distinct((thinking(name, SOURCE), *grants)),
            drafts=tuple(drafts),
            team=team,
        )

    def _team(self, leader: str, found: list[Component], above: tuple[str, ...]) -> tuple[Incoming, ...]:
        team = tuple(draft for one in found if (draft := self._any(one, above)) is not None)
        for member in team:
            self._findings.add("I703", leader, leader, member.name)
        return team

    def _led(
        self, lead: Component | None, others: list[Component], whole: Component, above: tuple[str, ...]
    ) -> Incoming | None:
        leader = self._any(lead, above) if lead is not None else None
        if leader is None:
            self._findings.add("I109", whole.where, "group_manager")
            return None
        team = self._team(leader.name, others, above)
        return msgspec.structs.replace(leader, team=(*leader.team, *team), goal=leader.goal or whole.description)

    def _swarm(self, one: Component, above: tuple[str, ...]) -> Incoming | None:
        """The first agent leads those to whom it may turn; other relations cannot be said."""
        first = one.one("first_agent")
        if first is None:
            self._findings.add("I109", one.where, "first_agent")
            return None
        others: dict[str, Component] = {}
        for number, pair in enumerate(one.pairs("relationships")):
            if pair[0].id == first.id and pair[1].id != first.id:
                others.setdefault(pair[1].id, pair[1])
            else:
                self._findings.add("I701", f"{one.where}.relationships[{number}]", f"{pair[0].name} -> {pair[1].name}")
                for each in pair:
                    if each.id != first.id:
                        others.setdefault(each.id, each)
        return self._led(first, list(others.values()), one, above)

    def _specialised(self, one: Component, above: tuple[str, ...]) -> Incoming | None:
        base = one.one("agent")
        draft = self._any(base, above) if base is not None else None
        if draft is None:
            self._findings.add("I109", one.where, "agent")
            return None
        more = one.one("agent_specialization_parameters")
        if more is None:
            return draft
        text = more.fields.text("additional_instructions")
        grants, drafts = self._tools(draft.name, more.many("additional_tools"))
        return msgspec.structs.replace(
            draft,
            instructions=f"{draft.instructions}\n\n{without_secrets(text, more.where, self._findings)}".strip(),
            grants=distinct((*draft.grants, *grants)),
            drafts=(*draft.drafts, *drafts),
        )

    def _flow(self, one: Component, above: tuple[str, ...]) -> Incoming:
        name = self._names.of(plain_name(one.name) or one.name, one.where)
        read_flow = flow_text(one, self._findings)
        grants, drafts = self._tools(name, read_flow.tools)
        for model in read_flow.models:
            self._model(model)
        team = self._team(name, read_flow.agents, above)
        instructions = without_secrets(read_flow.text, one.where, self._findings)
        return Incoming(
            name=name,
            goal=without_secrets(one.description, f"{one.where}.description", self._findings),
            language=language_of(instructions),
            instructions=instructions,
            grants=distinct((thinking(name, SOURCE), *grants)),
            drafts=tuple(drafts),
            team=team,
        )

    def _model(self, one: Component) -> None:
        model = one if one.type.endswith("Config") else one.one("llm_config")
        if model is not None:
            self._findings.add("I601", model.where, model.fields.text("model_id") or model.name)
            if model.fields.text("api_key"):
                self._findings.add("I401", f"{model.where}.api_key", "api_key")

    def _tools(self, agent: str, tools: list[Component]) -> tuple[list[Grant], list[DraftFile]]:
        grants: list[Grant] = []
        drafts: dict[str, DraftFile] = {}
        for tool in tools:
            if tool.type == "RemoteTool":
                grants += self._remote(agent, tool)
            elif tool.type in ("MCPTool", "MCPToolBox", "MCPToolSpec"):
                grants += self._mcp(agent, tool)
            elif tool.name.lower() in KNOWN:
                grants += of_tool(agent, tool.name, tool.where, self._findings, SOURCE)
            else:
                self._findings.add("I201", tool.where, f"{tool.type or 'tool'} {tool.name}")
                draft = _described(tool)
                drafts.setdefault(draft.name, draft)
        return grants, list(drafts.values())

    def _remote(self, agent: str, tool: Component) -> list[Grant]:
        url, method = tool.fields.text("url"), tool.fields.text("http_method").upper() or "GET"
        for key in ("headers", "sensitive_headers"):
            for name in tool.fields.pairs(key):
                self._findings.add("I401", f"{tool.where}.{key}", name)
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if not host or "{{" in host:
            self._findings.add("I201", tool.where, tool.name)
            return []
        if method == "GET":
            return [granted(agent, "http.fetch", tool.name, tool.where, self._findings, SOURCE, fetching((host,)))]
        args = {"url": Matcher("domain", (host,)), "method": Matcher("equals", (method,))}
        args |= {"text": Matcher("any"), "json": Matcher("any")}
        return [granted(agent, "http.send", tool.name, tool.where, self._findings, SOURCE, args)]

    def _mcp(self, agent: str, tool: Component) -> list[Grant]:
        transport = tool.one("client_transport")
        if transport is None:
            self._findings.add("I201", tool.where, tool.name)
            return []
        fields = transport.fields
        name = self._servers.add(
            tool.name if tool.type == "MCPToolBox" else transport.name or tool.name,
            transport.where,
            command=fields.text("command"),
            args=fields.texts("args"),
            env=fields.pairs("env"),
            url=fields.text("url"),
            headers={**fields.pairs("headers"), **fields.pairs("sensitive_headers")},
        )
        if name is None:
            return []
        if tool.type == "MCPTool":
            wanted = [tool.name]
        else:
            listed = tool.fields.items("tool_filter")
            wanted = [str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in listed]
        names = [f"{name}.{plain_name(one)}" for one in wanted if plain_name(one)] or [f"{name}.*"]
        return [granted(agent, one, f"mcp {tool.name}", tool.where, self._findings, SOURCE) for one in names]


def _described(tool: Component) -> DraftFile:
    """What a tool is to do, for whoever writes it."""
    fields = tool.fields
    said = {
        "name": tool.name,
        "type": tool.type,
        "description": tool.description,
        "inputs": fields.raw("inputs"),
        "outputs": fields.raw("outputs"),
    }
    text = msgspec.json.format(msgspec.json.encode(said), indent=2).decode()
    return DraftFile(f"{plain_name(tool.name) or 'tool'}.json.draft", without_secrets(text, tool.where, Findings()))
