"""Components of an Agent Spec document by reference, and its flows as text in order.

Rules: each component is found by its id wherever it stands; looking one up never recurses; a flow is walked along its
control edges from its start, each node once; what goes back or branches is said in words and reported.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.app.importing.fields import Fields
from ergos.app.importing.remarks import Findings
from ergos.base.canonical import Plain

FLOW_TYPES: Final = ("Flow",)
COMPONENTS_MAX: Final = 20_000  # components of one document
NODES_MAX: Final = 500  # nodes of one flow
REFERENCE: Final = "$component_ref"
REFERENCED: Final = "$referenced_components"
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([\w .-]{1,100}?)\s*\}\}")


class Component:
    """One component, and what it refers to."""

    def __init__(self, value: dict[str, Plain], where: str, of: Components) -> None:
        self.fields: Final = Fields(value, where, of.findings)
        self._value: Final = value
        self._of: Final = of
        self.where: Final = where

    @property
    def id(self) -> str:
        """By which others refer to it; its place where it has none."""
        found = self._value.get("id")
        return found if isinstance(found, str) and found else self.where

    @property
    def type(self) -> str:
        """'Agent', 'LlmNode', …"""
        return self.fields.text("component_type", "type")

    @property
    def name(self) -> str:
        """What it is called."""
        return self.fields.text("name") or self.fields.text("title") or self.type or "component"

    @property
    def description(self) -> str:
        """What it says of itself."""
        return self.fields.text("description")

    def one(self, key: str) -> Component | None:
        """A component it refers to."""
        return self._of.at(self.fields.raw(key), self.fields.at(key))

    def many(self, key: str) -> list[Component]:
        """Components it refers to."""
        found = self.fields.raw(key)
        listed = found if isinstance(found, list) else [] if found is None else [found]
        places = ((one, f"{self.fields.at(key)}[{number}]") for number, one in enumerate(listed))
        return [made for one, where in places if (made := self._of.at(one, where)) is not None]

    def pairs(self, key: str) -> list[tuple[Component, Component]]:
        """Pairs of components."""
        found: list[tuple[Component, Component]] = []
        for number, pair in enumerate(self.fields.items(key)):
            if isinstance(pair, list) and len(pair) == 2:
                both = [self._of.at(one, f"{self.fields.at(key)}[{number}]") for one in pair]
                if both[0] is not None and both[1] is not None:
                    found.append((both[0], both[1]))
        return found


class Components:
    """All components of a document."""

    def __init__(self, value: Plain, findings: Findings) -> None:
        self.findings: Final = findings
        self._top: Final[dict[str, Plain]] = value if isinstance(value, dict) else {}
        self._by_id: Final = self._indexed()

    @property
    def version(self) -> str:
        """Of the format."""
        found = self._top.get("agentspec_version") or self._top.get("air_version")
        return found if isinstance(found, str) else ""

    def tops(self, types: tuple[str, ...]) -> list[Component]:
        """The component of the document; where it only holds components, those of these types nobody refers to."""
        if "component_type" in self._top:
            return [Component(self._top, "", self)]
        held = self._top.get(REFERENCED)
        listed = list(held.values()) if isinstance(held, dict) else []
        found = [Component(one, "", self) for one in listed if isinstance(one, dict)]
        named = _references(listed)
        return [one for one in found if one.type in types and one.id not in named]

    def at(self, value: Plain, where: str) -> Component | None:
        """The component that stands here or is referred to; None, and a remark, for neither."""
        if isinstance(value, dict) and REFERENCE in value:
            named = value[REFERENCE]
            found = self._by_id.get(named) if isinstance(named, str) else None
            if found is None:
                outside = isinstance(named, str) and ("/" in named or "#" in named)
                self.findings.add("I108" if outside else "I109", where, str(named))
                return None
            return Component(found, where, self)
        if isinstance(value, dict):
            return Component(value, where, self)
        if value is not None:
            self.findings.add("I102", where, where)
        return None

    def _indexed(self) -> dict[str, dict[str, Plain]]:
        found: dict[str, dict[str, Plain]] = {}
        waiting: list[Plain] = [self._top]
        looked = 0
        while waiting and looked < COMPONENTS_MAX * 10:
            one = waiting.pop()
            looked += 1
            if isinstance(one, dict):
                held = one.get(REFERENCED)
                for key, inner in held.items() if isinstance(held, dict) else ():
                    if isinstance(inner, dict):
                        found.setdefault(key, inner)
                name = one.get("id")
                if isinstance(name, str) and "component_type" in one:
                    found.setdefault(name, one)
                waiting.extend(one.values())
            elif isinstance(one, list):
                waiting.extend(one)
        return found


def _references(values: list[Plain]) -> set[str]:
    found: set[str] = set()
    waiting: list[Plain] = list(values)
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            named = one.get(REFERENCE)
            if isinstance(named, str):
                found.add(named)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found


def placeholders(text: str, one: Component, findings: Findings) -> str:
    """A template with the defaults of its inputs; an input without one stays and is reported."""
    defaults: dict[str, str] = {}
    for value in one.fields.items("inputs"):
        fields = Fields(value, one.fields.at("inputs"), Findings())
        default = fields.raw("default")
        if default is not None:
            defaults[fields.text("title")] = default if isinstance(default, str) else str(default)

    def filled(found: re.Match[str]) -> str:
        if found[1] not in defaults:
            findings.add("I109", one.where, f"the input {found[1]}")
            return found[0]
        return defaults[found[1]]

    return _PLACEHOLDER.sub(filled, text)


class FlowRead(msgspec.Struct, frozen=True):
    """What a flow is made of."""

    text: str
    tools: list[Component]
    agents: list[Component]
    models: list[Component]


def flow_text(flow: Component, findings: Findings, depth: int = 0) -> FlowRead:
    """The flow as instructions in order, with what its nodes use."""
    nodes = {node.id: node for node in flow.many("nodes")[:NODES_MAX]}
    start = flow.one("start_node")
    edges = [_edge(edge) for edge in flow.many("control_flow_connections")]
    order = _order(start.id if start is not None else next(iter(nodes), ""), nodes, edges)
    number_of = {one: number for number, one in enumerate(order, 1)}
    read = FlowRead("", [], [], [])
    lines: list[str] = []
    for one in order:
        node = nodes[one]
        lines.append(f"{number_of[one]}. {_said(node, read, findings, depth)}")
        for source, branch, target in edges:
            if source != one or target not in number_of:
                continue
            if branch or number_of[target] != number_of[one] + 1:
                way = f" on {branch!r}" if branch else ""
                lines.append(f"   Then{way}: go to {number_of[target]}.")
                findings.add("I701", node.where, f"{node.name} -> {nodes[target].name}")
    lines += _carried(flow, number_of)
    for left in (node for key, node in nodes.items() if key not in number_of):
        findings.add("I701", left.where, left.name)
    return FlowRead("\n".join(lines), read.tools, read.agents, read.models)


def _carried(flow: Component, number_of: dict[str, int]) -> list[str]:
    """Which output of a node is which input of another, where that is no neighbour's of the same name."""
    lines: list[str] = []
    for edge in flow.many("data_flow_connections"):
        source, target = edge.one("source_node"), edge.one("destination_node")
        if source is None or target is None or source.id not in number_of or target.id not in number_of:
            continue
        given, taken = edge.fields.text("source_output"), edge.fields.text("destination_input")
        if given and taken:
            lines.append(f"{taken} of {number_of[target.id]} is {given} of {number_of[source.id]}.")
    return lines


