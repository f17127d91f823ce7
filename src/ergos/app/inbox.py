"""Everything an owner finds in the inbox: what waits for an answer, and what was delivered since they last looked.

What waits are the store's inbox items. What was delivered is read from the journal behind the place up to which the
owner has seen it (one fact), and from the memory of hosted agents: nothing is stored twice, and a year of history that
was looked at costs nothing.

Rules: reads only, bounded; every text of a program, a server or a document is a stranger's and stays data.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, cast

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.home import Home
from ergos.app.progress import Progress, Reads, Standing
from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Failure
from ergos.kernel.events import Exited, decode_body
from ergos.kernel.packages import Definition
from ergos.kernel.rights import Case, Rights, may_decide, objection
from ergos.kernel.rows import Item
from ergos.kernel.values import NULL, Packed
from ergos.runtime.approvals import case_of
from ergos.runtime.charter import Charter
from ergos.runtime.seen import seen_of

ITEMS_SHOWN: Final = 1_000  # items that wait which are looked at
DELIVERIES_SHOWN: Final = 200  # deliveries shown at once; of more, the newest
PIDS_AT_ONCE: Final = 500  # processes loaded at once
_EXIT: Final = b'{"k":"exit"'
REPORT: Final = "report/"
"""Of a fact: the last report that was made for an owner."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for an answer."""

    item: Item
    shown: dict[str, Plain]
    """As the catalogue has it."""
    case: Case
    delegates: tuple[str, ...] = ()
    """Who else may decide it."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a process that somebody started, or what a hosted one has to say."""

    pid: Pid
    agent: str
    owner: str
    state: str
    """'done', 'failed', 'killed', or 'hosted'."""
    at_ns: int
    seq: int = 0
    outcome: Packed = NULL
    failure: Failure | None = None
    said: tuple[str, ...] = ()
    """Of a hosted one: what it said since."""
    runs: int = 0
    """Of a hosted one: runs that ended so far."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was made."""

    seq: int
    since_ns: int
    until_ns: int


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    waiting: tuple[Waiting, ...]
    delivered: tuple[Delivery, ...] = ()
    more: int = 0
    """Deliveries before these that are not shown."""
    report: Made | None = None
    """One that was not seen."""
    until: int = 0
    """The record of the journal up to which all of this is."""


async def inbox_of(
    home: Home, reads: SqliteReads, owner: str | None, now_ns: int, *, by: str = "", delivered: bool = True
) -> Inbox:
    """What an owner (None: all of them) finds now. `by`: only what this delegate may decide. Cost: O(what is new)."""
    waiting = await waiting_of(home, reads, owner, now_ns, by=by)
    if by or not delivered:
        return Inbox(waiting=waiting)
    whose = owner or home.settings.owner
    facts = await reads.facts()
    seen = seen_of(facts, whose)
    until = (await reads.head()).seq
    found, more = await deliveries(reads, owner, seen)
    said = await _said(reads, owner, seen, now_ns)
    return Inbox(
        waiting=waiting,
        delivered=tuple(sorted((*found, *said), key=_at)),
        more=more,
        report=_unseen_report(facts, whose, seen),
        until=until,
    )


async def waiting_of(
    home: Home, reads: SqliteReads, owner: str | None, now_ns: int, *, by: str = ""
) -> tuple[Waiting, ...]:
    """The open items, each with who may decide it."""
    cases = Cases(home.settings.desk.rights, reads)
    found = [await _waiting(home, reads, item, now_ns, cases) for item in await reads.items(owner, ITEMS_SHOWN)]
    return tuple(one for one in found if not by or not objection(cases.rights, one.case, by, now_ns))


async def waiting_one(home: Home, reads: SqliteReads, item: Item, now_ns: int, *, by: str = "") -> Waiting | None:
    """One open item; None if this delegate may not decide it."""
    cases = Cases(home.settings.desk.rights, reads)
    one = await _waiting(home, reads, item, now_ns, cases)
    return None if by and objection(cases.rights, one.case, by, now_ns) else one


async def _waiting(home: Home, reads: SqliteReads, item: Item, now_ns: int, cases: Cases) -> Waiting:
    shown = await Catalogue(home, reads).item(item)
    case = await cases.of(item, shown["call"])
    return Waiting(item=item, shown=shown, case=case, delegates=may_decide(cases.rights, case, now_ns))


