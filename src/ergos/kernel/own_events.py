"""What the kernel records of itself, and of what owners say to it: records that belong to no process.

Rules: as in `events`.
"""

from __future__ import annotations

from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Record
from ergos.kernel.permission.grants import Grant
from ergos.kernel.values import NULL, Packed


class Booted(Record, frozen=True, tag="boot"):
    """A kernel opened this store."""

    version: str
    host: str
    schema: int


class Halted(Record, frozen=True, tag="halt"):
    """STOP: no effect of anything begins until it is lifted."""

    on: bool
    by: str


class Capped(Record, frozen=True, tag="cap"):
    """An owner's ceiling was set."""

    owner: str
    total: Amount | None
    day: Amount | None


class Granted(Record, frozen=True, tag="grant"):
    """An owner confirmed a grant."""

    owner: str
    grant: Grant
    by: str


class Revoked(Record, frozen=True, tag="revoke"):
    """An owner took a grant back, whether it came from a definition or was confirmed."""

    owner: str
    grant: str
    """Its `grants.grant_id`."""
    by: str


class Pinned(Record, frozen=True, tag="pin"):
    """An owner has seen these definitions of tools, a server's or an agent's own, and approves them as they are."""

    name: str
    """Of the server or tool."""
    digest: Digest
    """Of the definitions; '' takes the approval back."""
    by: str
    definitions: Packed = NULL


class Inquired(Record, frozen=True, tag="inquire"):
    """A server, or a sign-in, asks an owner something in the middle of a call."""

    item: int
    owner: str
    pid: Pid
    """The process whose call it is; 0: nobody's."""
    about: str
    """Who asks."""
    text: str


class Reached(Record, frozen=True, tag="reach"):
    """Something confined asked another machine for something: what came of it, or why it was refused."""

    pid: Pid
    """The process on whose behalf; 0: nobody's."""
    method: str
    host: str
    port: int = 0
    path: str = ""
    status: int = 0
    """Of the reply; 0: there was none."""
    bytes_out: int = 0
    bytes_in: int = 0
    rule: str = ""
    """Name of the rule that allowed it."""
    refusal: str = ""


class TurnedAway(Record, frozen=True, tag="away"):
    """Requests of somebody outside were refused before anything of them began. Written at most once a minute for each
    of them and each reason, so that no flood of requests is one of records.
    """

    owner: str
    """At whose door."""
    surface: str
    """Which door: 'a2a', or 'site' for everything else at the port."""
    peer: str
    """Who asked: a peer's name, at the site an address; '': nobody who is known; '*': one of too many to tell apart."""
    why: str
    """The reason, as a word."""
    count: int
    """How many, since the last such record."""
    text: str = ""
    """What the last of them was told."""


class Checkpoint(Record, frozen=True, tag="checkpoint"):
    """A signature over the chain up to `seq`."""

    seq: int
    hash: Digest
    public_key: str
    signature: str
    """Ed25519 over `receipts.statement(seq, hash)`; hexadecimal."""
