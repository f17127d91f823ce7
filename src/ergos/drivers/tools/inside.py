"""What every tool shares that runs something in the sandbox: the interpreter, and files in and out of the workspace.

Rules: where there is no sandbox nothing is run, and the error says what to do; a job sees the files named for it and
nothing else of the workspace.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ergos.base.errors import PortMissingError
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.tools.confined import beside, whole, write_whole
from ergos.drivers.tools.paths import file_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.confinement import Bind, Sandboxes
from ergos.kernel.packages import Errand

SYSTEM: Final = ("/usr", "/bin", "/lib", "/lib64")
"""What every sandbox has."""


def sandbox_of(sandboxes: Sandboxes | None) -> Sandboxes:
    """The sandbox. Raises: SandboxMissingError."""
    if sandboxes is None:
        raise SandboxMissingError
    return sandboxes


def interpreter() -> tuple[str, tuple[Bind, ...]]:
    """This Python as a job starts it, and what it has to see of the host: the installation, not its packages."""
    prefix = Path(sys.base_prefix).resolve()
    executable = Path(getattr(sys, "_base_executable", sys.executable) or sys.executable).resolve()
    if str(prefix).startswith(tuple(f"{part}/" for part in SYSTEM)) or str(prefix) in SYSTEM:
        return str(executable), ()
    return str(executable), (Bind(str(prefix), str(prefix)),)


def package_binds(name: str, extra: str, folder: str, *modules: str, described: bool = False) -> tuple[Bind, ...]:
    """An installed package and the modules it needs, below a folder of the job's. Raises: PortMissingError.

    `described`: with what its installation says of it, which it reads its own version from.
    """
    import importlib.metadata
    import importlib.util

    binds: list[Bind] = []
    for module in (name, *modules):
        found = importlib.util.find_spec(module)
        if found is None or found.origin is None:
            raise PortMissingError(f"{module} is not installed", remedy=f"pip install 'ergos[{extra}]'")
        origin = Path(found.origin).resolve()
        source = origin.parent if found.submodule_search_locations else origin
        binds.append(Bind(str(source), f"{folder}/{source.name}"))
    if described:
        about = importlib.metadata.distribution(name)
        metadata = next((file for file in about.files or () if file.name == "METADATA"), None)
        if metadata is not None:
            source = Path(str(about.locate_file(metadata))).resolve().parent
            binds.append(Bind(str(source), f"{folder}/{source.name}"))
    return tuple(binds)


def files_in(workspaces: Workspaces, errand: Errand, names: tuple[str, ...], most: int) -> dict[str, bytes]:
    """Files of the workspace by the name they have in the job. Raises: ErgosErrors."""
    found: dict[str, bytes] = {}
    for name in names:
        place = file_of(name)
        found["/".join(place.parts)] = whole(workspaces.room(place, errand), place, most)
    return found


def files_out(workspaces: Workspaces, errand: Errand, files: dict[str, bytes], token: str) -> None:
    """Put what a job made into the workspace. Raises: ErgosErrors."""
    for place, body in [(file_of(name), body) for name, body in sorted(files.items())]:
        room = workspaces.room(place, errand, write=True)
        with workspaces.changing(room), beside(room, place, make=True) as (folder, own):
            write_whole(folder, own, body, place.text, token)
