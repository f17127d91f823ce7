"""Counts are complete, bounded, and name nothing that a client or a program can choose."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.client import order
from ergos.app.home import home_at, kernel_on, programs_of, reading
from ergos.base.ids import Pid
from ergos.runtime.control import Send, Spawn
from ergos.server import call_counts
from ergos.server.call_counts import CallCounts, RequestCounts

AGENT = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure")
def good(x: str) -> str:
    return x


@tool(effect="pure")
def bad(x: str) -> str:
    raise ValueError(x)


@agent(grants=[may("act", "good"), may("act", "bad")])
async def worker(ctx: Context):
    await ctx.receive()
    await ctx.act("good", x="1")
    await ctx.act("good", x="2")
    for name in ("bad", "ungranted"):
        try:
            await ctx.act(name, x="1")
        except Exception:
            pass
"""


def test_calls_are_counted_by_kind_and_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def play() -> None:
        (tmp_path / "worker.py").write_text(AGENT)
        home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
        await order(home, Spawn(path=str(tmp_path / "worker.py"), owner="me"))
        async with reading(home) as reads:
            counts = CallCounts(reads)
            await counts.look()
            assert counts.counts == {}
            await order(home, Send(pid=Pid(1), body="go"))
            async with kernel_on(home, programs_of(home)) as kernel:
                await asyncio.wait_for(kernel.desk.end_of(Pid(1)), 5)
            monkeypatch.setattr(call_counts, "RECORDS_MAX", 3)
            await counts.look()
            assert counts.behind > 0
            while counts.behind:
                await counts.look()
            assert counts.counts == {
                ("receive", "ok"): 1, ("act", "ok"): 2, ("act", "failed"): 1, ("act", "refused"): 1
            }  # fmt: skip

    asyncio.run(play())


@given(st.lists(st.tuples(st.text(), st.text(), st.integers()), max_size=50))
def test_whatever_clients_ask_labels_are_few(asked: list[tuple[str, str, int]]):
    counts = RequestCounts()
    for path, method, status in asked:
        counts.count("/" + path, method, status)
    assert sum(counts.counts.values()) == len(asked)
    for surface, method, status in counts.counts:
        assert surface in RequestCounts.SURFACES
        assert method in {*RequestCounts.METHODS, "other"}
        assert status in {"1xx", "2xx", "3xx", "4xx", "5xx", "other"}


def test_requests_are_told_apart_by_surface():
    counts = RequestCounts()
    for path in ("/api/v1/x", "/v1/models", "/.well-known/agent-card.json", "/process/7", "/", "/metrics?x=1"):
        counts.count(path, "GET", 200)
    assert {surface for surface, _, _ in counts.counts} == {"api", "v1", "a2a", "console", "metrics"}
