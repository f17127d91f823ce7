"""The kernel's memory while it runs: resident processes, books, values, and the one way to write.

Rules: whatever changes goes through `submit`, which adds the ledger's changes to the same transaction; a
resident process may be evicted only when everything written for it is durable and it waits or has ended. No
decision is made here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import msgspec

from ergos.base.clock import Monotone, day_of
from ergos.base.entropy import Entropy
from ergos.base.errors import ErgosError
from ergos.base.ids import KERNEL, Digest, Pid
from ergos.base.limits import ACTIVE_PROCESSES_MAX
from ergos.base.money import Amount
from ergos.kernel.confinement import Sandboxes
from ergos.kernel.events import Body, encode_body
from ergos.kernel.journal import Entry
from ergos.kernel.ledger import Book, Caps, Meter
from ergos.kernel.packages import Definition, Mounts, Programs, Prohibitions, Servers
from ergos.kernel.ports import Done, Models, Signer, Store
from ergos.kernel.process import ENDED, State
from ergos.kernel.rights import Rights
from ergos.kernel.rows import Change
from ergos.kernel.scheduler.queues import Scheduler
from ergos.kernel.scheduler.wants import Rules
from ergos.kernel.solvers import Record as SolverRecord
from ergos.kernel.triggers import Calendar, Watchers
from ergos.runtime.charter import Charter
from ergos.runtime.inquiries import Inquiries
from ergos.runtime.pins import Pins
from ergos.runtime.residents import Resident, Rows
from ergos.runtime.vault import Vault


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The ports a kernel runs on."""

    store: Store
    clock: Monotone
    entropy: Entropy
    programs: Programs
    signer: Signer | None = None
    concurrency: dict[str, int] = {}
    """Calls at once by queue; CONCURRENCY_DEFAULT where a queue is not named."""
    owner_caps: dict[str, Caps] = {}
    """Ceilings of an owner, from the settings; '*' for every owner not named."""
    models: Models | None = None
    """The model endpoints, or none."""
    rules: Rules = Rules()
    """Knobs of the scheduler of model calls."""
    door_secret: bytes = b""
    """What the tokens of foreign programs are sealed with; empty: there are none."""
    mounts: Mounts | None = None
    """Tools that belong to no agent's folder."""
    servers: Servers | None = None
    """Servers of tools, to be looked at."""
    prohibitions: Prohibitions | None = None
    """An organisation's own rules, which can only take away."""
    rights: Rights = Rights()
    """What owners keep to themselves, and what they let others decide."""
    calendar: Calendar | None = None
    """Knows days, zones and recurrences."""
    watchers: Watchers | None = None
    """Look at the outside for triggers."""
    sandboxes: Sandboxes | None = None
    """What tools are confined in; STOP ends them all."""
    watchdog: bool = True
    """Whether programs that compute without end are stopped, by the machine's time; off in simulations."""


