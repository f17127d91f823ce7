"""What an owner is told, once, when it may disturb; over restarts, floods, clocks and failures."""

from __future__ import annotations

import asyncio
import random
import re

import msgspec
import pytest

from ergos.app.attendant import FACT
from ergos.app.notices import marks_of
from ergos.base.clock import DAY, SECOND
from ergos.base.errors import RefusedError
from ergos.base.limits import APPROVAL_TTL_S
from ergos.kernel.packages import Definition
from ergos.kernel.rights import Delegation, Rights
from ergos.lib.agent import Context, Idle, agent, may
from ergos.runtime.owner_settings import NoticeSettings, OwnerDesk, Quiet
from ergos.runtime.seen import note_seen
from tests.runtime.kernels import Rig, an_agent, effect_tool, item_of, play

from .notices_rig import Places, attended, told

HOUR = 3_600


@agent(name="asker")
async def asker(ctx: Context) -> object:
    return await ctx.ask(str(ctx.beginning.memory or "who?"))


@agent(name="worker")
async def worker(ctx: Context) -> object:
    return {"pages": 2}


@agent(name="broken")
async def broken(ctx: Context) -> object:
    raise ValueError("no paper\x1b[31m @everyone https://evil.example")


def test_a_question_is_told_with_what_answers_it() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places)
        await kernel.desk.spawn(rig.put(asker), "alice", "which\x1b[2J colour? https://evil.example @everyone")
        (body,) = await told(places)
        assert "asker" in body
        assert "ergos answer 1 TEXT" in body
        assert "\x1b" not in body
        assert "https://" not in body
        assert "@everyone" not in body
        assert places.came[0][0] == ("phone",)
        assert places.came[0][3] == "warning"

    play(scenario)


def test_an_approval_is_told_with_its_call_and_why() -> None:
    @agent(name="payer", grants=[may("act", "post", ask=True)])
    async def payer(ctx: Context) -> object:
        return await ctx.act("post", word="x")

    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places)
        await kernel.desk.spawn(rig.put(payer, effect_tool(rig.outside, "irreversible")), "alice")
        (body,) = await told(places)
        assert "payer wants to use post (irreversible)" in body
        assert "ergos approve 1  |  ergos deny 1" in body
        assert "open until" in body

    play(scenario)


def test_what_ended_is_told_and_a_failure_as_one() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places)
        await kernel.desk.spawn(rig.put(worker), "alice")
        (body,) = await told(places)
        assert "worker (1) is done" in body
        assert places.came[0][3] == "success"
        await kernel.desk.spawn(rig.put(broken), "alice")
        body = (await told(places, 2))[1]
        assert "broken (2) failed" in body
        assert not any(sign in body for sign in ("\x1b", "https://", "@everyone"))
        assert places.came[1][3] == "failure"

    play(scenario)


def test_what_belongs_to_others_and_what_children_do_is_not_told() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        rig.put(worker)

        @agent(name="parent", team=["worker"])
        async def parent(ctx: Context) -> object:
            await ctx.wait(await ctx.spawn("worker"))
            return "both"

        await attended(kernel, places)
        await kernel.desk.spawn(rig.put(asker), "bob")
        await kernel.desk.spawn(rig.put(parent), "alice")
        (body,) = await told(places)
        await asyncio.sleep(HOUR)
        assert len(places.came) == 1
        assert "parent" in body
        assert "worker" not in body

    play(scenario)


def test_a_thousand_things_at_once_are_one_notice() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="", reminders_s=()))
        definition = rig.put(asker)
        for number in range(1_000):
            await kernel.desk.spawn(definition, "alice", f"question {number}" + "x" * 3_000)
        await asyncio.sleep(2 * HOUR)
        assert 1 <= len(places.came) <= 3
        assert max(map(len, places.bodies)) <= 3_500
        counted = [int(title.split()[1]) for _, title, _, _ in places.came]
        assert sum(counted) == 1_000

    play(scenario)


def test_no_more_notices_an_hour_than_were_allowed_and_nothing_is_lost() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="", per_hour=3))
        definition = rig.put(worker)
        for _ in range(20):
            await kernel.desk.spawn(definition, "alice")
            await asyncio.sleep(60)
        assert len(places.came) == 3
        await asyncio.sleep(2 * HOUR)
        assert len(places.came) == 4
        assert "17 things" in places.came[3][1]

    play(scenario)


