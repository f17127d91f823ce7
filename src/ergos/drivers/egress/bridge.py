"""A sandbox's one socket, which leads to the kernel's own door, and by rules to other hosts.

A connection whose first request names a path and the door as its Host is joined to the door, byte for byte. Whatever
is asked in the form for a proxy goes by the rules; the door itself is let through in that form, too.

Rules: the door is one fixed address of this machine; nothing inside can choose another.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import DeadlineError, EgressRefusedError
from ergos.base.world_errors import HttpError
from ergos.drivers.egress.decision import Permitted
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.entrance import Head
from ergos.drivers.egress.passage import Passage
from ergos.drivers.egress.pipes import Pipe, flowing
from ergos.drivers.egress.proxy import EgressProxy, told
from ergos.kernel.egress import EgressRecord, EgressRule, EgressRules, OnRecord, Secrets
from ergos.kernel.hosts import Host, Refused
from ergos.kernel.targets import Asked, read_authority

DOOR_BYTES_MAX: Final = 64 * 1024 * 1024  # bytes of one answer of the door in the form for a proxy; a client's bound
DOOR_S: Final = 3_600.0  # seconds of one answer of the door in the form for a proxy; a model may think for minutes
JOIN_S: Final = 10.0  # seconds until the door, which is on this machine, takes a connection

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Door(msgspec.Struct, frozen=True):
    """Where the kernel's own door is."""

    port: int
    """On loopback."""
    port_inside: int = 0
    """Under which it is known inside; 0: the same."""
    address: str = "127.0.0.1"


class Bridge(EgressProxy):
    """Serves one foreign program."""

    has_door = True

    def __init__(
        self,
        door: Door,
        rules: EgressRules,
        secrets: Secrets,
        clock: Clock,
        on_record: OnRecord,
        *,
        dialler: Dialler | None = None,
    ) -> None:
        """`on_record` hears nothing of what goes to the door, which keeps its own records."""
        super().__init__(rules, secrets, clock, on_record, dialler=dialler)
        self._port: Final = door.port_inside or door.port
        self._host: Final = Host(door.address, address=True)
        rule = EgressRule(
            name="door",
            host=door.address,
            scheme="http",
            ports=(door.port,),
            methods=(),
            bytes_max=DOOR_BYTES_MAX,
            deadline_s=DOOR_S,
            private=True,
        )
        self._permitted: Final = Permitted(rule, door.port)
        self._door: Final = Passage(EgressRules((rule,)), secrets, clock, _unheard, dialler=self.passage.dialler)

    def way(self, asked: Asked) -> tuple[Passage, Asked]:
        """The door's requests go to the door, whatever they look like."""
        if asked.host.name in _LOOPBACK and (asked.port or 80) == self._port:
            return self._door, msgspec.structs.replace(asked, host=self._host, port=self._permitted.port)
        return self.passage, asked

    def through(self, transport: asyncio.Transport, head: Head | Refused, data: bytes) -> None:
        """Join a connection for the door to it."""
        if isinstance(head, Head) and not head.tunnel and self._is_door(head.host):
            pipe = Pipe()
            self.lead(transport, pipe, data, self._join(pipe))
        elif isinstance(head, Head) and not head.tunnel:
            why = f"the host {head.host[:100]!a} is not the door; ask for it in the form for a proxy"
            super().through(transport, Refused(why), b"")
        else:
            super().through(transport, head, data)

    def _is_door(self, host: str) -> bool:
        found = read_authority(host)
        if isinstance(found, Refused):
            return False
        return found[0].name in _LOOPBACK and (found[1] or 80) == self._port

    async def _join(self, pipe: Pipe) -> None:
        far = Pipe()
        try:
            deadline = self.loop.time() + JOIN_S
            await self.passage.dialler.connect(
                self._host, self._permitted, lambda: far, deadline=deadline, secure=False
            )
            await flowing(pipe, far, None)
        except (EgressRefusedError, DeadlineError, HttpError) as error:
            await told(pipe, error)
        finally:
            pipe.cut()


def _unheard(record: EgressRecord) -> None:
    """The door keeps its own records."""
    del record
