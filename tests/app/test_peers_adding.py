"""A peer is put into settings.toml without harm to what stands there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.peers_adding import added, card_at, name_for, settings_for
from ergos.base.errors import SettingsError
from ergos.drivers.host import HostClock
from ergos.kernel.peers import PeerSettings
from ergos.runtime.peer_settings import peer_settings
from ergos.runtime.settings import read_settings
from tests.buses.a2a.host.stage import run, scripted


def test_a_peer_is_appended_and_the_rest_stays(tmp_path: Path):
    before = '# mine\nowner = "maria"\n[a2a.peers.old]\nurl = "https://old.example"'
    (tmp_path / "settings.toml").write_text(before)
    path = added(tmp_path, "acme", "https://acme.example", "acme", ("10.1.2.3",))
    assert path.read_text().startswith(before)
    found = read_settings({}, home=tmp_path)
    assert found.owner == "maria"
    assert found.a2a.peers["acme"] == PeerSettings(
        name="acme", url="https://acme.example", token="acme", addresses=("10.1.2.3",)
    )
    assert "old" in found.a2a.peers


def test_a_home_without_settings_gets_some(tmp_path: Path):
    added(tmp_path, "acme", "https://acme.example", "")
    assert read_settings({}, home=tmp_path).a2a.peers["acme"].url == "https://acme.example"


@pytest.mark.parametrize(
    ("name", "url", "before"),
    [
        ("acme", "http://acme.example", ""),
        ("acme", 'https://acme.example"\n[tools]', ""),
        ("A b", "https://acme.example", ""),
        ("acme", "https://acme.example", '[a2a.peers.acme]\nurl = "https://x.example"'),
        ("acme", "https://acme.example", "a2a = { peers = {} }"),
        ("acme", "https://acme.example", "= nonsense"),
    ],
)
def test_what_would_be_no_settings_is_not_written(tmp_path: Path, name: str, url: str, before: str):
    (tmp_path / "settings.toml").write_text(before)
    with pytest.raises(SettingsError):
        added(tmp_path, name, url, "")
    assert (tmp_path / "settings.toml").read_text() == before


@pytest.mark.parametrize(
    ("url", "title", "taken", "name"),
    [
        ("https://agents.acme.example", "", (), "acme"),
        ("https://x.example", "Acme News!", (), "acme-news"),
        ("https://x.example", "Acme", ("acme", "acme-2"), "acme-3"),
        ("https://x.example", "新闻", (), "x"),
        ("https://127.0.0.1", "", (), "127"),
    ],
)
def test_a_name_comes_from_the_card_or_the_host(url: str, title: str, taken: tuple[str, ...], name: str):
    assert name_for(url, title, taken) == name


@given(st.text(max_size=60))
def test_whatever_a_card_is_called_the_name_is_one(title: str):
    name = name_for("https://x.example", title, ())
    assert peer_settings({"peers": {name: {"url": "https://x.example"}}}, Path("/s.toml")).peers[name].name == name


def test_a_card_is_read_without_a_kernel(tmp_path: Path):
    async def test() -> None:
        async with scripted() as (_, url):
            found = await card_at(settings_for(tmp_path, "acme", url, ""), HostClock())
            assert found.title == "hostile"
        assert not (tmp_path / "settings.toml").exists()

    run(test)
