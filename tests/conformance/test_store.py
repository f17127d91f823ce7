"""What every store promises; each test runs on every driver, and reads fresh and after reopening."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.base.errors import CorruptStoreError, ErgosError, StoreError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import COMMIT_CHANGES_MAX
from ergos.base.money import Amount
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.calls import Failure
from ergos.kernel.journal import GENESIS, Entry, Sealed, verified
from ergos.kernel.labels import TRUSTED, UNTRUSTED, USER, Label
from ergos.kernel.ledger import Meter
from ergos.kernel.ports import Store
from ergos.kernel.process import Process, State
from ergos.kernel.rows import Change, Item, Mail, Note
from ergos.kernel.values import NULL, Blob

D = Digest("ab" * 32)


def process(pid: int, **other: object) -> Process:
    fields: dict[str, object] = {
        "pid": Pid(pid),
        "owner": "alice",
        "agent": "a",
        "definition": D,
        "parent": Pid(0),
        "depth": 0,
        "state": State.READY,
    }
    return Process(**{**fields, **other})  # type: ignore[arg-type]


def entry(pid: int, turn: int = 1, body: bytes = b"{}", at_ns: int = 7) -> Entry:
    return Entry(Pid(pid), turn, at_ns, body)


def mail(number: int, to: int, body: bytes = b"1", **other: object) -> Mail:
    return Mail(id=number, to=Pid(to), sender=Pid(0), body=msgspec.Raw(body), **other)  # type: ignore[arg-type]


def item(number: int, owner: str = "alice") -> Item:
    return Item(
        id=number, pid=Pid(1), key="k", owner=owner, kind="question", asked_ns=1, expires_ns=None, text="why? 为什么"
    )


def note(key: str, value: bytes | None = b"1", agent: str = "a", label: Label = USER) -> Note:
    return Note(owner="alice", agent=agent, key=key, value=None if value is None else msgspec.Raw(value), label=label)


def blob(body: bytes) -> Blob:
    return Blob(Digest(hashlib.sha256(body).hexdigest()), body)


class Bench:
    """Opens a store again and again on the same place."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.path = folder / "ergos.db"
        self.disk = MemoryDisk("m" * 32)

    def open(self) -> Store:
        if self.kind == "memory":
            return MemoryStore(self.disk)
        return SqliteStore(self.path, in_thread=self.kind == "sqlite")

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        store = self.open()
        try:
            yield store
        finally:
            await store.close()


