"""The part of settings.toml that says what may leave a sandbox, as one frozen value.

    [egress.github]
    host = "api.github.com"               # a name; "*.example.com": its subdomains; "*": any public name; an address
    scheme = "https"                      # what is spoken to the host; inside, a program asks for http://api.github.com/
    ports = [443]                         # default: the scheme's own
    methods = ["GET", "POST"]             # default: GET and HEAD; ["*"]: all
    paths = ["/repos/acme/", "/user"]     # prefixes by whole segments; default: every path
    inject = { header = "Authorization", secret = "secret:github", format = "Bearer {}" }
    bytes_max = 16777216                  # of each body
    deadline_s = 60                       # from a request to the end of its reply
    [egress.wiki]                         # a host of a private network: the rule names its very addresses
    host = "wiki.corp.example"
    private = true
    addresses = ["10.1.2.3"]
    inject = { secret = "secret:wiki", format = "Basic {base64}" }   # the secret is `user:password`
    [egress.mirror]                       # nothing of what is asked is looked at: CONNECT is let through
    host = "mirror.example.org"
    methods = ["*"]

Rules are tried in their order in the file; the first that fits decides. What no rule names does not leave.

Rules: as in settings.py; and no message repeats what might be a secret.
"""

from __future__ import annotations

import re
from typing import Final, cast, get_args

from ergos.base.errors import SettingsError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.kernel.egress import (
    ANY_HOST,
    EGRESS_BYTES_MAX,
    EGRESS_DEADLINE_S,
    REFERENCE,
    SECRET_NAME,
    EgressRule,
    EgressRules,
    Injection,
    Scheme,
)
from ergos.kernel.hosts import Refused, read_address, read_host, unreachable
from ergos.kernel.targets import read_path
from ergos.runtime.tables import Table, counted, known, mapping

RULES_MAX: Final = 1_000  # rules of one file; more is a list for a firewall
ENTRIES_MAX: Final = 100  # methods, paths, ports, addresses or headers of one rule
BODY_BYTES_MAX: Final = 1024 * 1024 * 1024  # bytes of one body; a request's is held in memory
DEADLINE_S_MAX: Final = 24 * 3600.0  # seconds of one exchange; a longer one is a service

KEYS: Final = (
    "host", "scheme", "ports", "methods", "paths", "inject", "bytes_max", "deadline_s", "private", "addresses",
)  # fmt: skip
SCHEMES: Final = cast("tuple[Scheme, ...]", get_args(Scheme))
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PLACES: Final = ("{}", "{base64}")

_HEADER: Final = re.compile(r"[a-z0-9-]{1,100}")
_FORMAT: Final = re.compile(r"[ -~]{1,200}")
_TAKEN: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade", "te", "trailer"}
)
_NAMED: Final = "expected the name of a secret, as in secret = 'secret:github'; `ergos secret set github` stores it"


def egress_settings(found: object, path: str) -> EgressRules:
    """What the table `egress` says. `path`: of the file, for messages. Raises: SettingsError."""
    if found is None:
        return EgressRules()
    table = mapping(found, f"{path}: egress", "one table for each rule, such as [egress.github]")
    if len(table) > RULES_MAX:
        raise SettingsError(f"{path}: egress has {len(table):,} rules; expected at most {RULES_MAX:,}")
    return EgressRules(tuple(_rule(name, one, path) for name, one in table.items()))


def _rule(name: str, found: object, path: str) -> EgressRule:
    where = f"{path}: egress.{name}"
    try:
        checked_name(name, what="a rule")
    except ValueShapeError as error:
        raise SettingsError(f"{where}: {error.what}") from error
    table = mapping(found, where, "a table such as host = 'api.example.com'")
    known(table, KEYS, path, f"egress.{name}.")
    private = _flag(table.get("private", False), f"{where}.private")
    rule = EgressRule(
        name=name,
        host=_host(table, where),
        scheme=_scheme(table.get("scheme", "https"), f"{where}.scheme"),
        ports=tuple(counted(port, f"{where}.ports", 1, 65_535) for port in _list(table, "ports", where)),
        methods=_methods(table, where),
        paths=tuple(_path(one, f"{where}.paths") for one in _list(table, "paths", where)),
        inject=_injections(table.get("inject"), path, f"egress.{name}.inject"),
        bytes_max=counted(table.get("bytes_max", EGRESS_BYTES_MAX), f"{where}.bytes_max", 1, BODY_BYTES_MAX),
        deadline_s=_seconds(table.get("deadline_s", EGRESS_DEADLINE_S), f"{where}.deadline_s"),
        private=private,
        addresses=tuple(_address(one, f"{where}.addresses") for one in _list(table, "addresses", where)),
    )
    _fits(rule, where)
    return rule


