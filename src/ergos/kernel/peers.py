"""Agents of others that are reached, or reach us, over A2A: what an owner says of each, as plain frozen values.

A peer may be called (it has a `url`), may call us (it `accepts` a token of ours), or both. What it may use here and
what that may cost is said for each peer; what it says is a stranger's, whoever it is.

Rules: values here were checked when the settings were read; a secret is never part of them, only its name, or its
digest. Nothing here is a grant: a peer gets no more than the agent it asks has, within its budget.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.canonical import digest_of
from ergos.base.ids import Digest
from ergos.base.money import Amount

ASK_DEADLINE_S: Final = 600.0  # seconds of one request to a peer unless its owner says otherwise; agents take minutes
TASKS_MAX: Final = 4  # tasks at once of one peer, each way, unless its owner says otherwise
NO_CEILING: Final = -1
"""As a part of an amount: this part has no ceiling (as in the ledger)."""
FAMILY: Final = "peers"
"""First part of the names of all tools that ask peers: `peers.NAME.ask`."""
SHA256: Final = "sha256:"
"""What stands before the digest of a token in `accepts`."""
MESSAGE_IDS: Final = "urn:ergos:a2a:message-ids:1"
"""Extension of A2A: a message whose id was seen before from the same caller begins nothing; it is answered with the
task it began, and `ListTasks` shows that message in the task's history as long as the task is known."""
DELEGATION: Final = "urn:ergos:a2a:delegation:1"
"""Extension of A2A: under this key the metadata of a message hold {'token', 'agents', 'expires'}: with that token as
its bearer token the receiver may call the sender back for this purpose alone."""
PRICE: Final = "urn:ergos:a2a:price:1"
"""Extension of A2A: its params say what one message costs at most, {'microusd_per_message'}."""


class PeerBudget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What tasks of one peer may spend here; a part that is NO_CEILING has no ceiling of its own."""

    task: Amount | None = None
    """Of each task; None: the agent's own ceilings alone."""
    day: Amount | None = None
    """Of all its tasks in one day (UTC) together; None: no ceiling besides."""
    tasks: int | None = None
    """Tasks it may begin in that time; None: any number. Of a delegation; no setting."""
    since_ns: int | None = None
    """That time begins here in place of the day's beginning. Of a delegation; no setting."""
    shared: str = ""
    """What all names begin with under which it is spent together; it ends in '.'. '': the peer's own alone."""


class PeerSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One peer as the owner of this home describes it."""

    name: str
    url: str = ""
    """Where its Agent Card is: the card itself if it ends in '.json', else the folder whose
    `.well-known/agent-card.json` it is. '': it only calls us."""
    addresses: tuple[str, ...] = ()
    """Addresses its host may have although they are not of the public internet."""
    token: str = ""
    """Name, in the vault, of the secret that we present to it; '': none."""
    accepts: str = ""
    """What it presents to us: 'secret:NAME' of the vault, or 'sha256:' and 64 hexadecimal digits of the token's
    SHA-256. '': it may not call us."""
    agents: tuple[str, ...] = ()
    """Published agents it may use; (): all that are published."""
    grants: tuple[str, ...] | None = None
    """Tools its tasks may use of those the agent has: exact names, or prefixes ending in '.*'; None: all of them."""
    budget: PeerBudget = PeerBudget()
    tasks_max: int = TASKS_MAX
    """Tasks at once: of it here, and of ours there."""
    price: int | None = None
    """Micro-dollars that one request to it costs at most; None: it is free of charge."""
    deadline_s: float = ASK_DEADLINE_S
    """Of one request to it, from sending to its outcome."""
    trusted: bool = False
    """What it answers comes from a source the owner trusts."""
    delegates: tuple[str, ...] = ()
    """Published agents that it may call back for a request of ours, with a token that is good for that alone."""

    @property
    def identity(self) -> Digest:
        """Who is asked: its address."""
        return digest_of(["a2a", self.url])

    @property
    def calls_us(self) -> bool:
        """Whether it may call us at all."""
        return bool(self.accepts)

    def may_use(self, agent: str) -> bool:
        """Whether it may ask this published agent for something."""
        return self.calls_us and (not self.agents or agent in self.agents)

    def may_call(self, tool: str) -> bool:
        """Whether its tasks may use a tool that the agent has."""
        return self.grants is None or any(covers(pattern, tool) for pattern in self.grants)


class A2aSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything an owner says of A2A."""

    publish: tuple[str, ...] = ()
    """Folders of agents that peers may use; absolute paths."""
    peers: dict[str, PeerSettings] = {}
    """By name."""


def covers(pattern: str, name: str) -> bool:
    """Whether a name is this one, or lies below a prefix that ends in '.*'."""
    return name.startswith(pattern[:-1]) if pattern.endswith(".*") else pattern == name