class Machine:
    """Everything the door and the reactor share."""

    def __init__(self, parts: Parts) -> None:
        self.parts: Final = parts
        self.store: Final = parts.store
        self.vault: Final = Vault(parts.store)
        self.book: Final = Book()
        self.scheduler: Final = Scheduler(parts.concurrency)
        self.charter: Final = Charter(parts.rights)
        self.pins: Final = Pins()
        self.inquiries: Final = Inquiries(self)
        self.table: Final[OrderedDict[Pid, Resident]] = OrderedDict()
        self.solver_records: Final[dict[tuple[str, str], SolverRecord]] = {}
        self.definitions: Final[dict[Digest, Definition]] = {}
        self.now_ns = 0
        self.halted = False
        self.failed = False
        self.on_failure: Callable[[ErgosError], None] = _ignored
        """Told when a change will never be durable: memory is ahead of the disk from then on."""
        self.stirring: Final[set[str]] = set()
        """Owners some of whose triggers look at figures."""
        self.on_stir: Callable[[str], None] = _unheard
        """Told that something of such an owner changed."""
        self.on_write: Callable[[int], None] | None = None
        """Told how many records a change has."""
        self.on_records: Callable[[Resident | None, tuple[Body, ...]], None] | None = None
        """Told the records of a process (None: of the kernel itself), before they are durable. It only takes note."""
        self.pour: Callable[[Pid, str, bytes], None] | None = None
        """Told the pieces of a model's answer as they come (process, key of the call, a `Delta` in JSON); b'': it
        begins, or begins anew. Nothing of it is written down, and no program gets it."""
        self._gathered: list[tuple[Change, Done | None]] | None = None
        self._shared: Final[set[str]] = set()
        """Meters from which somebody spent that was evicted."""
        self._submitted = 0
        self._last_pid = 0
        self._last_mail = 0
        self._last_item = 0

    def tick(self) -> int:
        """Read the clock; the time all records of this pass carry."""
        self.now_ns = self.parts.clock.now_ns()
        return self.now_ns

    @property
    def submitted(self) -> int:
        """Changes submitted so far, that under way included; one is durable once `store.durable` has come to it."""
        return self._submitted

    def restore(self, highest: tuple[Pid, int, int]) -> None:
        """Continue numbering after what was ever given out."""
        self._last_pid, self._last_mail, self._last_item = highest

    def next_pid(self) -> Pid:
        """A pid never given out before."""
        self._last_pid += 1
        return Pid(self._last_pid)

    def next_mail(self) -> int:
        """A mail id larger than every one before."""
        self._last_mail += 1
        return self._last_mail

    def next_item(self) -> int:
        """An inbox number never given out before."""
        self._last_item += 1
        return self._last_item

    def submit(
        self,
        resident: Resident | None,
        bodies: tuple[Body, ...],
        rows: Rows | None = None,
        done: Done | None = None,
        also: tuple[tuple[Resident, tuple[Body, ...]], ...] = (),
    ) -> None:
        """Write records of a process (None: of the kernel itself) and their rows as one transaction.

        `also` are records of other processes that belong to the same transaction.
        """
        entries = self._entries(resident, bodies)
        for other, others in also:
            entries += self._entries(other, others)
        accounts, meters = self._books()
        rows = rows or _NO_ROWS
        change = Change(
            entries=entries,
            processes=rows.processes,
            mail_put=rows.mail_put,
            mail_taken=rows.mail_taken,
            watches_put=rows.watches_put,
            watches_dropped=rows.watches_dropped,
            items_put=rows.items_put,
            items_closed=rows.items_closed,
            notes=rows.notes,
            accounts=accounts,
            meters=meters,
            blobs=rows.blobs,
            facts=rows.facts,
        )
        if rows.blobs:
            self.vault.keep(rows.blobs)
        gathered = self._gathered
        if gathered is None:
            self._submitted += 1
        if resident is not None:
            resident.ticket = self._submitted
        for other, _ in also:
            other.ticket = self._submitted
        if gathered is None:
            self.store.submit(change, self._noted(done))
        else:
            gathered.append((change, done))
        if self.stirring and resident is not None and resident.process.owner in self.stirring:
            self.on_stir(resident.process.owner)
        if self.on_write is not None and entries:
            self.on_write(len(entries))
        if self.on_records is not None:
            for whose, which in ((resident, bodies), *also):
                if which:
                    self.on_records(whose, which)

    @contextmanager
    def together(self) -> Generator[None, None, None]:
        """Whatever is submitted inside is one transaction: a cause and the wake-up it means are never parted."""
        if self._gathered is not None:
            yield
            return
        self._gathered = []
        self._submitted += 1
        try:
            yield
        finally:
            gathered, self._gathered = self._gathered, None
            if gathered:
                dones = [done for _, done in gathered if done is not None]
                self.store.submit(_merged([change for change, _ in gathered]), self._noted(_all(dones)))
            else:
                self._submitted -= 1

    def _noted(self, done: Done | None) -> Done:
        """The same callback, and nothing moves any more if the store has failed."""

        def noted(error: ErgosError | None) -> None:
            if done is not None:
                done(error)
            if error is not None:
                self.on_failure(error)

        return noted if done is not None else self._unstored

    def _unstored(self, error: ErgosError | None) -> None:
        if error is not None:
            self.on_failure(error)

    def _entries(self, resident: Resident | None, bodies: tuple[Body, ...]) -> tuple[Entry, ...]:
        pid, turn = (resident.process.pid, resident.process.turn) if resident else (KERNEL, 0)
        return tuple([Entry(pid, turn, self.now_ns, encode_body(body)) for body in bodies])

    def _books(self) -> tuple[tuple[tuple[str, Amount], ...], tuple[tuple[str, Meter], ...]]:
        """What the ledger changed since the last transaction."""
        if not self.book.dirty:
            return (), ()
        accounts: list[tuple[str, Amount]] = []
        meters: list[tuple[str, Meter]] = []
        for name, value in self.book.changed():
            if isinstance(value, Amount):
                accounts.append((name, value))
            else:
                meters.append((name, value))
        return tuple(accounts), tuple(meters)

    def wrote(self, resident: Resident) -> None:
        """Note that the last change also concerned this process (mail it was sent, say)."""
        resident.ticket = self._submitted

    def caps(self, resident: Resident) -> Caps:
        """The agent's own caps and its owner's; of two ceilings on one scope the owner's settings win where lower."""
        assert resident.definition is not None
        mine = resident.definition.caps
        owner_caps = self.parts.owner_caps
        theirs = owner_caps.get(resident.process.owner) or owner_caps.get("*")
        if theirs is None:
            return mine
        return Caps(
            call=_lower(mine.call, theirs.call),
            process=_lower(mine.process, theirs.process),
            agent=_lower(mine.agent, theirs.agent),
            owner=_lower(mine.owner, theirs.owner),
            day=_lower(mine.day, theirs.day),
            week=_lower(mine.week, theirs.week),
            month=_lower(mine.month, theirs.month),
        )

    def today(self) -> int:
        """The day that day caps count, UTC."""
        return day_of(self.now_ns)

    def close_turns(self) -> None:
        """Let go of every program; the journal can bring them back."""
        for resident in self.table.values():
            if resident.turn is not None:
                resident.turn.close()
                resident.turn = None

    def evict(self, keep: int = ACTIVE_PROCESSES_MAX) -> None:
        """Forget residents beyond the bound that wait or have ended, oldest first."""
        excess = len(self.table) - keep
        if excess <= 0:
            return
        durable = self.store.durable
        for pid in [pid for pid, resident in self.table.items() if _idle(resident, durable)][: excess + 256]:
            resident = self.table.pop(pid)
            self.book.forget(pid)
            self._shared.update(one.key for one in resident.ceilings)
            if resident.turn is not None:
                resident.turn.close()
        if self._shared and all(one.definition is not None or _idle(one, durable) for one in self.table.values()):
            used = {shared.key for one in self.table.values() for shared in one.ceilings}
            self.book.drop(self._shared - used)
            self._shared.intersection_update(used)


