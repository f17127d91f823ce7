"""One way to write."""

from __future__ import annotations

from ergos.base.errors import DiskFullError
from ergos.drivers.store_memory import MemoryStore
from ergos.kernel.own_events import Halted
from ergos.runtime.residents import Rows
from tests.sim.stage import Stage


def test_what_is_submitted_together_is_one_transaction() -> None:
    stage = Stage()

    async def script(kernel):
        seen = []
        real = kernel.machine.store.submit
        kernel.machine.store.submit = lambda change, done=None: (seen.append(change), real(change, done))[1]
        done = []
        with kernel.machine.together():
            kernel.machine.submit(None, (Halted(True, "a"),), Rows(facts=(("x", "1"),)), done.append)
            with kernel.machine.together():
                kernel.machine.submit(None, (Halted(False, "a"),), Rows(facts=(("x", "2"),)), done.append)
        await kernel.machine.store.flush()
        return seen, done

    seen, done = stage.live(script)
    assert len(seen) == 1
    assert len(seen[0].entries) == 2
    assert done == [None, None]
    assert stage.disk.facts["x"] == "2"


def test_a_store_that_fails_stops_everything_even_where_nobody_waits() -> None:
    class Full(MemoryStore):
        full = False

        def _before_commit(self, batch: object) -> None:
            if self.full:
                raise DiskFullError

    async def script(kernel):
        kernel.machine.store.__class__ = Full
        kernel.machine.store.full = True
        kernel.machine.submit(None, (Halted(True, "a"),))
        return await kernel.fault()

    assert Stage().live(script).code == "E504"
