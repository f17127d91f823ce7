"""Makes an agent of its owner's words: what the home knows, the program, and the folder that holds it.

    known = await circumstances_of(home, folder=Path.cwd(), ...)
    compiled = compile_prose(prose, known)
    installed = install(home, compiled, target)

Rules: the only place where the compiler meets clock, files and models; it decides nothing that the compiler decides. A
folder is written whole or not at all; what stood there is kept unless its owner said to replace it; nothing is followed
that is a link. A model is asked by an ordinary process, which is budgeted and journaled.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from ergos.app.home import Home
from ergos.base.errors import DefinitionError, DiskFullError, ErgosError, SettingsError, UsageError
from ergos.base.ids import name as checked_name
from ergos.compile.circumstances import Circumstances
from ergos.compile.lower.places import FolderNeeded
from ergos.compile.pipeline import Compiled
from ergos.drivers.host import HostClock
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.schedule.zones import zone_misfit
from ergos.drivers.tools.catalogue import BuiltinParts, builtins, workspaces_of
from ergos.drivers.whole_file import replace_file, sync_folder, turn
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.wording import Language
from ergos.lib.agent_file import AgentFile, read
from ergos.runtime.folder_settings import FILE, added, folders_text, read_folders, with_folders

AGENT: Final = "AGENT.md"
PROSE_BYTES_MAX: Final = 512 * 1024  # bytes of prose that are taken in at all; the compiler reads fewer characters
ZONE_FILE_CHARS_MAX: Final = 100  # characters of the file that names the machine's zone
_NO_SPACE: Final = 28  # ENOSPC of errno
_OVER_QUOTA: Final = 122  # EDQUOT of errno


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    folder: Path
    replaced: bool = False
    folders: tuple[FolderNeeded, ...] = ()
    """Made known to the home."""


async def circumstances_of(
    home: Home,
    *,
    folder: Path,
    environ: Mapping[str, str],
    timezone: str = "",
    language: Language | None = None,
    rates: Mapping[str, Decimal] | None = None,
    models: bool = True,
) -> Circumstances:
    """What the compiler may know. `timezone`: IANA name; '': that of the machine. Raises: ErgosErrors."""
    settings = home.settings
    roots = with_folders(settings.tools, home.folder).folders
    specs = mounted(home)
    has_model, price = False, None
    if models:
        from ergos.drivers.models.catalogue import open_catalogue  # heavy: every vendor

        catalogue = await open_catalogue(settings.models, environ, HostClock())
        try:
            automatic = catalogue.automatic()
            has_model = bool(automatic)
            price = catalogue.endpoint(automatic[0]).spec.price if automatic else None
        finally:
            await catalogue.close()
    return Circumstances(
        now_ns=HostClock().now_ns(),
        timezone=checked_zone(timezone) if timezone else local_zone(environ),
        calendar=HostCalendar(),
        language=language,
        folder=str(folder),
        user_folder=environ.get("HOME", "").rstrip("/"),
        tools=specs,
        roots={name: one.path for name, one in roots.items()},
        writable=frozenset(name for name, one in roots.items() if one.write),
        secrets=frozenset(_secrets(home)),
        accounts=frozenset(_named(settings, "mailboxes")),
        brokers=frozenset(_named(settings, "brokers")),
        hooks=frozenset(settings.tools.hooks),
        egress=settings.egress,
        agents=frozenset(await _agents(home)),
        model=has_model,
        model_price=price,
        dollars=rates or {},
    )


def mounted(home: Home) -> dict[str, ToolSpec]:
    """Definitions of the built-in tools, without opening anything."""
    workspaces = workspaces_of(home.folder, home.settings.owner, home.settings.tools)
    found = builtins(BuiltinParts(workspaces=workspaces, settings=home.settings.tools))
    return {name: tool.spec for name, tool in found.items()}


def local_zone(
    environ: Mapping[str, str], clock_link: Path = Path("/etc/localtime"), named: Path = Path("/etc/timezone")
) -> str:
    """IANA name of the machine's zone: TZ, else where its clock's link leads, else the file that names it (Debian);
    UTC where none says.
    """
    said = environ.get("TZ", "").lstrip(":")
    if said and not zone_misfit(said):
        return said
    try:
        found = str(clock_link.readlink())
    except OSError:  # the file may be a copy
        return _zone_in(named)
    name = found.partition("zoneinfo/")[2].removeprefix("posix/")
    return name if name and name != "Etc/UTC" and not zone_misfit(name) else "UTC"


def _zone_in(path: Path) -> str:
    try:
        name = path.read_text(encoding="ascii")[:ZONE_FILE_CHARS_MAX].strip()
    except (OSError, UnicodeDecodeError):
        return "UTC"
    return name if name and name != "Etc/UTC" and not zone_misfit(name) else "UTC"


def checked_zone(name: str) -> str:
    """The name of a zone. Raises: UsageError with the nearest one."""
    fault = zone_misfit(name)
    if fault:
        raise UsageError(fault, remedy="write an IANA name such as Europe/Berlin")
    return name


def _named(settings: object, kind: str) -> tuple[str, ...]:
    """Names of mailboxes or brokers of the settings."""
    triggers = getattr(settings, "triggers", None)
    return tuple(getattr(triggers, kind, ()))


def _secrets(home: Home) -> tuple[str, ...]:
    """Names of the secrets of a home; none where there is no home yet."""
    from ergos.drivers.host import FileSigner, HostEntropy
    from ergos.drivers.vault.home_vault import FILE as SECRETS
    from ergos.drivers.vault.home_vault import HomeVault

    if not (home.folder / SECRETS).exists():
        return ()

    return HomeVault(home.folder, FileSigner(home.key), HostEntropy()).names()


async def _agents(home: Home) -> set[str]:
    """Names of agents that were started here."""
    if not home.store.exists():
        return set()
    from ergos.app.home import reading

    async with reading(home) as reads:
        return {row.agent for row in await reads.processes(live_only=False)}


# Reading and writing


def agent_file_of(folder: Path) -> tuple[AgentFile, str]:
    """The program of a folder, and its text. Raises: DefinitionError."""
    path = folder / AGENT if folder.is_dir() else folder
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DefinitionError(f"{path} is not there", remedy="name a folder with AGENT.md") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path} is not UTF-8 text", remedy="save the file as UTF-8") from error
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
    return read(text, str(path)), text


def own_names(folder: Path) -> frozenset[str]:
    """Names of tools and tasks that the files of a folder declare, without running them: none are known, so that
    whoever has some is not told that they are missing.
    """
    tools = folder / "tools"
    if not tools.is_dir():
        return frozenset()
    import re

    found: set[str] = set()
    for path in sorted(tools.glob("*.py"))[:100]:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            found |= set(re.findall(r"[\"']([A-Za-z][\w.\-]{0,99})[\"']", path.read_text(encoding="utf-8")))
            found |= set(re.findall(r"def (\w+)", path.read_text(encoding="utf-8")))
    return frozenset(found)


def target_of(into: Path | None, where: Path, name: str) -> Path:
    """The folder of an agent: `into` itself, else one of its name where its words were said. Raises: UsageError."""
    target = into if into is not None else where / checked_name(name, what="an agent")
    target = where / target  # not resolved: a link is refused, and not followed
    if target.is_symlink():
        raise UsageError(f"{target} is a link", remedy="name the folder itself with --into")
    return target


def standing(target: Path) -> str | None:
    """The AGENT.md that stands there; None: nothing does. Raises: UsageError for anything else."""
    if not target.exists():
        return None
    if not target.is_dir():
        raise UsageError(f"{target} is no folder", remedy="name another one with --into")
    path = target / AGENT
    if path.is_symlink():
        raise UsageError(f"{path} is a link", remedy="name another folder with --into")
    if path.is_file():
        return agent_file_of(target)[1]
    if any(target.iterdir()):
        raise UsageError(f"{target} is there and is no agent's folder", remedy="name another one with --into")
    return None


def install(home: Home, compiled: Compiled, target: Path, *, replace: bool = False) -> Installed:
    """Write the agent, then make its folders known to the home. Whole or not at all.

    Raises: UsageError where something stands there that is not to be replaced; DiskFullError, DefinitionError.
    """
    assert compiled.ready
    there = standing(target)
    if there is not None and not replace:
        raise UsageError(f"{target} holds an agent already", remedy="--replace shows the difference and asks")
    try:
        _agree(home, compiled.folders)
        if target.exists():
            replace_file(target / AGENT, compiled.text.encode())
        else:
            _new_folder(target, compiled.text)
    except OSError as error:
        raise _failed(error, target) from error
    return Installed(folder=target, replaced=there is not None, folders=compiled.folders)


def _new_folder(target: Path, text: str) -> None:
    """A folder that appears with everything in it. Raises: OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name[:200]}.new")
    shutil.rmtree(draft, ignore_errors=True)  # left by one that was killed
    try:
        draft.mkdir(mode=0o755)
        descriptor = os.open(draft / AGENT, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(draft)
        draft.rename(target)
    finally:
        if draft.exists():  # it was not put in place, whatever came between
            shutil.rmtree(draft, ignore_errors=True)
    sync_folder(target.parent)


def _agree(home: Home, needed: tuple[FolderNeeded, ...]) -> None:
    """Make folders known to the home. Raises: SettingsError, OSError."""
    if not needed:
        return
    home.make()
    path = home.folder / FILE
    waiting = turn(path)
    try:
        folders = added(read_folders(home.folder), [(one.name, one.path, one.write) for one in needed])
        clash = [one for one in needed if (said := home.settings.tools.folders.get(one.name)) and said.path != one.path]
        if clash:
            raise SettingsError(
                f"{clash[0].name}:/ means another folder in settings.toml", remedy="run the command again"
            )
        replace_file(path, folders_text(folders).encode())
    finally:
        os.close(waiting)


def _failed(error: OSError, target: Path) -> ErgosError:
    why = error.strerror or str(error)
    if error.errno in (_NO_SPACE, _OVER_QUOTA):
        return DiskFullError(f"{target} could not be written: {why}", remedy="make room; nothing was left half written")
    return DefinitionError(f"{target} cannot be written: {why}", remedy="name another folder with --into")


def understood_rates(said: list[str]) -> dict[str, Decimal]:
    """'EUR=1.08': US dollars for one unit of a currency. Raises: UsageError."""
    found: dict[str, Decimal] = {}
    for one in said:
        code, _, rate = one.partition("=")
        currency = code.strip().upper()
        try:
            value = Decimal(rate.strip())
        except ArithmeticError:
            value = Decimal(0)
        if len(currency) != 3 or not currency.isalpha() or not value.is_finite() or value <= 0:
            raise UsageError(f"--rate {one[:40]!r} is no rate", remedy="write --rate EUR=1.08: dollars for one unit")
        found[currency] = value
    return found


def text_in(path: Path) -> str:
    """A prose from a file. Raises: UsageError."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= PROSE_BYTES_MAX else None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="name a text file") from error
    return decoded(raw, str(path))


def decoded(raw: bytes | None, what: str) -> str:
    """Bytes as text. Raises: UsageError."""
    if raw is None or len(raw) > PROSE_BYTES_MAX:
        raise UsageError(f"{what} is larger than {PROSE_BYTES_MAX:,} bytes", remedy="say it more shortly")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} is not UTF-8 text", remedy="save it as UTF-8") from error
