"""A token stands for one peer, and what a peer may spend is set aside before it is spent."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.clock import DAY
from ergos.base.errors import UsageError
from ergos.base.ids import KERNEL, Pid
from ergos.base.money import ZERO, Amount, Price
from ergos.buses.a2a.ports import Caller, TaskRefused
from ergos.drivers.memory_reads import MemoryReads
from ergos.kernel.bounds import Bounds
from ergos.kernel.events import Repeated, Resulted, decode_body
from ergos.kernel.ledger import Meter
from ergos.kernel.peers import A2aSettings, PeerBudget, PeerSettings
from ergos.kernel.process import ENDED
from ergos.lib.agent import Agent, Context
from ergos.runtime.audit import audit
from ergos.runtime.narrowing import within
from ergos.server.a2a_index import TaskRow
from ergos.server.a2a_peers import Anybody, Peers
from tests.runtime.kernels import Rig, an_agent, effect_tool, play, until
from tests.server.peering import Office, office


class Vault:
    def get(self, name: str) -> str:
        if name != "acme":
            raise UsageError("there is no such secret")
        return "of the vault"


SETTINGS = A2aSettings(
    peers={
        "acme": PeerSettings(name="acme", accepts="secret:acme", agents=("news",)),
        "globex": PeerSettings(name="globex", accepts=f"sha256:{hashlib.sha256(b'hashed').hexdigest()}"),
        "lost": PeerSettings(name="lost", accepts="secret:lost"),
        "called": PeerSettings(name="called", url="https://called.example"),
    }
)


@pytest.mark.parametrize(
    ("token", "name"), [("of the vault", "acme"), ("hashed", "globex"), ("", ""), ("acme", ""), ("secret:acme", ""), ("x", ""), ("of the vault ", ""), ("\udcff", "")]
)  # fmt: skip
def test_a_token_stands_for_its_peer_and_no_other(token: str, name: str):
    found = asyncio.run(Peers(SETTINGS, Vault()).caller_of(token))
    assert (found.name if found else "") == name
    assert asyncio.run(Peers(SETTINGS, None).caller_of("of the vault")) is None


def test_a_peer_uses_what_is_published_for_it():
    peers = Peers(SETTINGS, Vault())
    assert peers.may_use(Caller("acme"), "news")
    assert not peers.may_use(Caller("acme"), "other")
    assert peers.may_use(Caller("globex"), "other")
    assert not peers.may_use(Caller("called"), "news")
    assert not peers.may_use(Caller("nobody"), "news")


def test_other_tokens_let_in_under_settings_of_their_own():
    async def one(token: str) -> PeerSettings | None:
        return PeerSettings(name="acme.d1", accepts="sha256:x", agents=("news",)) if token == "delegated" else None

    peers = Peers(SETTINGS, Vault(), (one,))
    found = asyncio.run(peers.caller_of("delegated"))
    assert found == Caller("acme.d1")
    assert peers.may_use(Caller("acme.d1"), "news")
    assert not peers.may_use(Caller("acme.d1"), "other")
    assert asyncio.run(peers.caller_of("else")) is None
    assert asyncio.run(peers.caller_of("of the vault")) == Caller("acme")


def test_for_tests_anybody_is_one_peer():
    anybody = Anybody(PeerSettings(name="kit"))
    assert asyncio.run(anybody.caller_of("")) == Caller("kit")
    assert anybody.may_use(Caller("kit"), "x")
    assert anybody.settings(Caller("kit")) == PeerSettings(name="kit")


NOON = 20_000 * DAY + DAY // 2


def _row(pid: int, made_ns: int = NOON, state: str = "working") -> TaskRow:
    return TaskRow(
        pid=Pid(pid), peer="acme", agent="clerk", context="", repeat="", made_ns=made_ns, changed_ns=made_ns, state=state  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_days_budget_is_what_was_spent_and_what_is_set_aside(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        purses = here.board._shared.purses
        peer = PeerSettings(name="acme", budget=PeerBudget(task=Amount(300, 30), day=Amount(1_000, 100)))
        assert (await purses.bounds(peer, NOON)).process == Amount(300, 30)
        here.index.put(_row(1))  # goes on: all that it may spend is set aside
        here.index.put(_row(2, state="completed"))
        here.kernel.machine.book.meters["task/2"] = Meter(Amount(500, 5), Amount(0, 0))
        here.index.put(_row(3, made_ns=NOON - DAY, state="completed"))  # of yesterday
        here.kernel.machine.book.meters["task/3"] = Meter(Amount(10_000, 10_000), Amount(0, 0))
        assert (await purses.bounds(peer, NOON)).process == Amount(200, 30)
        assert (await purses.allowance(peer, NOON))["leftToday"] == {"microusd": 200, "tokens": 65}
        here.index.put(_row(4))
        with pytest.raises(TaskRefused, match="used up"):
            await purses.bounds(peer, NOON)
        assert (await purses.bounds(peer, NOON + DAY)).process == Amount(300, 30)

    office(tmp_path, scenario)


TREES = st.recursive(
    st.tuples(st.integers(0, 4), st.just([])),
    lambda below: st.tuples(st.integers(0, 4), st.lists(below, min_size=1, max_size=3)),
    max_leaves=6,
)
"""A task of a peer: how often it pays at once, and what it starts."""
PRICE = 7  # micro-dollars of one call


def _level(depth: int) -> Agent:
    async def works(ctx: Context) -> object:
        calls, below = cast("tuple[int, list[object]]", ctx.memory)
        started = [await ctx.spawn(f"level{depth - 1}", one) for one in below if depth]
        if calls % 2:
            await ctx.sleep(calls)
        found = await ctx.settled(*[ctx.act("post", word=f"{number}") for number in range(calls)])
        for pid in started:
            await ctx.wait(pid)
        return [getattr(one, "code", "") for one in found]

    return an_agent(works, "post", name=f"level{depth}", team=[f"level{depth - 1}"] if depth else [])


def _calls(tree: Any, depth: int = 2) -> int:
    return tree[0] + sum(_calls(one, depth - 1) for one in tree[1] if depth)


@settings(max_examples=20, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=4), st.integers(0, 60) | st.none(), st.integers(0, 120), st.booleans())
def test_no_tree_of_a_peers_processes_spends_more_than_its_task_or_its_day_may(
    trees: list[object], task: int | None, day: int, crash: bool
):
    async def scenario(rig: Rig) -> None:
        buy = effect_tool(rig.outside, "idempotent", price=Price(PRICE), before_s=3)
        definition = [rig.put(_level(depth), buy) for depth in range(3)][-1]
        kernel = await rig.boot()
        roots: list[Pid] = []
        for tree in trees:
            cap = Amount(-1 if task is None else task, -1)
            bounds = Bounds(peer="acme", process=cap, purse="acme/0", purse_max=Amount(day, -1))
            roots.append(await kernel.desk.spawn(within(definition, bounds), "alice", cast("Plain", tree)))
        if crash:
            await asyncio.sleep(4)
            kernel = await rig.again(kernel)
        for pid in roots:
            await kernel.desk.end_of(pid)
        await until(lambda: all(one.state in ENDED for one in rig.disk.processes.values()))
        await kernel.machine.store.flush()
        spent: Counter[int] = Counter()
        for record in rig.disk.journal:
            match decode_body(record.body):
                case Resulted(charge=charge) | Repeated(charge=charge):
                    spent[record.pid] += charge.microusd
                case _:
                    pass
        of = {pid: row.parent for pid, row in rig.disk.processes.items()}
        tasks: Counter[int] = Counter()
        for pid, paid in spent.items():
            root = Pid(pid)
            while of[root] != KERNEL:
                root = of[root]
            tasks[root] += paid
        assert task is None or all(paid <= task for paid in tasks.values())
        assert sum(tasks.values()) <= day
        for pid, paid in tasks.items():
            meter = rig.disk.meters.get(f"task/{pid}") or Meter()
            assert (meter.spent.microusd, meter.held) == (paid, ZERO)
        if task is None and not crash:  # nothing is turned away that could be paid
            wanted = sum(_calls(tree) for tree in trees)
            assert sum(tasks.values()) == min(wanted, day // PRICE) * PRICE
        await kernel.stop()
        assert (await audit(MemoryReads(rig.disk))).problem is None

    play(scenario)


def test_so_many_tasks_at_once_and_in_all(tmp_path: Path):
    async def scenario(rig: Rig, here: Office) -> None:
        purses = here.board._shared.purses
        here.index.put(_row(1))
        with pytest.raises(TaskRefused, match="under way"):
            await purses.bounds(PeerSettings(name="acme", tasks_max=1), NOON)
        with pytest.raises(TaskRefused, match="as many"):
            await purses.bounds(PeerSettings(name="acme", budget=PeerBudget(tasks=1, since_ns=0)), NOON)
        bounds = await purses.bounds(PeerSettings(name="acme", grants=("web.*",)), NOON)
        assert (bounds.peer, bounds.tools, bounds.process) == ("acme", ("web.*",), None)

    office(tmp_path, scenario)
