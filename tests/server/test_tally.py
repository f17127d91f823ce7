"""Refusals are journaled, and a flood of them is no flood of records."""

from __future__ import annotations

import asyncio

from ergos.kernel.events import decode_body
from ergos.kernel.own_events import TurnedAway
from ergos.server.tally import KEYS_MAX, OTHERS, PERIOD_S, TEXT_CHARS_MAX, Tally
from tests.runtime.kernels import Rig, play


def _records(rig: Rig) -> list[TurnedAway]:
    bodies = (decode_body(record.body) for record in rig.disk.journal)
    return [body for body in bodies if isinstance(body, TurnedAway)]


def test_a_refusal_is_journaled_at_once_and_a_flood_once_a_minute():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tally = Tally(kernel.machine, "alice", "a2a")
        tally.start(kernel.reactor.task)
        for _ in range(1_000):
            tally.turned_away("acme", "token", "x" * 1_000)
        tally.turned_away("globex", "token", "no")
        await kernel.machine.store.flush()
        assert [(one.peer, one.count) for one in _records(rig)] == [("acme", 1), ("globex", 1)]
        assert all(one.owner == "alice" and len(one.text) <= TEXT_CHARS_MAX for one in _records(rig))
        for _ in range(10):
            await asyncio.sleep(PERIOD_S / 10)
            tally.turned_away("acme", "token", "again")
        await asyncio.sleep(PERIOD_S)
        await kernel.machine.store.flush()
        acme = [one for one in _records(rig) if one.peer == "acme"]
        assert sum(one.count for one in acme) == 1_010
        assert len(acme) == 3
        await asyncio.sleep(3 * PERIOD_S)
        await kernel.machine.store.flush()
        assert len(_records(rig)) == 4
        await tally.close()
        await kernel.stop()

    play(scenario)


def test_no_two_records_of_one_peer_and_reason_within_a_minute_and_no_refusal_uncounted():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tally = Tally(kernel.machine, "alice", "a2a")
        tally.start(kernel.reactor.task)
        for number in range(500):
            tally.turned_away(f"peer{number % 3}", ("pace", "large")[number % 2], "no")
            await asyncio.sleep(0.7 + number % 5)
        await asyncio.sleep(2 * PERIOD_S)
        await kernel.machine.store.flush()
        last: dict[tuple[str, str], int] = {}
        for record in rig.disk.journal:
            body = decode_body(record.body)
            if isinstance(body, TurnedAway):
                before = last.get((body.peer, body.why))
                assert before is None or record.at_ns - before >= PERIOD_S * 10**9
                last[body.peer, body.why] = record.at_ns
        assert sum(one.count for one in _records(rig)) == 500
        await tally.close()
        await kernel.stop()

    play(scenario)


def test_more_peers_than_are_told_apart_are_counted_together():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        tally = Tally(kernel.machine, "alice", "a2a")
        for number in range(5_000):
            tally.turned_away(f"p{number}", "token", "no")
        await tally.close()
        await kernel.machine.store.flush()
        assert len(_records(rig)) <= KEYS_MAX + 2
        assert sum(one.count for one in _records(rig)) == 5_000
        assert _records(rig)[-1].peer == OTHERS
        await kernel.stop()

    play(scenario)
