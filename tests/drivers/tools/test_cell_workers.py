from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import ToolFailedError
from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxError
from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.drivers.tools import cell_workers
from ergos.drivers.tools.cell_workers import CellWorkers
from ergos.kernel.confinement import Bounds, Job
from tests.drivers.tools.errands import at_rest, confining

ECHO = 'n=0; while read -r a line; do n=$((n+1)); [ "$line" = hang ] && sleep 99; echo "$a $n $line"; done'


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostSandboxes]:
    with confining(tmp_path_factory.mktemp("scratch")) as found:
        yield found


class Asker:
    def __init__(self, sandboxes: HostSandboxes) -> None:
        self.workers = CellWorkers()
        self.started = 0
        self._sandboxes = sandboxes

    async def __call__(self, text: str, pid: int = 1, *, within_s: float = 30.0, most: int = 1_000, **how: Any) -> str:
        def job() -> Job:
            self.started += 1
            command = how.get("command", ECHO)
            return Job(command=("/bin/sh", "-c", command), pid=Pid(pid), bounds=Bounds(wall_s=0, cpu_s=0))

        said = await self.workers.ask(self._sandboxes, Pid(pid), job, text.encode(), most=most, within_s=within_s)
        return said.decode().strip()


def played(sandboxes: HostSandboxes, steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        await steps()
        await at_rest(sandboxes)

    asyncio.run(whole())


def test_the_next_step_of_a_process_finds_the_same_interpreter(sandboxes: HostSandboxes) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        assert [await ask("a"), await ask("b"), await ask("c", 2)] == ["1 a", "2 b", "1 c"]
        assert ask.started == 2

    played(sandboxes, steps)


def test_steps_at_the_same_time_do_not_share_one(sandboxes: HostSandboxes) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        assert sorted(await asyncio.gather(ask("a"), ask("b"), ask("c"))) == ["1 a", "1 b", "1 c"]
        assert len(ask.workers._waiting) == 1

    played(sandboxes, steps)


def test_one_that_was_killed_meanwhile_is_replaced_unnoticed(sandboxes: HostSandboxes) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        await ask("a", 5)
        running: Any = ask.workers._waiting[Pid(5)].running
        assert sandboxes.kill(Pid(5)) == 1
        await running.ended
        assert await ask("b", 5) == "1 b"

    played(sandboxes, steps)


def test_one_that_dies_over_its_first_step_is_a_failure_with_its_reason(sandboxes: HostSandboxes) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        with pytest.raises(ToolFailedError, match="no module named monty"):
            await ask("x", command="echo no module named monty >&2; exit 1")
        with pytest.raises(SandboxError):
            await ask("x", command="x" * 300_000)

    played(sandboxes, steps)


def test_one_that_hangs_or_floods_is_ended_and_not_used_again(sandboxes: HostSandboxes) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        with pytest.raises(ToolFailedError, match="in time"):
            await ask("hang", within_s=0.5)
        with pytest.raises(ToolFailedError, match="too much"):
            await ask("y" * 5_000)
        for command in ("printf '1 a\\n1 b\\n'", "echo 2 a", "echo '{}'", "printf '1 a\\n\\n'"):
            with pytest.raises(ToolFailedError, match="something else"):
                await ask("x", command=f"read x; {command}; sleep 99")
        assert await ask("a") == "1 a"
        await asyncio.gather(*ask.workers._ending)

    played(sandboxes, steps)


def test_an_answer_given_before_it_was_asked_for_is_not_taken_for_the_next(sandboxes: HostSandboxes) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        assert await ask("x", command="read x; echo 1 a; sleep 0.05; echo 1 b; sleep 99") == "a"
        running: Any = ask.workers._waiting[Pid(1)].running
        await asyncio.sleep(0.2)
        with pytest.raises(ToolFailedError, match="something else"):
            await ask("y")
        assert running is not None

    played(sandboxes, steps)


def test_one_that_is_idle_ends(sandboxes: HostSandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_workers, "IDLE_S", 0.05)

    async def steps() -> None:
        ask = Asker(sandboxes)
        await ask("a", 9)
        while ask.workers._waiting or ask.workers._ending:  # noqa: ASYNC110 - the loop's own timer ends it
            await asyncio.sleep(0.02)
        assert sandboxes.kill(Pid(9)) == 0

    played(sandboxes, steps)


def test_only_so_many_wait_and_none_serves_for_ever(sandboxes: HostSandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_workers, "WORKERS_MAX", 2)
    monkeypatch.setattr(cell_workers, "REQUESTS_MAX", 3)

    async def steps() -> None:
        ask = Asker(sandboxes)
        for pid in (1, 2, 3):
            await ask("a", pid)
        assert sorted(ask.workers._waiting) == [2, 3]
        assert [await ask("b", 3), await ask("c", 3), await ask("d", 3)] == ["2 b", "3 c", "1 d"]

    played(sandboxes, steps)


def test_a_step_that_is_called_off_ends_its_interpreter(sandboxes: HostSandboxes, tmp_path: Path) -> None:
    async def steps() -> None:
        ask = Asker(sandboxes)
        task = asyncio.create_task(ask("hang", 4))
        while not ask.started:  # noqa: ASYNC110 - it starts in a thread
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.gather(*ask.workers._ending)
        assert sandboxes.kill(Pid(4)) == 0

    played(sandboxes, steps)
