"""What a foreign program sees of this machine: its own folder, its program, the door. Nothing else is there.

Rules: what is shown is shown read-only unless it is the program's own folder or was named; the home of ErgOS and the
owner's own home folder are never shown as a whole, because keys lie there; variables are handed on one by one. What
the program could have written itself, a link or the first line of a script, opens no more than programs.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.base.limits import MIB
from ergos.kernel.confinement import Bind, Bounds, Job

SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix")
"""What every sandbox has, to read."""
OWN: Final = ("/etc", "/proc", "/dev", "/sys")
"""Of which every sandbox has its own."""

BOUNDS: Final = Bounds(
    wall_s=0,
    cpu_s=0,
    memory_bytes=65_536 * MIB,  # address space; runtimes such as V8 reserve far more than they use
    processes=512,
    open_files=4_096,
    file_bytes=16_384 * MIB,
)
"""Of a foreign program: it may go on for days."""

_HANDED_ON: Final = (
    "PATH", "LANG", "LANGUAGE", "TERM", "COLORTERM", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONUNBUFFERED",
    "PYTHONUTF8", "NODE_PATH", "NO_COLOR", "COLUMNS", "LINES",
)  # fmt: skip
"""Variables that say how a program is found and how it writes; none that holds a key."""
_SHEBANG_BYTES: Final = 256  # bytes of a script's first line that are looked at, as Linux does
_DEPTH: Final = 3  # parts of the path of a tree that is shown; not /opt itself
_FOLDERS: Final = frozenset({"bin", "sbin", "libexec", "shims", ".bin"})
"""Where the programs of an installation lie."""
_PARTS: Final = (
    "bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "share", "shims", "versions", "plugins", "version",
    "pyvenv.cfg", "conda-meta", "ssl", "conf", "jmods", "release",
)  # fmt: skip
"""What is shown of an installation where other things may lie beside it."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is named besides: paths to read, paths to write, variables to hand on."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


def enclosed(
    command: Sequence[str],
    folder: Path,
    shown: Shown,
    environ: Mapping[str, str],
    door: Mapping[str, str],
    *,
    pid: Pid,
    socket: str,
    port: int,
    home: Path,
) -> Job:
    """The job that runs a command in its folder with the door as its only way out. Raises: UsageError.

    `door`: variables that lead to the door; `socket`, `port`: where the door is; `home`: of ErgOS, never shown.
    """
    kept = _Kept(home, environ)
    if not folder.is_dir():
        raise UsageError(f"the folder {folder} is not there", remedy="start it in another folder")
    if folder.resolve() != folder:
        raise UsageError(f"{folder} leads to {folder.resolve()}", remedy="start it in that folder")
    kept.check(folder, "the current folder")
    kept.check_place(folder, "the current folder")
    writes = [folder, *(_named(path, folder, kept, write=True) for path in shown.writes)]
    reads = [
        *_program(command[0], folder, tuple(writes), environ, kept),
        *(_named(path, folder, kept, write=False) for path in shown.reads),
    ]
    binds = [Bind(str(path), str(path), write=path in writes) for path in (*writes, *reads)]
    return Job(
        command=tuple(command),
        pid=pid,
        binds=tuple(_outermost(binds)),
        env={**_variables(environ, shown.variables), **door, "HOME": "/work"},
        folder=str(folder),
        door=socket,
        door_port=port,
        bounds=BOUNDS,
    )