def test_what_was_answered_at_once_is_not_told() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places)
        pid = await kernel.desk.spawn(rig.put(asker), "alice")
        item = await item_of(kernel)
        await kernel.desk.answer(item.id, "answer", "alice", "bob")
        await kernel.desk.end_of(pid)
        await asyncio.sleep(HOUR)
        (body,) = places.bodies
        assert "is done" in body
        assert "ergos answer" not in body

    play(scenario)


def quiet_at(rig: Rig, start_in_s: int, length_s: int) -> Quiet:
    """Quiet hours that begin and end in so many seconds, UTC, to the minute."""
    now_s = rig.clock.now_ns() // SECOND

    def clock(at_s: int) -> str:
        return f"{at_s % 86_400 // HOUR:02}:{at_s % HOUR // 60:02}"

    return Quiet(start=clock(now_s + start_in_s), end=clock(now_s + start_in_s + length_s))


def test_what_comes_up_in_quiet_hours_is_told_together_when_they_end() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="", quiet=quiet_at(rig, 0, 8 * HOUR)))
        for _ in range(3):
            await kernel.desk.spawn(rig.put(worker), "alice")
            await kernel.desk.spawn(rig.put(asker), "alice")
            await asyncio.sleep(2 * HOUR)
        assert places.came == []
        await asyncio.sleep(2 * HOUR + 120)
        assert len(places.came) == 1
        assert "6 things, 3 wait for your answer" in places.came[0][1]

    play(scenario)


def test_what_waits_for_the_end_of_quiet_hours_survives_a_crash_and_is_told_once() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        quiet = NoticeSettings(report="", quiet=quiet_at(rig, 0, 8 * HOUR))
        await attended(kernel, places, quiet)
        await kernel.desk.spawn(rig.put(worker), "alice")
        await kernel.desk.spawn(rig.put(asker), "alice")
        await asyncio.sleep(HOUR)
        for _ in range(3):
            kernel = await rig.again(kernel)
            await attended(kernel, places, quiet)
            await asyncio.sleep(HOUR)
        await asyncio.sleep(5 * HOUR)
        (_, title, body, _) = places.came[0]
        assert title.startswith("ErgOS: 2 things")
        assert "worker (1) is done" in body
        assert sum("worker" in one for one in places.bodies) == 1

    play(scenario)


def test_a_crash_between_the_mark_and_the_notice_tells_nothing_twice() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()

        class Dying(Places):
            async def tell(self, *_: object) -> bool:
                self.came.append(((), "", "", "info"))
                await asyncio.Event().wait()
                return True

        dying = Dying()
        await attended(kernel, dying)
        await kernel.desk.spawn(rig.put(worker), "alice")
        await told(dying)
        kernel = await rig.again(kernel)
        await attended(kernel, places)
        await asyncio.sleep(DAY / SECOND)
        assert places.came == []
        await kernel.stop()

    play(scenario)


@pytest.mark.parametrize("seed", range(8))
def test_over_any_crashes_each_end_is_told_at_most_once_and_only_what_was_being_told_is_lost(seed: int) -> None:
    chance = random.Random(seed)

    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        quiet = NoticeSettings(report="FREQ=DAILY;BYHOUR=8", quiet=quiet_at(rig, 20 * HOUR, 9 * HOUR), per_hour=4)
        await attended(kernel, places, quiet)
        crashes, ended = 0, 0
        for _ in range(60):
            await asyncio.sleep(chance.choice([1, 5, 6, 60, 1_800, 6 * HOUR]))
            if chance.random() < 0.4:
                crashes += 1
                kernel = await rig.again(kernel)
                await attended(kernel, places, quiet)
            else:
                await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
                ended += 1
        await asyncio.sleep(2 * 86_400)
        told_of = [int(pid) for body in places.bodies for pid in re.findall(r"worker \((\d+)\) is done", body)]
        assert len(told_of) == len(set(told_of))
        hidden = sum(int(more) for body in places.bodies for more in re.findall(r"and (\d+) more", body))
        assert ended - crashes <= len(told_of) + hidden <= ended
        reports = [title for _, title, _, _ in places.came if "report" in title]
        assert len(reports) == len(set(reports))

    play(scenario)


