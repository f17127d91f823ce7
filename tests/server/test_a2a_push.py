"""Notifications leave for the outside only, and are tried until they are taken or given up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import WorldError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import PushConfig, TaskRefused
from ergos.kernel.peers import PeerSettings
from ergos.server.a2a_index import TaskIndex
from ergos.server.a2a_outbox import Outbox
from ergos.server.a2a_push import NEAR, TRIES, Place, Teller, place_of, rule_for


class Outside:
    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.sent: list[tuple[str, dict[str, str], bytes]] = []

    async def post(self, url: str, headers: dict[str, str], body: bytes, pid: Pid) -> int:
        self.sent.append((url, headers, body))
        status = self.statuses.pop(0) if self.statuses else 200
        if not status:
            raise WorldError("nobody answers")
        return status


class _Machine:
    def __init__(self, clock: ManualClock) -> None:
        self.parts = self
        self.clock = clock


def _tell(tmp_path: Path, outside: Outside, bodies: list[bytes], config: PushConfig, rounds: int = 1) -> Outbox:
    """Send until nothing is due any more, time passing as it must."""
    clock = ManualClock(SECOND)
    index = TaskIndex(tmp_path / "a2a.db")
    outbox = Outbox(index)

    async def played() -> None:
        outbox.put_push(Pid(1), config)
        teller = Teller(cast("Any", _Machine(clock)), outbox, outside)
        teller.due(Pid(1), bodies)
        teller.start()
        for _ in range(rounds * 10):
            await asyncio.sleep(0.01)
            clock.advance(1_000 * SECOND)
            teller._stirred.set()
        await teller.close()

    asyncio.run(played())
    return outbox


def test_what_is_told_carries_what_its_peer_gave(tmp_path: Path):
    outside = Outside()
    config = PushConfig(id="p", url="https://a.example/x", token="mark", scheme="Bearer", credentials="theirs")
    _tell(tmp_path, outside, [b"1", b"2"], config)
    assert [body for _, _, body in outside.sent] == [b"1", b"2"]
    _, headers, _ = outside.sent[0]
    assert headers["authorization"] == "Bearer theirs"
    assert headers["x-a2a-notification-token"] == "mark"


def test_what_is_not_taken_is_tried_again_before_what_follows(tmp_path: Path):
    outside = Outside(500, 0, 302)
    outbox = _tell(tmp_path, outside, [b"1", b"2"], PushConfig(id="p", url="https://a.example/"), 2)
    assert [body for _, _, body in outside.sent] == [b"1"] * 4 + [b"2"]
    assert outbox.due(10) == []


def test_what_is_never_taken_is_given_up(tmp_path: Path):
    outside = Outside(*[500] * TRIES)
    _tell(tmp_path, outside, [b"1", b"2"], PushConfig(id="p", url="https://a.example/"), 3)
    assert [body for _, _, body in outside.sent] == [b"1"] * TRIES + [b"2"]


def test_a_place_that_is_gone_is_not_asked_again(tmp_path: Path):
    outside = Outside(410)
    _tell(tmp_path, outside, [b"1"], PushConfig(id="p", url="https://a.example/"))
    assert len(outside.sent) == 1


@pytest.mark.parametrize(
    ("url", "places", "good"),
    [
        ("https://example.com/x", (), True), ("https://example.com:8443/x", (), True), ("https://example.com:25/x", (), False), ("http://example.com/x", (), False),
        ("https://93.184.216.34/", (), True), ("https://10.1.2.3/", (), False), ("http://localhost:9/x", NEAR, True), ("http://localhost:9/x", (), False),
        ("http://127.0.0.1:9/", NEAR, True), ("http://127.0.0.2:9/", NEAR, False), ("https://inner.example/", (Place("inner.example", ("10.0.0.5",)),), True),
        ("http://inner.example/", (Place("inner.example", ("10.0.0.5",)),), False), ("https://inner.example:9999/", (Place("inner.example", port=443),), True),
    ],
)  # fmt: skip
def test_where_notifications_may_go(url: str, places: tuple[Place, ...], good: bool):
    if not good:
        with pytest.raises(TaskRefused):
            rule_for(url, places)
        return
    rule = rule_for(url, places)
    assert rule.methods == ("POST",)
    assert rule.inject == ()
    assert len(rule.ports) == 1


def test_a_private_address_is_opened_only_where_its_owner_named_it():
    assert not rule_for("https://example.com/", ()).private
    named = rule_for("https://inner.example/", (Place("inner.example", ("10.0.0.5",)),))
    assert named.private
    assert named.addresses == ("10.0.0.5",)
    assert not rule_for("https://inner.example:9999/", (Place("inner.example", port=443),)).private


def test_a_peers_own_address_is_a_place():
    assert place_of(PeerSettings(name="a", url="http://localhost:9000")) == Place(
        "localhost", ("127.0.0.1", "::1"), 9000, plain=True
    )
    assert place_of(PeerSettings(name="a", url="https://a.example/x", addresses=("10.0.0.1",))) == Place(
        "a.example", ("10.0.0.1",), 443
    )
    assert place_of(PeerSettings(name="a", accepts="secret:a")) is None
