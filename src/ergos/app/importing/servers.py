"""Servers of tools that other systems name, as proposals for settings.toml; and the tables that are written of them.

Rules: nothing is mounted; a secret becomes the name of one in the vault; a value that our settings would refuse is
left out and reported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.app.importing.leaks import VARIABLE, holds_secret, without_secrets
from ergos.app.importing.names import secret_name, server_name
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import FolderProposal, ServerProposal
from ergos.base.canonical import Plain
from ergos.lib.visible import one_line, visible

SERVERS_MAX: Final = 100  # servers of one import
VALUE_CHARS_MAX: Final = 4_000  # characters of one value; settings allow no more
_STARTERS: Final = frozenset(
    {"npx", "uvx", "bunx", "pnpm", "yarn", "uv", "node", "python", "python3", "bun", "deno", "docker"}
)
_VERBS: Final = frozenset({"run", "exec", "dlx", "x", "mcp", "gateway", "tool"})
"""Words of such commands that are no package."""
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class Servers:
    """Collects proposals; each server once."""

    def __init__(self, findings: Findings) -> None:
        self._findings: Final = findings
        self._found: dict[str, ServerProposal] = {}
        self._secrets: dict[str, None] = {}

    @property
    def all(self) -> tuple[ServerProposal, ...]:
        """All of them."""
        return tuple(self._found.values())

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of secrets that they want."""
        return tuple(self._secrets)

    def add(
        self,
        said: str,
        where: str,
        *,
        command: str = "",
        args: tuple[str, ...] = (),
        env: Mapping[str, Plain] | None = None,
        url: str = "",
        headers: Mapping[str, Plain] | None = None,
    ) -> str | None:
        """Propose one; its name here, or None where it cannot be proposed."""
        where = one_line(where, 200)
        if len(self._found) >= SERVERS_MAX or not (command.strip() or self._is_url(url, where)):
            self._findings.add("I201", where, f"the server {said}")
            return None
        words = () if url else tuple(command.split()) if not command.startswith("/") else (command,)
        proposal = ServerProposal(
            name=server_name(said or (urlsplit(url).hostname or "") or _program((*words, *args))),
            command=words[0] if words else "",
            args=tuple(self._plain(one, where) for one in (*words[1:], *args)),
            env=self._values(env or {}, f"{where}.env", _VARIABLE_NAME) if words else {},
            url=self._plain(url, where),
            headers={} if words else self._values(headers or {}, f"{where}.headers", _HEADER_NAME),
        )
        return self._kept(proposal, said, where)

    def _kept(self, proposal: ServerProposal, said: str, where: str) -> str:
        name, number = proposal.name, 2
        while name in self._found and not _same(self._found[name], proposal):
            name, number = f"{proposal.name}-{number}", number + 1
        if name not in self._found:
            self._found[name] = ServerProposal(
                name=name,
                command=proposal.command,
                args=proposal.args,
                env=proposal.env,
                url=proposal.url,
                headers=proposal.headers,
            )
            self._findings.add("I208", where, said or name, name)
        return name

    def _is_url(self, url: str, where: str) -> bool:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            return False
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        fits = parts.scheme == "https" or (parts.scheme == "http" and local)
        if url and not fits:
            self._findings.add("I102", f"{where}.url", "url")
        return fits and bool(parts.hostname) and parts.username is None and url.isascii() and url.isprintable()

    def _plain(self, text: str, where: str) -> str:
        return without_secrets(visible(text[:VALUE_CHARS_MAX]), where, self._findings)

    def _values(self, values: Mapping[str, Plain], where: str, names: re.Pattern[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in values.items():
            if not names.fullmatch(key) or isinstance(value, dict | list):
                self._findings.add("I102", where, key)
                continue
            text = "" if value is None else str(value)[:VALUE_CHARS_MAX]
            variable = VARIABLE.search(text)
            if variable is not None or not text:
                secret = secret_name(next((one for one in (variable.groups() if variable else ()) if one), key))
                self._findings.add("I402", f"{where}.{key}", key, secret)
            elif holds_secret(key, text):
                secret = secret_name(key)
                self._findings.add("I401", f"{where}.{key}", key)
            else:
                found[key] = visible(text)
                continue
            self._secrets.setdefault(secret)
            found[key] = f"secret:{secret}"
        return found


def _program(words: tuple[str, ...]) -> str:
    """What a command starts; of one that starts packages the package: 'npx -y @acme/notes-mcp' is notes-mcp."""
    if not words:
        return ""
    if words[0].rpartition("/")[2] in _STARTERS:
        package = next((word for word in words[1:] if not word.startswith("-") and word not in _VERBS), words[0])
        words = (re.sub(r"(?<=.)@[^/]*$", "", package).rpartition("/")[2], *words[1:])
    return words[0] or "server"


def _same(one: ServerProposal, other: ServerProposal) -> bool:
    return (one.command, one.args, one.url) == (other.command, other.args, other.url)


def settings_text(
    servers: tuple[ServerProposal, ...], folders: tuple[FolderProposal, ...], secrets: tuple[str, ...]
) -> str:
    """settings.proposed.toml; '' where nothing is proposed."""
    if not servers and not folders:
        return ""
    lines = [
        "# Proposed by an import. Nothing of it is in force: copy what you want into settings.toml of your home.",
        *(f"# First: ergos secret set {name}" for name in secrets),
        "",
    ]
    for one in servers:
        lines.append(f"[mcp.servers.{one.name}]")
        if one.url:
            lines += [f"url = {_toml(one.url)}", *_table("headers", one.headers)]
        else:
            lines += [f"command = {_toml(one.command)}"]
            lines += [f"args = [{', '.join(map(_toml, one.args))}]"] if one.args else []
            lines += _table("env", one.env)
            lines.append("# hosts = []    what it may reach; without it: nothing")
        lines.append("")
    if folders:
        lines.append("[tools.files.roots]")
        lines += [
            f"{_toml(one.name)} = {{ path = {_toml(one.path)}, write = {str(one.write).lower()} }}" for one in folders
        ]
        lines.append("")
    return "\n".join(lines)


def _table(key: str, values: Mapping[str, str]) -> list[str]:
    inner = ", ".join(f"{_toml(name)} = {_toml(value)}" for name, value in values.items())
    return [f"{key} = {{ {inner} }}"] if values else []


def _toml(text: str) -> str:
    """A basic string of TOML 1.0; JSON's escapes are among TOML's, except for characters beyond the first plane."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def proposed_servers(path: Path) -> tuple[ServerProposal, ...]:
    """The servers of a settings.proposed.toml; none where there is no such file, or none that can be read."""
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        servers = table.get("mcp", {}).get("servers", {})
        return tuple(
            msgspec.convert({"name": name, **one}, ServerProposal, strict=True) for name, one in servers.items()
        )
    except (OSError, ValueError, AttributeError, TypeError, msgspec.ValidationError):
        return ()
