"""Folders that agents use and their owner agreed to, as one file that ErgOS writes itself: HOME/folders.toml.

    [invoices]
    path = "/srv/ada/accounts/invoices"
    [here]
    path = "/srv/ada/accounts"
    write = true

Each is as if it stood in settings.toml below [tools.files.roots]; what stands there, of the same name, wins.

Rules: a text is made here and read here, so that what is written is what is read; writing the file is the caller's,
whole or not at all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import SettingsError
from ergos.kernel.tool_settings import Folder, ToolSettings
from ergos.runtime.tables import Table
from ergos.runtime.tool_settings import tool_settings

FILE: Final = "folders.toml"
BYTES_MAX: Final = 64 * 1024  # bytes of the file; a longer one was not written by us
HEAD: Final = (
    "# Folders that agents may use, as you agreed to them. `ergos new` writes this file; settings.toml wins.\n"
)


def read_folders(home: Path) -> dict[str, Folder]:
    """The folders that were agreed to, by name. Raises: SettingsError."""
    path = home / FILE
    try:
        if path.stat().st_size > BYTES_MAX:
            raise SettingsError(f"{path} is larger than {BYTES_MAX:,} bytes; expected what `ergos new` wrote")
        table: Table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}; expected a readable file") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} is not TOML: {error}; remove it, and agree to the folders again") from error
    return dict(tool_settings({"files": {"roots": table}}, str(path)).folders)


def with_folders(tools: ToolSettings, home: Path) -> ToolSettings:
    """The settings of the tools, with the folders that were agreed to. Raises: SettingsError."""
    agreed = read_folders(home)
    return msgspec.structs.replace(tools, folders={**agreed, **tools.folders}) if agreed else tools


def folders_text(folders: Mapping[str, Folder]) -> str:
    """The file that holds these folders."""
    return HEAD + "".join(_entry(name, folder) for name, folder in sorted(folders.items()))


def added(folders: Mapping[str, Folder], more: Iterable[tuple[str, str, bool]]) -> dict[str, Folder]:
    """The folders with some more: name, absolute path, whether it is written to.

    Raises: SettingsError for a name that means another folder already.
    """
    found = dict(folders)
    for name, path, write in more:
        before = found.get(name)
        if before is not None and before.path != path:
            raise SettingsError(f"{name}:/ is {before.path} already; expected another name than for {path}")
        trusted = before is not None and before.trusted
        found[name] = Folder(path=path, write=write or (before is not None and before.write), trusted=trusted)
    return found


def _entry(name: str, folder: Folder) -> str:
    flags = "".join(f"{flag} = true\n" for flag in ("write", "trusted") if getattr(folder, flag))
    return f"\n[{_quoted(name)}]\npath = {_quoted(folder.path)}\n{flags}"


def _quoted(text: str) -> str:
    """A basic string of TOML: what JSON escapes, TOML does, too, and DEL besides."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
