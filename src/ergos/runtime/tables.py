"""Reads values out of a TOML table that a person wrote.

Rules: every error names the place and what was expected; an unknown key names its nearest relative.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeAlias, cast

from ergos.base.errors import SettingsError, ValueShapeError
from ergos.base.money import parse_money

Table: TypeAlias = "dict[str, object]"


def money(value: object, where: str) -> int:
    """Micro-dollars. Raises: SettingsError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingsError(f"{where} is {value!r}; expected US dollars such as '2.50usd'")
    try:
        return parse_money(str(value))
    except ValueShapeError as error:
        raise SettingsError(f"{where}: {error.what}; expected US dollars such as '2.50usd'") from error


def counted(value: object, where: str, least: int, most: int) -> int:
    """A whole number within bounds. Raises: SettingsError."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise SettingsError(f"{where} is {value!r}; expected a whole number from {least:,} to {most:,}")
    return value


def mapping(value: object, where: str, expected: str) -> Table:
    """A table. Raises: SettingsError."""
    if not isinstance(value, dict):
        raise SettingsError(f"{where} is {value!r}; expected {expected}")
    return cast("Table", value)


def known(table: Table, allowed: Iterable[str], path: str, prefix: str) -> None:
    """Nothing, if every key is one of `allowed`. Raises: SettingsError."""
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, list(allowed), 1)
            hint = f"{prefix}{near[0]}" if near else "one of " + ", ".join(allowed)
            raise SettingsError(f"{path}: {prefix}{key} is no setting; expected {hint}")
