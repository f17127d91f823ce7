"""Who shows a token of a delegation is let in as its caller; who shows anything else is nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ergos.app.peers_delegation import Delegations
from ergos.base.clock import SECOND
from ergos.base.money import Amount
from ergos.drivers.host import HostClock
from ergos.kernel.delegation import Narrowing
from ergos.kernel.peers import A2aSettings, PeerSettings
from ergos.server.a2a_delegations import delegation_pass
from ergos.server.a2a_peers import Peers

PEERS = A2aSettings(peers={"bob": PeerSettings(name="bob", url="https://bob.example")})


def test_a_token_lets_in_its_caller_to_its_agents_and_nobody_else(tmp_path: Path):
    clock = HostClock()
    delegations = Delegations(PEERS, tmp_path, "alice", b"k" * 32, clock)
    bounds = Narrowing(
        audience="bob", agents=("news",), budget=Amount(-1, 5), tasks=2, expires_ns=clock.now_ns() + 60 * SECOND, depth=0
    )  # fmt: skip
    token = delegations.issue(bounds, id_="a" * 24)
    gate = Peers(PEERS, None, (delegation_pass(delegations),))

    async def test() -> None:
        caller = await gate.caller_of(token)
        assert caller is not None
        assert caller.name.startswith("bob." + "a" * 12 + ".")
        assert gate.may_use(caller, "news")
        assert not gate.may_use(caller, "shop")
        for other in ("", "bob", "ergd1.x", token[:-1], token + "A"):
            assert await gate.caller_of(other) is None
        delegations.revoke(token)
        assert await gate.caller_of(token) is None

    asyncio.run(test())
