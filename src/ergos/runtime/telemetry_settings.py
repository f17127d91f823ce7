"""The part of settings.toml that says whether, and to whom, the kernel tells what it does.

    [telemetry]
    endpoint = "http://127.0.0.1:4318"   # a collector that takes OTLP over HTTP; without it nothing is told
    service = "ergos"                    # service.name
    sample = 0.1                         # which part of all traces is told; default: all
    content = true                       # arguments, messages and answers, too; default: never
    [telemetry.headers]
    authorization = "secret:collector"   # the name of a secret, never the secret

Rules: as in settings.py.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.base.errors import SettingsError
from ergos.kernel.egress import REFERENCE, SECRET_NAME
from ergos.runtime.tables import known, mapping

KEYS: Final = ("endpoint", "service", "sample", "content", "headers")
HEADERS_MAX: Final = 20  # headers of a message
SERVICE_CHARS_MAX: Final = 100  # characters of a service's name

_URL: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class TelemetrySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is told to whom."""

    endpoint: str
    """Base URL of the collector."""
    service: str = "ergos"
    sample: float = 1.0
    """0 to 1."""
    content: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    """Names of headers, and of the secrets that are their values."""


def telemetry_settings(found: object, path: str) -> TelemetrySettings | None:
    """The settings; None: nothing is told. Raises: SettingsError."""
    if found is None:
        return None
    table = mapping(found, f"{path}: telemetry", 'a table: `endpoint = "http://127.0.0.1:4318"`')
    known(table, KEYS, path, "telemetry.")
    endpoint = table.get("endpoint")
    if not isinstance(endpoint, str) or _URL.fullmatch(endpoint) is None:
        raise SettingsError(f"{path}: telemetry.endpoint is {endpoint!r}; expected a URL like 'http://127.0.0.1:4318'")
    service = table.get("service", "ergos")
    if not isinstance(service, str) or not 0 < len(service) <= SERVICE_CHARS_MAX or not service.isprintable():
        raise SettingsError(f"{path}: telemetry.service is {service!r}; expected a short name")
    sample = table.get("sample", 1.0)
    if isinstance(sample, bool) or not isinstance(sample, int | float) or not 0 <= sample <= 1:
        raise SettingsError(f"{path}: telemetry.sample is {sample!r}; expected a number from 0 to 1")
    content = table.get("content", False)
    if not isinstance(content, bool):
        raise SettingsError(f"{path}: telemetry.content is {content!r}; expected true or false")
    return TelemetrySettings(
        endpoint=endpoint, service=service, sample=float(sample), content=content, headers=_headers(table, path)
    )


def _headers(table: dict[str, object], path: str) -> tuple[tuple[str, str], ...]:
    if "headers" not in table:
        return ()
    headers = mapping(table["headers"], f"{path}: telemetry.headers", "a table of headers")
    if len(headers) > HEADERS_MAX:
        raise SettingsError(f"{path}: telemetry.headers has {len(headers)} headers; expected at most {HEADERS_MAX}")
    found: list[tuple[str, str]] = []
    for name, value in headers.items():
        place = f"{path}: telemetry.headers.{name}"
        if _HEADER.fullmatch(name) is None:
            raise SettingsError(f"{place} is no name of a header")
        secret = value.removeprefix(REFERENCE) if isinstance(value, str) and value.startswith(REFERENCE) else ""
        if SECRET_NAME.fullmatch(secret) is None:
            raise SettingsError(f"{place}: expected secret:NAME; `ergos secret set NAME` stores it")
        found.append((name.lower(), secret))
    return tuple(found)
