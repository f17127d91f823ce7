"""Drafts are plain data."""

from __future__ import annotations

from ergos.app.importing.shape import Incoming, members


def test_everybody_below_an_agent_is_listed_leader_first() -> None:
    inner = Incoming(name="c")
    lead = Incoming(name="a", team=(Incoming(name="b", team=(inner,)), inner))
    assert [one.name for one in members(lead)] == ["a", "b", "c", "c"]