_NO_ROWS: Final = Rows()


def _ignored(_: ErgosError) -> None:
    pass


def _unheard(_: str) -> None:
    pass


def _all(dones: list[Done]) -> Done | None:
    def every(error: ErgosError | None) -> None:
        for done in dones:
            done(error)

    return every if dones else None


def _merged(changes: list[Change]) -> Change:
    """One change that does what these do in order; of rows written twice the last one counts."""
    if len(changes) == 1:
        return changes[0]
    return Change(
        entries=tuple(entry for change in changes for entry in change.entries),
        processes=tuple({row.pid: row for change in changes for row in change.processes}.values()),
        mail_put=tuple(mail for change in changes for mail in change.mail_put),
        mail_taken=tuple(number for change in changes for number in change.mail_taken),
        watches_put=tuple(
            {(row.pid, row.trigger.name): row for change in changes for row in change.watches_put}.values()
        ),
        watches_dropped=tuple(place for change in changes for place in change.watches_dropped),
        items_put=tuple(item for change in changes for item in change.items_put),
        items_closed=tuple(number for change in changes for number in change.items_closed),
        notes=tuple(note for change in changes for note in change.notes),
        accounts=tuple(pair for change in changes for pair in change.accounts),
        meters=tuple(pair for change in changes for pair in change.meters),
        blobs=tuple({blob.digest: blob for change in changes for blob in change.blobs}.values()),
        facts=tuple(pair for change in changes for pair in change.facts),
    )


def _idle(resident: Resident, durable: int) -> bool:
    state = resident.process.state
    at_rest = state in ENDED or state in (State.WAITING, State.PAUSED, State.PARKED)
    return (
        at_rest and not resident.flying and not resident.opening and not resident.errands and resident.ticket <= durable
    )


def _lower(mine: Amount | None, theirs: Amount | None) -> Amount | None:
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    return Amount(_tighter(mine.microusd, theirs.microusd), _tighter(mine.tokens, theirs.tokens))


def _tighter(first: int, second: int) -> int:
    """The lower ceiling; negative means none."""
    if first < 0 or second < 0:
        return max(first, second)
    return min(first, second)
