from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

from ergos.app.views.model import Own
from ergos.app.views.own import ROWS_MAX, CallRow
from ergos.base.ids import Digest, Pid
from ergos.kernel.events import Answered, Asked, Called, Committed, Intended, Resulted, Woken
from ergos.sim.crowd import Told
from tests.app.views.rig import RAW, Asking, Written, call, on_loop


async def ascending(own: Own, pid: Pid, limit: int, turn: int | None = None) -> list[CallRow]:
    """All calls, page after page, the first ones first."""
    found: list[CallRow] = []
    after = 0
    while rows := await own.calls(pid, turn=turn, after=after, limit=limit):
        found += rows
        after = rows[-1].first_seq
    return found


async def descending(own: Own, pid: Pid, limit: int, turn: int | None = None) -> list[CallRow]:
    """All calls, page after page, the last ones first."""
    found: list[CallRow] = []
    before = None
    while rows := await own.calls(pid, turn=turn, before=before, limit=limit):
        found += rows
        before = rows[-1].first_seq
    return found


@on_loop
async def test_pages_of_calls_fit_together_in_both_directions(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    async with Asking(folder) as views:
        for owner in told.owners:
            own = views.of(owner)
            for row in (await own.processes("all", limit=ROWS_MAX))[::4]:
                whole = await ascending(own, row.pid, ROWS_MAX)
                assert len({(one.turn, one.key) for one in whole}) == len(whole)
                assert (
                    sum(one.kind != "" and not one.refused for one in whole)
                    - sum(one.intent_seq is None and not one.refused for one in whole)
                    == row.calls
                )
                assert sum(one.microusd for one in whole) == row.microusd
                for limit in (1, 7):
                    if len(whole) < 120:
                        assert await ascending(own, row.pid, limit) == whole
                        assert list(reversed(await descending(own, row.pid, limit))) == whole
                for place in (whole[len(whole) // 2].first_seq + 1, whole[0].first_seq - 1, 0, 10**9):
                    behind = [one for one in whole if one.first_seq > place]
                    assert list(await own.calls(row.pid, after=place, limit=4)) == behind[:4]
                    below = [one for one in whole if one.first_seq < place]
                    assert list(await own.calls(row.pid, before=place, limit=4)) == list(reversed(below[-4:]))
                other = whole[-1].turn
                assert (
                    await own.calls(row.pid, turn=other, after=0, limit=3)
                    == tuple(one for one in whole if one.turn == other)[:3]
                )
                assert await own.calls(row.pid, turn=other - 1, after=whole[-1].first_seq) == ()
                early = [one for one in whole if one.turn == whole[0].turn]
                assert list(reversed(await own.calls(row.pid, turn=whole[0].turn, before=10**9, limit=9))) == early[-9:]
                for turn in {one.turn for one in whole[:5]}:
                    of_turn = [one for one in whole if one.turn == turn]
                    assert await ascending(own, row.pid, 3, turn) == of_turn
                    assert list(reversed(await descending(own, row.pid, 50, turn))) == of_turn


@on_loop
async def test_a_call_that_was_asked_about_stands_on_one_page_only(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    for place in range(4):
        key = f"k{place}"
        written.add(1, 1, Asked(key, place, "approval", Digest("d"), 1, call(key)))
        written.add(1, 1, Called(call(f"between {place}", "remember", "x")))
        written.add(1, 1, Answered(place, key, "approve", "alice"), Intended(call(key)), Resulted(key))
    async with Asking(written.folder) as views:
        own = views.of("alice")
        for limit in (1, 2, 3):
            up = await ascending(own, Pid(1), limit)
            assert [one.key for one in up] == [f"{word}{n}" for n in range(4) for word in ("k", "between ")]
            assert all(
                one.result_seq is not None and one.item == (int(one.key[1]) if one.key[0] == "k" else None)
                for one in up
            )
            assert list(reversed(await descending(own, Pid(1), limit))) == up


@on_loop
async def test_turns_and_stretches_sum_up_the_same(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    async with Asking(folder) as views:
        for owner in told.owners:
            own = views.of(owner)
            one = await own.one(told.lasting)
            if one is None:
                assert await own.turns(told.lasting) == ()
                assert await own.stretches(told.lasting) == ()
                assert await own.calls(told.lasting) == ()
                assert await own.mail(told.lasting) == ()
                continue
            turns, before = [], None
            while rows := await own.turns(told.lasting, before=before, limit=40):
                turns += rows
                before = rows[-1].turn
            assert [row.turn for row in turns] == list(range(one.turn, -1, -1))
            assert (await own.turns(told.lasting, after=5, limit=3)) == tuple(reversed(turns[-9:-6]))
            assert sum(row.microusd for row in turns) == one.microusd
            assert sum(row.calls for row in turns) == one.calls
            assert {row.cause for row in turns} == {"", "start", "mail"}
            assert all(row.ended_ns is not None and row.ended_ns >= row.began_ns for row in turns[:-1])
            for parts in (1, 7, 50, 1_000):
                summed = await own.stretches(told.lasting, parts=parts)
                assert len(summed) <= min(parts, ROWS_MAX)
                assert (summed[0].first, summed[-1].last) == (1, one.turn)
                assert all(second.first == first.last + 1 for first, second in pairwise(summed))
                assert sum(row.microusd for row in summed) == one.microusd
            (some,) = await own.stretches(told.lasting, first=3, last=4, parts=1)
            assert (some.first, some.last, some.calls) == (3, 4, sum(row.calls for row in turns if row.turn in (3, 4)))
            mail = await own.mail(told.lasting, limit=5)
            assert len(mail) == 5
            assert all(not row.sent and row.trigger == "daily" for row in mail)
            assert await own.mail(told.lasting, before=mail[-1].seq, limit=1) != (mail[-1],)


@on_loop
async def test_a_message_too_long_for_a_record_still_says_who_sent_it(written: Written) -> None:
    body = b'{"body":"' + b"x" * 600 + b'","id":4,"sender":2}'
    name = hashlib.sha256(body).hexdigest()
    written.blob(body, Digest(name))
    written.spawn(1, "alice", "clerk")
    written.spawn(2, "alice", "chief")
    written.add(1, 1, Called(call("r", "receive", "mail"), RAW(b'{"$ref":"%s"}' % name.encode())))
    async with Asking(written.folder) as views:
        (row,) = await views.of("alice").mail(Pid(1))
        assert (row.sent, row.other, row.agent) == (False, 2, "chief")


@on_loop
async def test_a_turn_of_many_calls_is_read_in_bounds(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    written.many(1, 1, [Intended(call("first"))])
    written.many(1, 1, [Called(call(f"k{n}", "remember", "x")) for n in range(9_000)])
    written.many(1, 1, [Resulted("first"), Committed(RAW(b"1"))])
    written.add(1, 2, Woken("mail"))
    async with Asking(written.folder) as views:
        await views.caught_up()
        own = views.of("alice")
        (first,) = await own.calls(Pid(1), turn=1, after=0, limit=1)
        assert (first.key, first.result_seq) == ("first", None)  # its result is too far away to be read
        rows = await own.calls(Pid(1), turn=1, limit=3)
        assert [row.key for row in rows] == ["k8999", "k8998", "k8997"]
        middle = await own.calls(Pid(1), after=rows[0].first_seq - 5_000, limit=2)
        assert [row.key for row in middle] == ["k4000", "k4001"]
