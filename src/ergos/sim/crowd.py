"""A store as a crowd of agents would have left it, written in bulk: for measurements and tests of what reads stores.

    crowd = Crowd(owners=50, processes=10_000, records=1_000_000)
    told = crowd.write(folder / "ergos.db")

Many processes are under way at once and write in turns. Most live for one turn; some are hosted and live for many, one
of them for a fifth of all records; some wait for their owner; some fail. They think, act, send, ask and spend.

Rules: a valid store: sealed, its books and rows follow from its records, an audit finds it sound (nothing is signed);
the same for the same seed.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import digest, encode
from ergos.base.clock import MILLISECOND
from ergos.base.entropy import SeededEntropy
from ergos.base.ids import Digest, Pid
from ergos.base.money import ZERO, Amount
from ergos.drivers.sqlite_open import Database
from ergos.drivers.sqlite_reads import COUNTER_MAIL
from ergos.drivers.store_rows import Row, blob_row, item_row, meter_row, process_row
from ergos.drivers.store_sqlite import (
    INSERT_RECORD,
    PUT_ACCOUNT,
    PUT_BLOB,
    PUT_COUNTER,
    PUT_ITEM,
    PUT_METER,
    PUT_PROCESS,
)
from ergos.kernel.calls import Call, CallKind, Failure, Hold
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
    Called,
    Committed,
    Exited,
    Intended,
    Refused,
    Resulted,
    Signalled,
    Spawned,
    Woken,
    encode_body,
)
from ergos.kernel.journal import GENESIS, Entry, seal
from ergos.kernel.labels import TRUSTED, USER, Label
from ergos.kernel.ledger import Book, Payer
from ergos.kernel.own_events import Booted
from ergos.kernel.packages import Definition
from ergos.kernel.process import Process, State
from ergos.kernel.rows import Item
from ergos.kernel.values import Blob, Packed

START_NS: Final = 1_780_000_000_000_000_000  # some day in 2026, so that kernels find all of it in the past
STEP_MS: Final = 3_000  # milliseconds between two records: a million of them are a month
AT_ONCE: Final = 200  # processes under way at once
AGENTS: Final = 8  # agents of one owner
BATCH: Final = 20_000  # records written at once
LASTING_SHARE: Final = 5  # the longest process has one in so many records
MODELS: Final = ("fast/small", "deep/large", "local/tiny", "near/medium")
TOOLS: Final = ("mail.send", "files.read", "web.fetch", "calendar.book")
TASKS: Final = ("summarise", "extract", "classify")
DAY_NS: Final = 86_400_000_000_000

Life: TypeAlias = Generator[None, None, None]
"""Writes one record, or several that belong together, each time it is asked."""


class Told(msgspec.Struct, frozen=True):
    """What was written."""

    owners: tuple[str, ...]
    processes: int
    records: int
    lasting: Pid
    """The process with the most turns."""


class Crowd:
    """One of them."""

    def __init__(self, *, owners: int = 50, processes: int = 10_000, records: int = 1_000_000, seed: int = 1) -> None:
        self.owners: Final = tuple(f"owner{number:03}" for number in range(owners))
        self._processes: Final = processes
        self._records: Final = records
        self._entropy: Final = SeededEntropy(f"crowd/{seed}")
        self._book: Final = Book()
        self._rows: Final[dict[int, Process]] = {}
        self._items: Final[list[Item]] = []
        self._pending: Final[list[Row]] = []
        self._seq, self._seal, self._at_ns = 0, GENESIS, START_NS
        self._mail = 0
        self._asked = 0
        self._definitions: Final[dict[tuple[str, str], Digest]] = {}
        self._blobs: Final[dict[Digest, Blob]] = {}
        self._dice = 0

    def write(self, path: Path) -> Told:
        """Make the store. Raises: StoreError."""
        database = Database(path)
        try:
            writer = database.writer
            writer.execute("PRAGMA synchronous = OFF").fetchall()
            self._entry(Pid(0), 0, Booted("crowd", "crowd", 1))
            lives = self._lives()
            under_way = [life for life in (next(lives, None) for _ in range(AT_ONCE)) if life is not None]
            while under_way:
                place = self._roll(len(under_way))
                if next(under_way[place], 0) == 0:  # it is over
                    fresh = next(lives, None)
                    if fresh is None:
                        under_way[place] = under_way[-1]
                        under_way.pop()
                    else:
                        under_way[place] = fresh
                if len(self._pending) >= BATCH:
                    writer.execute("BEGIN")
                    writer.executemany(INSERT_RECORD, self._pending)
                    writer.execute("COMMIT")
                    self._pending.clear()
            self._finish(database)
        finally:
            database.close()
        return Told(self.owners, len(self._rows), self._seq, Pid(1))

    def _finish(self, database: Database) -> None:
        writer = database.writer
        writer.execute("BEGIN")
        writer.executemany(INSERT_RECORD, self._pending)
        self._pending.clear()
        writer.executemany(PUT_PROCESS, [process_row(one) for one in self._rows.values()])
        writer.executemany(PUT_ITEM, [item_row(item) for item in self._items])
        accounts = [(name, one.microusd, one.tokens) for name, one in self._book.accounts.items() if one]
        writer.executemany(PUT_ACCOUNT, accounts)
        writer.executemany(PUT_METER, [meter_row(key, meter) for key, meter in self._book.meters.items()])
        writer.executemany(PUT_BLOB, [blob_row(blob) for blob in self._blobs.values()])
        writer.execute(PUT_COUNTER, (COUNTER_MAIL, str(self._mail)))
        writer.execute("COMMIT")
        writer.execute("PRAGMA synchronous = FULL").fetchall()

    # Lives

    def _lives(self) -> Generator[Life, None, None]:
        """Every process in the order of their pids; the first one lasts."""
        lasting = self._records // LASTING_SHARE
        each = max(6, (self._records - lasting) // max(1, self._processes - 1))
        yield self._hosted(self._born(), lasting)
        for number in range(1, self._processes):
            kind = number % 20
            if kind == 0:
                yield self._hosted(self._born(), each)
            elif kind == 1:
                yield self._asking(self._born(), each)
            else:
                yield self._short(self._born(), each, fails=kind == 2, killed=kind == 3)

    def _born(self, parent: Process | None = None) -> Process:
        pid = Pid(len(self._rows) + 1)
        owner = parent.owner if parent is not None else self.owners[self._roll(len(self.owners))]
        agent = f"agent{self._roll(AGENTS)}"
        process = Process(
            pid=pid,
            owner=owner,
            agent=agent,
            definition=self._definition(owner, agent),
            parent=parent.pid if parent is not None else Pid(0),
            depth=parent.depth + 1 if parent is not None else 0,
            state=State.WAITING,
        )
        self._rows[pid] = process
        self._entry(pid, 0, Spawned(owner, agent, process.definition, process.parent))
        return process

    def _short(self, process: Process, records: int, *, fails: bool, killed: bool) -> Life:
        """One turn."""
        pid = process.pid
        self._entry(pid, 1, Woken("start"))
        yield
        used = 2
        while used < records - 1:
            used += yield from self._call(process, 1, used)
        failure = Failure("E502", "the source could not be read") if fails else None
        if killed:
            self._entry(pid, 1, Signalled("kill", process.owner))
        state = State.FAILED if fails else State.KILLED if killed else State.DONE
        outcome = msgspec.Raw(b'{"sentences":3}') if state is State.DONE else msgspec.Raw(b"null")
        self._entry(pid, 1, Exited(state.value, outcome, failure))  # type: ignore[arg-type]
        self._put(process, state=state, turn=1, outcome=outcome, failure=failure)

    def _hosted(self, process: Process, records: int) -> Life:
        """Turn after turn, each for a happening."""
        pid, turn, used = process.pid, 0, 1
        memory = msgspec.Raw(b"null")
        while used < records:
            turn += 1
            self._entry(pid, turn, Woken("mail" if turn > 1 else "start"))
            yield
            self._mail += 1
            body = b'{"id":%d,"sender":0,"body":{"key":"%d"},"trigger":"daily"}' % (self._mail, turn)
            self._entry(pid, turn, Called(self._named("receive", "mail", {}, turn), msgspec.Raw(body), None, USER))
            yield
            used += 3 + (yield from self._think(process, turn, used))
            memory = msgspec.Raw(b'{"runs":%d}' % turn)
            self._entry(pid, turn, Committed(memory))
            yield
        self._put(process, state=State.WAITING, turn=turn, waits="mail", memory=memory)

    def _asking(self, process: Process, records: int) -> Life:
        """One turn that stops at a question to its owner."""
        pid, used = process.pid, 2
        self._entry(pid, 1, Woken("start"))
        yield
        while used < records - 1:
            used += yield from self._call(process, 1, used)
        self._asked += 1
        call = self._named("act", TOOLS[0], {"to": msgspec.Raw(b'"bob@example.com"')}, used)
        self._ask(process, call)
        self._items.append(self._item(process, call))
        self._put(process, state=State.WAITING, turn=1, turn_open=True, waits="owner")

    # Calls

    def _call(self, process: Process, turn: int, used: int) -> Generator[None, None, int]:
        """One call of some kind; how many records it took."""
        pid = process.pid
        match self._roll(16):
            case 0 | 1 | 2 | 3:
                return (yield from self._think(process, turn, used))
            case 4:
                self._entry(pid, turn, Refused(self._named("act", TOOLS[1], {}, used), Failure("E302", "no cover")))
            case 5:
                other = Pid(1 + self._roll(len(self._rows)))
                if self._rows[other].owner != process.owner:
                    other = pid
                self._mail += 1
                args = {"to": msgspec.Raw(b"%d" % other), "body": msgspec.Raw(b'"done"')}
                sent = self._named("send", str(other), args, used)
                self._entry(pid, turn, Called(sent, msgspec.Raw(b"%d" % self._mail), None, TRUSTED))
            case 6:
                args = {"value": msgspec.Raw(b'"v"')}
                self._entry(pid, turn, Called(self._named("remember", "last", args, used), msgspec.Raw(b"null")))
            case 7:
                call = self._named("act", TOOLS[0], {"to": msgspec.Raw(b'"bob@example.com"')}, used)
                self._asked += 1
                item = self._asked
                self._ask(process, call)
                yield
                self._entry(pid, turn, Answered(item, call.key, "approve", process.owner))
                yield
                self._entry(pid, turn, Intended(call, None, "g1", process.owner))
                yield
                self._entry(pid, turn, Resulted(call.key, msgspec.Raw(b'"sent"'), label=TRUSTED))
                yield
                return 4
            case _:
                return (yield from self._act(process, turn, used))
        yield
        return 1

    def _think(self, process: Process, turn: int, used: int) -> Generator[None, None, int]:
        """A model call, or a task with checks."""
        dice = self._roll(1_000)
        model = MODELS[dice % len(MODELS)]
        inputs = {"inputs": msgspec.Raw(b'{"text":"document %d"}' % used)} if dice % 3 else {}
        name = TASKS[dice % len(TASKS)] if dice % 3 else "model.auto"
        call = self._named("think", name, inputs, used, solver="mind" if dice % 3 else None)
        hold = self._hold(process, Amount(2_000 + dice, 4_000), model)
        self._entry(process.pid, turn, Intended(call, hold, "g1"))
        yield
        charge = Amount(500 + dice, 1_000 + dice)
        checked = dice % 3 > 0
        faults = ("a number is not in the source",) if checked and dice % 10 == 0 else ()
        self._settle(process, hold, charge, model)
        value, label = (
            msgspec.Raw(b'"an answer of some length, so that the record is not too small"'),
            Label("untrusted"),
        )
        self._entry(
            process.pid, turn, Resulted(call.key, value, None, label, charge, faults, provider=model, checked=checked)
        )
        yield
        return 2

    def _act(self, process: Process, turn: int, used: int) -> Generator[None, None, int]:
        """A tool call; one in sixteen fails, one in four is paid."""
        dice = self._roll(64)
        tool = TOOLS[dice % len(TOOLS)]
        call = self._named("act", tool, {"path": msgspec.Raw(b'"a/b.txt"')}, used)
        hold = self._hold(process, Amount(300, 0), tool) if dice % 4 == 0 else None
        self._entry(process.pid, turn, Intended(call, hold, "g2"))
        yield
        if hold is not None:
            self._settle(process, hold, hold.amount, "")
        failure = Failure("E501", "it was not there") if dice % 16 == 1 else None
        charge = hold.amount if hold is not None else ZERO
        self._entry(process.pid, turn, Resulted(call.key, msgspec.Raw(b'{"rows":12}'), failure, TRUSTED, charge))
        yield
        return 2

    def _named(
        self, kind: CallKind, name: str, args: dict[str, Packed], used: int, *, solver: str | None = None
    ) -> Call:
        return Call(
            key=f"{kind}:{name}:{used:08x}", kind=kind, name=name, args=args, content=f"{used:032x}", solver=solver
        )

    def _item(self, process: Process, call: Call) -> Item:
        """The last one asked."""
        return Item(
            id=self._asked,
            pid=process.pid,
            key=call.key,
            owner=process.owner,
            kind="approval",
            asked_ns=self._at_ns,
            expires_ns=self._at_ns + DAY_NS,
            text="may it?",
        )

    def _ask(self, process: Process, call: Call) -> None:
        digest = Digest(f"{self._asked:064x}")
        asked = Asked(call.key, self._asked, "approval", digest, self._at_ns + DAY_NS, call, "every one", "approve")
        self._entry(process.pid, 1, asked)

    # Money

    def _hold(self, process: Process, amount: Amount, provider: str) -> Hold:
        hold = Hold(amount=amount, provider=provider, day=self._at_ns // DAY_NS, long=True)
        self._book.hold(Payer(process.pid, process.agent, process.owner), hold)
        return hold

    def _settle(self, process: Process, hold: Hold, charge: Amount, provider: str) -> None:
        self._book.settle(Payer(process.pid, process.agent, process.owner), hold, charge, provider)

    # Rows

    def _entry(self, pid: Pid, turn: int, body: Body) -> None:
        self._at_ns += (1 + self._roll(2 * STEP_MS)) * MILLISECOND
        self._seq += 1
        entry = Entry(pid, turn, self._at_ns, encode_body(body))
        self._seal = seal(self._seal, self._seq, entry)
        self._pending.append((self._seq, pid, turn, entry.at_ns, entry.body, self._seal))

    def _put(self, process: Process, **changes: object) -> None:
        self._rows[process.pid] = msgspec.structs.replace(process, **changes)

    def _definition(self, owner: str, agent: str) -> Digest:
        found = self._definitions.get((owner, agent))
        if found is None:
            definition = Definition(agent=agent, program=f"{owner}/{agent}")
            body = encode(msgspec.to_builtins(definition))
            found = self._definitions[owner, agent] = digest(body)
            self._blobs[found] = Blob(found, body)
        return found

    def _roll(self, sides: int) -> int:
        """The next number; 64 bits at a time are drawn and used up."""
        if self._dice < (1 << 24):
            self._dice = self._entropy.below(1 << 127, stream="dice") | (1 << 126)
        self._dice, rolled = divmod(self._dice, sides)
        return rolled
