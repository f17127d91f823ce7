"""A kernel is watched by a log and a collector at once, and by nothing where nothing was asked for."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from ergos.app.home import Home, kernel_on, programs_of
from ergos.app.observing import observing
from ergos.base.ids import Pid
from ergos.runtime.telemetry_settings import TelemetrySettings
from tests.app.telemetry.collector import collecting


def test_log_and_collector_hear_the_same_kernel(home: Home, listener: Path):
    written: list[str] = []

    async def play(url: str) -> None:
        programs = programs_of(home)
        async with (
            kernel_on(home, programs) as kernel,
            observing(
                home, kernel, telemetry=TelemetrySettings(endpoint=url), log_format="json", write=written.append
            ) as seen,
        ):
            assert seen.log is not None
            assert seen.sender is not None
            await kernel.desk.spawn(programs.load(listener), "me")
            await kernel.desk.send(Pid(1), "x")
            await asyncio.wait_for(kernel.desk.end_of(Pid(1)), 5)
            await asyncio.sleep(0.3)

    with collecting() as collector:
        asyncio.run(play(collector.url))
    assert {"process.started", "process.done"} <= {json.loads(line)["event"] for line in written}
    assert {"create_agent listener", "invoke_agent listener"} <= {span.name for span in collector.spans}


def test_where_nothing_was_asked_for_nothing_watches(home: Home):
    async def play() -> None:
        async with kernel_on(home, programs_of(home)) as kernel, observing(home, kernel) as seen:
            assert (seen.log, seen.sender) == (None, None)
            assert not kernel._listening

    known = set(sys.modules)
    asyncio.run(play())
    assert not {name for name in set(sys.modules) - known if name.startswith("opentelemetry")}
