"""Flows become instructions in the order of their edges; what goes back or branches is said in words and reported."""

from __future__ import annotations

from pathlib import Path

from ergos.app.importing.agent_spec_flow import Components, flow_text, placeholders
from ergos.app.importing.recognise import imported
from ergos.app.importing.remarks import Findings

from . import samples
from .test_recognise import NOW_NS, codes


def test_a_flow_is_told_in_order_with_its_branches(tmp_path: Path) -> None:
    found = imported(samples.put(tmp_path / "flow.yaml", samples.FLOW), NOW_NS)
    review = found.agents[0]
    lines = review.instructions.splitlines()
    assert [line for line in lines if line[:1].isdigit()] == [
        "1. Start (StartNode)",
        "2. Generate (LlmNode)",
        "3. Look up (ToolNode): call search",
        "4. Ask reviewer (AgentNode): let Reviewer do it",
        "5. Ready? (BranchingNode): by its input yes -> yes, no -> no",
        "6. Publish (FlowNode)",
        "7. End (EndNode)",
    ]
    assert "   Then on 'no': go to 2." in lines
    assert "   2. Say (OutputMessageNode)" in lines
    assert [one.name for one in review.team] == ["Reviewer"]
    assert "finder.search" in {grant.name for grant in review.grants}
    assert found.servers[0].env == {"FINDER_KEY": "secret:finder-key"}
    assert any(one.code == "I701" and one.what == "Lost" for one in found.remarks)
    assert {"I702", "I701", "I601"} <= codes(found)


def test_a_flow_within_itself_ends() -> None:
    value = {"component_type": "Flow", "id": "f", "name": "f", "nodes": [
        {"component_type": "FlowNode", "id": "n", "name": "n", "subflow": {"$component_ref": "f"}}]}  # fmt: skip
    components = Components(value, Findings())
    assert flow_text(components.tops(("Flow",))[0], Findings()).text.count("FlowNode") == 9


def test_an_input_is_filled_by_its_default_only() -> None:
    value = {"component_type": "Agent", "inputs": [{"title": "a", "default": "x"}, {"title": "n", "default": 3}, "odd"]}
    one = Components(value, Findings()).tops(())[0]
    assert placeholders("{{a}} {{ n }} {{b}}", one, Findings()) == "x 3 {{b}}"


def test_what_a_node_takes_from_another_is_said(tmp_path: Path) -> None:
    text = """
component_type: Flow
agentspec_version: 25.4.1
id: f
name: lookup
start_node: {$component_ref: s}
nodes: [{$component_ref: s}, {$component_ref: t}]
control_flow_connections:
- {component_type: ControlFlowEdge, id: c, name: c, from_node: {$component_ref: s}, to_node: {$component_ref: t}}
data_flow_connections:
- {component_type: DataFlowEdge, id: d, name: d, source_node: {$component_ref: s}, source_output: place,
   destination_node: {$component_ref: t}, destination_input: city}
$referenced_components:
  s: {component_type: StartNode, id: s, name: start}
  t: {component_type: LlmNode, id: t, name: ask, prompt_template: "The weather in {{city}}?"}
"""
    path = tmp_path / "flow.yaml"
    path.write_text(text)
    assert "city of 2 is place of 1." in imported(path, NOW_NS).agents[0].instructions.splitlines()
