"""The owner's settings as one frozen value: `settings.toml` in the home, then the environment, then --home.

    owner = "alice"
    language = "zh"
    [budget]                 # ceilings of every owner
    per_day = "2usd"
    tokens_per_day = 500000
    [budget.owners.alice]    # instead of the above, for one owner
    per_day = "10usd"
    [concurrency]            # calls at once, by queue
    tools = 16
    [models]                 # endpoints, prices, shares: see model_settings.py
    auto = ["mine"]
    [egress.news]            # what leaves a sandbox: see egress_settings.py
    host = "example.org"
    [tools.files.roots]      # what the built-in tools may use: see tool_settings.py
    invoices = "~/invoices"
    [mcp.servers.github]     # servers of tools: see mount_settings.py
    command = "/opt/github-mcp/bin/server"
    [mcp]                    # what clients over MCP are offered
    agents = ["agents/newsroom"]
    skills = ["skills"]
    [server]                 # where people and programs come in, and who: see server_settings.py
    port = 7437
    [telemetry]              # what a collector is told: see telemetry_settings.py
    endpoint = "http://127.0.0.1:4318"
    [a2a]                    # agents of others that we call, or that call us: see peer_settings.py
    publish = ["agents/newsroom"]
    [policy]                 # an organisation's own prohibitions, in Cedar
    forbid = "forbid.cedar"
    [rights]                 # what you decide yourself, who else decides, when you are told: see owner_settings.py
    reserved = ["mail.send"]
    [mailboxes.office]       # where triggers look, with [brokers.NAME]: see trigger_settings.py
    host = "imap.example.org"

Environment: ERGOS_HOME (default ~/.ergos), ERGOS_OWNER, ERGOS_LANGUAGE; it wins over the file.

Rules: read once and passed in; an unknown key is an error that names its nearest relative; every error names
file (or variable), key and what was expected. Nothing here is a permission.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from ergos.base.errors import SettingsError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.money import Amount
from ergos.kernel.egress import EgressRules
from ergos.kernel.endpoints import ModelSettings
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.mounts import ServerSettings
from ergos.kernel.peers import A2aSettings
from ergos.kernel.tool_settings import ToolSettings
from ergos.kernel.trigger_settings import TriggerSettings
from ergos.runtime.egress_settings import egress_settings
from ergos.runtime.folder_settings import with_folders
from ergos.runtime.model_settings import model_settings
from ergos.runtime.mount_settings import mount_settings
from ergos.runtime.owner_settings import OwnerDesk, owner_settings
from ergos.runtime.peer_settings import peer_settings
from ergos.runtime.server_settings import ListenSettings, server_settings
from ergos.runtime.tables import Table, counted, known, mapping, money
from ergos.runtime.telemetry_settings import TelemetrySettings, telemetry_settings
from ergos.runtime.tool_settings import tool_settings
from ergos.runtime.trigger_settings import trigger_settings

SETTINGS_BYTES_MAX: Final = 64 * 1024  # bytes of settings.toml; a longer file is not settings
CONCURRENCY_MAX: Final = 10_000  # calls at once of one queue; more open files than a process may have

EVERYONE: Final = "*"
"""Stands for every owner that is not named."""

FILE: Final = "settings.toml"
OFFERED: Final = ("agents", "skills")
"""Keys of [mcp] that say what is offered; the rest says what is mounted."""
PATHS_MAX: Final = 100  # paths of one list
RESERVED: Final = frozenset(
    "calendar feeds files git http mail made notify peers python shell skills sql tools webhook".split()
)
"""First parts of names of our own tools: no server is called so."""
KEYS: Final = (
    "owner", "language", "budget", "concurrency", "models", "egress", "tools", "mcp", "policy", "rights", "delegates",
    "notices", "mailboxes", "brokers", "a2a", "server", "telemetry",
)  # fmt: skip
SCOPES: Final = {
    "per_call": "call",
    "per_process": "process",
    "per_agent": "agent",
    "per_owner": "owner",
    "per_day": "day",
    "per_week": "week",
    "per_month": "month",
}
LANGUAGES: Final = ("en", "zh")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an owner can set."""

    home: Path
    """Absolute."""
    owner: str
    """Who runs what is started here."""
    language: Literal["en", "zh"] = "en"
    owner_caps: dict[str, Caps] = {}
    """Ceilings by owner; EVERYONE for those not named."""
    concurrency: dict[str, int] = {}
    """Calls at once by queue."""
    models: ModelSettings = ModelSettings()
    tools: ToolSettings = ToolSettings()
    """The built-in tools."""
    servers: dict[str, ServerSettings] = {}
    """Servers of tools, by name."""
    mcp_agents: tuple[Path, ...] = ()
    """Agents' folders that are tools for clients over MCP; absolute."""
    mcp_skills: tuple[Path, ...] = ()
    """Folders of skills that are offered over MCP; absolute."""
    telemetry: TelemetrySettings | None = None
    """What a collector is told; None: there is none."""
    server: ListenSettings = ListenSettings()
    """Where people and programs come in."""
    a2a: A2aSettings = A2aSettings()
    """Agents that are published, and peers, over A2A."""
    forbid: Path | None = None
    """The organisation's own rules, in Cedar; absolute."""
    triggers: TriggerSettings = TriggerSettings()
    """Mailboxes and brokers that triggers look at."""
    desk: OwnerDesk = OwnerDesk()
    """What owners keep to themselves, who else decides, and when they are told."""
    egress: EgressRules = EgressRules()
    """What may be asked of other machines from inside a sandbox, and by the built-in tools."""