@pytest.fixture(params=["memory", "sqlite", "sqlite-on-loop"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(request.param, tmp_path)


def run(work: Awaitable[None]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work, 60)

    asyncio.run(bounded())


def both(bench: Bench, changes: list[Change], check: Callable[[Store], Awaitable[None]]) -> None:
    """Write, check, reopen, check again: what was durable is the same afterwards."""

    async def work() -> None:
        async with bench.store() as store:
            for change in changes:
                store.submit(change)
            await store.flush()
            await check(store)
        async with bench.store() as store:
            await check(store)

    run(work())


async def journal(store: Store, **options: object) -> list[Sealed]:
    return [record async for record in store.records(**options)]  # type: ignore[arg-type]


def test_an_empty_store_answers_every_question(bench: Bench) -> None:
    async def check(store: Store) -> None:
        assert len(store.id) == 32
        assert await store.load((Pid(1),)) == ()
        assert await store.turn(Pid(1), 1) == ()
        assert await store.runnable(Pid(0), 10) == ()
        assert await store.due(10**18, 10) == ()
        assert await store.next_due_ns() is None
        assert await store.blobs((D,)) == {}
        assert await store.books(("*",)) == ({}, {})
        assert await store.notes("alice", "a", "", 10) == ()
        assert await store.items(None, 10) == ()
        assert await store.item(1) is None
        assert await store.processes() == ()
        assert await store.children(Pid(1)) == ()
        assert await journal(store) == []
        head = await store.head()
        assert (head.seq, head.seal) == (0, GENESIS)
        assert await store.facts() == {}
        assert await store.highest() == (0, 0, 0)

    both(bench, [], check)


def test_the_id_of_a_store_never_changes(bench: Bench) -> None:
    async def work() -> None:
        async with bench.store() as store:
            first = store.id
        async with bench.store() as store:
            assert store.id == first

    run(work())


def test_records_form_one_chain_in_the_order_of_submission(bench: Bench) -> None:
    changes = [Change(entries=tuple(entry(n % 3, body=b"%d" % (n * 10 + m)) for m in range(3))) for n in range(50)]

    async def check(store: Store) -> None:
        records = await journal(store)
        assert [r.body for r in records] == [e.body for c in changes for e in c.entries]
        assert len(list(verified(records))) == 150
        head = await store.head()
        assert (head.seq, head.seal, head.at_ns) == (150, records[-1].seal, 7)

    both(bench, changes, check)


def test_the_chain_goes_on_after_reopening(bench: Bench) -> None:
    async def work() -> None:
        for _ in range(3):
            async with bench.store() as store:
                store.submit(Change(entries=(entry(1), entry(2))))
        async with bench.store() as store:
            assert len(list(verified(await journal(store)))) == 6

    run(work())


def test_callbacks_come_in_order_after_durability_and_never_within_submit(bench: Bench) -> None:
    async def work() -> None:
        async with bench.store() as store:
            seen: list[tuple[int, int]] = []
            for number in range(1, 101):
                store.submit(
                    Change(entries=(entry(1),)), lambda error, number=number: seen.append((number, store.durable))
                )
                assert not seen
            assert store.durable == 0
            await store.flush()
            assert [number for number, _ in seen] == list(range(1, 101))
            assert all(durable >= number for number, durable in seen)
            assert store.durable == 100

    run(work())


def test_what_a_callback_submits_becomes_durable_too(bench: Bench) -> None:
    async def work() -> None:
        async with bench.store() as store:
            left = 20

            def again(error: ErgosError | None) -> None:
                nonlocal left
                assert error is None
                left -= 1
                if left:
                    store.submit(Change(entries=(entry(1),)), again)

            store.submit(Change(entries=(entry(1),)), again)
            while left:
                await store.flush()
                await asyncio.sleep(0)
            await store.flush()
            assert len(await journal(store)) == 20

    run(work())


def test_more_changes_than_one_commit_takes_keep_their_order(bench: Bench) -> None:
    count = COMMIT_CHANGES_MAX * 2 + 5

    async def check(store: Store) -> None:
        assert [r.at_ns async for r in store.records()] == list(range(count))

    both(bench, [Change(entries=(entry(1, at_ns=n),)) for n in range(count)], check)


def test_a_change_is_applied_whole_or_not_at_all_and_nothing_after_it(bench: Bench) -> None:
    async def work() -> None:
        errors: list[tuple[str, ErgosError | None]] = []
        store = bench.open()
        store.submit(Change(entries=(entry(1),), mail_put=(mail(1, 1),)))
        await store.flush()
        bad = Change(entries=(entry(2),), mail_put=(mail(1, 1),), facts=(("x", "1"),), blobs=(blob(b"x"),))
        store.submit(bad, lambda error: errors.append(("bad", error)))
        with pytest.raises(StoreError):
            await store.flush()
        store.submit(Change(entries=(entry(3),)), lambda error: errors.append(("later", error)))
        assert [name for name, _ in errors] == ["bad"]
        await asyncio.sleep(0.01)
        assert [name for name, _ in errors] == ["bad", "later"]
        assert all(isinstance(error, StoreError) for _, error in errors)
        with pytest.raises(StoreError):
            await store.flush()
        await store.close()
        async with bench.store() as again:
            assert len(await journal(again)) == 1
            assert await again.facts() == {}
            assert await again.blobs((blob(b"x").digest,)) == {}

    run(work())


def test_a_process_is_read_back_exactly(bench: Bench) -> None:
    plain = process(1)
    full = process(
        2,
        parent=Pid(1),
        depth=1,
        state=State.FAILED,
        turn=3,
        turn_open=True,
        waits="mail",
        wake_at_ns=2**62,
        memory=msgspec.Raw(b'{"a":[1,2]}'),
        restarts=(1, 2),
        label=Label("untrusted", ("bob",)),
        outcome=msgspec.Raw(b'"x"'),
        failure=Failure("E400", "程序", "fix"),
    )

    async def check(store: Store) -> None:
        found = {one.process.pid: one.process for one in await store.load((Pid(2), Pid(1), Pid(9), Pid(2)))}
        assert {pid: msgspec.json.encode(one) for pid, one in found.items()} == {
            1: msgspec.json.encode(plain),
            2: msgspec.json.encode(full),
        }
        assert [p.pid for p in await store.children(Pid(1))] == [2]
        assert [p.pid for p in await store.processes()] == [1]
        assert [p.pid for p in await store.processes(live_only=False)] == [1, 2]
        assert [p.pid for p in await store.processes(live_only=False, after=Pid(1))] == [2]
        assert [p.pid for p in await store.processes(live_only=False, limit=1)] == [1]
        assert await store.processes(owner="bob", live_only=False) == ()

    both(bench, [Change(processes=(full, plain))], check)


def test_the_last_row_of_a_process_counts(bench: Bench) -> None:
    changes = [Change(processes=(process(1, turn=n),)) for n in range(5)]
    changes.append(Change(processes=(process(1, turn=8), process(1, turn=9))))

    async def check(store: Store) -> None:
        (found,) = await store.load((Pid(1),))
        assert found.process.turn == 9

    both(bench, changes, check)


def test_ready_and_due_processes_are_found_in_order_and_only_they(bench: Bench) -> None:
    rows = (
        process(1),
        process(2, state=State.WAITING, waits="timer", wake_at_ns=50),
        process(3, state=State.WAITING, waits="mail"),
        process(4, state=State.PAUSED, wake_at_ns=1),
        process(5),
        process(6, state=State.WAITING, waits="timer", wake_at_ns=20),
        process(7, state=State.WAITING, waits="timer", wake_at_ns=20),
    )

    async def check(store: Store) -> None:
        assert await store.runnable(Pid(0), 10) == (1, 5)
        assert await store.runnable(Pid(1), 10) == (5,)
        assert await store.runnable(Pid(0), 1) == (1,)
        assert [p.pid for p in await store.due(19, 9)] == []
        assert [p.pid for p in await store.due(20, 9)] == [6, 7]
        assert [p.pid for p in await store.due(99, 9)] == [6, 7, 2]
        assert [p.pid for p in await store.due(99, 1)] == [6]
        assert await store.next_due_ns() == 20

    both(bench, [Change(processes=rows), Change(processes=(process(1),))], check)


def test_a_process_that_moved_on_is_neither_ready_nor_due(bench: Bench) -> None:
    changes = [
        Change(processes=(process(1), process(2, state=State.WAITING, wake_at_ns=5))),
        Change(processes=(process(1, state=State.DONE), process(2, state=State.READY))),
    ]

    async def check(store: Store) -> None:
        assert await store.runnable(Pid(0), 10) == (2,)
        assert await store.next_due_ns() is None
        assert await store.due(99, 10) == ()

    both(bench, changes, check)


def test_mail_is_read_in_order_until_it_is_taken(bench: Bench) -> None:
    letters = [mail(n, 1 + n % 2, b"%d" % n, label=UNTRUSTED if n % 3 else USER) for n in range(1, 10)]
    changes = [Change(processes=(process(1), process(2)))]
    changes += [Change(mail_put=(letter,)) for letter in letters]
    changes.append(Change(mail_taken=(2, 4, 77)))

    async def check(store: Store) -> None:
        one, two = await store.load((Pid(1), Pid(2)))
        assert [(m.id, bytes(m.body), m.label) for m in one.mail] == [
            (m.id, bytes(m.body), m.label) for m in letters if m.to == 1 and m.id not in (2, 4)
        ]
        assert [m.id for m in two.mail] == [1, 3, 5, 7, 9]
        assert all(m.to == 2 and m.sender == 0 for m in two.mail)

    both(bench, changes, check)


def test_numbers_are_never_given_out_twice_even_when_all_mail_was_read(bench: Bench) -> None:
    changes = [
        Change(processes=(process(4),), mail_put=tuple(mail(n, 4) for n in range(1, 101)), items_put=(item(3),)),
        Change(mail_taken=tuple(range(2, 101)), items_closed=(3,)),
    ]

    async def check(store: Store) -> None:
        assert await store.highest() == (4, 100, 3)

    both(bench, changes, check)
    both(bench, [], check)


def test_open_items_are_found_by_owner_and_number_until_they_are_closed(bench: Bench) -> None:
    changes = [Change(items_put=(item(1), item(2, "bob"), item(3))), Change(items_closed=(1,))]

    async def check(store: Store) -> None:
        assert [i.id for i in await store.items(None, 10)] == [2, 3]
        assert [i.id for i in await store.items("alice", 10)] == [3]
        assert [i.id for i in await store.items(None, 1)] == [2]
        assert await store.item(1) is None
        found = await store.item(3)
        assert found is not None
        assert msgspec.json.encode(found) == msgspec.json.encode(item(3))

    both(bench, changes, check)


AWKWARD = [
    "",
    "a",
    "a/b",
    "ab",
    "a\U0010ffff",
    "a\U0010ffff\U0010ffffz",
    "b",
    "记忆/一",
    "记忆/二",
    "\U0010ffff",
    "%",
    "A",
]


def test_notes_are_found_by_prefix_whatever_its_letters(bench: Bench) -> None:
    changes = [Change(notes=tuple(note(key, b'"%d"' % n, label=TRUSTED) for n, key in enumerate(AWKWARD)))]
    changes.append(Change(notes=(note("x"), note("a", agent="other"))))
    changes.append(Change(notes=(note("x", None), note("never", None))))

    async def check(store: Store) -> None:
        for prefix in [*AWKWARD, "记", "a/", "zz"]:
            found = await store.notes("alice", "a", prefix, 100)
            assert [n.key for n in found] == sorted(key for key in AWKWARD if key.startswith(prefix)), prefix
        assert len(await store.notes("alice", "a", "", 3)) == 3
        (two,) = await store.notes("alice", "a", "记忆/二", 9)
        assert (bytes(two.value or b""), two.label) == (b'"8"', TRUSTED)

    both(bench, changes, check)


def test_a_rewritten_note_has_its_last_value(bench: Bench) -> None:
    changes = [Change(notes=(note("k", b"1"), note("k", b"2"))), Change(notes=(note("k", None), note("k", b"3")))]

    async def check(store: Store) -> None:
        (found,) = await store.notes("alice", "a", "k", 9)
        assert bytes(found.value or b"") == b"3"

    both(bench, changes, check)


def test_books_are_read_by_key_and_prefix_and_settled_accounts_leave_no_row(bench: Bench) -> None:
    meter = Meter(Amount(1, 2), Amount(3, 4))
    changes = [
        Change(
            accounts=(("owner/a", Amount(-5, 0)), ("held/1", Amount(5, 0)), ("paid/x", Amount(1, 1))),
            meters=(("process/1", meter), ("day/a\U0010ffffz/3", meter)),
        ),
        Change(accounts=(("held/1", Amount()), ("paid/x", Amount(2, 2)))),
    ]

    async def check(store: Store) -> None:
        assert await store.books(("held/1", "owner/a", "nobody")) == ({"owner/a": Amount(-5, 0)}, {})
        assert await store.books(("paid/*",)) == ({"paid/x": Amount(2, 2)}, {})
        assert await store.books(("day/a*", "process/1")) == ({}, {"day/a\U0010ffffz/3": meter, "process/1": meter})
        accounts, meters = await store.books(("*",))
        assert (accounts.keys(), meters.keys()) == ({"owner/a", "paid/x"}, {"process/1", "day/a\U0010ffffz/3"})

    both(bench, changes, check)


def test_a_meter_handed_out_or_in_is_not_the_stores_own(bench: Bench) -> None:
    async def work() -> None:
        async with bench.store() as store:
            given = Meter(Amount(1, 1))
            store.submit(Change(meters=(("m", given),)))
            await store.flush()
            given.spent = Amount(9, 9)
            _, found = await store.books(("m",))
            found["m"].spent = Amount(8, 8)
            _, found = await store.books(("m",))
            assert found["m"].spent == Amount(1, 1)

    run(work())


def test_blobs_are_stored_once_and_read_back_whatever_they_hold(bench: Bench) -> None:
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(40_000))
    bodies = [b"", b"x", b"ab" * 2_000_000, noise, b"\0" * 199, b"\0" * 200]
    blobs = tuple(blob(body) for body in bodies)

    async def check(store: Store) -> None:
        found = await store.blobs((*(b.digest for b in blobs), D, Digest("z" * 64), Digest(""), Digest("AB" * 32)))
        assert found == {b.digest: b.body for b in blobs}

    both(bench, [Change(blobs=blobs), Change(blobs=blobs)], check)


def test_a_blob_that_is_not_what_its_name_says_is_refused(bench: Bench) -> None:
    async def work() -> None:
        async with bench.store() as store:
            store.submit(Change(blobs=(Blob(D, b"something else" * 50),)))
            await store.flush()
            with pytest.raises(CorruptStoreError):
                await store.blobs((D,))

    run(work())


def test_facts_keep_their_last_value(bench: Bench) -> None:
    changes = [Change(facts=(("halted", "alice"), ("b", "1"))), Change(facts=(("halted", ""),))]

    async def check(store: Store) -> None:
        assert await store.facts() == {"halted": "", "b": "1"}

    both(bench, changes, check)


def test_a_turn_is_its_records_in_order(bench: Bench) -> None:
    changes = [Change(entries=(entry(1, 1, b"a"), entry(2, 1, b"b"), entry(1, 2, b"c"), entry(0, 0, b"k")))]
    changes.append(Change(entries=(entry(1, 2, b"d"),)))

    async def check(store: Store) -> None:
        assert [r.body for r in await store.turn(Pid(1), 2)] == [b"c", b"d"]
        assert [r.body for r in await store.turn(Pid(1), 1)] == [b"a"]
        assert await store.turn(Pid(1), 3) == ()

    both(bench, changes, check)


@pytest.mark.parametrize("kind", ["memory", "sqlite-on-loop"])
@given(
    pids=st.lists(st.integers(0, 3), max_size=40),
    after=st.integers(0, 45),
    pid=st.none() | st.integers(0, 4),
    limit=st.none() | st.integers(0, 10),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paging_through_records_is_a_filter(
    kind: str,
    pids: list[int],
    after: int,
    pid: int | None,
    limit: int | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    turns = [sum(p == pids[n] for p in pids[:n]) // 3 for n in range(len(pids))]
    changes = [Change(entries=(entry(p, turns[n]),)) for n, p in enumerate(pids)]

    async def check(store: Store) -> None:
        everything = await journal(store)
        wanted = [r for r in everything if r.seq > after and (pid is None or r.pid == pid)]
        found = await journal(store, after=after, pid=None if pid is None else Pid(pid), limit=limit)
        assert found == (wanted if limit is None else wanted[:limit])

    both(Bench(kind, tmp_path_factory.mktemp("paging")), changes, check)


def test_pages_of_records_join_without_gap_or_repetition(bench: Bench) -> None:
    changes = [Change(entries=tuple(entry(n % 2 + 1, n) for _ in range(2))) for n in range(1_300)]

    async def check(store: Store) -> None:
        assert [r.seq for r in await journal(store)] == list(range(1, 2_601))
        assert [r.seq for r in await journal(store, after=1_000, limit=1_001)] == list(range(1_001, 2_002))
        mine = [r.seq for r in await journal(store, pid=Pid(2))]
        assert len(mine) == 1_300
        assert mine == sorted(set(mine))

    both(bench, changes, check)


def test_ten_thousand_processes_are_one_bulk(bench: Bench) -> None:
    changes = [Change(processes=(process(n),), entries=(entry(n),)) for n in range(1, 10_001)]

    async def check(store: Store) -> None:
        found: list[Pid] = []
        while page := await store.runnable(found[-1] if found else Pid(0), 256):
            found.extend(page)
        assert found == list(range(1, 10_001))
        assert len(await store.load(tuple(found))) == 10_000
        assert (await store.highest())[0] == 10_000

    both(bench, changes, check)


def test_what_was_submitted_and_not_flushed_is_durable_after_close(bench: Bench) -> None:
    async def work() -> None:
        store = bench.open()
        store.submit(Change(entries=(entry(1),), facts=(("last", NULL.__class__.__name__),)))
        await store.close()
        async with bench.store() as again:
            assert len(await journal(again)) == 1

    run(work())
