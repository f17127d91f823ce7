"""A peer that is put into settings.toml: its card is read first, so that nobody adds what is none.

Rules: what stands in the file stays as it is, and the table is appended; what results is read as settings before it is
written. Nothing is approved by adding.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import SettingsError, UsageError, WorldError
from ergos.drivers.whole_file import replace_file
from ergos.kernel.egress import REFERENCE
from ergos.kernel.mounts import ToolDefinition
from ergos.kernel.peers import PeerSettings
from ergos.runtime.peer_settings import PEER_CHARS_MAX, peer_settings
from ergos.runtime.settings import FILE, SETTINGS_BYTES_MAX

_OTHER: Final = re.compile(r"[^a-z0-9]+")


async def card_at(peer: PeerSettings, clock: Clock) -> ToolDefinition:
    """The card of a peer, read without a kernel. Raises: BusError, EgressRefusedError, DeadlineError."""
    from ergos.buses.a2a.host.card import fetched
    from ergos.buses.a2a.host.web import Wire

    return await fetched(peer, Wire(clock, lambda _: None))


def name_for(url: str, title: str, taken: tuple[str, ...]) -> str:
    """A name for a peer, from what its card calls it, else from its host; another than those that are taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    host = (urlsplit(url).hostname or "peer").removeprefix("www.").removeprefix("agents.")
    base = (_OTHER.sub("-", plain).strip("-") or _OTHER.sub("-", host.partition(".")[0]).strip("-") or "peer")[:24]
    found, number = base.strip("-"), 2
    while found in taken:
        found, number = f"{base.strip('-')}-{number}", number + 1
    return found[:PEER_CHARS_MAX]


def settings_for(folder: Path, name: str, url: str, token: str, addresses: tuple[str, ...] = ()) -> PeerSettings:
    """The peer as it would stand in the settings of this folder. Raises: SettingsError."""
    return _with(folder, name, url, token, addresses)[1]


def added(folder: Path, name: str, url: str, token: str, addresses: tuple[str, ...] = ()) -> Path:
    """Append the peer to settings.toml; the file. Raises: SettingsError, UsageError, WorldError."""
    text, _ = _with(folder, name, url, token, addresses)
    path = folder / FILE
    if len(text.encode()) > SETTINGS_BYTES_MAX:
        raise UsageError(f"{path} would be larger than {SETTINGS_BYTES_MAX:,} bytes", remedy="take something out of it")
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise WorldError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _with(folder: Path, name: str, url: str, token: str, addresses: tuple[str, ...]) -> tuple[str, PeerSettings]:
    """The text of settings.toml with the peer, and the peer as it is read from it."""
    path = folder / FILE
    try:
        before = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read; expected TOML in UTF-8") from error
    lines = [f"[a2a.peers.{_quoted(name)}]", f"url = {_quoted(url)}"]
    if token:
        lines.append(f"token = {_quoted(REFERENCE + token)}")
    if addresses:
        lines.append(f"addresses = [{', '.join(map(_quoted, addresses))}]")
    text = before + ("" if not before or before.endswith("\n") else "\n") + ("\n" if before else "")
    text += "\n".join(lines) + "\n"
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} takes no further table [a2a.peers.{name}]: {error}") from error
    return text, peer_settings(table.get("a2a"), path).peers[name]


def _quoted(text: str) -> str:
    """A basic string of TOML: its escapes are those of JSON."""
    return msgspec.json.encode(text).decode()
