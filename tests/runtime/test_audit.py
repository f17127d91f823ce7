"""An audit accepts what a kernel wrote and nothing else."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import ManualClock, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.ids import KERNEL, Digest, Pid
from ergos.base.money import Amount
from ergos.drivers.host import FileSigner
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.events import Attached, Intended, Replayed, Resulted, decode_body, encode_body
from ergos.kernel.journal import GENESIS, Entry, Sealed, seal
from ergos.kernel.ledger import Meter
from ergos.kernel.models import Usage
from ergos.kernel.own_events import Checkpoint
from ergos.kernel.ports import Store
from ergos.kernel.process import State
from ergos.lib.folder import FolderPrograms
from ergos.runtime.audit import Audit, audit
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.runtime.receipts import encode_receipt, parse_receipt, receipt

from .kernels import Rig, play
from .providers import Behaviour, Provider
from .test_guests import enter, say

PROGRAM = '''
from __future__ import annotations
from ergos.base.money import Amount, Price
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool

@tool(effect="idempotent", price=Price(microusd_per_call=7), roles={"thing": "plain"})
async def buy(thing: str) -> dict:
    """Costs seven micro-dollars."""
    if thing == "broken":
        raise ValueError("out of stock")
    return {"thing": thing, "text": "x" * 700}

@agent(grants=[may("act", "buy")], caps=Caps(process=Amount(100, 1000)))
async def shopper(ctx: Context) -> object:
    """Buys, remembers, grows a long list, idles once."""
    if ctx.memory is None:
        seen = []
        for n in range(6):
            seen.append(await ctx.act("buy", thing=f"thing {n}"))
        try:
            await ctx.act("buy", thing="broken")
        except Exception:
            pass
        await ctx.remember("list", seen)
        return ctx.idle({"seen": len(seen), "long": "y" * 900}, wake_in_s=None)
    message = await ctx.receive()
    await ctx.all(*[ctx.act("buy", thing=f"more {n}") for n in range(20)]) if message.body == "greedy" else None
    return [str(n) * 200 for n in range(8)]
'''


async def lived(store: Store, folder: Path) -> None:
    """A kernel's life with money, failures, refusals, turns, mail, children's signals and checkpoints."""
    (folder / "shop.py").write_text(PROGRAM, encoding="utf-8")
    programs = FolderPrograms()
    definition = programs.load(folder / "shop.py")
    clock = ManualClock(1_000_000_000)
    parts = Parts(
        store=store,
        clock=Monotone(clock),
        entropy=SeededEntropy(1),
        programs=programs,
        signer=FileSigner(folder / "key"),
    )
    async with Kernel(parts, version="1", host="test") as kernel:
        pids = [await kernel.desk.spawn(definition, "alice") for _ in range(3)]
        paused = await kernel.desk.spawn(definition, "bob", idle=True)
        await kernel.desk.signal(paused, "pause", "bob")
        await kernel.checkpoint()
        for pid in pids[:2]:
            await kernel.desk.send(pid, "greedy" if pid == pids[0] else "modest")
            await kernel.desk.end_of(pid)
        await kernel.desk.signal(pids[2], "kill", "alice")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> MemoryDisk:
    folder = tmp_path_factory.mktemp("life")
    disk = MemoryDisk()
    asyncio.run(asyncio.wait_for(lived(MemoryStore(disk), folder), 30))
    return disk


def audited(disk: MemoryDisk, **options: object) -> Audit:
    return asyncio.run(audit(MemoryStore(disk), **options))  # type: ignore[arg-type]


def resealed(disk: MemoryDisk) -> None:
    """What a forger does who can write the file: a chain without a flaw over changed records."""
    past = GENESIS
    forged: list[Sealed] = []
    disk.by_process.clear()
    for n, record in enumerate(disk.journal, 1):
        past = seal(past, n, Entry(record.pid, record.turn, record.at_ns, record.body))
        forged.append(Sealed(n, record.pid, record.turn, record.at_ns, record.body, past))
        disk.by_process.setdefault(record.pid, []).append(n)
    disk.journal = forged


def checkpoints(disk: MemoryDisk) -> list[Checkpoint]:
    bodies = [decode_body(record.body) for record in disk.journal]
    return [body for body in bodies if isinstance(body, Checkpoint)]


def test_what_a_kernel_wrote_is_sound(life: MemoryDisk) -> None:
    told: list[int] = []
    found = audited(life, on_progress=told.append)
    assert found.problem is None
    assert found.sound
    assert found.records == len(life.journal) == told[-1]
    assert found.processes == 4
    assert found.checkpoints == 2
    assert found.blobs > 10
    assert len(found.public_keys) == 1
    assert found.holds_open == 0
    assert found.kinds["intent"] == found.kinds["result"]


def test_a_store_on_disk_is_audited_beside_its_kernel(tmp_path: Path) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "ergos.db")
        await lived(store, tmp_path)
        reads = SqliteReads.open(tmp_path / "ergos.db")
        reads.freeze()
        found = await audit(reads)
        await reads.close()
        assert found.problem is None

    asyncio.run(asyncio.wait_for(work(), 30))


def test_an_empty_store_is_sound() -> None:
    assert audited(MemoryDisk()).sound


@given(st.data())
def test_no_record_can_be_edited_deleted_inserted_or_swapped_unnoticed(life: MemoryDisk, data: st.DataObject) -> None:
    disk = copy.deepcopy(life)
    at = data.draw(st.integers(0, len(disk.journal) - 2))
    record = disk.journal[at]
    match data.draw(st.sampled_from(["bytes", "pid", "turn", "time", "delete", "insert", "swap", "seal"])):
        case "bytes":
            place = data.draw(st.integers(0, len(record.body) - 1))
            body = bytearray(record.body)
            body[place] ^= data.draw(st.integers(1, 255))
            disk.journal[at] = msgspec.structs.replace(record, body=bytes(body))
        case "pid":
            disk.journal[at] = msgspec.structs.replace(record, pid=Pid(record.pid + 1))
        case "turn":
            disk.journal[at] = msgspec.structs.replace(record, turn=record.turn + 1)
        case "time":
            disk.journal[at] = msgspec.structs.replace(record, at_ns=record.at_ns + 1)
        case "delete":
            del disk.journal[at]
        case "insert":
            disk.journal.insert(at, record)
        case "swap":
            disk.journal[at], disk.journal[at + 1] = disk.journal[at + 1], disk.journal[at]
        case _:
            disk.journal[at] = msgspec.structs.replace(record, seal=bytes(32))
    found = audited(disk)
    assert not found.sound
    assert found.records <= at + 1


def test_a_cut_off_end_is_noticed_against_a_kept_checkpoint(life: MemoryDisk) -> None:
    kept = checkpoints(life)[-1]
    assert audited(life, kept=kept).sound
    disk = copy.deepcopy(life)
    del disk.journal[kept.seq - 1 :]
    found = audited(disk, kept=kept)
    assert "cut off" in str(found.problem)


def test_a_history_written_anew_is_noticed_against_a_kept_checkpoint(life: MemoryDisk) -> None:
    kept = checkpoints(life)[0]
    disk = copy.deepcopy(life)
    disk.journal = [r for r in disk.journal if b'"k":"checkpoint"' not in r.body]
    disk.journal[0] = msgspec.structs.replace(disk.journal[0], at_ns=5)
    resealed(disk)
    assert audited(disk).sound  # nothing in the store itself can tell
    assert "another history" in str(audited(disk, kept=kept).problem)


def test_a_resealed_history_breaks_the_signatures_in_it(life: MemoryDisk) -> None:
    disk = copy.deepcopy(life)
    disk.journal[0] = msgspec.structs.replace(disk.journal[0], at_ns=5)
    resealed(disk)
    assert "signs" in str(audited(disk).problem)


def test_a_forged_signature_and_another_key_are_noticed(life: MemoryDisk, tmp_path: Path) -> None:
    kept = checkpoints(life)[0]
    forged = msgspec.structs.replace(kept, signature="00" * 64)
    assert "signature" in str(audited(life, kept=forged).problem)
    assert "signature" in str(audited(life, kept=msgspec.structs.replace(kept, signature="zz")).problem)
    other = FileSigner(tmp_path / "other").public_key
    assert "key" in str(audited(life, public_key=other).problem)
    assert audited(life, public_key=kept.public_key).sound


def _process(disk: MemoryDisk, pid: int, **changes: object) -> None:
    disk.processes[Pid(pid)] = msgspec.structs.replace(disk.processes[Pid(pid)], **changes)


FORGERIES: dict[str, Callable[[MemoryDisk], object]] = {
    "an account": lambda d: d.accounts.update({"paid/buy": Amount(1, 0)}),
    "two accounts that still sum to zero": lambda d: d.accounts.update(
        {"paid/buy": d.accounts["paid/buy"] + Amount(5, 0), "owner/alice": d.accounts["owner/alice"] - Amount(5, 0)}
    ),
    "an account out of nothing": lambda d: d.accounts.update({"paid/x": Amount(5, 0), "paid/y": Amount(-5, 0)}),
    "a meter": lambda d: d.meters.update({"process/1": Meter(Amount(1, 0))}),
    "a deleted meter": lambda d: d.meters.pop("owner/alice"),
    "an owner": lambda d: _process(d, 1, owner="mallory"),
    "an outcome": lambda d: _process(d, 1, outcome=msgspec.Raw(b"1")),
    "a state": lambda d: _process(d, 1, state=State.READY),
    "an end": lambda d: _process(d, 4, state=State.DONE),
    "a memory": lambda d: _process(d, 3, memory=msgspec.Raw(b"1")),
    "a turn": lambda d: _process(d, 1, turn=9),
    "a definition": lambda d: _process(d, 1, definition=Digest("ab" * 32)),
    "a deleted process": lambda d: d.processes.pop(Pid(2)),
    "a process out of nothing": lambda d: d.processes.update(
        {Pid(9): msgspec.structs.replace(d.processes[Pid(1)], pid=Pid(9))}
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_table_that_does_not_follow_from_the_records_is_noticed(life: MemoryDisk, what: str) -> None:
    disk = copy.deepcopy(life)
    FORGERIES[what](disk)
    assert not audited(disk).sound


def test_every_blob_a_record_names_must_be_there_and_be_itself(life: MemoryDisk) -> None:
    for digest in life.blobs:
        disk = copy.deepcopy(life)
        body = disk.blobs.pop(digest)
        found = audited(disk)
        assert not found.sound, digest
        assert digest[:16] in str(found.problem)
        disk.blobs[digest] = body + b" "
        assert not audited(disk).sound


def appended(disk: MemoryDisk, pid: int, turn: int, body: object) -> MemoryDisk:
    grown = copy.deepcopy(disk)
    head = grown.head
    one = Entry(Pid(pid), turn, head.at_ns, encode_body(body))  # type: ignore[arg-type]
    grown.journal.append(
        Sealed(head.seq + 1, one.pid, one.turn, one.at_ns, one.body, seal(head.seal, head.seq + 1, one))
    )
    return grown


def test_a_finished_process_writes_no_intent(life: MemoryDisk) -> None:
    intent = next(body for r in life.journal if isinstance(body := decode_body(r.body), Intended))
    found = audited(appended(life, 1, life.processes[Pid(1)].turn, intent))
    assert "had ended" in str(found.problem)
    assert found.problem is not None
    assert found.problem.seq == len(life.journal) + 1


def test_a_record_no_version_wrote_is_noticed(life: MemoryDisk) -> None:
    grown = copy.deepcopy(life)
    head = grown.head
    one = Entry(KERNEL, 0, head.at_ns, b'{"k":"from the future"}')
    grown.journal.append(Sealed(head.seq + 1, KERNEL, 0, head.at_ns, one.body, seal(head.seal, head.seq + 1, one)))
    assert "no version" in str(audited(grown).problem)


def test_a_receipt_survives_its_file(life: MemoryDisk) -> None:
    kept = receipt(checkpoints(life)[-1], store=life.id, at_ns=5)
    assert parse_receipt(encode_receipt(kept)) == kept
    assert audited(life, kept=parse_receipt(encode_receipt(kept)).checkpoint).sound


@pytest.fixture(scope="module")
def visited() -> MemoryDisk:
    """What a foreign program left behind that was started twice."""

    async def scenario(rig: Rig) -> MemoryDisk:
        lies = {2: Usage(input_tokens=10**6, output_tokens=10**6)}
        rig.models = Provider(
            behave=lambda number, _: Behaviour(usage=lies.get(number, Usage(input_tokens=10, output_tokens=5)))
        )
        kernel = await rig.boot()
        visitor = await enter(kernel)
        for words in ("a", "b"):
            await say(kernel, visitor, words)
        visitor = (await kernel.desk.enter(visitor.pid, ())).visitor
        for words in ("a", "c"):
            await say(kernel, visitor, words)
        await kernel.desk.leave(visitor.pid, visitor.life, 0)
        await kernel.stop()
        return rig.disk

    return play(scenario)


def test_what_a_foreign_program_did_is_sound(visited: MemoryDisk) -> None:
    found = audited(visited)
    assert found.sound, found.problem
    assert (found.kinds["attach"], found.kinds["replay"], found.kinds["intent"]) == (2, 1, 3)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Attached, {"life": 5}),
        (Replayed, {"key": "think:model.auto:00000000"}),
        (Resulted, {"provider": "another"}),
        (Resulted, {"claimed": Amount(1, 1)}),
        (Resulted, {"charge": Amount(-20, 0)}),
    ],
)
def test_a_forged_visit_is_noticed(visited: MemoryDisk, kind: type, changes: dict[str, object]) -> None:
    disk = copy.deepcopy(visited)
    for at, record in enumerate(disk.journal):
        body = decode_body(record.body)
        if isinstance(body, kind):
            forged = encode_body(msgspec.structs.replace(body, **changes))
            disk.journal[at] = Sealed(record.seq, record.pid, record.turn, record.at_ns, forged, record.seal)
            break
    resealed(disk)
    assert not audited(disk).sound