def test_a_kernel_stops_although_a_place_never_answers() -> None:
    class Silent(Places):
        async def tell(self, *_: object) -> bool:
            self.came.append(((), "", "", "info"))
            await asyncio.Event().wait()
            return True

    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Silent()
        attendant = await attended(kernel, places)
        await kernel.desk.spawn(rig.put(worker), "alice")
        await told(places)
        before = rig.loop.time()
        await attendant.stop()
        await kernel.stop()
        assert rig.loop.time() - before < 60

    play(scenario)


def test_what_ended_while_nobody_looked_is_told_at_the_next_start() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        attendant = await attended(kernel, places)
        await attendant.stop()
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
        await kernel.desk.spawn(rig.put(asker), "alice")
        await item_of(kernel)
        attendant = await attended(kernel, places)
        (body,) = await told(places)
        assert "worker (1) is done" in body
        assert "ergos answer 1" in body
        await attendant.stop()
        await attended(kernel, places)
        await asyncio.sleep(HOUR / 2)
        assert len(places.came) == 1

    play(scenario)


def test_what_its_owner_has_seen_meanwhile_is_not_told() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        quiet = NoticeSettings(report="", quiet=quiet_at(rig, 0, 8 * HOUR))
        attendant = await attended(kernel, places, quiet)
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
        await asyncio.sleep(HOUR)
        await note_seen(kernel.machine, "alice", 10**6)
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(broken), "alice"))
        await asyncio.sleep(8 * HOUR)
        (body,) = places.bodies
        assert "broken (2) failed" in body
        assert "worker" not in body
        await attendant.stop()
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
        await note_seen(kernel.machine, "alice", 10**6)
        await attended(kernel, places, NoticeSettings(report=""))
        await asyncio.sleep(HOUR)
        assert len(places.came) == 1

    play(scenario)


def test_the_first_start_tells_what_is_open_and_leaves_the_past_alone() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
        await kernel.desk.spawn(rig.put(asker), "alice")
        await item_of(kernel)
        await attended(kernel, places)
        (body,) = await told(places)
        assert "ergos answer 1" in body
        assert "worker" not in body

    play(scenario)


def test_a_question_is_put_again_after_growing_times_and_once_before_it_ends_then_its_end_is_told() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="", reminders_s=(HOUR, 86_400, 3 * 86_400)))
        started = rig.clock.now_ns()
        times: list[float] = []
        await kernel.desk.spawn(rig.put(asker), "alice")
        for count in range(1, 7):
            await told_within(places, count, APPROVAL_TTL_S)
            times.append((rig.clock.now_ns() - started) / SECOND)
            if count == 6:
                break
        kinds = ["still open" in body or "nobody answered" in body for body in places.bodies]
        assert kinds[:5] == [False, True, True, True, True]
        expected = [5, HOUR, 86_400, 3 * 86_400, APPROVAL_TTL_S - 0.1 * APPROVAL_TTL_S, APPROVAL_TTL_S]
        for found, wanted in zip(times, expected, strict=True):
            assert wanted <= found <= wanted + 60
        assert "nobody answered" in places.bodies[5]

    play(scenario)


async def told_within(places: Places, count: int, within_s: float) -> None:
    waited = 0.0
    while len(places.came) < count:
        assert waited <= within_s + 100, places.came
        await asyncio.sleep(10)
        waited += 10


def test_one_reminder_is_told_after_a_long_absence_and_not_all_that_were_missed() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        attendant = await attended(kernel, places)
        await kernel.desk.spawn(rig.put(asker), "alice")
        await told(places)
        await attendant.stop()
        await asyncio.sleep(4 * 86_400)
        await attended(kernel, places)
        await asyncio.sleep(HOUR)
        assert len(places.came) == 2
        assert "still open" in places.bodies[1]

    play(scenario)


