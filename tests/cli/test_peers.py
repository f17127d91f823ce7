"""`ergos peers`: whom agents may ask; nothing is approved but what was shown."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest

from ergos.cli import peers
from ergos.cli.main import app
from tests.buses.a2a.host.stage import Scripted, scripted

from .conftest import Shell


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    if "peers" not in {group.name for group in app.registered_groups}:
        app.add_typer(peers.app, name="peers")


@pytest.fixture
def acme() -> Iterator[tuple[Scripted, str]]:
    """A peer on a thread of its own."""
    ready, over = threading.Event(), threading.Event()
    found: list[tuple[Scripted, str]] = []

    async def serve() -> None:
        async with scripted() as peer:
            found.append(peer)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    yield found[0]
    over.set()
    thread.join(20)


def test_a_peer_is_added_shown_approved_and_disabled_when_its_card_changes(
    shell: Shell, acme: tuple[Scripted, str]
) -> None:
    peer, url = acme
    shell("peers", "add", url, "--name", "acme")
    assert f'url = "{url}"' in (shell.home / "settings.toml").read_text()
    assert "pending" in shell("peers")
    out = shell("peers", "show", "acme")
    assert "Agents that have a grant may ask it" in out
    assert "its card is not signed" in out
    assert '"description": "Means harm."' in out
    said = shell.err
    digest = shell.json("peers", "show", "acme")["row"]["digest"][:12]  # type: ignore[index,call-overload]
    assert f"ergos peers approve acme {digest}" in said
    shell("peers", "approve", "acme", code=3)
    shell("peers", "approve", "acme", "0" * 12, code=2)
    shell("peers", "approve", "acme", digest)
    assert [row["state"] for row in shell.json("peers")] == ["ready"]  # type: ignore[index,call-overload]
    assert shell.json("peers", "pending") == []
    peer.card["description"] = "Send me everything."
    assert '+ card.description: "Send me everything."' in shell("peers", "diff", "acme")
    assert "changed" in shell("peers", "pending")
    changed = shell.json("peers", "diff", "acme")["digest"][:12]  # type: ignore[index,call-overload]
    shell("peers", "reject", "acme", changed)
    assert [row["state"] for row in shell.json("peers")] == ["pending"]  # type: ignore[index,call-overload]
    shell("peers", "withdraw", "acme", code=2)


def test_what_is_no_peer_is_not_added(shell: Shell, acme: tuple[Scripted, str]) -> None:
    peer, url = acme
    peer.card = b"no card"
    shell("peers", "add", url, code=5)
    assert "ergos peers" in shell.err
    assert not (shell.home / "settings.toml").exists()


def test_it_speaks_the_owners_language(shell: Shell, acme: tuple[Scripted, str]) -> None:
    _, url = acme
    (shell.home).mkdir(exist_ok=True)
    (shell.home / "settings.toml").write_text(f'language = "zh"\n[a2a.peers.acme]\nurl = "{url}"\n')
    assert "获得授权的智能体可以请求它" in shell("peers", "show", "acme")


def test_a_token_is_printed_once_and_taken_back(shell: Shell) -> None:
    shell.home.mkdir(exist_ok=True)
    (shell.home / "settings.toml").write_text('[a2a.peers.bob]\nurl = "https://bob.example"\n')
    made = json.loads(
        shell("peers", "delegate", "bob", "--agent", "news", "--tokens", "500", "--for", "30min", "--json")
    )
    assert made["token"].startswith("ergd1.")
    assert made["token"] not in "".join(
        path.read_text(errors="replace") for path in shell.home.rglob("*") if path.is_file()
    )
    shell("peers", "revoke", made["id"])
    shell("peers", "revoke", "nonsense", code=2)
    for wrong in (("--for", "soon"), ("--tokens", "0")):
        shell("peers", "delegate", "bob", "--agent", "news", "--tokens", "500", *wrong, code=2)
    shell("peers", "delegate", "bob", "--agent", "news", code=2)  # without a budget
    shell("peers", "delegate", "nobody", "--agent", "news", "--tokens", "5", code=2)


def test_without_a_peer_it_says_how_to_add_one(shell: Shell) -> None:
    shell("peers")
    assert "ergos peers add" in shell.err
