"""The report says what happened in a time, and nothing else, in both languages."""

from __future__ import annotations

import asyncio

import pytest

from ergos.app.owner_words import WEEKLY
from ergos.app.weekly import REPORT_DAYS, Report, report_of, report_text, seq_at, span_of
from ergos.base.clock import DAY, SECOND
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.kernel.process import State
from ergos.lib.agent import Context, agent, may
from tests.runtime.kernels import Rig, becomes, effect_tool, item_of, play

from .hosted import hosted

CAPS = {"alice": Caps(owner=Amount(10**9, -1))}


@agent(name="spender", grants=[may("act", "post")])
async def spender(ctx: Context) -> object:
    await ctx.act("post", word="x")
    return await ctx.ask("shall I\x1b[31m go on?")


@agent(name="broken")
async def broken(ctx: Context) -> object:
    raise ValueError("no paper\u202e")


async def week(rig: Rig) -> tuple[Report, Report]:
    """The report of a week in which something happened, and of the week before."""
    kernel = await rig.boot(owner_caps=CAPS)
    start_ns = rig.clock.now_ns()
    await asyncio.sleep(7 * 86_400)
    tool = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=250_000))
    first = await kernel.desk.spawn(rig.put(spender, tool), "alice")
    await kernel.desk.answer((await item_of(kernel)).id, "answer", "alice", "yes")
    await kernel.desk.end_of(first)
    await kernel.desk.end_of(await kernel.desk.spawn(rig.put(broken), "alice"))
    await kernel.desk.spawn(rig.shelf.definitions["spender"], "alice")
    await kernel.desk.spawn(rig.shelf.definitions["spender"], "bob")
    await item_of(kernel)
    host = await kernel.desk.spawn(hosted(rig, {"milestones": [{"name": "a"}, {"name": "b"}]}), "alice")
    await becomes(kernel, host, State.WAITING)
    for runs in range(1, 6):
        await asyncio.sleep(60)
        failures = 1 if runs > 3 else 0
        now_ns = rig.clock.now_ns()
        await kernel.desk.send(
            host, {"runs": runs, "failures": failures, "failed": 0, "last_ns": now_ns, "milestones": {"a": 5}}
        )
    await asyncio.sleep(5)
    now_ns, store = rig.clock.now_ns(), kernel.machine.store
    return (
        await report_of(store, "alice", start_ns + 6 * DAY, now_ns, now_ns),
        await report_of(store, "alice", start_ns, start_ns + 6 * DAY, now_ns),
    )


def test_a_report_counts_what_happened_within_its_time() -> None:
    report, before = play(week)
    by_agent = {one.agent: one for one in report.agents}
    assert by_agent["spender"].done == 1
    assert by_agent["spender"].microusd == 500_000
    assert (by_agent["broken"].failed, "no paper" in by_agent["broken"].failure) == (1, True)
    assert (by_agent["keeper"].runs, by_agent["keeper"].failed_runs) == (5, 1)
    assert (report.asked, report.answered, len(report.waiting)) == (2, 1, 1)
    assert report.microusd == 500_000
    assert before.agents == ()
    assert (before.asked, before.microusd) == (0, 0)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Report for alice", "spender: 1 ended", "keeper: 5 runs", "Spent: $0.50", "broken: 1, last because",
                "Waiting for you: 1", "1 of 2 milestones", "Questions to you: 2 (0 yes"]),
        ("zh", ["alice 的报告", "spender: 结束 1 个", "keeper: 运行 5 次", "花费：$0.50", "等待您处理：1 项", "里程碑 1/2"]),
    ],
)  # fmt: skip
def test_the_report_in_words(language: str, said: list[str]) -> None:
    text = report_text(play(week)[0], language, "Europe/Berlin")  # type: ignore[arg-type]
    for one in said:
        assert one in text, text
    assert not any(sign in text for sign in "\x1b\u202e")


def test_an_empty_time_is_said_to_be_empty() -> None:
    text = report_text(Report(owner="alice", since_ns=0, until_ns=7 * DAY), "en", "No/Where")
    assert "nothing ended" in text
    assert "Nothing waits for you" in text


def test_both_languages_say_the_same_things() -> None:
    assert WEEKLY["en"].keys() == WEEKLY["zh"].keys()


def test_a_time_is_found_by_bisection() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        for _ in range(20):
            await kernel.desk.end_of(await kernel.desk.spawn(rig.put(broken), "alice"))
            await asyncio.sleep(100)
        store = kernel.machine.store
        records = [record async for record in store.records()]
        for at_ns in (0, records[0].at_ns, records[7].at_ns, records[-1].at_ns, records[-1].at_ns + 1, 2**62):
            expected = max((record.seq for record in records if record.at_ns < at_ns), default=0)
            assert await seq_at(store, at_ns) == expected

    play(scenario)


def test_a_report_is_about_a_week_unless_it_is_said() -> None:
    assert span_of(10 * DAY) == ((10 - REPORT_DAYS) * DAY, 10 * DAY)
    assert span_of(10 * DAY, 5 * SECOND) == (5 * SECOND, 10 * DAY)
