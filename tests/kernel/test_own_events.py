"""What the kernel records of itself and of owners comes back from the journal as it was written."""

from __future__ import annotations

import pytest

from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Record
from ergos.kernel.events import Body, decode_body, encode_body
from ergos.kernel.own_events import Granted, Halted, Inquired, Pinned, Reached, Revoked, TurnedAway
from ergos.kernel.permission.grants import Grant, Matcher

GRANT = Grant(agent="a", verb="act", name="b.*", args={"n": Matcher("range", (0, 1.5))}, times=3, words="三次")
RECORDS: list[Body] = [
    Granted("alice", GRANT, "alice"),
    Revoked("alice", "0123456789ab", "alice"),
    Pinned("server", Digest("0" * 64), "alice"),
    Inquired(1, "alice", Pid(0), "server", "Which one?"),
    Reached(Pid(7), "GET", "example.org", 443, "/x", 200, 0, 17, "news"),
    TurnedAway("alice", "a2a", "acme", "token", 3, "no token of a peer"),
    Halted(on=True, by="alice"),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was_written(record: Body) -> None:
    again = decode_body(encode_body(record))
    assert type(again) is type(record)
    assert encode_body(again) == encode_body(record)
    assert isinstance(record, Record)
