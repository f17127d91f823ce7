"""Every record that is worth a line has one, with names, states and codes, and no content."""

from __future__ import annotations

import pytest

from ergos.app.logs.events import WANTED, event_of
from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Repeated,
    Restarted,
    Resulted,
    Signalled,
    Spawned,
    encode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.own_events import Booted, Checkpoint, Granted, Halted, Pinned, Reached, Revoked, TurnedAway
from ergos.kernel.permission.grants import Grant
from ergos.kernel.values import NULL, pack

PACKED, _ = pack("content of the call")
CALL = Call(key="k", kind="act", name="mail.send", args={"text": PACKED})
FAILURE = Failure("E501", "it broke")


def sealed(body: Body, pid: int) -> Sealed:
    return Sealed(5, Pid(pid), 2, 10**18, encode_body(body), b"")


@pytest.mark.parametrize(
    ("body", "pid", "level", "name"),
    [
        (Spawned("me", "shop", Digest("d" * 64), Pid(0)), 1, "info", "process.started"),
        (Exited("done", PACKED), 1, "info", "process.done"),
        (Exited("failed", NULL, FAILURE), 1, "error", "process.failed"),
        (Restarted(FAILURE, 1), 1, "warn", "process.restarted"),
        (Signalled("kill", "me"), 1, "info", "process.signalled"),
        (Asked("k", 1, "approval", Digest("0" * 64), 9, CALL), 1, "info", "inbox.asked"),
        (Answered(1, "k", "approve", "me", PACKED), 1, "info", "inbox.answered"),
        (Doubted("k", 1, "x"), 1, "warn", "call.in_doubt"),
        (Repeated("k"), 1, "warn", "call.repeated"),
        (Refused(CALL, FAILURE), 1, "warn", "call.refused"),
        (Resulted("k", PACKED, FAILURE), 1, "warn", "call.failed"),
        (Booted("1", "host", 1), 0, "info", "kernel.started"),
        (Halted(on=True, by="me"), 0, "warn", "kernel.stopped"),
        (Halted(on=False, by="me"), 0, "warn", "kernel.released"),
        (Granted("me", Grant(agent="a", verb="act", name="x"), "me"), 0, "info", "grant.confirmed"),
        (Revoked("me", "0" * 12, "me"), 0, "info", "grant.revoked"),
        (Pinned("github", Digest("0" * 64), "me"), 0, "info", "tools.pinned"),
        (Reached(Pid(1), "GET", "h", refusal="no rule"), 0, "warn", "egress.refused"),
        (TurnedAway("alice", "a2a", "acme", "pace", 9), 0, "warn", "a2a.turned_away"),
    ],
)
def test_a_record_is_told(body: Body, pid: int, level: str, name: str):
    record = sealed(body, pid)
    found = event_of(record, body)
    assert found is not None
    assert (found.level, found.event, found.fields["seq"]) == (level, name, 5)
    assert ("pid" in found.fields) == bool(pid)
    assert "content" not in str(found.fields)
    assert record.body.startswith(WANTED)


@pytest.mark.parametrize(
    ("body", "pid"),
    [
        (Intended(CALL), 1), (Called(CALL, PACKED), 1), (Committed(PACKED), 1), (Resulted("k", PACKED), 1),
        (Checkpoint(1, Digest("0" * 64), "", ""), 0), (Reached(Pid(1), "GET", "h", status=200), 0),
    ],
)  # fmt: skip
def test_what_is_the_daily_work_of_agents_is_not(body: Body, pid: int):
    assert event_of(sealed(body, pid), body) is None
