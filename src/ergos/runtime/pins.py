"""What owners have seen and approved by its digest: definitions of a server's tools, or a tool an agent wrote.

Rules: what is pinned is written in the same transaction as its record; whoever mounts tools is told of every change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Digest
from ergos.kernel.own_events import Pinned
from ergos.kernel.values import Packed
from ergos.runtime.vault import Vault

_PIN: Final = "pin/"


class Pin(msgspec.Struct, frozen=True):
    """What was approved."""

    digest: Digest
    definitions: Plain


class _Fact(msgspec.Struct, frozen=True):
    digest: Digest
    definitions: Packed


class Pins:
    """Everything pinned, by name."""

    def __init__(self) -> None:
        self._pins: Final[dict[str, Pin]] = {}
        self.on_change: Callable[[str, Pin | None], None] = _unheard
        """Told what is pinned, or that it is not any more."""

    async def restore(self, facts: dict[str, str], vault: Vault) -> None:
        """Take over what was written down."""
        for name, value in facts.items():
            if name.startswith(_PIN) and value:
                fact = msgspec.json.decode(value, type=_Fact)
                definitions = await vault.value(fact.definitions)
                pin = self._pins[name.removeprefix(_PIN)] = Pin(fact.digest, definitions)
                self.on_change(name.removeprefix(_PIN), pin)

    def get(self, name: str) -> Pin | None:
        """What is pinned under a name."""
        return self._pins.get(name)

    def items(self) -> tuple[tuple[str, Pin], ...]:
        """Everything, by name."""
        return tuple(sorted(self._pins.items()))

    def put(self, record: Pinned, definitions: Plain) -> tuple[tuple[str, str], ...]:
        """Pin, or take back; the facts to write with the record."""
        if not record.digest:
            self._pins.pop(record.name, None)
            self.on_change(record.name, None)
            return ((_PIN + record.name, ""),)
        pin = self._pins[record.name] = Pin(record.digest, definitions)
        self.on_change(record.name, pin)
        return ((_PIN + record.name, msgspec.json.encode(_Fact(record.digest, record.definitions)).decode()),)


def _unheard(_: str, __: Pin | None) -> None:
    pass
