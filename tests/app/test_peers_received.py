"""A token that came with a task is shown by its process to its peer, and by and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from ergos.app import peers_received
from ergos.app.peers_received import Received
from ergos.base.ids import Pid


def test_a_token_is_shown_by_its_process_to_its_peer_alone():
    received = Received()
    received.keep(Pid(7), "alice", {"token": "ergd1.x", "agents": ["news"]})
    assert received.token("alice", Pid(7)) == "ergd1.x"
    assert received.token("alice", Pid(8)) == ""
    assert received.token("bob", Pid(7)) == ""


@pytest.mark.parametrize(
    "sent", [None, 7, "x", [], {}, {"token": 7}, {"token": ""}, {"token": "a\r\nb"}, {"token": "a b"}, {"token": "é"}, {"token": "x" * 8_001}]
)  # fmt: skip
def test_what_is_no_token_is_ignored(sent: Any):
    received = Received()
    received.keep(Pid(7), "alice", sent)
    assert received.token("alice", Pid(7)) == ""


def test_the_oldest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(peers_received, "RECEIVED_MAX", 2)
    received = Received()
    for pid in (1, 2, 1, 3):
        received.keep(Pid(pid), "alice", {"token": f"t{pid}"})
    assert [received.token("alice", Pid(pid)) for pid in (1, 2, 3)] == ["t1", "", "t3"]