class Cases:
    """Inbox items as their decision is judged, beside the kernel."""

    def __init__(self, rights: Rights, reads: Reads) -> None:
        self._reads: Final = reads
        self._charter: Final = Charter(rights)
        self._progress: Final = Progress(reads)

    @property
    def rights(self) -> Rights:
        """Who decides what."""
        return self._charter.rights

    async def of(self, item: Item, call: Plain) -> Case:
        """One item; `call`: as it is shown."""
        loaded = await self._reads.load((item.pid,)) if item.pid else ()
        if not loaded:
            return Case(owner=item.owner, agent="", kind=item.kind)
        process = loaded[0].process
        made = await self._progress.definition(process.definition)
        definition: Definition | None = made[0] if made is not None else None

        def reserved(tool: str) -> bool:
            return self._charter.reserved(process.definition, definition, tool)

        return case_of(item, process.agent, call, reserved=reserved)


async def deliveries(
    reads: Reads, owner: str | None, after: int, most: int = DELIVERIES_SHOWN
) -> tuple[tuple[Delivery, ...], int]:
    """Ends of processes that no other process started, behind a record, the newest; and how many more there are."""
    kept: deque[Delivery] = deque(maxlen=most)
    count = 0
    pending: list[tuple[int, Pid, int, Exited]] = []
    async for record in reads.records(after=after):
        if not record.body.startswith(_EXIT):
            continue
        body = decode_body(record.body)
        assert isinstance(body, Exited)
        pending.append((record.seq, record.pid, record.at_ns, body))
        if len(pending) >= PIDS_AT_ONCE:
            found = await _of_owner(reads, owner, pending)
            count, pending = count + len(found), []
            kept.extend(found)
    found = await _of_owner(reads, owner, pending)
    count += len(found)
    kept.extend(found)
    return tuple(kept), count - len(kept)


async def _of_owner(reads: Reads, owner: str | None, ends: Sequence[tuple[int, Pid, int, Exited]]) -> list[Delivery]:
    loaded = await reads.load(tuple(pid for _, pid, _, _ in ends)) if ends else ()
    rows = {one.process.pid: one.process for one in loaded}
    found: list[Delivery] = []
    for seq, pid, at_ns, body in ends:
        row = rows.get(pid)
        if row is None or row.parent != 0 or owner not in (None, row.owner):
            continue
        found.append(
            Delivery(
                pid=pid, agent=row.agent, owner=row.owner, state=body.state, at_ns=at_ns, seq=seq,
                outcome=body.outcome, failure=body.failure,
            )
        )  # fmt: skip
    return found


async def _said(reads: Reads, owner: str | None, seen: int, now_ns: int) -> list[Delivery]:
    """What hosted agents said since a record was written."""
    since_ns = await at_of(reads, seen)
    progress = Progress(reads)
    found: list[Delivery] = []
    for process in await progress.hosted(owner):
        standing = await progress.standing(process, now_ns)
        if one := hosted_delivery(standing, since_ns):
            found.append(one)
    return found


def hosted_delivery(standing: Standing, since_ns: int) -> Delivery | None:
    """What a hosted agent said after an instant, as one delivery; None: nothing."""
    said = [note for note in standing.past.said if note.at_ns > since_ns]
    if not said:
        return None
    return Delivery(
        pid=standing.pid,
        agent=standing.agent,
        owner=standing.owner,
        state="hosted",
        at_ns=said[-1].at_ns,
        said=tuple(note.text for note in said),
        runs=standing.past.runs + standing.past.failures,
    )


async def at_of(reads: Reads, seq: int) -> int:
    """When a record was written; 0 for none."""
    if seq > 0:
        async for record in reads.records(after=seq - 1, limit=1):
            return record.at_ns
    return 0


def _unseen_report(facts: dict[str, str], owner: str, seen: int) -> Made | None:
    text = facts.get(f"{REPORT}{owner}", "")
    if not text:
        return None
    made = msgspec.json.decode(text, type=Made)
    return made if made.seq > seen else None


def _at(one: Delivery) -> int:
    return one.at_ns


def only(found: Inbox, number: int) -> Waiting:
    """The open item of this number. Raises: UsageError."""
    for one in found.waiting:
        if one.item.id == number:
            return one
    raise UsageError(f"nothing open has the number {number}", remedy="`ergos inbox` lists what waits for you")


def delivery_plain(one: Delivery, outcome: Plain) -> dict[str, Plain]:
    """A delivery for programs."""
    from ergos.app.catalogue import moment

    return {
        "kind": "delivery",
        "pid": int(one.pid),
        "agent": one.agent,
        "owner": one.owner,
        "state": one.state,
        "at": moment(one.at_ns),
        "outcome": outcome,
        "failure": cast("Plain", msgspec.to_builtins(one.failure)),
        "said": list(one.said),
    }
