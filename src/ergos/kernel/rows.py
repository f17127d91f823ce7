"""What a store keeps besides the journal: rows that are its fold, and the transaction that writes both.

Rules: plain frozen records; a row is written in the same `Change` as the records it follows from.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.journal import Entry
from ergos.kernel.labels import USER, Label
from ergos.kernel.ledger import Meter
from ergos.kernel.process import Process
from ergos.kernel.triggers import AnyTrigger
from ergos.kernel.values import NULL, Blob, Packed


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a mailbox, unread."""

    id: int
    """Given out in order; a mailbox is read in this order."""
    to: Pid
    sender: Pid
    """0: the owner or the outside."""
    body: Packed
    label: Label = USER
    trigger: str = ""
    """Name of the trigger that tells it; its sender is 0 then, and it is nobody's word."""


class Watch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An armed trigger of a process."""

    pid: Pid
    owner: str
    agent: str
    trigger: AnyTrigger
    timezone: str
    """IANA name that its definition has; '': UTC."""
    armed_ns: int
    due_ns: int | None = None
    """When it is due or looked at next; None: when it is told."""
    cursor: Packed = NULL
    """What its driver has seen; null: nothing yet."""
    seen: tuple[str, ...] = ()
    """Keys of its last happenings that were told from outside, oldest first."""
    fired: int = 0
    """Happenings delivered."""
    paced_ns: int = 0
    """Until when its happenings would take, one after the other at its bound an hour; 0: none were found yet."""
    faults: int = 0
    """Looks that failed, one after the other."""
    fault: str = ""
    """Why the last of them failed; '': it did not."""
    faulty_ns: int = 0
    """When the first of them failed."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for the owner."""

    id: int
    pid: Pid
    key: str
    owner: str
    kind: Literal["approval", "question", "doubt"]
    asked_ns: int
    expires_ns: int | None
    text: str
    """What is asked, for a person."""
    call: Packed = NULL
    """The exact call, as shown and as bound by the digest."""
    digest: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an agent's persistent memory; value None erases it."""

    owner: str
    agent: str
    key: str
    value: Packed | None
    label: Label = USER


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction: records and the rows that are their fold."""

    entries: tuple[Entry, ...] = ()
    processes: tuple[Process, ...] = ()
    mail_put: tuple[Mail, ...] = ()
    mail_taken: tuple[int, ...] = ()
    watches_put: tuple[Watch, ...] = ()
    watches_dropped: tuple[tuple[Pid, str], ...] = ()
    """Process and name."""
    items_put: tuple[Item, ...] = ()
    items_closed: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    accounts: tuple[tuple[str, Amount], ...] = ()
    meters: tuple[tuple[str, Meter], ...] = ()
    blobs: tuple[Blob, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """Single values of the kernel (halt flag, caps), by name."""


class Head(msgspec.Struct, frozen=True):
    """The end of the chain."""

    seq: int
    seal: bytes
    at_ns: int


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A process and its mailbox."""

    process: Process
    mail: tuple[Mail, ...]
    """Unread messages, oldest first; at most MAILBOX_MESSAGES_MAX."""