def _variables(environ: Mapping[str, str], named: Sequence[str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name in _HANDED_ON or name.startswith("LC_")}
    for name in named:
        if name not in environ:
            raise UsageError(f"there is no variable {name[:60]!r} to hand on", remedy="set it, or leave --env out")
        kept[name] = environ[name]
    return kept


def _outermost(binds: Sequence[Bind]) -> list[Bind]:
    """Each path once: outer folders first, what may be written over what may not; nothing every sandbox has."""
    kept: dict[str, Bind] = {}
    for bind in binds:
        if not _lies_in(Path(bind.target), SYSTEM) and (bind.target not in kept or bind.write):
            kept[bind.target] = bind
    return sorted(kept.values(), key=lambda bind: (bind.target.count("/"), bind.target))


def _lies_in(path: Path, places: Sequence[str | Path]) -> bool:
    return any(path.is_relative_to(place) for place in places)


# What is never shown


class _Kept:
    """Where keys lie."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self.ours: Final = home.resolve()
        named = environ.get("HOME")
        self.homes: Final = {Path(pwd.getpwuid(os.geteuid()).pw_dir).resolve()} | (
            {Path(named).resolve()} if named else set[Path]()
        )
        self._shared: Final = Path(tempfile.gettempdir()).resolve()

    def holds(self, path: Path) -> Path | None:
        """What is never shown and would be by showing this."""
        real = path.resolve()
        if real.is_relative_to(self.ours):
            return self.ours
        return next((one for one in (self.ours, *self.homes) if one.is_relative_to(real)), None)

    def check(self, path: Path, what: str) -> None:
        """Raises: UsageError for what holds keys."""
        held = self.holds(path)
        if held == self.ours and path.resolve().is_relative_to(self.ours):
            raise UsageError(f"{what} is inside the home of ErgOS", remedy="run it in a folder of its own")
        if held is not None:
            raise UsageError(
                f"{what} holds {held}, where keys lie, so a program may not see it",
                remedy="run it in a folder of its own, or name what it needs with --read and --write",
            )
        if path.resolve() == self._shared:
            raise UsageError(
                f"{what} is {self._shared}, where others keep files and sockets, so a program may not see it",
                remedy="run it in a folder of its own, or name what it needs with --read and --write",
            )

    def check_place(self, path: Path, what: str) -> None:
        """Raises: UsageError for a place that can only be the system's."""
        for one in (path, path.resolve()):
            if _lies_in(one, (*SYSTEM, *OWN)):
                raise UsageError(f"{what} is a part of the system, {one}", remedy="use a folder of its own")


def _named(said: str, folder: Path, kept: _Kept, *, write: bool) -> Path:
    """A path the owner named. Raises: UsageError."""
    path = Path(os.path.normpath(folder / Path(said).expanduser()))
    if not path.exists():
        raise UsageError(f"{path} is not there", remedy="name a file or folder that exists")
    if path.is_relative_to(folder) and not path.resolve().is_relative_to(folder):
        raise UsageError(
            f"{path} is a link out of the folder to {path.resolve()}, and the program may have made it",
            remedy=f"if that is what you mean, name {path.resolve()}",
        )
    kept.check(path, str(path))
    if write or not _lies_in(path, SYSTEM):
        kept.check_place(path, str(path))
    return path


# The program


def _program(
    name: str, folder: Path, writes: tuple[Path, ...], environ: Mapping[str, str], kept: _Kept
) -> Iterator[Path]:
    """What a command needs to be found and started: its installation, and that of whatever interprets it.

    Raises: UsageError if it is not there.
    """
    first = _found(name, folder, environ)
    if first is None:
        raise UsageError(f"{name!r} cannot be started: it was not found", remedy="check the command")
    if not first.is_file() or not os.access(first, os.X_OK):
        raise UsageError(f"{name!r} cannot be started: it is no program", remedy="check the command; chmod +x FILE")
    seen: set[Path] = set()
    waiting = [(first, True)]
    while waiting:
        path, meant = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        # A link or a first line that the program may have written is not what its owner meant.
        lent = _lies_in(path, writes)
        if not lent:
            yield from _installation(path, kept, meant=meant)
        found = (_linked(path), path.resolve(), _interpreter(path, environ))
        waiting.extend((one, meant and not lent) for one in found[::-1] if one is not None)


def _found(name: str, folder: Path, environ: Mapping[str, str]) -> Path | None:
    if "/" in name:
        path = Path(os.path.normpath(folder / Path(name).expanduser()))
        return path if path.exists() else None
    found = shutil.which(name, path=environ.get("PATH", os.defpath))
    return Path(os.path.normpath(folder / found)) if found is not None else None


def _linked(path: Path) -> Path | None:
    """Where a link leads, one step."""
    return Path(os.path.normpath(path.parent / path.readlink())) if path.is_symlink() else None


def _interpreter(path: Path, environ: Mapping[str, str]) -> Path | None:
    """The program that the first line of a script names."""
    try:
        with path.open("rb") as file:
            line = file.read(_SHEBANG_BYTES).split(b"\n", 1)[0]
    except OSError:
        return None
    if not line.startswith(b"#!") or b"\0" in line:
        return None
    words = line[2:].decode("utf-8", "replace").split()
    if words and words[0].endswith("/env"):
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return _found(words[0], path.parent, environ) if words else None


def _installation(path: Path, kept: _Kept, *, meant: bool) -> Iterator[Path]:
    """The tree a program was installed into, or its parts where other things may lie beside them.

    Only the program itself where it stands in no such tree; nothing where its owner did not mean it.
    """
    if _lies_in(path, SYSTEM) or path.resolve().is_relative_to(kept.ours) or not os.access(path, os.X_OK):
        return
    tree = path.parent.parent
    if path.parent.name not in _FOLDERS or len(tree.resolve().parts) < _DEPTH or kept.holds(tree) is not None:
        if meant:
            yield path
    elif tree.name == "node_modules" or (meant and not any(tree.resolve().is_relative_to(one) for one in kept.homes)):
        yield tree
    else:
        parts = (tree / part for part in _PARTS if part != "share" or tree.name != ".local")
        yield from (part for part in parts if part.exists() and kept.holds(part) is None)
