"""An agent that works for a peer has less than it has for its owner, and never more."""

from __future__ import annotations

from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.bounds import Bounds, handed_on
from ergos.kernel.labels import Label
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, permits
from ergos.kernel.triggers import Topic
from ergos.runtime.narrowing import ceilings, meant_for, permitted, within


def _definition() -> Definition:
    return Definition(
        agent="news",
        program="/news",
        grants=(
            Grant(agent="news", verb="act", name="web.*"),
            Grant(agent="news", verb="act", name="mail.send", ask=True),
            Grant(agent="news", verb="spawn", name="writer"),
            Grant(agent="news", verb="send", name="checker"),
        ),
        caps=Caps(process=Amount(1_000, -1), day=Amount(5, 5)),
        triggers=(Topic(name="t", topic="x"),),
    )


def test_without_bounds_nothing_changes():
    assert within(_definition(), None) == _definition()


def test_tools_ceilings_triggers_and_names_are_within_the_bounds():
    bounds = Bounds(peer="acme", tools=("web.read",), process=Amount(400, 50))
    held = within(_definition(), bounds)
    assert held.agent == "news@acme"
    assert [(grant.verb, grant.name, grant.agent) for grant in held.grants] == [
        ("act", "web.read", "news@acme"), ("spawn", "writer", "news@acme"), ("send", "checker@acme", "news@acme"),
    ]  # fmt: skip
    assert held.caps == Caps(process=Amount(400, 50), day=Amount(5, 5))
    assert held.triggers == ()
    assert held.bounds == bounds
    assert within(held, bounds) == held


def test_a_ceiling_that_is_none_bounds_nothing():
    assert within(_definition(), Bounds(peer="acme", process=Amount(-1, 7))).caps.process == Amount(1_000, 7)
    assert within(_definition(), Bounds(peer="acme")).caps.process == Amount(1_000, -1)


def test_a_confirmed_grant_widens_nothing():
    found = permits(
        [
            Grant(agent="*", verb="act", name="mail.send"),
            Grant(agent="*", verb="act", name="web.read"),
            Grant(agent="*", verb="act", name="*"),
        ]
    )
    assert [one.grant.name for one in permitted(found, Bounds(peer="acme", tools=("web.*",)))] == ["web.read"]
    assert permitted(found, Bounds(peer="acme")) == found
    assert permitted(found, None) == found


def test_what_is_meant_for_certain_readers_is_not_meant_for_a_peer():
    assert meant_for(Label("untrusted"), "acme")
    assert meant_for(Label("trusted", ("acme", "bob")), "acme")
    assert not meant_for(Label("trusted", ("bob",)), "acme")
    assert not meant_for(Label("trusted", ()), "acme")


def test_what_a_process_starts_spends_from_what_it_may():
    bounds = Bounds(peer="acme", process=Amount(5, 5), purse="acme/0", purse_max=Amount(9, -1))
    child = handed_on(bounds, Pid(7))
    assert ceilings(bounds, Pid(7), "alice") == ceilings(child, Pid(8), "alice")
    assert ceilings(handed_on(child, Pid(8)), Pid(9), "alice") == ceilings(bounds, Pid(7), "alice")
    assert [one.key for one in ceilings(bounds, Pid(7), "alice")] == ["task/7", "peer/alice/acme/0"]
    assert ceilings(None, Pid(7), "alice") == ()
    assert handed_on(None, Pid(7)) is None