def read_settings(environ: Mapping[str, str], *, home: Path | None = None, user: str = "owner") -> Settings:
    """The settings of a home (`home`, else ERGOS_HOME, else ~/.ergos). `user`: owner where nothing names one.

    Raises: SettingsError.
    """
    folder = home or home_of(environ)
    path = folder / FILE
    table = _table(path)
    known(table, KEYS, str(path), "")
    language = environ.get("ERGOS_LANGUAGE") or table.get("language") or "en"
    if language not in LANGUAGES:
        where = "ERGOS_LANGUAGE" if environ.get("ERGOS_LANGUAGE") else f"{path}: language"
        raise SettingsError(f"{where} is {language!r}; expected 'en' or 'zh'")
    owner = _owner(environ, table, path, user)
    return Settings(
        home=folder.absolute(),
        owner=owner,
        language=language,
        owner_caps=_budgets(table.get("budget"), str(path)),
        concurrency=_concurrency(table.get("concurrency"), str(path)),
        models=model_settings(table.get("models"), str(path.absolute())),
        egress=egress_settings(table.get("egress"), str(path)),
        tools=with_folders(tool_settings(table.get("tools"), str(path)), folder),
        servers=mount_settings(_without(table.get("mcp"), OFFERED), str(path), RESERVED),
        mcp_agents=_paths(table.get("mcp"), "agents", path),
        mcp_skills=_paths(table.get("mcp"), "skills", path),
        telemetry=telemetry_settings(table.get("telemetry"), str(path)),
        server=server_settings(table.get("server"), path, owner),
        a2a=peer_settings(table.get("a2a"), path),
        forbid=_forbid(table.get("policy"), path),
        triggers=trigger_settings(table.get("mailboxes"), table.get("brokers"), str(path)),
        desk=owner_settings(table, str(path), owner),
    )


def _forbid(found: object, path: Path) -> Path | None:
    """`[policy] forbid = FILE`: rules that can only take away. Raises: SettingsError."""
    if found is None:
        return None
    table = mapping(found, f"{path}: policy", 'a table: `forbid = "rules.cedar"`')
    known(table, ("forbid",), str(path), "policy")
    named = table.get("forbid")
    if not isinstance(named, str) or not named.strip() or "\0" in named:
        raise SettingsError(f"{path}: policy.forbid is {named!r}; expected the path of a file of Cedar rules")
    return (path.parent / Path(named).expanduser()).absolute()


def _without(found: object, keys: tuple[str, ...]) -> object:
    """A table without these keys."""
    if not isinstance(found, dict):
        return found
    return {key: value for key, value in cast("Table", found).items() if key not in keys}


