"""Roles include each other as they are said to; an agent's includes nothing."""

from __future__ import annotations

import itertools

from ergos.app.access.roles import Principal, Role, person

ROLES: tuple[Role, ...] = ("viewer", "operator", "owner")


def test_roles_are_a_ladder_and_an_agent_stands_beside_it() -> None:
    for higher, lower in itertools.product(range(3), range(3)):
        who = person("a", ROLES[higher], "a", keeper_of="a")
        assert who.at_least(ROLES[lower]) == (higher >= lower)
    agent = Principal(name="agent", role="agent", owner="a")
    assert not any(agent.at_least(role) for role in (*ROLES, "agent"))
    assert person("a", "viewer", "a", keeper_of="a").at_least("agent")


def test_only_who_sees_the_things_of_the_homes_owner_is_its_keeper() -> None:
    assert person("eve", "viewer", "alice", keeper_of="alice").keeper
    assert not person("alice", "owner", "bob", keeper_of="alice").keeper
    assert not Principal(name="alice", role="owner", owner="alice").keeper
    assert not person("a", "owner", "a", keeper_of="a").fresh
