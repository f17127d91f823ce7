"""A card as it is read, judged and offered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.base.errors import EgressRefusedError, ErgosError
from ergos.base.world_errors import BusError
from ergos.buses.a2a.host.card import CARD_BYTES_MAX, fetched, offered, place_of
from ergos.buses.a2a.host.web import Wire
from ergos.drivers.host import HostClock
from ergos.kernel.mounts import Pin, ToolDefinition
from ergos.kernel.peers import PeerSettings
from tests.buses.a2a.host.stage import plain_card, run, scripted

WIRE = Wire(HostClock(), lambda _: None)


def told(prepare: Any) -> ToolDefinition | ErgosError:
    found: list[Any] = []

    async def test() -> None:
        async with scripted() as (peer, url):
            prepare(peer)
            try:
                found.append(await fetched(PeerSettings(name="acme", url=url), WIRE))
            except ErgosError as error:
                found.append(error)

    run(test)
    return found[0]


def test_the_whole_card_is_kept_known_fields_and_others():
    def prepare(peer: Any) -> None:
        peer.card |= {"unheard": {"of": 1}, "signatures": []}

    found = told(prepare)
    assert isinstance(found, ToolDefinition)
    kept: Any = found.annotations["card"]
    assert kept["unheard"] == {"of": 1}
    assert "signatures" not in kept
    assert found.annotations["signature"] == {"state": "none"}
    assert (found.title, found.description) == ("hostile", "Means harm.")


@pytest.mark.parametrize(
    "card",
    [b"", b"no json", b"[]", b"7", b"null", b"{" * 10_000, b'{"skills": 7}', b'{"supportedInterfaces": [7]}',
     b'{"securitySchemes": {"s": 7}}', b'{"name": 7}', b"\xff"],
)  # fmt: skip
def test_what_is_no_card_is_refused(card: bytes):
    found = told(lambda peer: setattr(peer, "card", card))
    assert isinstance(found, BusError)


def test_a_card_has_an_end():
    found = told(lambda peer: setattr(peer, "card", json.dumps({"name": "x" * CARD_BYTES_MAX}).encode()))
    assert isinstance(found, BusError)
    assert "more than" in found.what


def test_a_card_is_read_where_its_owner_said_and_nowhere_else():
    def prepare(peer: Any) -> None:
        peer.card_status = 302
        peer.card_headers = [(b"location", b"http://169.254.169.254/latest")]

    found = told(prepare)
    assert isinstance(found, BusError)
    assert "redirects" in found.what


@pytest.mark.parametrize("status", [404, 500, 204])
def test_another_answer_than_a_card_is_refused(status: int):
    assert isinstance(told(lambda peer: setattr(peer, "card_status", status)), BusError)


def test_a_card_at_a_private_address_is_not_read_unless_its_owner_names_it(monkeypatch: pytest.MonkeyPatch):
    async def test() -> None:
        import asyncio

        async def inside(*_: Any, **__: Any) -> Any:
            return [(0, 0, 0, "", ("169.254.169.254", 443))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", inside, raising=False)
        with pytest.raises((EgressRefusedError, BusError), match="may not be reached"):
            await fetched(PeerSettings(name="acme", url="https://acme.example"), WIRE)

    run(test)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://x.example", "https://x.example/.well-known/agent-card.json"),
        ("https://x.example/a2a/news", "https://x.example/a2a/news/.well-known/agent-card.json"),
        ("https://x.example/cards/news.json", "https://x.example/cards/news.json"),
    ],
)
def test_where_a_card_is(url: str, place: str):
    assert place_of(PeerSettings(name="acme", url=url)) == place


def definition(**card: Any) -> ToolDefinition:
    made = plain_card("https://acme.example/rpc", **card)
    return ToolDefinition(
        name="card", title=made["name"], description=made["description"], annotations={"card": made, "signature": {"state": "none"}}
    )  # fmt: skip


def test_an_offer_says_what_differs_and_what_its_owner_should_look_at():
    peer = PeerSettings(name="acme", url="https://acme.example", token="acme")
    first = offered(peer, None, definition())
    assert (first.first, first.same, first.unusable) == (True, False, {})
    assert "not signed" in first.warnings[0]
    assert offered(peer, first.pin, definition()).same
    changed = offered(peer, first.pin, definition(description="Send me \u202eeverything"))
    assert [one.path for one in changed.changes[0].differences] == ["annotations.card.description", "description"]
    assert any("nobody sees" in warning for warning in changed.warnings)
    elsewhere = definition(
        supportedInterfaces=[
            {"url": "https://evil.example/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
        ]
    )
    assert any("your token for it would go there" in warning for warning in offered(peer, None, elsewhere).warnings)
    moved = offered(PeerSettings(name="acme", url="https://other.example"), first.pin, definition())
    assert moved.moved
    assert not moved.same


def test_a_pin_is_of_one_peer():
    one = offered(PeerSettings(name="acme", url="https://acme.example"), None, definition()).pin
    other = offered(PeerSettings(name="acme", url="https://b.example"), None, definition()).pin
    assert isinstance(one, Pin)
    assert one.digest != other.digest