def _paths(found: object, key: str, path: Path) -> tuple[Path, ...]:
    """A list of paths of a table; relative ones are below the home. Raises: SettingsError."""
    listed = cast("Table", found).get(key) if isinstance(found, dict) else None
    if listed is None:
        return ()
    if not isinstance(listed, list) or len(listed) > PATHS_MAX:
        raise SettingsError(f"{path}: mcp.{key} is {listed!r}; expected a list of at most {PATHS_MAX} paths")
    texts = cast("list[object]", listed)
    if not all(isinstance(one, str) and one.strip() and "\0" not in one for one in texts):
        raise SettingsError(f"{path}: mcp.{key} is {listed!r}; expected a list of paths")
    return tuple((path.parent / Path(str(one)).expanduser()).absolute() for one in texts)


def home_of(environ: Mapping[str, str]) -> Path:
    """ERGOS_HOME, else ~/.ergos. Raises: SettingsError without either."""
    named = environ.get("ERGOS_HOME", "")
    user_home = environ.get("HOME", "")
    if "\0" in named:
        raise SettingsError("ERGOS_HOME contains a NUL byte; expected the path of a folder")
    if named == "~" or named.startswith("~/"):
        named = user_home + named[1:]
    if named:
        return Path(named).absolute()
    if not user_home:
        raise SettingsError("neither ERGOS_HOME nor HOME is set; expected ERGOS_HOME to name a folder")
    return Path(user_home).absolute() / ".ergos"


def _table(path: Path) -> Table:
    try:
        if path.stat().st_size > SETTINGS_BYTES_MAX:
            raise SettingsError(f"{path} is larger than {SETTINGS_BYTES_MAX:,} bytes; expected a short TOML file")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise SettingsError(f"the home {path.parent} is not a folder; expected a folder, or nothing yet") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}; expected a readable file") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text; expected TOML") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def _owner(environ: Mapping[str, str], table: Table, path: Path, user: str) -> str:
    for where, found in (("ERGOS_OWNER", environ.get("ERGOS_OWNER") or None), (f"{path}: owner", table.get("owner"))):
        if found is None:
            continue
        try:
            return checked_name(found if isinstance(found, str) else repr(found), what="an owner")
        except ValueShapeError as error:
            raise SettingsError(f"{where}: {error.what}") from error
    try:
        return checked_name(user, what="an owner")
    except ValueShapeError:
        return "owner"  # a login name that could not be part of a path


def _budgets(found: object, path: str) -> dict[str, Caps]:
    if found is None:
        return {}
    budget = mapping(found, f"{path}: budget", 'a table such as per_day = "2usd"')
    keys = (*SCOPES, *(f"tokens_{scope}" for scope in SCOPES))
    known(budget, (*keys, "owners"), path, "budget.")
    caps: dict[str, Caps] = {}
    if any(key != "owners" for key in budget):
        caps[EVERYONE] = _caps(budget, f"{path}: budget")
    owners = mapping(budget.get("owners", {}), f"{path}: budget.owners", "one table for each owner")
    for owner, listed in owners.items():
        where = f"{path}: budget.owners.{owner}"
        try:
            checked_name(owner, what="an owner")
        except ValueShapeError as error:
            raise SettingsError(f"{where}: {error.what}") from error
        own = mapping(listed, where, 'a table such as per_day = "2usd"')
        known(own, keys, path, f"budget.owners.{owner}.")
        caps[owner] = _caps(own, where)
    return caps


def _caps(table: Table, where: str) -> Caps:
    found: dict[str, Amount] = {}
    for key, scope in SCOPES.items():
        paid, tokens = table.get(key), table.get(f"tokens_{key}")
        if paid is not None or tokens is not None:
            found[scope] = Amount(
                UNCAPPED if paid is None else money(paid, f"{where}.{key}"),
                UNCAPPED if tokens is None else counted(tokens, f"{where}.tokens_{key}", 0, 2**53),
            )
    return msgspec.convert(found, Caps, from_attributes=True)


def _concurrency(found: object, path: str) -> dict[str, int]:
    if found is None:
        return {}
    table = mapping(found, f"{path}: concurrency", "a table such as tools = 16")
    return {queue: counted(value, f"{path}: concurrency.{queue}", 1, CONCURRENCY_MAX) for queue, value in table.items()}