def test_who_is_quiet_when_something_ends_is_reminded_before_it_and_told_after_it() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        # The last call falls into quiet hours that outlast the end by half an hour.
        quiet = quiet_at(rig, APPROVAL_TTL_S - 18 * HOUR, 18 * HOUR + 1_800)
        quiet = Quiet(start=quiet.start, end=quiet.end, days=(weekday(rig, APPROVAL_TTL_S - 18 * HOUR),))
        await attended(kernel, places, NoticeSettings(report="", quiet=quiet, reminders_s=(HOUR,)))
        started = rig.clock.now_ns()
        await kernel.desk.spawn(rig.put(asker), "alice")
        await asyncio.sleep(APPROVAL_TTL_S + 4 * HOUR)
        bodies = places.bodies
        assert sum("still open" in body for body in bodies) == 2
        assert "nobody answered" in bodies[-1]
        assert rig.clock.now_ns() - started > APPROVAL_TTL_S * SECOND

    play(scenario)


def weekday(rig: Rig, in_s: int) -> str:
    days = (rig.clock.now_ns() // SECOND + in_s) // 86_400
    return ("TH", "FR", "SA", "SU", "MO", "TU", "WE")[days % 7]


def test_a_notice_that_nobody_took_is_mentioned_in_the_next_and_not_repeated() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        places.takes = False
        await attended(kernel, places)
        await kernel.desk.spawn(rig.put(worker), "alice")
        await told(places)
        await asyncio.sleep(HOUR / 2)
        assert len(places.came) == 1
        places.takes = True
        await kernel.desk.spawn(rig.put(worker), "alice")
        body = (await told(places, 2))[1]
        assert "1 earlier notices could not be delivered" in body
        assert "worker (1)" not in body
        await kernel.desk.spawn(rig.put(worker), "alice")
        assert "could not be delivered" not in (await told(places, 3))[2]

    play(scenario)


def test_a_clock_that_is_set_back_tells_nothing_twice() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="FREQ=DAILY;BYHOUR=8"))
        await kernel.desk.spawn(rig.put(asker), "alice")
        await asyncio.sleep(2 * HOUR)
        before = len(places.came)
        rig.clock.offset_ns -= 90 * 60 * SECOND
        await asyncio.sleep(HOUR)
        assert len(places.came) == before

    play(scenario)


def test_a_clock_that_runs_ahead_of_the_loop_is_noticed_within_a_minute() -> None:
    """As after a laptop's sleep: the loop's own time stood still meanwhile."""

    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="", quiet=quiet_at(rig, 0, 8 * HOUR)))
        await kernel.desk.spawn(rig.put(worker), "alice")
        await asyncio.sleep(60)
        rig.clock.offset_ns += 8 * HOUR * SECOND
        await asyncio.sleep(61)
        assert len(places.came) == 1

    play(scenario)


def test_without_a_place_nothing_is_told_and_nothing_piles_up() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        attendant = await attended(kernel, places, to=())
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
        await asyncio.sleep(HOUR)
        await attendant.stop()
        marks = marks_of((await kernel.machine.store.facts())[f"{FACT}alice"])
        assert (places.came, marks.waiting) == ([], [])
        assert marks.cursor > 0

    play(scenario)


def test_an_idle_attendant_has_no_timer_and_writes_nothing() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        attendant = await attended(kernel, places)
        await asyncio.sleep(1)
        records = len(rig.disk.journal)
        before = rig.loop.time()
        assert attendant._timer is None
        await asyncio.sleep(30 * 86_400)
        assert rig.loop.time() > before
        assert len(rig.disk.journal) == records
        assert attendant._timer is None

    play(scenario)


def test_a_delegate_is_told_what_they_may_decide_and_how() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        rights = Rights(delegations=(Delegation(delegate="bob", owner="alice", agents=("payer",), tools=("post",)),))
        desk = OwnerDesk(rights=rights, delegate_secrets={"bob": ("bob-phone",)}, notices=NoticeSettings(report=""))
        await attended(kernel, places, desk=desk)
        definition = rig.put(an_agent(pays, "post", ask=True, name="payer"), effect_tool(rig.outside, "irreversible"))
        await kernel.desk.spawn(rig.put(asker), "alice")
        await kernel.desk.spawn(definition, "alice")
        await told(places, 2)
        ((owner, _, mine, _), (delegate, _, theirs, _)) = places.came
        assert (owner, delegate) == (("phone",), ("bob-phone",))
        assert "asker" in mine
        assert "asker" not in theirs
        assert "ergos approve 2 --as bob" in theirs

    play(scenario)


