"""Any change of a sealed record is found where it was made."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError, VerificationError
from ergos.base.ids import Pid
from ergos.kernel.journal import GENESIS, Entry, Sealed, seal, statement, verified

ENTRIES = st.lists(
    st.builds(Entry, st.integers(0, 9).map(Pid), st.integers(0, 9), st.integers(0, 2**60), st.binary(max_size=20)),
    min_size=2,
    max_size=12,
)


def chain(entries: list[Entry]) -> list[Sealed]:
    past, records = GENESIS, []
    for n, entry in enumerate(entries, 1):
        past = seal(past, n, entry)
        records.append(Sealed(n, entry.pid, entry.turn, entry.at_ns, entry.body, past))
    return records


@given(ENTRIES, st.data())
def test_editing_deleting_inserting_or_swapping_breaks_the_chain_there(entries: list[Entry], data) -> None:
    records = chain(entries)
    assert list(verified(records)) == records
    at = data.draw(st.integers(0, len(records) - 2))
    one = records[at]
    match data.draw(st.sampled_from(["body", "pid", "turn", "time", "seal", "delete", "insert", "swap"])):
        case "body":
            records[at] = msgspec.structs.replace(one, body=one.body + b"x")
        case "pid":
            records[at] = msgspec.structs.replace(one, pid=Pid(one.pid + 1))
        case "turn":
            records[at] = msgspec.structs.replace(one, turn=one.turn + 1)
        case "time":
            records[at] = msgspec.structs.replace(one, at_ns=one.at_ns - 1)
        case "seal":
            records[at] = msgspec.structs.replace(one, seal=bytes(32))
        case "delete":
            del records[at]
        case "insert":
            records.insert(at, one)
        case _:
            records[at], records[at + 1] = records[at + 1], records[at]
    passed = []
    with pytest.raises(VerificationError):
        passed.extend(verified(records))
    assert list(verified(records[:at])) == records[:at]


@given(ENTRIES, st.integers(0, 11))
def test_a_chain_is_verified_in_pieces_as_in_one(entries: list[Entry], cut: int) -> None:
    records = chain(entries)
    cut = min(cut, len(records))
    first, rest = records[:cut], records[cut:]
    list(verified(first))
    past = first[-1].seal if first else GENESIS
    assert list(verified(rest, past, cut)) == rest


def test_bytes_cannot_move_between_neighbouring_fields() -> None:
    assert seal(GENESIS, 1, Entry(Pid(1), 0, 0, b"ab")) != seal(GENESIS, 1, Entry(Pid(1), 0, 0, b"a"))
    assert seal(GENESIS, 1, Entry(Pid(0), 1, 0, b"")) != seal(GENESIS, 1, Entry(Pid(1), 0, 0, b""))


def test_a_number_beyond_64_bits_is_refused() -> None:
    with pytest.raises(ValueShapeError):
        seal(GENESIS, 1, Entry(Pid(1), 0, 2**63, b""))


def test_a_statement_names_position_and_hash() -> None:
    assert statement(7, b"\1" * 32) == b"ergos checkpoint 1\n7\n" + b"01" * 32 + b"\n"