def _edge(edge: Component) -> tuple[str, str, str]:
    source, target = edge.one("from_node"), edge.one("to_node")
    return (source.id if source else "", edge.fields.text("from_branch"), target.id if target else "")


def _order(start: str, nodes: dict[str, Component], edges: list[tuple[str, str, str]]) -> list[str]:
    """Along the edges from the start, depth first, each node once; without edges as they stand."""
    if not edges:
        return list(nodes)
    order: list[str] = []
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one in order or one not in nodes:
            continue
        order.append(one)
        waiting.extend(reversed([target for source, _, target in edges if source == one]))
    return order


def _said(node: Component, read: FlowRead, findings: Findings, depth: int) -> str:
    """A node in words."""
    kind = node.type
    findings.add("I702", node.where, f"{kind} {node.name}")
    title = f"{node.name} ({kind})" + (f": {node.description}" if node.description else "")
    if kind == "LlmNode":
        model = node.one("llm_config")
        if model is not None:
            read.models.append(model)
        return f"{title}\n{_indented(node.fields.text('prompt_template'))}"
    if kind == "ToolNode":
        tool = node.one("tool")
        if tool is not None:
            read.tools.append(tool)
            return f"{title}: call {tool.name}"
    if kind in ("AgentNode", "ParallelAgentNode"):
        agent = node.one("agent")
        if agent is not None:
            read.agents.append(agent)
            return f"{title}: let {agent.name} do it"
    if kind in ("FlowNode", "MapNode", "ParallelMapNode", "CatchExceptionNode"):
        inner = node.one("subflow")
        if inner is not None and depth < 8:
            below = flow_text(inner, findings, depth + 1)
            read.tools.extend(below.tools)
            read.agents.extend(below.agents)
            read.models.extend(below.models)
            return f"{title}\n{_indented(below.text)}"
    if kind == "ApiNode":
        read.tools.append(node)
    if kind == "BranchingNode":
        ways = ", ".join(f"{key} -> {value}" for key, value in node.fields.pairs("mapping").items())
        return f"{title}: by its input {ways}"
    if kind in ("InputMessageNode", "OutputMessageNode"):
        return f"{title}\n{_indented(node.fields.text('message'))}"
    return title


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.strip().splitlines())