async def pays(ctx: Context) -> object:
    return await ctx.act("post", word="x")


def test_spending_is_told_once_at_each_share_of_a_ceiling() -> None:
    from ergos.base.money import Amount, Price
    from ergos.kernel.ledger import Caps

    async def spends(ctx: Context) -> object:
        for number in range(10):
            await ctx.act("post", word=str(number))
            await ctx.sleep(60)
        return "spent"

    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(owner_caps={"alice": Caps(owner=Amount(1_000_000, -1))})
        places = Places()
        await attended(kernel, places)
        tool = effect_tool(rig.outside, "idempotent", price=Price(microusd_per_call=100_000))
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(an_agent(spends, "post"), tool), "alice"))
        await asyncio.sleep(HOUR)
        spoken = [line for body in places.bodies for line in body.splitlines() if line.startswith("Spending")]
        assert [line.split("(")[1] for line in spoken] == ["80%)", "100%)"]
        assert "$0.80" in spoken[0]

    play(scenario)


def hosted(rig: Rig, made: object, *, work: object, name: str) -> Definition:
    definition = rig.put(made)  # type: ignore[arg-type]
    definition = msgspec.structs.replace(definition, work=msgspec.Raw(msgspec.json.encode(work)))
    rig.shelf.definitions[name] = definition
    return definition


def test_a_hosted_agent_that_does_not_move_is_told_once_and_what_it_says_at_once() -> None:
    @agent(name="keeper")
    async def keeper(ctx: Context) -> object:
        past = ctx.beginning.memory if isinstance(ctx.beginning.memory, dict) else {}
        runs = int(str(past.get("runs", 0))) + 1
        now_ns = ctx.beginning.now_ns
        said = [{"at_ns": now_ns, "text": "the supplier is new"}] if runs == 3 else past.get("said", [])
        memory = {"runs": runs, "last_ns": now_ns, "said": said}
        if runs >= 5:
            return Idle(memory=memory)  # type: ignore[arg-type]
        return Idle(memory=memory, wake_at_ns=now_ns + HOUR * SECOND)  # type: ignore[arg-type]

    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places)
        definition = hosted(rig, keeper, work={"milestones": [{"name": "draft"}]}, name="keeper")
        await kernel.desk.spawn(definition, "alice")
        await asyncio.sleep(3 * HOUR)
        (body,) = places.bodies
        assert "keeper (1) says" in body
        assert "the supplier is new" in body
        await asyncio.sleep(7 * 86_400)
        assert len(places.came) == 2
        assert "should have moved by now" in places.bodies[1]
        kernel = await rig.again(kernel)
        await attended(kernel, places)
        await asyncio.sleep(7 * 86_400)
        assert len(places.came) == 2

    play(scenario)


def test_the_report_is_made_at_its_time_without_a_model_and_in_the_owners_language() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, places = await rig.boot(), Places()
        await attended(kernel, places, NoticeSettings(report="FREQ=WEEKLY;BYDAY=MO;BYHOUR=8;BYMINUTE=0"), language="zh")
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(worker), "alice"))
        await asyncio.sleep(15 * 86_400)
        titles = [title for _, title, _, _ in places.came]
        assert sum("报告" in title for title in titles) == 2
        body = next(body for _, title, body, _ in places.came if "报告" in title)
        assert "worker" in body
        assert "没有事项等待您处理" in body
        assert "report/alice" in await kernel.machine.store.facts()

    play(scenario)


def test_a_delegate_and_an_owner_who_answer_at_once_are_counted_once() -> None:
    async def scenario(rig: Rig) -> list[object]:
        kernel = await rig.boot()
        definition = rig.put(an_agent(pays, "post", ask=True), effect_tool(rig.outside, "irreversible"))
        await kernel.desk.spawn(definition, "alice")
        item = await item_of(kernel)
        return list(
            await asyncio.gather(
                kernel.desk.answer(item.id, "approve", "alice"),
                kernel.desk.answer(item.id, "deny", "mcp"),
                return_exceptions=True,
            )
        )

    first, second = play(scenario)
    assert isinstance(first, BaseException) != isinstance(second, BaseException)
    assert not isinstance(first, RefusedError)
