"""Tokens of an owner's clients."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ergos.app.home import Home
from ergos.base.errors import ErgosError, SettingsError
from ergos.drivers.host import HostEntropy
from ergos.server.mcp_tokens import TOKENS_MAX, OwnerTokens
from tests.server.owners import Standing, home_in, stand


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


def test_a_revoked_token_opens_nothing(home: Home):
    async def scenario(standing: Standing) -> None:
        assert (await standing.plain.ask("tools/list"))[0] == 200
        assert OwnerTokens(standing.home.folder).revoke("laptop")
        assert (await standing.plain.ask("tools/list"))[0] == 401

    stand(home, scenario)


def test_tokens_are_bounded_named_and_kept_as_digests(tmp_path: Path) -> None:
    tokens = OwnerTokens(tmp_path)
    made = [tokens.make(f"client{number}", HostEntropy()) for number in range(TOKENS_MAX)]
    assert len(set(made)) == TOKENS_MAX
    assert tokens.clients() == tuple(sorted(f"client{number}" for number in range(TOKENS_MAX)))
    assert [tokens.client_of(token) for token in made[:3]] == ["client0", "client1", "client2"]
    with pytest.raises(SettingsError):
        tokens.make("another", HostEntropy())
    with pytest.raises(ErgosError):
        tokens.make("../up", HostEntropy())
    for none in ("", "ergosowner-", f"ergosowner-{'0' * 64}", made[0].upper(), made[0] + " "):
        assert tokens.client_of(none) == ""
    (tmp_path / "mcp-tokens.json").write_text("[]")
    with pytest.raises(SettingsError):
        tokens.client_of(made[0])


def test_makers_at_once_lose_nothing(tmp_path: Path) -> None:
    made: list[str] = []

    def make(number: int) -> None:
        made.append(OwnerTokens(tmp_path).make(f"c{number}", HostEntropy()))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(OwnerTokens(tmp_path).clients()) == 12
    assert all(OwnerTokens(tmp_path).client_of(token) for token in made)


def test_a_pipe_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mcp-tokens.json")
    with pytest.raises(SettingsError):
        OwnerTokens(tmp_path).clients()
