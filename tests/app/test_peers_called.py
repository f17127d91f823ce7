"""The peers of a home are put together only if there is one to call."""

from __future__ import annotations

from pathlib import Path

from ergos.app.peers_called import called_peers, delegations_of
from ergos.drivers.host import FileSigner, HostClock
from ergos.kernel.delegation import Delegated
from ergos.kernel.egress import EgressRecord
from ergos.kernel.mounts import Pin, ToolDefinition
from ergos.kernel.peers import PeerSettings
from ergos.runtime.settings import Settings, read_settings
from tests.buses.a2a.host.stage import Secrets, errand, plain_card


def settings(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "settings.toml").write_text(text)
    return read_settings({"ERGOS_OWNER": "maria"}, home=tmp_path)


def nothing(record: EgressRecord, pid: int) -> None:
    raise AssertionError((record, pid))


def test_a_home_without_a_peer_to_call_has_none(tmp_path: Path):
    found = settings(tmp_path, '[a2a.peers.caller]\naccepts = "secret:c"')
    assert called_peers(found, FileSigner(tmp_path / "key"), HostClock(), Secrets(), nothing) is None


def test_a_peers_tools_are_there_once_its_card_is_approved(tmp_path: Path):
    found = settings(tmp_path, '[a2a.peers.acme]\nurl = "https://acme.example"')
    peers = called_peers(found, FileSigner(tmp_path / "key"), HostClock(), Secrets(), nothing)
    assert peers is not None
    assert peers.named("peers.acme")
    assert not peers.named("acme")
    card = ToolDefinition(name="card", annotations={"card": plain_card("https://acme.example/rpc")})
    identity = PeerSettings(name="acme", url="https://acme.example").identity
    peers.approve("peers.acme", Pin(server="peers.acme", identity=identity, tools=(card,)))
    assert "peers.acme.ask" in peers.names()
    assert peers.kill() == 0


def test_the_tokens_of_a_home_follow_from_its_key(tmp_path: Path):
    found = settings(
        tmp_path,
        '[a2a.peers.acme]\nurl = "https://acme.example"\ndelegates = ["news"]\n[a2a.peers.acme.budget]\ntokens_per_task = 9',
    )
    signer = FileSigner(tmp_path / "key")
    given = delegations_of(found, signer, HostClock()).for_ask(found.a2a.peers["acme"], errand())
    assert given is not None
    assert isinstance(delegations_of(found, signer, HostClock()).verify(str(given["token"])), Delegated)
