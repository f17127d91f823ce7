"""Where a peer may lead, and how much it may send."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import EgressRefusedError
from ergos.base.world_errors import BusError
from ergos.buses.a2a.host.card import fetched
from ergos.buses.a2a.host.web import (
    CALL_BYTES_MAX,
    REPLY_BYTES_MAX,
    STRUCTURE_MAX,
    Meter,
    SystemTrust,
    Wire,
    permitted,
    stray,
)
from ergos.drivers.host import HostClock
from ergos.drivers.http.asgi import serve_asgi
from ergos.drivers.http.server import HttpServer
from ergos.kernel.egress import EgressRecord
from ergos.kernel.peers import PeerSettings
from tests.buses.a2a.host.stage import Scripted
from tests.drivers.http.certificates import certified

PUBLIC = PeerSettings(name="acme", url="https://agents.acme.example")
PRIVATE = PeerSettings(name="acme", url="https://agents.acme.example", addresses=("10.1.2.3",))
NEAR = PeerSettings(name="acme", url="http://127.0.0.1:8000")
LOCAL = PeerSettings(name="acme", url="http://localhost:8000")


@pytest.mark.parametrize(
    ("peer", "host", "address"),
    [
        (PUBLIC, "agents.acme.example", "93.184.216.34"),
        (PUBLIC, "other.example", "93.184.216.34"),
        (PRIVATE, "agents.acme.example", "10.1.2.3"),
        (NEAR, "127.0.0.1", "127.0.0.1"),
        (LOCAL, "localhost", "127.0.0.1"),
        (LOCAL, "localhost", "::1"),
    ],
)
def test_what_the_owner_named_and_what_is_public_is_dialled(peer: PeerSettings, host: str, address: str):
    assert permitted(host, [address, address], peer) == [address]


@pytest.mark.parametrize(
    ("peer", "host", "address"),
    [
        (PUBLIC, "agents.acme.example", "127.0.0.1"),
        (PUBLIC, "agents.acme.example", "169.254.169.254"),
        (PUBLIC, "agents.acme.example", "10.1.2.3"),
        (PUBLIC, "agents.acme.example", "::1"),
        (PUBLIC, "agents.acme.example", "::ffff:169.254.169.254"),
        (PUBLIC, "agents.acme.example", "fe80::1%eth0"),
        (PUBLIC, "agents.acme.example", "nonsense"),
        (PRIVATE, "agents.acme.example", "10.1.2.4"),
        (PRIVATE, "other.example", "10.1.2.3"),
        (NEAR, "other.example", "127.0.0.1"),
        (LOCAL, "localhost", "10.0.0.1"),
    ],
)
def test_a_name_that_leads_inside_is_not_dialled(peer: PeerSettings, host: str, address: str):
    with pytest.raises(EgressRefusedError):
        permitted(host, [address], peer)
    with pytest.raises(EgressRefusedError):
        permitted(host, ["93.184.216.34", address], peer)


def test_a_name_without_an_address_is_not_dialled():
    with pytest.raises(EgressRefusedError, match="no address"):
        permitted("agents.acme.example", [], PUBLIC)


@pytest.mark.parametrize(
    ("peer", "url", "may"),
    [
        (PUBLIC, "https://agents.acme.example/a2a", True),
        (PUBLIC, "https://other.example/a2a", True),
        (PUBLIC, "https://other.example:8443/a2a", True),
        (PUBLIC, "http://other.example/a2a", False),
        (PUBLIC, "http://agents.acme.example/a2a", False),
        (PUBLIC, "https://127.0.0.1/a2a", False),
        (PUBLIC, "https://[::1]/a2a", False),
        (PUBLIC, "https://169.254.169.254/a2a", False),
        (PUBLIC, "https://0x7f000001/a2a", False),
        (PUBLIC, "https://u:p@other.example/a2a", False),
        (PUBLIC, "file:///etc/passwd", False),
        (PUBLIC, "", False),
        (PUBLIC, "https://[", False),
        (PUBLIC, "https://u:p@agents.acme.example/a2a", False),
        (PUBLIC, "https://agents.acme.example\\@evil.example/a2a", False),
        (PUBLIC, "https://agents.acme.example /a2a", False),
        (PUBLIC, "https://agents.acme.éxample/a2a", False),
        (NEAR, "http://127.0.0.1:8000/a2a", True),
        (NEAR, "http://127.0.0.1:6379/", False),
        (NEAR, "https://other.example/a2a", False),
        (PRIVATE, "https://agents.acme.example/x", True),
        (PRIVATE, "https://agents.acme.example:8443/x", False),
    ],
)
def test_a_place_that_a_stranger_named_is_judged(peer: PeerSettings, url: str, may: bool):
    assert (stray(url, peer) == "") is may


def test_a_reply_has_an_end():
    meter = Meter("acme")
    meter.took(b"x" * REPLY_BYTES_MAX)
    with pytest.raises(BusError, match="more than"):
        meter.took(b"x")
    assert meter.fault is not None


def test_a_call_has_an_end_however_many_replies_it_has():
    meter = Meter("acme")
    for _ in range(CALL_BYTES_MAX // REPLY_BYTES_MAX):
        meter.begin()
        meter.took(b"x" * REPLY_BYTES_MAX)
    meter.begin()
    with pytest.raises(BusError, match="course of one call"):
        meter.took(b"x")


def test_a_reply_of_brackets_has_an_end_and_events_count_for_themselves():
    meter = Meter("acme")
    with pytest.raises(BusError, match="brackets"):
        meter.took(b"[" * (STRUCTURE_MAX + 1))
    meter.begin()
    meter.events = True
    for _ in range(3):
        meter.took(b"[" * STRUCTURE_MAX + b"\n\n")
    meter.took(b"[" * STRUCTURE_MAX)
    with pytest.raises(BusError, match="brackets"):
        meter.took(b"[")


def test_tls_is_spoken_with_whom_this_machine_trusts_and_nobody_else(tmp_path: Path):
    key, certificate = certified(tmp_path)
    served, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    served.load_cert_chain(certificate, key)
    trusting.load_verify_locations(certificate)
    records: list[EgressRecord] = []

    async def test() -> None:
        made: list[Scripted] = []

        async def handle(request: Any, reply: Any) -> None:
            await serve_asgi(made[0], request, reply)

        server = HttpServer(handle)
        port = await server.start("127.0.0.1", tls=served)
        made.append(Scripted(f"https://localhost:{port}"))
        peer = PeerSettings(name="acme", url=f"https://localhost:{port}")
        try:
            found = await fetched(peer, Wire(HostClock(), records.append, lambda: trusting))
            assert found.title == "hostile"
            for url, trust in (
                (peer.url, SystemTrust()),
                (f"https://127.0.0.1:{port}", lambda: trusting),
            ):  # another name than the certificate's
                other = PeerSettings(name="acme", url=url)
                with pytest.raises(BusError, match="ConnectError"):
                    await fetched(other, Wire(HostClock(), records.append, trust))
        finally:
            await server.stop()

    asyncio.run(test())
    assert [(one.status, one.refusal) for one in records] == [(200, ""), (0, "ConnectError"), (0, "ConnectError")]


def test_what_is_trusted_is_read_once():
    trust = SystemTrust()
    assert trust() is trust()
