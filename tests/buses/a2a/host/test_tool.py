"""The tools of a peer, as the policy sees them."""

from __future__ import annotations

from ergos.base.money import FREE, Price
from ergos.buses.a2a.host.terms import Interface, Terms
from ergos.buses.a2a.host.tool import GRACE_S, VERBS, PeerTool, spec_of
from ergos.kernel.mounts import ToolDefinition
from ergos.kernel.peers import PeerSettings
from ergos.kernel.permission.policy import Proposal, role_of

PEER = PeerSettings(name="acme", url="https://acme.example", deadline_s=40)
TERMS = Terms(interface=Interface("https://acme.example", "JSONRPC", "1.0"), summary="Sells.", price=700)


def test_a_question_leaves_for_others_and_its_words_are_judged():
    spec = spec_of("ask", PEER, TERMS)
    assert (spec.name, spec.goes, spec.effect, spec.queue) == ("peers.acme.ask", "others", "reconcilable", "a2a.acme")
    assert spec.deadline_s == 40 + GRACE_S
    assert not spec.trusted
    said = Proposal(agent="a", verb="act", name=spec.name, args={}, label=None, reach=spec.goes, roles=spec.roles)  # type: ignore[arg-type]
    assert {argument: role_of(said, argument) for argument in ("message", "data", "task", "wait_s")} == {
        "message": "text", "data": "text", "task": "plain", "wait_s": "plain",
    }  # fmt: skip


def test_a_look_changes_nothing_and_a_cancellation_may_be_repeated():
    assert (spec_of("look", PEER, TERMS).effect, spec_of("look", PEER, TERMS).goes) == ("pure", "read")
    assert (spec_of("cancel", PEER, TERMS).effect, spec_of("cancel", PEER, TERMS).goes) == ("idempotent", "own")


def test_what_a_message_costs_is_set_aside():
    assert spec_of("ask", PEER, TERMS).price == Price(microusd_per_call=700)
    owner = PeerSettings(name="acme", url="https://acme.example", price=900)
    assert spec_of("ask", owner, TERMS).price == Price(microusd_per_call=900)
    assert spec_of("look", owner, TERMS).price == FREE


def test_another_card_address_or_setting_is_another_tool():
    digests = {
        PeerTool("ask", peer, TERMS, ToolDefinition(name="card", description=said), None).digest  # type: ignore[arg-type]
        for peer in (PEER, PeerSettings(name="acme", url="https://b.example"), PeerSettings(name="acme", url=PEER.url, trusted=True))
        for said in ("a", "b")
    }  # fmt: skip
    assert len(digests) == 6


def test_every_tool_says_what_it_takes():
    for verb in VERBS:
        tool = PeerTool(verb, PEER, TERMS, ToolDefinition(name="card"), None)  # type: ignore[arg-type]
        assert "no 'x'" in tool.misfit({"x": 1})
    ask = PeerTool("ask", PEER, TERMS, ToolDefinition(name="card"), None)  # type: ignore[arg-type]
    assert ask.misfit({"message": "x", "data": {"n": [1]}, "wait_s": 2}) == ""
    look = PeerTool("look", PEER, TERMS, ToolDefinition(name="card"), None)  # type: ignore[arg-type]
    assert "needs" in look.misfit({})
