"""How kernel records become rows of SQL and back; shared by the SQL stores.

Rules: no SQL dialect and no connection here; what is read back is what was written, exactly.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final, TypeAlias, TypeVar, get_args

import msgspec

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest, Pid
from ergos.base.limits import VALUE_BYTES_MAX
from ergos.base.money import Amount
from ergos.kernel.calls import Failure
from ergos.kernel.journal import Sealed
from ergos.kernel.labels import USER, Label
from ergos.kernel.ledger import Meter
from ergos.kernel.process import Process, State, Wait
from ergos.kernel.rows import Head, Item, Mail, Note, Watch
from ergos.kernel.values import NULL, Blob, Packed

Cell: TypeAlias = "int | str | bytes | None"
Row: TypeAlias = tuple[Cell, ...]

T = TypeVar("T")

COMPRESS_BYTES_MIN: Final = 2_048  # bytes from which a blob is compressed: below, it costs more time than it saves room


class Rest(msgspec.Struct, frozen=True, array_like=True):
    """The seldom used part of a process row; absent for most."""

    restarts: tuple[int, ...] = ()
    label: Label = USER
    outcome: Packed = NULL
    failure: Failure | None = None


_REST = msgspec.json.Decoder(Rest)
_LABEL = msgspec.json.Decoder(Label)
_ITEM = msgspec.json.Decoder(Item)
_WATCH = msgspec.json.Decoder(Watch)
_WAITS: Final = frozenset(get_args(Wait))


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
    """Process of a row of table process. Raises: CorruptStoreError."""
    rest = Rest() if row[12] is None else decoded(_REST, row[12], f"the row of process {row[0]}")
    if row[9] not in _WAITS:
        raise CorruptStoreError(f"the row of process {row[0]} says that it waits for {row[9]!r}")
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
    return (mail.id, mail.to, mail.sender, bytes(mail.body), label, mail.trigger)


def mail_of(row: Row) -> Mail:
    """Mail of a row of table mail. Raises: CorruptStoreError."""
    label = USER if row[4] is None else decoded(_LABEL, row[4], f"the label of message {row[0]}")
    return Mail(
        id=_int(row[0]),
        to=Pid(_int(row[1])),
        sender=Pid(_int(row[2])),
        body=msgspec.Raw(_bytes(row[3])),
        label=label,
        trigger=_str(row[5]) if len(row) > 5 else "",  # a store of the first schema, read beside its kernel
    )


def watch_row(watch: Watch) -> Row:
    """Row of table watch."""
    kind = str(watch.trigger.__struct_config__.tag)
    return (watch.pid, watch.trigger.name, kind, watch.due_ns, msgspec.json.encode(watch))


def watch_of(body: Cell) -> Watch:
    """Watch of its stored body. Raises: CorruptStoreError."""
    return decoded(_WATCH, body, "an armed trigger")


def item_row(item: Item) -> Row:
    """Row of table item."""
    return (item.id, item.owner, 1, msgspec.json.encode(item))


def item_of(body: Cell) -> Item:
    """Item of its stored body. Raises: CorruptStoreError."""
    return decoded(_ITEM, body, "an inbox item")


def note_row(note: Note) -> Row:
    """Row of table note; only for a note that has a value."""
    assert note.value is not None
    return (note.owner, note.agent, note.key, bytes(note.value), msgspec.json.encode(note.label))


def note_of(row: Row) -> Note:
    """Note of a row of table note. Raises: CorruptStoreError."""
    return Note(
        owner=_str(row[0]),
        agent=_str(row[1]),
        key=_str(row[2]),
        value=msgspec.Raw(_bytes(row[3])),
        label=decoded(_LABEL, row[4], f"the label of the memory entry {row[2]!r}"),
    )


def meter_row(key: str, meter: Meter) -> Row:
    """Row of table meter."""
    return (key, meter.spent.microusd, meter.spent.tokens, meter.held.microusd, meter.held.tokens)


def meter_of(row: Row) -> Meter:
    """Meter of a row of table meter. Raises: CorruptStoreError."""
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
    name, size, packed, body = _bytes(row[0]), _int(row[1]), row[2], _bytes(row[3])
    if packed:
        try:
            # The bound keeps a damaged or forged row from growing without end.
            body = zlib.decompressobj().decompress(body, max(1, min(size, VALUE_BYTES_MAX)) + 1)
        except zlib.error as error:
            raise CorruptStoreError(f"the blob {name.hex()[:16]}… cannot be unpacked: {error}") from error
    if hashlib.sha256(body).digest() != name:
        raise CorruptStoreError(f"the blob {name.hex()[:16]}… is not what was stored")
    return body


def sealed_of(row: Row) -> Sealed:
    """Record of a row of table journal. Raises: CorruptStoreError."""
    seq, pid, turn, at_ns, body, seal = row
    if not (type(seq) is type(pid) is type(turn) is type(at_ns) is int and type(body) is type(seal) is bytes):
        raise CorruptStoreError(f"record {seq} does not have the shape of a record")
    return Sealed(seq, Pid(pid), turn, at_ns, body, seal)  # type: ignore[arg-type]


def head_of(row: Row) -> Head:
    """Head of a row (seq, seal, at_ns). Raises: CorruptStoreError."""
    return Head(_int(row[0]), _bytes(row[1]), _int(row[2]))


def account_of(row: Row) -> tuple[str, Amount]:
    """Name and balance of a row of table account. Raises: CorruptStoreError."""
    return _str(row[0]), Amount(_int(row[1]), _int(row[2]))


def number_of(cell: Cell) -> int:
    """A number that must be there. Raises: CorruptStoreError."""
    return _int(cell)


def text_of(cell: Cell) -> str:
    """A text that must be there. Raises: CorruptStoreError."""
    return _str(cell)


def decoded(decoder: msgspec.json.Decoder[T], cell: Cell, what: str) -> T:
    """What a cell of JSON holds. Raises: CorruptStoreError."""
    try:
        return decoder.decode(_bytes(cell))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptStoreError(f"{what} cannot be read: {error}") from error


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
