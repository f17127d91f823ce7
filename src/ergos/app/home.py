"""A home: the folder in which one kernel lives, and how a kernel is put together from its parts.

    ergos.db  ergos.lock  key  kernel.sock  ergos.log  settings.toml  access.json  views.db

Rules: the only module that knows every part; it decides nothing but which part goes where. The folder is its
owner's alone (0700). Nothing is created before something has to be written.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from ergos import __version__
from ergos.app.equipment import Equipment
from ergos.base.clock import Monotone
from ergos.base.errors import DefinitionError, ErgosError, NotRunningError, SettingsError
from ergos.drivers.host import FileSigner, HostClock, HostEntropy, host_name, process_id, user_name
from ergos.drivers.lock import holder
from ergos.drivers.models.catalogue import open_catalogue
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.endpoints import ModelSettings
from ergos.kernel.packages import Definition, Prohibitions
from ergos.kernel.scheduler.wants import Rules
from ergos.lib.folder import FolderPrograms, Kit
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.runtime.operations import Facts, Load
from ergos.runtime.settings import Settings, read_settings


class Home(msgspec.Struct, frozen=True):
    """Where everything of one kernel lies."""

    settings: Settings

    @property
    def folder(self) -> Path:
        """The folder itself."""
        return self.settings.home

    @property
    def store(self) -> Path:
        """The SQLite file."""
        return self.folder / "ergos.db"

    @property
    def lock(self) -> Path:
        """Held by the one kernel."""
        return self.store.with_suffix(".lock")

    @property
    def key(self) -> Path:
        """The signing key."""
        return self.folder / "key"

    @property
    def socket(self) -> Path:
        """The control socket."""
        return self.folder / "kernel.sock"

    @property
    def log(self) -> Path:
        """What a background kernel has to say."""
        return self.folder / "ergos.log"

    def holder(self) -> str | None:
        """Who runs a kernel here now, or None."""
        return holder(self.lock)

    def make(self) -> None:
        """Create the folder, for its owner alone. Raises: SettingsError."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"the home {self.folder} cannot be created: {error.strerror}",
                remedy="name another folder with --home or ERGOS_HOME",
            ) from error


def home_at(folder: Path | None, environ: Mapping[str, str] = os.environ) -> Home:
    """The home at a folder, else where ERGOS_HOME points, else ~/.ergos. Raises: SettingsError."""
    named = folder.expanduser().absolute() if folder is not None else None
    return Home(read_settings(environ, home=named, user=user_name()))


def reads_of(home: Home) -> SqliteReads:
    """Read a store beside its kernel. Raises: NotRunningError if nothing was ever run here; StoreError."""
    if not home.store.exists():
        raise NotRunningError(
            f"nothing was run in {home.folder} yet", remedy="start an agent with `ergos run PATH`, or name a --home"
        )
    return SqliteReads.open(home.store)


@asynccontextmanager
async def reading(home: Home) -> AsyncGenerator[SqliteReads, None]:
    """`reads_of`, closed at the end."""
    reads = reads_of(home)
    try:
        yield reads
    finally:
        await reads.close()


def load_with(programs: FolderPrograms) -> Load:
    """Find definitions with these programs."""

    def load(path: Path, settings: Mapping[str, object]) -> Definition:
        if not _is_agent(path):
            raise DefinitionError(f"{path} is not there", remedy="name a folder with AGENT.md, or a Python file")
        # A strange thread, so that whatever the file raises, `SystemExit` too, comes back as a value.
        with ThreadPoolExecutor(1, "ergos-load") as thread:
            loading = thread.submit(programs.load, path, settings=settings or None)
            error = loading.exception()
        if error is None or isinstance(error, ErgosError):
            return loading.result()
        raise DefinitionError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error

    return load


def _is_agent(path: Path) -> bool:
    """Whether something stands there; a path that no file system holds is nowhere."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


@asynccontextmanager
async def kernel_on(home: Home, programs: FolderPrograms, *, drive: bool = True) -> AsyncGenerator[Kernel, None]:
    """A kernel on this home, stopped gracefully at the end.

    With `drive=False` it takes requests and writes them down but runs no process: whatever it made ready goes on
    when a kernel that drives is started. Raises: StoreError.
    """
    home.make()
    async with AsyncExitStack() as undo:
        store = SqliteStore(home.store)
        undo.push_async_callback(store.close)
        signer = FileSigner(home.key)
        equipment = Equipment(home.settings, signer, HostEntropy())
        undo.push_async_callback(equipment.close)
        models = await open_catalogue(home.settings.models, os.environ, HostClock()) if drive else None
        if models is not None:
            undo.push_async_callback(models.close)
        parts = Parts(
            store=store,
            clock=Monotone(HostClock()),
            entropy=HostEntropy(),
            programs=programs,
            signer=signer,
            models=models,
            rules=_rules(home.settings.models),
            door_secret=hashlib.sha256(signer.sign(_DOOR).encode()).digest(),
            concurrency=home.settings.concurrency,
            owner_caps=home.settings.owner_caps,
            mounts=equipment.mounts,
            servers=equipment,
            calendar=HostCalendar(),
            watchers=equipment.watchers,
            sandboxes=equipment.sandboxes,
            prohibitions=_prohibitions(home.settings.forbid),
            rights=home.settings.desk.rights,
        )
        kernel = Kernel(parts, version=__version__, host=host_name())
        kernel.reactor.stopping = not drive
        equipment.attach(kernel)
        await kernel.start()
        _calm_collector()
        undo.pop_all()  # from here on the kernel closes its store
    try:
        yield kernel
    finally:
        await kernel.stop()
        await equipment.close()


def programs_of(home: Home) -> FolderPrograms:
    """Finds the code of agents, with the skills of this home."""
    return FolderPrograms(home.folder / "skills", _standard)


def _standard() -> Kit:
    """The tasks of agents of steps."""
    from ergos.verify.standard_solvers import standard

    return standard()


def _prohibitions(path: Path | None) -> Prohibitions | None:
    """The organisation's own rules. Raises: SettingsError."""
    if path is None:
        return None
    from ergos.drivers.cedar.rules import from_file

    return from_file(path)


def _rules(said: ModelSettings) -> Rules:
    """The scheduler's knobs as the owner set them."""
    if said.quantum_tokens is None:
        return Rules(weights=said.weights)
    return Rules(weights=said.weights, quantum_tokens=said.quantum_tokens)


_DOOR: Final = b"ergos door 1"
"""What is signed to make the secret of tokens: it follows from the home's key, and says nothing of it."""


SWITCH_S: Final = 0.0005  # seconds a thread computes before it lets another: a commit that is done is not kept waiting


def _calm_collector() -> None:
    """Let Python's cycle collector leave alone what lives as long as the kernel, and threads take turns sooner.

    A call makes hundreds of short-lived objects and no cycles; with the default thresholds, looking for some costs
    a tenth of the kernel's CPU time.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def facts_of(kernel: Kernel) -> Facts:
    """What a kernel says of itself."""
    return Facts(
        version=__version__, host=host_name(), os_pid=process_id(), started_ns=kernel.machine.parts.clock.now_ns()
    )
