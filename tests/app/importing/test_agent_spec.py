"""Open Agent Spec: references are resolved within the document, teams are led, tools elsewhere are described."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ergos.app.importing.recognise import imported
from ergos.app.importing.shape import Imported

from . import samples
from .test_recognise import NOW_NS, codes


@pytest.fixture
def found(tmp_path: Path) -> Imported:
    return imported(samples.saved(tmp_path / "spec.json", samples.AGENT_SPEC), NOW_NS)


def test_the_manager_leads_its_workers(found: Imported) -> None:
    lead = found.agents[0]
    assert (lead.name, [one.name for one in lead.team]) == ("Service-Manager", ["Refund"])
    assert lead.team[0].instructions == "Refund.\n\nBe quick."


def test_defaults_fill_a_prompt_and_inputs_without_one_are_named(found: Imported) -> None:
    assert found.agents[0].instructions == "Serve ACME well, by {{policy}}."
    assert any(one.code == "I109" and one.what == "the input policy" for one in found.remarks)


def test_remote_tools_are_bounded_by_their_host_and_method(found: Imported) -> None:
    lead = {grant.name: grant for grant in found.agents[0].grants}
    fetch = lead["http.fetch"].args
    assert fetch is not None
    assert fetch["url"].values == ("api.example.com",)
    send = {grant.name: grant for grant in found.agents[0].team[0].grants}["http.send"].args
    assert send is not None
    assert send["url"].values == ("pay.example.com",)
    assert {"payslip-server.get_payslip", "payslip-server.list_payslips"} <= set(lead)


def test_tools_whose_code_is_elsewhere_are_described_and_not_granted(found: Imported) -> None:
    refund = found.agents[0].team[0]
    draft = refund.drafts[0]
    assert draft.name == "Check-refund.json.draft"
    assert json.loads(draft.text)["inputs"] == [{"title": "order", "type": "string"}]
    assert not any("refund" in grant.name.lower() for grant in refund.grants)


def test_what_points_elsewhere_or_nowhere_is_named(found: Imported) -> None:
    said = {(one.code, one.what) for one in found.remarks}
    assert ("I109", "gone") in said
    assert ("I108", "https://elsewhere.example/agent.yaml") in said
    assert ("I108", "far") in said
    assert ("I201", "Invented odd") in said
    assert ("I101", "later_field") in said
    assert ("I401", "api_key") in said
    assert ("I401", "X-Key") in said


def test_a_component_that_contains_itself_is_cut(tmp_path: Path) -> None:
    value = {
        "component_type": "ManagerWorkers", "id": "m", "name": "m", "agentspec_version": "25.4.1",
        "group_manager": {"component_type": "Agent", "id": "a", "name": "a", "system_prompt": "x"},
        "workers": [{"$component_ref": "m"}, {"$component_ref": "a"}],
    }  # fmt: skip
    found = imported(samples.saved(tmp_path / "x.json", value), NOW_NS)
    assert "I110" in codes(found)


def test_a_swarm_is_led_by_its_first_agent(tmp_path: Path) -> None:
    def one(name: str) -> dict[str, str]:
        return {"component_type": "Agent", "id": name, "name": name, "system_prompt": name}

    refs = {name: {"$component_ref": name} for name in "abc"}
    value = {
        "component_type": "Swarm", "id": "s", "name": "s", "agentspec_version": "25.4.2", "first_agent": one("a"),
        "relationships": [[refs["a"], one("b")], [refs["b"], refs["a"]], [refs["b"], one("c")]],
    }  # fmt: skip
    found = imported(samples.saved(tmp_path / "x.json", value), NOW_NS)
    assert [member.name for member in found.agents[0].team] == ["b", "c"]
    assert "I701" in codes(found)


def test_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    value = {"component_type": "Agent", "name": "x", "system_prompt": "hi", "agentspec_version": "99.1.0"}
    found = imported(samples.saved(tmp_path / "x.json", value), NOW_NS)
    assert "I107" in codes(found)


def test_a_document_that_only_holds_components_gives_those_nobody_refers_to(tmp_path: Path) -> None:
    value = {"agentspec_version": "25.4.1", "$referenced_components": {
        "a": {"component_type": "Agent", "id": "a", "name": "a", "system_prompt": "x", "llm_config": {"$component_ref": "l"}},
        "l": {"component_type": "OpenAiConfig", "id": "l", "name": "l", "model_id": "m"},
    }}  # fmt: skip
    assert [one.name for one in imported(samples.saved(tmp_path / "x.json", value), NOW_NS).agents] == ["a"]
