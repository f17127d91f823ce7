"""What a client may rely on when the kernel is killed under it, or stops while it listens."""

from __future__ import annotations

import http.client
import signal
from pathlib import Path

from tests.server.api.daemons import Daemon, daemon


def started(stands: Daemon) -> list[int]:
    return [one["pid"] for one in stands.ask("GET", "/processes?standing=all")[1]["processes"]]


def test_a_start_that_is_sent_again_after_a_kill_starts_no_second_process(tmp_path: Path) -> None:
    body = {"agent": "listener", "memory": 1}
    with daemon(tmp_path) as stands:
        first = stands.ask("POST", "/processes", body, idempotency_key="k1")
        assert first[0] == 201
        stands.running.send_signal(signal.SIGKILL)
        stands.running.wait(30)
    with daemon(tmp_path) as stands:
        assert stands.ask("POST", "/processes", body, idempotency_key="k1") == first
        assert started(stands) == [first[1]["pid"]]
        assert stands.ask("POST", "/verify", {})[1]["sound"] is True


def test_a_stream_ends_whole_when_the_kernel_stops(tmp_path: Path) -> None:
    with daemon(tmp_path) as stands:
        client = http.client.HTTPConnection("127.0.0.1", stands.port, timeout=30)
        headers = {"authorization": f"Bearer {stands.tokens['alice']}", "accept": "text/event-stream"}
        client.request("GET", "/api/v1/events?after=0", headers=headers)
        answer = client.getresponse()
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
        assert [answer.readline() for _ in range(4)] == [b"retry: 2000\n", b"\n", b"id: 1\n", b"event: record\n"]
        stands.running.terminate()
        answer.read()  # raises IncompleteRead if it was cut
        client.close()
        assert stands.running.wait(30) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
