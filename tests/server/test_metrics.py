"""What Prometheus reads is well formed, true, and its labels are few and chosen by us."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ergos.app.access.roles import Principal, person
from ergos.app.home import facts_of, home_at, kernel_on, load_with, programs_of
from ergos.base.clock import ManualClock
from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.scheduler.wants import GridView
from ergos.runtime.control import Schedule, Status
from ergos.runtime.operations import Operations
from ergos.server.metrics import CONTENT_TYPE, ENDPOINTS_MAX, PAYEES_MAX, Metrics, Seen, exposition, metrics_route
from tests.drivers.test_sqlite_figures import LISTENER

PAYER = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str) -> str:
    return to


@agent(grants=[may("act", "pay", ask=True)])
async def payer(ctx: Context):
    await ctx.act("pay", to="bob")
"""


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """Values by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_a_kernel_is_told_as_it_is(tmp_path: Path):
    async def play() -> None:
        (tmp_path / "listener.py").write_text(LISTENER)
        (tmp_path / "payer.py").write_text(PAYER)
        home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "alice-the-owner"})
        programs = programs_of(home)
        async with kernel_on(home, programs) as kernel:
            clock = ManualClock()
            operations = Operations(kernel, load_with(programs), facts_of(kernel), lambda: None)
            metrics = Metrics(home, operations.perform, clock)
            await metrics.begin()
            for name in ("listener", "listener", "payer"):
                await kernel.desk.spawn(programs.load(tmp_path / f"{name}.py"), "alice-the-owner")
            await kernel.desk.send(Pid(1), "x")
            await asyncio.wait_for(kernel.desk.end_of(Pid(1)), 5)
            await asyncio.sleep(0.1)
            await kernel.machine.store.flush()
            metrics.requests.count("/api/v1/x", "GET", 200)
            text = await metrics.exposition()
            assert await metrics.exposition() is text  # asked twice at once, read once
            clock.advance(10**10)
            await kernel.desk.halt("me", on=True)
            found, later = samples(text), samples(await metrics.exposition())
            await metrics.close()
        assert found["ergos_processes", "done"] == 1
        assert found["ergos_processes", "waiting"] == 2
        assert found["ergos_processes", "failed"] == 0
        assert found["ergos_calls_total", "receive", "ok"] == 1
        assert found[("ergos_inbox_waiting",)] == 1
        assert found[("ergos_inbox_oldest_age_seconds",)] >= 0
        assert found["ergos_http_requests_total", "GET", "2xx", "api"] == 1
        assert found[("ergos_journal_records_total",)] > 5
        assert found[("ergos_store_bytes",)] + found[("ergos_store_log_bytes",)] > 4096
        assert (found[("ergos_stopped",)], later[("ergos_stopped",)]) == (0, 1)
        assert b"alice-the-owner" not in text
        assert b"listener" not in text

    asyncio.run(play())


def seen(**changes: object) -> Seen:
    found: dict[str, object] = {
        "status": Status(
            version="1", host="h", os_pid=1, started_ns=0, now_ns=5 * 10**9, store="s", records=7, halted=False,
            states={}, flying=0,
        ),
        "schedule": Schedule(models=GridView(owners=(), endpoints=(), waiting=0, running=0, programs=0), tools=()),
        "states": {}, "calls": {}, "behind": 0, "requests": {}, "paid": {}, "held": Amount(), "inbox": 0,
        "oldest_ns": None, "mail": 0, "store_bytes": 0, "log_bytes": 0,
    }  # fmt: skip
    return Seen(**{**found, **changes})  # type: ignore[arg-type]


def test_money_and_tokens_are_told_by_payee_within_a_bound():
    paid = {f"p{number}": Amount(1_000_000 * (1 + number), 10) for number in range(PAYEES_MAX + 7)}
    found = samples(exposition(seen(paid=paid, held=Amount(500_000, 3))))
    told = {key: value for key, value in found.items() if key[0] == "ergos_spent_usd_total"}
    assert len(told) == PAYEES_MAX + 1
    assert sum(told.values()) == pytest.approx(sum(range(1, PAYEES_MAX + 8)))
    assert told["ergos_spent_usd_total", "others"] == sum(range(1, 8))
    assert found[("ergos_held_usd",)] == 0.5
    assert found[("ergos_uptime_seconds",)] == 5


def test_a_name_that_is_hostile_stays_a_label():
    hostile = 'x"} 1\nergos_stopped 1\\'
    text = exposition(seen(paid={hostile: Amount(1, 1)}))
    assert samples(text)["ergos_tokens_total", hostile] == 1
    assert samples(text)[("ergos_stopped",)] == 0
    assert ENDPOINTS_MAX == 50


def test_the_route_answers_in_the_type_that_prometheus_reads(tmp_path: Path):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    class Told:
        async def exposition(self) -> bytes:
            return exposition(seen())

    inner = Starlette(routes=[metrics_route(Told())])  # type: ignore[arg-type]
    who: list[Principal] = []

    async def site(scope, receive, send) -> None:
        await inner({**scope, "state": {"principal": who[0]} if who else {}}, receive, send)

    client = TestClient(site)
    assert client.get("/metrics").status_code == 403  # nobody
    who[:] = [person("bob", "owner", "bob", keeper_of="me")]
    assert client.get("/metrics").status_code == 403  # another owner
    who[:] = [person("me", "viewer", "me", keeper_of="me")]
    reply = client.get("/metrics")
    assert reply.headers["content-type"] == CONTENT_TYPE
    assert samples(reply.content)[("ergos_journal_records_total",)] == 7
    assert client.post("/metrics").status_code == 405
