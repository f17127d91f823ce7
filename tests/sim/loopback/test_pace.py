from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from ergos.sim.grid.cloud import Cloud, CloudShape
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.loopback.pace import Pace, Run

SCALE = 200.0
SMALL = EngineShape(sequences_max=2, kv_tokens=6_400)


@pytest.fixture(autouse=True, params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def _either_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "new_loop", request.param)


def new_loop() -> asyncio.AbstractEventLoop:
    raise AssertionError


def paced(core: Engine | Cloud, play: Callable[[Pace], Awaitable[None]]) -> None:
    async def whole() -> None:
        pace = Pace(core, SCALE, asyncio.get_running_loop())
        await asyncio.wait_for(play(pace), 30)
        pace.stop()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(whole())


def test_calls_end_when_the_engine_says_however_late_anyone_looks() -> None:
    async def play(pace: Pace) -> None:
        runs = [pace.admit(100 * (n + 1), 20, ()) for n in range(5)]
        await asyncio.gather(*(run.reach(20) for run in runs))
        engine, done = Engine(SMALL), dict[int, int]()
        for run in runs:
            for event in engine.step(run.came_ns):
                done[event.job] = event.at_ns
            engine.submit(run.job, run.came_ns)
        while (due := engine.next_ns()) is not None:
            done |= {event.job: event.at_ns for event in engine.step(due) if event.kind == "done"}
        assert {run.job.id: run.done_ns for run in runs} == done

    paced(Engine(SMALL), play)


def test_a_stream_sees_its_words_as_they_come() -> None:
    async def play(pace: Pace) -> None:
        run = pace.admit(100, 5_000, ())
        seen = [await run.reach(1)]
        while seen[-1] < 5_000:
            seen.append(await run.reach(seen[-1] + 1))
        assert seen == sorted(seen)
        assert len(seen) > 3
        assert 0 < run.first_ns < run.done_ns

    paced(Engine(SMALL), play)


def test_who_leaves_holds_nothing_and_is_told() -> None:
    async def play(pace: Pace) -> None:
        assert isinstance(pace.core, Engine)
        runs = [pace.admit(100, 4_000, ()) for _ in range(3)]
        await runs[0].reach(1)
        waiting = asyncio.create_task(runs[0].reach(4_000))
        await asyncio.sleep(0)
        for run in runs:
            run.leave()
        await waiting
        assert [run.failure for run in runs] == ["left"] * 3
        assert pace.core.running == pace.core.waiting == 0
        assert pace.core.cache.used == 0
        last = pace.admit(10, 2, ())
        assert await last.reach(2) == 2

    paced(Engine(SMALL), play)


def test_a_call_larger_than_the_engine_is_refused_at_once() -> None:
    async def play(pace: Pace) -> None:
        run = pace.admit(10_000, 2, ())
        assert run.failure == "refused"
        await run.reach(2)

    paced(Engine(SMALL), play)


def test_a_call_that_stalls_keeps_its_place_until_it_is_left() -> None:
    async def play(pace: Pace) -> None:
        assert isinstance(pace.core, Engine)
        run = pace.admit(100, 1_000, ())
        await run.reach(5)
        run.freeze()
        written = pace.written(run)
        other = pace.admit(100, 50, ())
        await other.reach(50)
        assert pace.written(run) == written
        assert pace.core.running == 1
        run.leave()
        assert pace.core.running == 0

    paced(Engine(SMALL), play)


def test_the_death_of_an_engine_ends_every_call() -> None:
    async def play(pace: Pace) -> None:
        runs = [pace.admit(100, 1_000, ()) for _ in range(4)]
        ends = [asyncio.create_task(run.reach(1_000)) for run in runs]
        await asyncio.sleep(0)
        pace.fail_all()
        await asyncio.gather(*ends)
        assert {run.failure for run in runs} == {"failed"}

    paced(Engine(SMALL), play)


def test_a_cloud_limits_and_says_when_to_come_again() -> None:
    async def play(pace: Pace) -> None:
        runs: list[Run] = [pace.admit(100, 5, ()) for _ in range(3)]
        assert [run.failure for run in runs] == ["", "", "limited"]
        assert runs[2].retry_after_ns > 0
        assert await runs[0].reach(5) == 5
        assert runs[0].done_ns > runs[0].first_ns > 0

    paced(Cloud(CloudShape(requests_per_minute=8, burst_permille=250)), play)


def test_a_clouds_stream_sees_its_words_as_they_come() -> None:
    async def play(pace: Pace) -> None:
        run = pace.admit(100, 2_000, ())
        seen = [await run.reach(1)]
        while seen[-1] < 2_000:
            seen.append(await run.reach(seen[-1] + 1))
        assert len(seen) > 2

    paced(Cloud(), play)
