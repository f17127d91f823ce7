"""Proposals of servers: what is written, our settings take; secrets are names; what cannot be mounted is said."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ergos.app.importing.remarks import Findings
from ergos.app.importing.servers import Servers, proposed_servers, settings_text
from ergos.app.importing.shape import FolderProposal, ServerProposal
from ergos.runtime.mount_settings import mount_settings
from ergos.runtime.settings import RESERVED


def test_what_is_proposed_is_what_settings_take_and_reads_back_the_same(tmp_path: Path) -> None:
    servers = Servers(Findings())
    servers.add(
        "git",
        "w",
        command="uvx mcp-server-git",
        args=("--path", 'a "b"\n\u2028'),
        env={"A": "1", "B_TOKEN": "abcdefgh12345", "C": None},
    )
    servers.add(
        "web", "w", url="https://mcp.example.com/mcp", headers={"X-Team": "red", "Authorization": "Bearer ${KEY}"}
    )
    text = settings_text(servers.all, (FolderProposal(name="notes", path="~/notes", write=True),), servers.secrets)
    table = tomllib.loads(text)
    mounted = mount_settings(table["mcp"], "s", RESERVED)
    assert set(mounted) == {"git-mcp", "web"}
    assert mounted["git-mcp"].env == {"A": "1", "B_TOKEN": "secret:b-token", "C": "secret:c"}
    assert mounted["web"].headers["Authorization"] == "secret:key"
    assert table["tools"]["files"]["roots"]["notes"] == {"path": "~/notes", "write": True}
    path = tmp_path / "settings.proposed.toml"
    path.write_text(text, encoding="utf-8")
    assert proposed_servers(path) == servers.all


@pytest.mark.parametrize(
    "url",
    [
        "http://far.example/mcp",
        "ftp://x",
        "https://",
        "https://u:p@x.example",
        "javascript:x",
        "https://ü.example",
        "http://[::1",
    ],
)
def test_an_address_that_cannot_be_mounted_is_reported(url: str) -> None:
    findings = Findings()
    assert Servers(findings).add("x", "w", url=url) is None
    assert any(one.code == "I201" for one in findings.all)


def test_two_servers_of_one_name_are_told_apart_and_one_is_kept_once() -> None:
    servers = Servers(Findings())
    assert [servers.add("a", "w", command=command) for command in ("x", "y", "x")] == ["a", "a-2", "a"]


@pytest.mark.parametrize("text", ["", "x = ", "[mcp]\nservers = 3", "[mcp.servers.a]\ncommand = 3", "mcp = 1"])
def test_a_proposal_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    assert proposed_servers(path) == ()
    assert proposed_servers(tmp_path / "gone") == ()
    assert settings_text((), (), ()) == ""
    assert ServerProposal(name="x").command == ""


@pytest.mark.parametrize(
    ("command", "args", "name"),
    [
        ("npx", ("-y", "@acme/notes-mcp"), "notes-mcp"),
        ("npx", ("-y", "@acme/notes-mcp@1.2.0"), "notes-mcp"),
        ("uvx", ("weather-server==2",), "weather-server-2"),
        ("/usr/bin/npx", ("notes",), "notes"),
    ],
)
def test_a_server_is_called_after_its_package_and_not_after_what_starts_packages(
    command: str, args: tuple[str, ...], name: str
) -> None:
    assert Servers(Findings()).add("", "here", command=command, args=args) == name
