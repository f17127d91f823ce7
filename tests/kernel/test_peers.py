"""What an owner says of peers: who may use what."""

from __future__ import annotations

import pytest

from ergos.kernel.peers import PeerSettings, covers


def test_a_peer_without_a_token_of_its_own_may_use_nothing():
    assert not PeerSettings(name="acme", url="https://x.example").may_use("news")


def test_a_peer_may_use_the_agents_it_was_given_and_no_other():
    anyone = PeerSettings(name="acme", accepts="secret:a")
    one = PeerSettings(name="acme", accepts="secret:a", agents=("news",))
    assert anyone.may_use("news")
    assert anyone.may_use("shop")
    assert one.may_use("news")
    assert not one.may_use("news2")


@pytest.mark.parametrize(
    ("grants", "tool", "may"),
    [
        (None, "files.read", True),
        ((), "files.read", False),
        (("files.read",), "files.read", True),
        (("files.read",), "files.read2", False),
        (("files.*",), "files.read", True),
        (("files.*",), "files", False),
        (("files.*",), "filesystem.read", False),
    ],
)
def test_its_tasks_may_call_the_tools_it_was_given_and_no_other(grants: tuple[str, ...] | None, tool: str, may: bool):
    assert PeerSettings(name="acme", accepts="secret:a", grants=grants).may_call(tool) is may


def test_a_pattern_is_a_name_or_a_prefix_by_whole_parts():
    assert covers("a.b", "a.b")
    assert covers("a.*", "a.b.c")
    assert not covers("a*", "ab")
    assert not covers("*", "ab")


def test_another_address_is_another_peer():
    assert (
        PeerSettings(name="a", url="https://x.example").identity
        != PeerSettings(name="a", url="https://y.example").identity
    )