def _fits(rule: EgressRule, where: str) -> None:
    """What may be said alone and not together."""
    address = read_address(rule.host)
    if address is not None and not rule.private and (why := unreachable(address)) is not None:
        raise SettingsError(f"{where}.host: {why}; expected private = true, if it is meant to be reached")
    if address is not None and rule.addresses:
        raise SettingsError(f"{where}.addresses: the host is an address itself; expected none besides")
    if rule.addresses and not rule.private:
        raise SettingsError(f"{where}.addresses: no public host needs them; expected private = true beside them")
    if rule.private and address is None and not rule.addresses:
        raise SettingsError(
            f"{where}.private: expected the addresses the host may have, such as addresses = ['10.1.2.3']"
        )
    if rule.host == ANY_HOST and (rule.private or rule.inject):
        raise SettingsError(f"{where}.host is '*'; expected one host for a rule with `private` or `inject`")
    if rule.inject and rule.scheme == "http" and not rule.private:
        raise SettingsError(f"{where}.inject: a secret would travel in the open; expected scheme = 'https'")


def _host(table: Table, where: str) -> str:
    expected = "a name such as 'api.example.com' or '*.example.com', without scheme, port or path"
    text = table.get("host")
    if not isinstance(text, str) or not text:
        raise SettingsError(f"{where} has no `host`; expected {expected}")
    if text == ANY_HOST:
        return text
    suffix = text.startswith("*.")
    inner = text[2:] if suffix else text
    found = read_host(f"[{inner}]" if inner.count(":") > 1 and not inner.startswith("[") else inner)
    if isinstance(found, Refused):
        raise SettingsError(f"{where}.host: {found.why}; expected {expected}")
    if suffix and (found.address or "." not in found.name):
        raise SettingsError(
            f"{where}.host is {text!r}; expected a suffix of two labels at least, as in '*.example.com'"
        )
    return f"*.{found.name}" if suffix else found.name


def _address(value: object, where: str) -> str:
    found = read_address(value) if isinstance(value, str) else None
    if found is None:
        raise SettingsError(f"{where} holds {value!r}; expected addresses such as '10.1.2.3' or 'fd00::1'")
    return str(found)


def _scheme(value: object, where: str) -> Scheme:
    for scheme in SCHEMES:
        if value == scheme:
            return scheme
    raise SettingsError(f"{where} is {value!r}; expected one of {', '.join(SCHEMES)}")


def _methods(table: Table, where: str) -> tuple[str, ...]:
    if "methods" not in table:
        return EgressRule(name="", host="").methods
    listed = _list(table, "methods", where)
    if listed == ["*"]:
        return ()
    methods = tuple(dict.fromkeys(one.upper() if isinstance(one, str) else "" for one in listed))
    if not methods or not set(methods) <= set(METHODS):
        raise SettingsError(f"{where}.methods is {listed!r}; expected some of {', '.join(METHODS)}, or ['*'] for all")
    return methods


def _path(value: object, where: str) -> str:
    found = read_path(value) if isinstance(value, str) else Refused("it is no text")
    if isinstance(found, Refused):
        raise SettingsError(f"{where} holds {value!r}: {found.why}; expected a path such as '/repos/acme/'")
    return found


def _injections(found: object, path: str, key: str) -> tuple[Injection, ...]:
    if found is None:
        return ()
    listed = cast("list[object]", found) if isinstance(found, list) else [found]
    if len(listed) > ENTRIES_MAX:
        raise SettingsError(f"{path}: {key} has {len(listed)} entries; expected at most {ENTRIES_MAX}")
    injections = tuple(_injection(one, path, key) for one in listed)
    if len({one.header for one in injections}) < len(injections):
        raise SettingsError(f"{path}: {key} sets a header twice; expected each once")
    return injections


def _injection(found: object, path: str, key: str) -> Injection:
    where = f"{path}: {key}"
    if not isinstance(found, dict):  # it may be the secret itself: not repeated
        raise SettingsError(f"{where} is no table; {_NAMED}")
    table = cast("Table", found)
    known(table, ("header", "secret", "format"), path, f"{key}.")
    header = table.get("header", "Authorization")
    lower = header.lower() if isinstance(header, str) else ""
    if _HEADER.fullmatch(lower) is None or lower in _TAKEN:
        raise SettingsError(f"{where}.header is {header!r}; expected the name of a header, such as 'Authorization'")
    secret = table.get("secret")
    named = secret.removeprefix(REFERENCE) if isinstance(secret, str) and secret.startswith(REFERENCE) else ""
    if SECRET_NAME.fullmatch(named) is None:
        raise SettingsError(f"{where}.secret names no secret; {_NAMED}")
    form = table.get("format", "Bearer {}" if lower == "authorization" else "{}")
    if not isinstance(form, str) or _FORMAT.fullmatch(form) is None or sum(map(form.count, PLACES)) != 1:
        raise SettingsError(f"{where}.format does not say where the secret stands; expected one {{}} or {{base64}}")
    return Injection(lower, named, form)


def _list(table: Table, key: str, where: str) -> list[object]:
    value = table.get(key, [])
    if not isinstance(value, list) or len(cast("list[object]", value)) > ENTRIES_MAX:
        raise SettingsError(f"{where}.{key} is {value!r}; expected a list of at most {ENTRIES_MAX}")
    if key in table and not value:
        raise SettingsError(f"{where}.{key} is empty; expected one entry at least, or no such key")
    return cast("list[object]", value)


def _seconds(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= DEADLINE_S_MAX:
        raise SettingsError(f"{where} is {value!r}; expected seconds, at most {DEADLINE_S_MAX:g}")
    return float(value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{where} is {value!r}; expected true or false")
    return value
