"""The part of settings.toml that speaks of A2A: which agents are published, and who the peers are, as frozen values.

    [a2a]
    publish = ["agents/newsroom"]         # folders of agents that peers may use; relative ones are below the home
    [a2a.peers.acme]
    url = "https://agents.acme.example"   # where its Agent Card is; without it the peer only calls us
    addresses = ["10.1.2.3"]              # private addresses its host may have; default: public ones alone
    token = "secret:acme"                 # what we present to it, from the vault
    accepts = "secret:acme-calls"         # what it presents to us, or "sha256:…" of it; without it: it may not call
    agents = ["newsroom"]                 # published agents it may use; default: all that are published
    grants = ["files.read", "web.*"]      # tools its tasks may use of those the agent has; default: all of them
    tasks_max = 4                         # tasks at once, each way
    price = "0.05usd"                     # what one request to it costs at most
    deadline_s = 600                      # of one request to it
    trusted = false                       # true: what it answers counts as said by somebody you trust
    delegates = ["newsroom"]              # agents it may call back for a request of ours, with a token for that alone
    [a2a.peers.acme.budget]               # what its tasks may spend here
    per_task = "0.50usd"
    tokens_per_task = 50000
    per_day = "5usd"
    tokens_per_day = 500000

Rules: as in settings.py; and no message repeats what might be a secret, nor does a file hold one. A plain http URL is
for this machine alone.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from ergos.base.errors import SettingsError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.money import Amount
from ergos.kernel.egress import REFERENCE, SECRET_NAME
from ergos.kernel.hosts import Refused, read_address, read_host
from ergos.kernel.peers import (
    ASK_DEADLINE_S,
    NO_CEILING,
    SHA256,
    TASKS_MAX,
    A2aSettings,
    PeerBudget,
    PeerSettings,
)
from ergos.runtime.tables import Table, counted, known, mapping, money

PEERS_MAX: Final = 200  # peers of one file; more are kept by something that should be a gateway
PEER_CHARS_MAX: Final = 32  # characters of a peer's name, so that there is room for the tool's
LIST_MAX: Final = 100  # entries of one list
URL_CHARS_MAX: Final = 2_000  # characters of a URL
TASKS_AT_ONCE_MAX: Final = 1_000  # tasks at once of one peer; more is a service, not a peer
DEADLINE_S_MAX: Final = 24 * 3600.0  # seconds of one request
TOKENS_MAX: Final = 2**53  # tokens of a ceiling

KEYS: Final = ("publish", "peers")
PEER_KEYS: Final = (
    "url", "addresses", "token", "accepts", "agents", "grants", "budget", "tasks_max", "price", "deadline_s", "trusted",
    "delegates",
)  # fmt: skip
BUDGET_KEYS: Final = ("per_task", "tokens_per_task", "per_day", "tokens_per_day")
NEAR: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_TOOL: Final = re.compile(r"[\w-]+(\.[\w-]+)*(\.\*)?")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HOW: Final = "store it with `ergos secret set NAME` and write 'secret:NAME'"


def peer_settings(found: object, path: Path) -> A2aSettings:
    """What the table `a2a` says. `path`: of the file. Raises: SettingsError."""
    if found is None:
        return A2aSettings()
    table = mapping(found, f"{path}: a2a", "a table such as [a2a.peers.NAME]")
    known(table, KEYS, str(path), "a2a.")
    where = f"{path}: a2a.peers"
    peers = mapping(table.get("peers", {}), where, "one table for each peer")
    if len(peers) > PEERS_MAX:
        raise SettingsError(f"{where} has {len(peers):,} entries; expected at most {PEERS_MAX:,}")
    seen: dict[str, str] = {}
    parsed: dict[str, PeerSettings] = {}
    for name, one in peers.items():
        _named(name, where, seen)
        parsed[name] = _peer(name, one, str(path))
    _apart(parsed, where)
    return A2aSettings(publish=_folders(table, path), peers=parsed)


def _named(name: str, where: str, seen: dict[str, str]) -> None:
    """A name that is one, and that nobody takes for another."""
    if len(name) > PEER_CHARS_MAX or not _NAME.fullmatch(name):
        raise SettingsError(
            f"{where}.{name[:60]!r} is not a name for a peer; expected lower-case letters, digits, '-' and '_', "
            f"at most {PEER_CHARS_MAX} characters"
        )
    plain = name.replace("-", "").replace("_", "").translate(str.maketrans("01l", "oii"))
    if plain in seen:
        raise SettingsError(f"{where}.{name} looks like {seen[plain]!r}; expected names that nobody confuses")
    seen[plain] = name


def _apart(peers: dict[str, PeerSettings], where: str) -> None:
    """Two peers that present the same would be one."""
    seen: dict[str, str] = {}
    for name, peer in peers.items():
        if peer.accepts and peer.accepts in seen:
            raise SettingsError(
                f"{where}.{name}.accepts is that of {seen[peer.accepts]!r}; expected another token for every peer"
            )
        seen[peer.accepts] = name


def _peer(name: str, found: object, path: str) -> PeerSettings:
    where = f"{path}: a2a.peers.{name}"
    table = mapping(found, where, "a table such as url = 'https://agents.example.com'")
    known(table, PEER_KEYS, path, f"a2a.peers.{name}.")
    url = _url(table["url"], f"{where}.url") if "url" in table else ""
    accepts = _accepts(table["accepts"], f"{where}.accepts") if "accepts" in table else ""
    if not url and not accepts:
        raise SettingsError(f"{where} has neither `url` nor `accepts`; expected one: it is called, or it calls")
    for key in ("addresses", "token", "price", "deadline_s", "trusted", "delegates"):
        if key in table and not url:
            raise SettingsError(f"{where}.{key} is about calling it; expected a `url` besides")
    for key in ("agents", "grants", "budget"):
        if key in table and not accepts and "delegates" not in table:
            raise SettingsError(f"{where}.{key} is about its calls to us; expected `accepts` or `delegates` besides")
    budget = _budget(table.get("budget", {}), where, path, name)
    if "delegates" in table and budget.task is None:
        raise SettingsError(f"{where}.delegates gives a token with a budget; expected `budget` with a per_task")
    return PeerSettings(
        name=name,
        url=url,
        addresses=_addresses(table.get("addresses", []), f"{where}.addresses"),
        token=_secret(table["token"], f"{where}.token") if "token" in table else "",
        accepts=accepts,
        agents=_agents(table, "agents", where),
        grants=_tools(table["grants"], f"{where}.grants") if "grants" in table else None,
        budget=budget,
        tasks_max=counted(table.get("tasks_max", TASKS_MAX), f"{where}.tasks_max", 1, TASKS_AT_ONCE_MAX),
        price=money(table["price"], f"{where}.price") if "price" in table else None,
        deadline_s=_seconds(table.get("deadline_s", ASK_DEADLINE_S), f"{where}.deadline_s"),
        trusted=_flag(table.get("trusted", False), f"{where}.trusted"),
        delegates=_agents(table, "delegates", where),
    )


def _budget(found: object, where: str, path: str, name: str) -> PeerBudget:
    table = mapping(found, f"{where}.budget", "a table such as per_task = '0.50usd'")
    known(table, BUDGET_KEYS, path, f"a2a.peers.{name}.budget.")
    return PeerBudget(task=_amount(table, "task", f"{where}.budget"), day=_amount(table, "day", f"{where}.budget"))


def _amount(table: Table, scope: str, where: str) -> Amount | None:
    paid, tokens = table.get(f"per_{scope}"), table.get(f"tokens_per_{scope}")
    if paid is None and tokens is None:
        return None
    return Amount(
        NO_CEILING if paid is None else money(paid, f"{where}.per_{scope}"),
        NO_CEILING if tokens is None else counted(tokens, f"{where}.tokens_per_{scope}", 0, TOKENS_MAX),
    )


def _url(value: object, where: str) -> str:
    expected = "a URL such as https://agents.example.com"
    if not isinstance(value, str) or len(value) > URL_CHARS_MAX:
        raise SettingsError(f"{where} is no text of at most {URL_CHARS_MAX:,} characters; expected {expected}")
    plain = value.isascii() and value.isprintable() and " " not in value and "\\" not in value
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SettingsError(f"{where} is no URL ({error}); expected {expected}") from error
    if not plain or parts.username is not None or parts.password is not None or parts.fragment or parts.query:
        raise SettingsError(f"{where}: expected {expected}, without a name, a password, a '?' or a '#'")
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise SettingsError(f"{where} is {value[:100]!r}; expected {expected}")
    read = read_host(f"[{host}]" if ":" in host else host)
    if isinstance(read, Refused):
        raise SettingsError(f"{where}: {read.why}; expected {expected}")
    if parts.scheme == "http" and host not in NEAR:
        raise SettingsError(
            f"{where} speaks plain http to {host}; expected https, so that nobody on the way reads along"
        )
    return value.rstrip("/")


def _addresses(value: object, where: str) -> tuple[str, ...]:
    found = [(one, read_address(one)) for one in _texts(value, where)]
    for one, address in found:
        if address is None:
            raise SettingsError(f"{where} holds {one[:60]!r}; expected addresses such as '10.1.2.3' or 'fd00::1'")
    return tuple(str(address) for _, address in found)


def _accepts(value: object, where: str) -> str:
    if isinstance(value, str) and value.startswith(SHA256):
        if not _DIGEST.fullmatch(value.removeprefix(SHA256)):
            raise SettingsError(f"{where}: expected 64 lower-case hexadecimal digits after 'sha256:'")
        return value
    return REFERENCE + _secret(value, where)


def _secret(value: object, where: str) -> str:
    """The name of a secret."""
    named = value.removeprefix(REFERENCE) if isinstance(value, str) and value.startswith(REFERENCE) else ""
    if not SECRET_NAME.fullmatch(named):
        raise SettingsError(f"{where}: a secret does not belong into a file; expected: {_HOW}")
    return named


def _agents(table: Table, key: str, where: str) -> tuple[str, ...]:
    listed = _texts(table.get(key, []), f"{where}.{key}")
    if key in table and not listed:
        raise SettingsError(f"{where}.{key} is empty; expected one name at least, or no such key")
    for one in listed:
        try:
            checked_name(one, what="an agent")
        except ValueShapeError as error:
            raise SettingsError(f"{where}.{key}: {error.what}") from error
    return listed


def _tools(value: object, where: str) -> tuple[str, ...]:
    listed = _texts(value, where)
    for one in listed:
        if not _TOOL.fullmatch(one):
            raise SettingsError(f"{where} holds {one[:60]!r}; expected names of tools, such as 'files.read' or 'web.*'")
    return listed


def _folders(table: Table, path: Path) -> tuple[str, ...]:
    listed = _texts(table.get("publish", []), f"{path}: a2a.publish")
    if not all(one.strip() for one in listed):
        raise SettingsError(f"{path}: a2a.publish holds an empty path; expected folders of agents")
    return tuple(str((path.parent / Path(one).expanduser()).absolute()) for one in listed)


def _texts(value: object, where: str) -> tuple[str, ...]:
    listed = cast("list[object]", value) if isinstance(value, list) else None
    if listed is None or len(listed) > LIST_MAX:
        raise SettingsError(f"{where} is {str(value)[:60]!r}; expected a list of at most {LIST_MAX}")
    if not all(isinstance(one, str) and "\0" not in one for one in listed):
        raise SettingsError(f"{where} holds what is no text; expected a list of texts")
    return tuple(dict.fromkeys(cast("list[str]", listed)))


def _seconds(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SettingsError(f"{where} is {value!r}; expected a number of seconds")
    if not 0 < value <= DEADLINE_S_MAX:
        raise SettingsError(f"{where} is {value:g}; expected more than 0 and at most {DEADLINE_S_MAX:,.0f} seconds")
    return float(value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{where} is {value!r}; expected true or false")
    return value
