"""Tokens of a home: what they are given for, what they let in, what takes them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ergos.app.peers_delegation import FILE, Delegations, Let, delegation_key
from ergos.base.clock import SECOND
from ergos.base.errors import UsageError, WorldError
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.drivers.host import FileSigner
from ergos.kernel.delegation import Delegated, Narrowing, Refused, narrow, verify
from ergos.kernel.packages import Errand
from ergos.kernel.peers import NO_CEILING, A2aSettings, PeerBudget, PeerSettings

KEY = b"k" * 32
NOW = 10**18
PEER = PeerSettings(
    name="bob", url="https://bob.example", delegates=("news",), grants=("files.*",), budget=PeerBudget(task=Amount(500, 1_000))
)  # fmt: skip


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at_ns = NOW

    def now_ns(self) -> int:
        """The time."""
        return self.at_ns


def errand(key: str = "k1", owner: str = "alice") -> Errand:
    return Errand(pid=Pid(1), owner=owner, agent="a", idempotency_key=key, deadline_ns=NOW + 60 * SECOND, now_ns=NOW)


def made(folder: Path, clock: Clock | None = None, peers: dict[str, PeerSettings] | None = None) -> Delegations:
    found = {"bob": PEER} if peers is None else peers
    return Delegations(A2aSettings(peers=found), folder, "alice", KEY, clock or Clock())


def token_of(delegations: Delegations, **more: Any) -> str:
    found = delegations.for_ask(PEER, errand(**more))
    assert found is not None
    return str(found["token"])


def test_a_request_carries_a_token_for_that_peer_these_agents_and_this_budget(tmp_path: Path):
    delegations = made(tmp_path)
    found = delegations.verify(token_of(delegations), presenter="bob")
    assert isinstance(found, Delegated)
    assert (found.audience, found.agents, found.tools, found.budget, found.tasks, found.owner) == (
        "bob", ("news",), ("files.*",), Amount(500, 1_000), 1, "alice",
    )  # fmt: skip


def test_the_token_of_a_repeated_request_is_the_same_and_that_of_another_is_not(tmp_path: Path):
    delegations = made(tmp_path)
    ids = [getattr(delegations.verify(token_of(delegations, key=key)), "id", "") for key in ("k1", "k1", "k2")]
    assert ids[0] == ids[1] != ids[2]


def test_who_may_not_call_back_is_given_nothing(tmp_path: Path):
    delegations = made(tmp_path)
    assert delegations.for_ask(PeerSettings(name="bob", url="https://bob.example"), errand()) is None
    assert delegations.for_ask(PEER, errand(owner="mallory")) is None  # its tasks would run as the home's owner


def test_who_comes_in_is_as_narrow_as_the_token(tmp_path: Path):
    delegations = made(tmp_path)
    text = narrow(token_of(delegations), Narrowing(tools=("files.read", "mail.send"), budget=Amount(NO_CEILING, 10)))
    assert isinstance(text, str)
    found = delegations.let_in(text)
    assert isinstance(found, Let)
    peer = found.settings
    assert peer.name.startswith(f"bob.{found.id[:12]}.")
    assert (peer.agents, peer.grants, peer.tasks_max) == (("news",), ("files.read",), 1)
    assert peer.budget == PeerBudget(
        task=Amount(500, 10), day=Amount(500, 10), tasks=1, since_ns=0, shared=f"bob.{found.id[:12]}."
    )
    assert not peer.may_call("mail.send")


def test_every_narrowing_is_a_caller_of_its_own_with_one_purse(tmp_path: Path):
    delegations = made(tmp_path)
    text = token_of(delegations)
    other = narrow(text, Narrowing(tools=()))
    assert isinstance(other, str)
    one, two = delegations.let_in(text), delegations.let_in(other)
    assert isinstance(one, Let)
    assert isinstance(two, Let)
    assert one.settings.name != two.settings.name
    assert one.settings.budget.shared == two.settings.budget.shared
    assert (one.settings.grants, two.settings.grants) == (("files.*",), ())


def test_what_the_settings_take_away_no_token_gives_back(tmp_path: Path):
    text = token_of(made(tmp_path))
    narrower = PeerSettings(name="bob", url="https://bob.example", grants=("files.read",))
    found = made(tmp_path, peers={"bob": narrower}).let_in(text)
    assert isinstance(found, Let)
    assert found.settings.grants == ("files.read",)
    assert made(tmp_path, peers={}).let_in(text) == Refused("audience", "its peer is none of this home any more")


def test_an_expired_token_lets_nobody_in(tmp_path: Path):
    clock = Clock()
    delegations = made(tmp_path, clock)
    text = token_of(delegations)
    clock.at_ns += 119 * SECOND
    assert isinstance(delegations.let_in(text), Let)
    clock.at_ns += SECOND
    found = delegations.let_in(text)
    assert isinstance(found, Refused)
    assert found.kind == "expired"


def test_a_revoked_token_and_all_that_were_made_of_it_let_nobody_in(tmp_path: Path):
    delegations = made(tmp_path)
    text, other = token_of(delegations), token_of(delegations, key="k2")
    longer = narrow(text, Narrowing(tasks=1))
    assert isinstance(longer, str)
    id_ = delegations.revoke(longer)
    for one in (text, longer):
        found = made(tmp_path).let_in(one)  # another process of the same home
        assert isinstance(found, Refused)
        assert found.kind == "revoked"
    assert isinstance(delegations.let_in(other), Let)
    assert delegations.revoke(id_) == id_


def test_what_is_revoked_is_forgotten_once_it_would_have_expired(tmp_path: Path):
    clock = Clock()
    delegations = made(tmp_path, clock)
    delegations.revoke("a" * 24)
    clock.at_ns += 32 * 24 * 3600 * SECOND
    delegations.revoke("b" * 24)
    assert "a" * 24 not in (tmp_path / FILE).read_text()


def test_a_list_that_cannot_be_read_lets_nobody_in(tmp_path: Path):
    delegations = made(tmp_path)
    text = token_of(delegations)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(WorldError, match="cannot be read"):
        delegations.let_in(text)


def bounds(**more: Any) -> Narrowing:
    said: dict[str, Any] = {
        "audience": "bob", "agents": ("news",), "budget": Amount(NO_CEILING, 5), "tasks": 1, "expires_ns": NOW + SECOND, "depth": 0,
    }  # fmt: skip
    return Narrowing(**{**said, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"audience": "nobody"},
        {"audience": None},
        {"expires_ns": NOW},
        {"expires_ns": None},
        {"expires_ns": NOW + 40 * 24 * 3600 * SECOND},
        {"budget": None},
        {"budget": Amount(NO_CEILING, NO_CEILING)},
        {"budget": Amount(0, 5)},
        {"tasks": 0},
        {"tasks": None},
        {"depth": None},
        {"agents": ()},
    ],
)
def test_a_token_without_bounds_is_given_to_nobody(tmp_path: Path, more: dict[str, Any]):
    with pytest.raises(UsageError):
        made(tmp_path).issue(bounds(**more), id_="a" * 24)
    assert made(tmp_path).issue(bounds(), id_="a" * 24)


@pytest.mark.parametrize("shown", ["", "x", "ergd1.e30", "A" * 24])
def test_only_a_token_or_its_id_is_taken_back(tmp_path: Path, shown: str):
    with pytest.raises(UsageError):
        made(tmp_path).revoke(shown)


def test_the_secret_is_the_homes_own(tmp_path: Path):
    first, second = FileSigner(tmp_path / "a"), FileSigner(tmp_path / "b")
    assert delegation_key(first) == delegation_key(FileSigner(tmp_path / "a"))
    assert delegation_key(first) != delegation_key(second)
    text = token_of(made(tmp_path))
    assert isinstance(verify(text, KEY, NOW), Delegated)
