"""Callers over A2A who show a token of a delegation: let in under settings as narrow as the token.

Rules: decides nothing; a token that is refused is nobody's.
"""

from __future__ import annotations

from ergos.app.peers_delegation import Delegations
from ergos.kernel.delegation import PREFIX, Refused
from ergos.kernel.peers import PeerSettings
from ergos.server.a2a_peers import Pass


def delegation_pass(delegations: Delegations) -> Pass:
    """What tokens of delegations stand for, for `open_a2a(passes=…)`."""

    async def admitted(token: str) -> PeerSettings | None:
        if not token.startswith(PREFIX):
            return None
        found = delegations.let_in(token)
        return None if isinstance(found, Refused) else found.settings

    return admitted
