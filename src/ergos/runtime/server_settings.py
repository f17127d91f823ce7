"""The part of settings.toml that speaks of the server: where it listens, under which names, and who signs in.

    [server]
    host = "127.0.0.1"                      # another than this machine's own needs tls_* or behind_proxy
    port = 8420                             # what `ergos up` opens where nothing else is said; 0: a free one
    url = "https://ergos.example.org"       # where others reach it, such as through a proxy; its host is one of `hosts`
    hosts = ["ergos.example.org"]           # names besides those of loopback under which it is reached
    origins = ["https://ergos.example.org"] # origins of pages besides its own that may ask
    behind_proxy = ["10.0.0.5"]             # addresses of the proxies before it; only they are believed and answered
    tls_cert = "cert.pem"                   # relative to the home
    tls_key = "key.pem"

    [server.oidc]                           # sign-in with an organisation's accounts (extra `oidc`)
    issuer = "https://login.example.org"
    client_id = "ergos"
    secret = "oidc-client"                  # name of a secret in the vault; without one: a public client
    scopes = ["openid", "email"]
    claim = "email"                         # what people are told apart by: email, sub, groups or another claim
    [server.oidc.people."ann@example.org"]  # by the claim's value; of several groups the first that is listed
    owner = "alice"                         # whose things they see; default: the owner of this home
    role = "operator"
    name = "ann"                            # stands in the journal; default: from the claim

Rules: as in settings.py; nothing listens beyond this machine without TLS or a named proxy. A secret never stands here.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.errors import SettingsError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.kernel.egress import SECRET_NAME
from ergos.runtime.tables import Table, counted, known, mapping

KEYS: Final = ("host", "port", "url", "hosts", "origins", "behind_proxy", "tls_cert", "tls_key", "oidc")
OIDC_KEYS: Final = ("issuer", "client_id", "secret", "scopes", "claim", "people")
PERSON_KEYS: Final = ("owner", "role", "name")
ROLES: Final = ("viewer", "operator", "owner")
NAMES_MAX: Final = 50  # hosts, origins or proxies of one server
PEOPLE_MAX: Final = 1_000  # people or groups that may sign in
LOOPBACK: Final = "127.0.0.1"

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?")
_LOCAL: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_CLAIM: Final = re.compile(r"[A-Za-z_][\w:/.-]{0,99}")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody of an organisation is here."""

    owner: str
    role: Literal["viewer", "operator", "owner"] = "viewer"
    name: str = ""
    """'': from the claim."""


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where people of an organisation sign in."""

    issuer: str
    client_id: str
    secret: str = ""
    """Name of a secret; '': none."""
    scopes: tuple[str, ...] = ("openid", "email")
    claim: str = "email"
    people: dict[str, Person] = {}
    """By value of the claim, in the order of the file."""


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server listens and whom it answers."""

    host: str = LOOPBACK
    """An address, or 'localhost'."""
    port: int | None = None
    """None: as whoever starts it says."""
    url: str = ""
    """Where others reach it, without a slash at its end; '': where it listens."""
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    proxies: frozenset[str] = frozenset()
    tls_cert: Path | None = None
    """Absolute."""
    tls_key: Path | None = None
    oidc: OidcSettings | None = None

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS itself."""
        return self.tls_cert is not None


def server_settings(found: object, path: Path, owner: str) -> ListenSettings:
    """What [server] of a settings file says. `owner`: of the home. Raises: SettingsError."""
    if found is None:
        return ListenSettings()
    where = f"{path}: server"
    table = mapping(found, where, "a table such as port = 8420")
    known(table, KEYS, str(path), "server.")
    cert, key = _file(table, "tls_cert", path), _file(table, "tls_key", path)
    if (cert is None) != (key is None):
        raise SettingsError(f"{where} names one of tls_cert and tls_key; expected both, or neither")
    url = _url(table, where)
    made = ListenSettings(
        host=_host(table.get("host", LOOPBACK), where),
        port=counted(table["port"], f"{where}.port", 0, 65_535) if "port" in table else None,
        url=url,
        hosts=frozenset([*_hosts(table, where), *([url.partition("://")[2]] if url else [])]),
        origins=frozenset([*_origins(table, where), *([url] if url else [])]),
        proxies=frozenset(_proxies(table, where)),
        tls_cert=cert,
        tls_key=key,
        oidc=_oidc(table.get("oidc"), path, owner),
    )
    check_bind(made.host, tls=made.tls, behind_proxy=bool(made.proxies))
    return made


def check_bind(host: str, *, tls: bool, behind_proxy: bool) -> None:
    """Nothing, if a server may listen there: beyond this machine only with TLS or behind a proxy.

    Raises: SettingsError.
    """
    if host == "localhost" or tls or behind_proxy:
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise SettingsError(
            f"the server would listen on {host[:100]!r}, where tokens could be read on their way",
            remedy="listen on 127.0.0.1, or name tls_cert and tls_key, or behind_proxy, in [server] of settings.toml",
        )


def _host(found: object, where: str) -> str:
    named = found if isinstance(found, str) else ""
    if named == "localhost":
        return named
    try:
        ipaddress.ip_address(named)
    except ValueError as error:
        expected = "an address such as '127.0.0.1', or 'localhost'"
        raise SettingsError(f"{where}.host is {found!r}; expected {expected}") from error
    return named


def _file(table: Table, key: str, path: Path) -> Path | None:
    found = table.get(key)
    if found is None:
        return None
    if not isinstance(found, str) or not found.strip() or "\0" in found:
        raise SettingsError(f"{path}: server.{key} is {found!r}; expected the path of a PEM file")
    return (path.parent / Path(found).expanduser()).absolute()


def _texts(table: Table, key: str, where: str, expected: str) -> list[str]:
    found = table.get(key, [])
    listed = cast("list[object]", [found] if isinstance(found, str) else found)
    if not isinstance(found, list | str) or len(listed) > NAMES_MAX or not all(isinstance(one, str) for one in listed):
        raise SettingsError(f"{where}.{key} is {found!r}; expected a list of at most {NAMES_MAX}, such as {expected}")
    return [str(one) for one in listed]


def _hosts(table: Table, where: str) -> list[str]:
    hosts = [one.lower() for one in _texts(table, "hosts", where, "['ergos.example.org']")]
    for one in hosts:
        if _HOST.fullmatch(one) is None:
            raise SettingsError(f"{where}.hosts: {one!r} is no name of a host; expected one such as ergos.example.org")
    return hosts


def _origins(table: Table, where: str) -> list[str]:
    origins = _texts(table, "origins", where, "['https://ergos.example.org']")
    for one in origins:
        scheme, _, rest = one.partition("://")
        if scheme not in {"http", "https"} or _HOST.fullmatch(rest) is None:
            raise SettingsError(
                f"{where}.origins: {one!r} is no origin; expected one such as https://ergos.example.org"
            )
    return origins


def _url(table: Table, where: str) -> str:
    """An origin of https; of http only on this machine itself."""
    url = _text(table, "url", where, "").lower().removesuffix("/")
    scheme, _, rest = url.partition("://")
    plain = scheme == "http" and _LOCAL.fullmatch(rest) is not None
    if url and (_HOST.fullmatch(rest) is None or not (scheme == "https" or plain)):
        raise SettingsError(f"{where}.url is {url!r}; expected an address such as https://ergos.example.org, no path")
    return url


def _proxies(table: Table, where: str) -> list[str]:
    made: list[str] = []
    for one in _texts(table, "behind_proxy", where, "['10.0.0.5']"):
        try:
            made.append(str(ipaddress.ip_address(one)))
        except ValueError as error:
            raise SettingsError(
                f"{where}.behind_proxy: {one!r} is no address; expected one such as 10.0.0.5"
            ) from error
    return made


def _oidc(found: object, path: Path, owner: str) -> OidcSettings | None:
    if found is None:
        return None
    where = f"{path}: server.oidc"
    table = mapping(found, where, "a table such as issuer = 'https://login.example.org'")
    known(table, OIDC_KEYS, str(path), "server.oidc.")
    people = mapping(table.get("people", {}), f"{where}.people", "one table for each person or group")
    if not people or len(people) > PEOPLE_MAX:
        raise SettingsError(
            f"{where}.people has {len(people)} entries; expected 1 to {PEOPLE_MAX}: nobody else comes in"
        )
    secret, claim = _text(table, "secret", where, ""), _text(table, "claim", where, "email")
    if secret and SECRET_NAME.fullmatch(secret) is None:
        raise SettingsError(f"{where}.secret is not the name of a secret; the secret itself stands in the vault")
    if _CLAIM.fullmatch(claim) is None:
        raise SettingsError(f"{where}.claim is {claim!r}; expected email, sub, groups or another claim")
    scopes = _texts(table, "scopes", where, "['openid', 'email']") or ["openid", "email"]
    return OidcSettings(
        issuer=_issuer(_text(table, "issuer", where, ""), where),
        client_id=_named(table, "client_id", where),
        secret=secret,
        scopes=tuple(dict.fromkeys(["openid", *scopes])),
        claim=claim,
        people={value: _person(value, one, path, owner) for value, one in people.items()},
    )


def _issuer(issuer: str, where: str) -> str:
    """An address of https; http only for this machine itself."""
    parts = urlsplit(issuer)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise SettingsError(f"{where}.issuer is {issuer!r}; expected an address of https")
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError(f"{where}.issuer is {issuer!r}; expected an address such as https://login.example.org")
    return issuer


def _person(value: str, found: object, path: Path, owner: str) -> Person:
    where = f"{path}: server.oidc.people.{value[:60]}"
    table = mapping(found, where, "a table such as role = 'operator'")
    known(table, PERSON_KEYS, str(path), "server.oidc.people.NAME.")
    role = table.get("role", "viewer")
    if role not in ROLES:
        raise SettingsError(f"{where}.role is {role!r}; expected {', '.join(ROLES)}")
    whose, called = _text(table, "owner", where, owner), _text(table, "name", where, "")
    try:
        checked_name(whose, what="an owner")
        if called:
            checked_name(called, what="a person")
    except ValueShapeError as error:
        raise SettingsError(f"{where}: {error.what}") from error
    return Person(owner=whose, role=role, name=called)


def _named(table: Table, key: str, where: str) -> str:
    if not (text := _text(table, key, where, "")):
        raise SettingsError(f"{where}.{key} is missing; expected a string")
    return text


def _text(table: Table, key: str, where: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or len(value) > 500 or any(ord(letter) < 32 for letter in value):
        raise SettingsError(f"{where}.{key} is not text; expected a string")
    return value
