"""An engine or a cloud in wall time: the simulated core, driven so that its time passes `scale` times as fast as ours.

Rules: an arrival is stamped with the core's time at that moment, and what follows is reckoned by the core alone, so a
late timer delays an answer but never shifts the core's time. Whoever leaves is aborted and holds nothing.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ergos.base.clock import SECOND
from ergos.sim.grid.cloud import Cloud
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import Event, Job

TICK_S: Final = 0.004  # seconds between two looks at what streams have written; finer is not seen by any client


class Run:
    """A call in the core."""

    def __init__(self, pace: Pace, job: Job, came_ns: int) -> None:
        self.job: Final = job
        self.came_ns: Final = came_ns
        self.first_ns = 0
        self.done_ns = 0
        self.cached_tokens = 0
        self.failure = ""
        """Why it never ends: refused (too large), failed (the engine died), limited, left."""
        self.retry_after_ns = 0
        self.wanted = 0
        self.waiter: asyncio.Future[None] | None = None
        self._pace: Final = pace

    async def reach(self, tokens: int) -> int:
        """Return when it has written so many tokens (at most all), or never will; the tokens it has. One at a time."""
        assert self.waiter is None, "one reader at a time"
        wanted = min(max(tokens, 1), self.job.output_tokens)
        while not self.failure and (written := self._pace.written(self)) < wanted:
            self.wanted = wanted
            self.waiter = self._pace.loop.create_future()
            self._pace.watch(soon=written > 0 and wanted < self.job.output_tokens)
            try:
                await self.waiter
            finally:
                self.waiter = None
        return self._pace.written(self)

    def leave(self) -> None:
        """Nobody wants it any more."""
        self._pace.leave(self)

    def freeze(self) -> None:
        """It stalls and keeps its place."""
        self._pace.freeze(self)

    def wake(self) -> None:
        """Something happened to it."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Pace:
    """Drives one core."""

    def __init__(self, core: Engine | Cloud, scale: float, loop: asyncio.AbstractEventLoop) -> None:
        self.core: Final = core
        self.loop: Final = loop
        self._scale: Final = scale
        self._start_s: Final = loop.time()
        self._runs: Final[dict[int, Run]] = {}
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = 0.0
        self._ticking = False

    @property
    def block_tokens(self) -> int:
        """Tokens of a block of the core's prefix cache; 0: it has none."""
        return self.core.shape.block_tokens if isinstance(self.core, Engine) else 0

    @property
    def limits(self) -> bool:
        """Whether the core itself keeps to limits a minute."""
        return isinstance(self.core, Cloud)

    @property
    def now_ns(self) -> int:
        """The core's time."""
        return int((self.loop.time() - self._start_s) * self._scale * SECOND)

    def admit(self, prompt_tokens: int, output_tokens: int, blocks: tuple[int, ...], priority: int = 0) -> Run:
        """A call arrives."""
        self._count += 1
        job = Job(self._count, max(prompt_tokens, 1), max(output_tokens, 1), blocks, priority)
        self._look()
        run = Run(self, job, self.now_ns)
        self._runs[job.id] = run
        self.core.submit(job, run.came_ns)
        self._look()
        self.arm()
        return run

    def written(self, run: Run) -> int:
        """Tokens a call has written."""
        if run.done_ns:
            return run.job.output_tokens
        if isinstance(self.core, Engine):
            return self.core.written(run.job.id)
        if not run.first_ns or run.failure:
            return 0
        since = (self.now_ns - run.first_ns) // self.core.shape.write_ns
        return min(1 + since, run.job.output_tokens - 1)

    def leave(self, run: Run) -> None:
        """A call's client is gone."""
        self._look()
        if self._runs.pop(run.job.id, None) is not None:
            self.core.abort(run.job.id, self.now_ns)
            run.failure = "left"
            self.arm()
        run.wake()

    def freeze(self, run: Run) -> None:
        """A call stalls."""
        self._look()
        if isinstance(self.core, Engine):
            self.core.freeze(run.job.id, self.now_ns)
        self.arm()

    def fail_all(self) -> None:
        """The engine dies and starts again, empty."""
        if isinstance(self.core, Engine):
            self._look()
            self.core.fail_all(self.now_ns)
            self._look()

    def watch(self, *, soon: bool) -> None:
        """Somebody waits; `soon`: for the next words of a stream, which are no event of the core's."""
        if self._timer is None or (soon and not self._ticking):
            self._ticking = self._ticking or soon
            self.arm()

    def arm(self) -> None:
        """Look again when something happens next, or soon if a stream waits for its next words."""
        due_ns = self.core.next_ns()
        due_s = None if due_ns is None else self._start_s + due_ns / SECOND / self._scale
        if self._ticking:
            tick_s = self.loop.time() + TICK_S
            due_s = tick_s if due_s is None else min(due_s, tick_s)
        if self._timer is not None:
            if due_s is not None and self._timer_s <= due_s:
                return
            self._timer.cancel()
            self._timer = None
        if due_s is not None:
            self._timer, self._timer_s = self.loop.call_at(due_s, self._due), due_s

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer, self._ticking = None, False
        self._look()
        for run in list(self._runs.values()):
            if run.waiter is None:
                continue
            if (written := self.written(run)) >= run.wanted:
                run.wake()
            elif written and run.wanted < run.job.output_tokens:
                self._ticking = True
        self.arm()

    def _look(self) -> None:
        for event in self.core.step(self.now_ns):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        run = self._runs.get(event.job)
        if run is None or event.kind == "preempted":
            return
        if event.kind == "first":
            run.first_ns, run.cached_tokens = event.at_ns, event.cached_tokens
        elif event.kind == "done":
            run.done_ns = event.at_ns
            del self._runs[event.job]
        else:
            run.failure, run.retry_after_ns = event.kind, event.retry_after_ns
            del self._runs[event.job]
        run.wake()
