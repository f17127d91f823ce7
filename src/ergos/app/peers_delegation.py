"""Tokens that this home gives out so that a peer may call it back, and what becomes of one that is shown.

A request to a peer that the owner lets call back carries a token of its own: for that peer, for the agents that the
settings name, good for one task, until the request is over. Its budget is a ceiling of the ledger: whoever comes in
with it is a caller of its own, under settings as narrow as the token that was shown; what the tasks of all narrowings
of one token spend comes out of one purse.

Rules: tokens follow from the home's key and are kept nowhere; what is revoked stands in `delegations.json` until it
would have expired. A token runs tasks of the home's own owner alone.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND, Clock
from ergos.base.errors import UsageError, ValueShapeError, WorldError
from ergos.drivers.whole_file import replace_file
from ergos.kernel.delegation import Delegated, Narrowing, Refused, issue, meet, read, verify
from ergos.kernel.packages import Errand
from ergos.kernel.peers import SHA256, A2aSettings, PeerBudget, PeerSettings
from ergos.kernel.ports import Signer

FILE: Final = "delegations.json"
LASTS_S_MAX: Final = 31 * 24 * 3600.0  # seconds a token may be good for; a longer errand is a peer with settings
AFTER_S: Final = 60.0  # seconds a token is good for after its request's deadline, so that a last word is heard
DEPTH: Final = 2  # times the token of a request may be handed on
ID_DIGITS: Final = 24  # hexadecimal digits of a token's id; 2 ** 96 requests
NAME_DIGITS: Final = 12  # of them in the name its tasks run under
FILE_BYTES_MAX: Final = 1024 * 1024  # bytes of the list of what is revoked

_KEY: Final = b"ergos delegation 1"
_ID: Final = re.compile(r"[0-9a-f]{24}")


class _Kept(msgspec.Struct, frozen=True):
    revoked: dict[str, int] = {}
    """Until when it would have been good, by id."""


class Let(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes in with a token, and under what."""

    id: str
    """Of the token."""
    settings: PeerSettings
    """As narrow as the token; its name is what its tasks are counted under."""


def delegation_key(signer: Signer) -> bytes:
    """The secret of a home's tokens: it follows from the home's key."""
    return hashlib.sha256(signer.sign(_KEY).encode()).digest()


class Delegations:
    """The tokens of one home."""

    def __init__(self, settings: A2aSettings, folder: Path, owner: str, key: bytes, clock: Clock) -> None:
        self._settings: Final = settings
        self._file: Final = folder / FILE
        self._owner: Final = owner
        self._key: Final = key
        self._clock: Final = clock

    def issue(self, bounds: Narrowing, *, id_: str) -> str:
        """A token with these bounds, all of them said. Raises: UsageError."""
        peer = self._settings.peers.get(bounds.audience or "")
        if peer is None:
            raise UsageError(
                f"there is no peer {(bounds.audience or '')[:60]!r}", remedy="name one of settings.toml: [a2a.peers]"
            )
        now_ns = self._clock.now_ns()
        expires_ns = bounds.expires_ns or 0
        if not now_ns < expires_ns <= now_ns + int(LASTS_S_MAX * SECOND):
            raise UsageError("a token is good for 31 days at most", remedy="name how long it is good for")
        budget = bounds.budget
        if budget is None or 0 in (parts := (budget.microusd, budget.tokens)) or max(parts) < 0:
            raise UsageError(
                "a token without a budget is given to nobody", remedy="name its money, its tokens, or both"
            )
        if not bounds.tasks or bounds.tasks < 0 or bounds.depth is None or bounds.agents == ():
            raise UsageError("a token says how many tasks it begins, and of which agents", remedy="name them")
        return issue(self._key, id_=id_, owner=self._owner, bounds=bounds)

    def for_ask(self, peer: PeerSettings, errand: Errand) -> dict[str, Plain] | None:
        """What a request to a peer carries; the same for every repetition of the request. None: nothing."""
        budget = peer.budget.task
        if not peer.delegates or budget is None or errand.owner != self._owner:
            return None
        expires_ns = errand.deadline_ns + int(AFTER_S * SECOND)
        bounds = Narrowing(
            audience=peer.name,
            agents=peer.delegates,
            tools=peer.grants,
            budget=budget,
            tasks=1,
            expires_ns=expires_ns,
            depth=DEPTH,
        )
        id_ = hashlib.sha256(f"ask\0{peer.name}\0{errand.idempotency_key}".encode()).hexdigest()[:ID_DIGITS]
        token = self.issue(bounds, id_=id_)
        return {"token": token, "agents": list(peer.delegates), "expires_ns": str(expires_ns)}

    def verify(self, text: str, now_ns: int | None = None, *, presenter: str = "") -> Delegated | Refused:
        """What a token is good for now. `presenter`: the peer that shows it, where that is known.

        Raises: WorldError if what is revoked cannot be read.
        """
        at_ns = self._clock.now_ns() if now_ns is None else now_ns
        return verify(text, self._key, at_ns, presenter=presenter, revoked=self._kept().revoked)

    def let_in(self, text: str) -> Let | Refused:
        """Under what whoever shows this token comes in. Raises: WorldError."""
        found = self.verify(text)
        if isinstance(found, Refused):
            return found
        peer = self._settings.peers.get(found.audience)
        if peer is None:
            return Refused("audience", "its peer is none of this home any more")
        if found.owner != self._owner:
            return Refused("forged", "it was made for another owner")
        shared = f"{found.audience}.{found.id[:NAME_DIGITS]}."
        shown = hashlib.sha256(text.encode()).hexdigest()
        tools = meet(Narrowing(tools=peer.grants), Narrowing(tools=found.tools)).tools
        return Let(
            id=found.id,
            settings=PeerSettings(
                # Of every way it was narrowed there is another caller, and one purse for all of them.
                name=shared + shown[:NAME_DIGITS],
                accepts=SHA256 + shown,
                agents=found.agents or (),
                grants=tools,
                budget=PeerBudget(task=found.budget, day=found.budget, tasks=found.tasks, since_ns=0, shared=shared),
                tasks_max=found.tasks,
            ),
        )

    def revoke(self, shown: str) -> str:
        """A token (or its id) is good for nothing from now on; its id. Raises: UsageError, WorldError."""
        token = read(shown.strip())
        id_ = shown.strip() if isinstance(token, Refused) else token.id
        if not _ID.fullmatch(id_):
            raise UsageError("this is neither a token nor its id", remedy="name what `ergos peers delegate` printed")
        now_ns = self._clock.now_ns()
        kept = {one: until for one, until in self._kept().revoked.items() if until > now_ns}
        kept[id_] = now_ns + int(LASTS_S_MAX * SECOND)
        try:
            replace_file(self._file, msgspec.json.encode(_Kept(kept)))
        except OSError as error:
            raise WorldError(f"{self._file} cannot be written: {error.strerror}") from error
        return id_

    def _kept(self) -> _Kept:
        """What is revoked; a list that cannot be read lets nobody in. Raises: WorldError."""
        try:
            with self._file.open("rb") as file:
                return msgspec.json.decode(file.read(FILE_BYTES_MAX), type=_Kept)
        except FileNotFoundError:
            return _Kept()
        except (OSError, msgspec.MsgspecError, ValueShapeError) as error:
            raise WorldError(f"{self._file} cannot be read", remedy="restore it from a backup") from error
