"""How kernel records become rows of SQL and back; shared by the SQL stores.

Rules: no SQL dialect and no connection here; what is read back is what was written, exactly.
"""

from __future__ import annotations

import zlib
from typing import Final, TypeAlias

import msgspec

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.events import Failure
from ergos.kernel.labels import USER, Label
from ergos.kernel.ledger import Meter
from ergos.kernel.ports import Item, Mail, Note
from ergos.kernel.process import Process, State
from ergos.kernel.values import NULL, Blob, Packed

Cell: TypeAlias = "int | str | bytes | None"
Row: TypeAlias = tuple[Cell, ...]

COMPRESS_BYTES_MIN: Final = 200  # bytes from which compressing a blob is worth its header


class Rest(msgspec.Struct, frozen=True, array_like=True):
    """The seldom used part of a process row; absent for most."""

    restarts: tuple[int, ...] = ()
    label: Label = USER
    outcome: Packed = NULL
    failure: Failure | None = None


_REST = msgspec.json.Decoder(Rest)
_LABEL = msgspec.json.Decoder(Label)
_ITEM = msgspec.json.Decoder(Item)
_USER: Final = msgspec.json.encode(USER)


def process_row(process: Process) -> Row:
    """Row of table process."""
    usual = not process.restarts and process.label == USER and bytes(process.outcome) == b"null"
    rest = (
        None
        if usual and process.failure is None
        else msgspec.json.encode(Rest(process.restarts, process.label, process.outcome, process.failure))
    )
    return (
        process.pid,
        process.owner,
        process.agent,
        bytes.fromhex(process.definition),
        process.parent,
        process.depth,
        str(process.state),
        process.turn,
        int(process.turn_open),
        process.waits,
        process.wake_at_ns,
        bytes(process.memory),
        rest,
    )


def process_of(row: Row) -> Process:
    """Process of a row of table process."""
    rest = _REST.decode(row[12]) if isinstance(row[12], bytes) else Rest()
    try:
        return Process(
            pid=Pid(_int(row[0])),
            owner=_str(row[1]),
            agent=_str(row[2]),
            definition=Digest(_bytes(row[3]).hex()),
            parent=Pid(_int(row[4])),
            depth=_int(row[5]),
            state=State(_str(row[6])),
            turn=_int(row[7]),
            turn_open=bool(row[8]),
            waits=_str(row[9]),  # type: ignore[arg-type]
            wake_at_ns=None if row[10] is None else _int(row[10]),
            memory=msgspec.Raw(_bytes(row[11])),
            restarts=rest.restarts,
            label=rest.label,
            outcome=rest.outcome,
            failure=rest.failure,
        )
    except (ValueError, TypeError) as error:
        raise CorruptStoreError(f"the row of process {row[0]} cannot be read: {error}") from error


def mail_row(mail: Mail) -> Row:
    """Row of table mail."""
    label = None if mail.label == USER else msgspec.json.encode(mail.label)
    return (mail.id, mail.to, mail.sender, bytes(mail.body), label)


def mail_of(row: Row) -> Mail:
    """Mail of a row of table mail."""
    label = USER if row[4] is None else _LABEL.decode(_bytes(row[4]))
    return Mail(
        id=_int(row[0]), to=Pid(_int(row[1])), sender=Pid(_int(row[2])), body=msgspec.Raw(_bytes(row[3])), label=label
    )


def item_row(item: Item) -> Row:
    """Row of table item."""
    return (item.id, item.owner, 1, msgspec.json.encode(item))


def item_of(body: Cell) -> Item:
    """Item of its stored body."""
    return _ITEM.decode(_bytes(body))


def note_row(note: Note) -> Row:
    """Row of table note; only for a note that has a value."""
    assert note.value is not None
    return (note.owner, note.agent, note.key, bytes(note.value), msgspec.json.encode(note.label))


def note_of(row: Row) -> Note:
    """Note of a row of table note."""
    return Note(
        owner=_str(row[0]),
        agent=_str(row[1]),
        key=_str(row[2]),
        value=msgspec.Raw(_bytes(row[3])),
        label=_LABEL.decode(_bytes(row[4])),
    )


def meter_row(key: str, meter: Meter) -> Row:
    """Row of table meter."""
    return (key, meter.spent.microusd, meter.spent.tokens, meter.held.microusd, meter.held.tokens)


def meter_of(row: Row) -> Meter:
    """Meter of a row of table meter."""
    return Meter(Amount(_int(row[1]), _int(row[2])), Amount(_int(row[3]), _int(row[4])))


def blob_row(blob: Blob) -> Row:
    """Row of table blob; compressed where that helps."""
    body = blob.body
    if len(body) >= COMPRESS_BYTES_MIN:
        packed = zlib.compress(body, 6)
        if len(packed) < len(body):
            return (bytes.fromhex(blob.digest), len(body), 1, packed)
    return (bytes.fromhex(blob.digest), len(body), 0, body)


def blob_body(row: Row) -> bytes:
    """Body of a row (digest, size, packed, body). Raises: CorruptStoreError if it is not what was stored."""
    size, packed, body = _int(row[1]), row[2], _bytes(row[3])
    if not packed:
        return body
    try:
        inflated = zlib.decompressobj()
        found = inflated.decompress(body, size + 1)
    except zlib.error as error:
        raise CorruptStoreError(f"the blob {_bytes(row[0]).hex()[:16]}… cannot be unpacked: {error}") from error
    return found


def _int(cell: Cell) -> int:
    if not isinstance(cell, int):
        raise CorruptStoreError(f"the store has {type(cell).__name__} where a number belongs")
    return cell


def _str(cell: Cell) -> str:
    if not isinstance(cell, str):
        raise CorruptStoreError(f"the store has {type(cell).__name__} where text belongs")
    return cell


def _bytes(cell: Cell) -> bytes:
    if not isinstance(cell, bytes):
        raise CorruptStoreError(f"the store has {type(cell).__name__} where bytes belong")
    return cell
