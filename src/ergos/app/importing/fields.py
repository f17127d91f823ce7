"""Reads fields of somebody else's mapping: leniently in what it takes, exactly in what it says.

Rules: a field of another type than its format says counts as absent and is reported; what nobody asked for is reported
as unknown; nothing raises.
"""

from __future__ import annotations

from typing import Final

from ergos.app.importing.remarks import Findings
from ergos.base.canonical import Plain


class Fields:
    """One mapping, and which of its fields were read."""

    def __init__(self, value: Plain, where: str, findings: Findings) -> None:
        self._value: Final[dict[str, Plain]] = value if isinstance(value, dict) else {}
        self.where: Final = where
        self.findings: Final = findings
        self._read: set[str] = set()
        if value is not None and not isinstance(value, dict):
            findings.add("I102", where, where)

    def __contains__(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self._value.get(key) is not None

    def raw(self, *keys: str) -> Plain:
        """The value of the first of these fields that is there."""
        self._read.update(keys)
        return next((self._value[key] for key in keys if self._value.get(key) is not None), None)

    def text(self, *keys: str) -> str:
        """Text; a number or truth value as it is written; '' where there is none."""
        found = self.raw(*keys)
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, str | int | float):
            return str(found)
        return "" if found is None else self._wrong(keys[0], "")

    def flag(self, key: str) -> bool | None:
        """Truth; None where it is not said."""
        found = self.raw(key)
        if isinstance(found, bool) or found is None:
            return found
        if isinstance(found, str) and found.lower() in ("true", "false", "yes", "no", "on", "off"):
            return found.lower() in ("true", "yes", "on")
        self._wrong(key, "")
        return None

    def number(self, *keys: str) -> float | None:
        """A number; None where there is none."""
        found = self.raw(*keys)
        if isinstance(found, str):
            try:
                return float(found)
            except ValueError:
                found = [found]
        if found is None or (isinstance(found, int | float) and not isinstance(found, bool)):
            return found
        self._wrong(keys[0], "")
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text counts as a list of it."""
        found = self.raw(key)
        if isinstance(found, str):
            return (found,)
        if found is None:
            return ()
        if not isinstance(found, list):
            self._wrong(key, "")
            return ()
        if not all(isinstance(one, str | int | float) for one in found):
            self._wrong(key, "")
        return tuple(str(one) for one in found if isinstance(one, str | int | float))

    def items(self, *keys: str) -> tuple[Plain, ...]:
        """A list."""
        found = self.raw(*keys)
        if found is None:
            return ()
        if not isinstance(found, list):
            self._wrong(keys[0], "")
            return ()
        return tuple(found)

    def below(self, *keys: str) -> Fields:
        """A mapping below this one; empty where there is none."""
        key = next((one for one in keys if one in self), keys[0])
        self._read.update(keys)
        return Fields(self._value.get(key), self.at(key), self.findings)

    def pairs(self, key: str) -> dict[str, Plain]:
        """A mapping as it is."""
        found = self.raw(key)
        if found is None or isinstance(found, dict):
            return found or {}
        self._wrong(key, "")
        return {}

    @property
    def keys(self) -> tuple[str, ...]:
        """All names."""
        return tuple(self._value)

    def at(self, key: str) -> str:
        """The place of a field."""
        return f"{self.where}.{key}" if self.where else key

    def known(self, *keys: str) -> None:
        """These are known and mean nothing here that would be worth a remark."""
        self._read.update(keys)

    def done(self) -> None:
        """Report what nobody asked for."""
        for key, value in self._value.items():
            if key not in self._read and value not in (None, [], {}, "", False):
                self.findings.add("I101", self.at(key), key)

    def _wrong(self, key: str, instead: str) -> str:
        self.findings.add("I102", self.at(key), key)
        return instead
