"""Queues as files: whole, in order, bounded, and whatever else lies there."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from ergos.base.clock import ManualClock
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ErgosError, OverloadedError, TooLargeError, UsageError, ValueShapeError
from ergos.drivers.watchers import queues as module
from ergos.drivers.watchers.queues import MESSAGE_BYTES_MAX, emit, hung, queue_folder, ring, taken, waiting


def put(home: Path, value: Any, at_ns: int = 5, seed: int = 1) -> str:
    return emit(home, "orders", value, ManualClock(at_ns), SeededEntropy(seed))


def test_messages_come_in_the_order_of_their_times_and_are_there_until_taken(tmp_path: Path) -> None:
    keys = [put(tmp_path, number, at_ns) for number, at_ns in ((2, 2 * 10**18), (1, 10**9), (3, 3 * 10**18))]
    folder = queue_folder(tmp_path, "orders")
    assert [message.value for message in waiting(folder)] == [1, 2, 3]
    assert [message.key for message in waiting(folder)] == [keys[1], keys[0], keys[2]]
    taken(folder, waiting(folder)[0].file)
    taken(folder, "not there.json")
    assert [message.value for message in waiting(folder)] == [2, 3]


def test_messages_of_one_moment_are_told_apart(tmp_path: Path) -> None:
    assert put(tmp_path, 1, seed=1) != put(tmp_path, 1, seed=2)
    assert len(waiting(queue_folder(tmp_path, "orders"))) == 2


def test_only_its_owner_can_read_a_message(tmp_path: Path) -> None:
    key = put(tmp_path, {"a": 1})
    path = queue_folder(tmp_path, "orders") / f"{key}.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == b'{"a":1}'


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a\nb", "x" * 200, "-x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        emit(tmp_path, name, 1, ManualClock(5), SeededEntropy(1))
    assert not list(tmp_path.iterdir())


def test_a_message_too_long_or_none_is_refused_and_a_full_queue_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TooLargeError):
        put(tmp_path, "x" * MESSAGE_BYTES_MAX)
    with pytest.raises(ValueShapeError):
        put(tmp_path, float("nan"))
    monkeypatch.setattr(module, "MESSAGES_MAX", 2)
    put(tmp_path, 1, 1)
    put(tmp_path, 2, 2)
    with pytest.raises(OverloadedError):
        put(tmp_path, 3, 3)
    assert len(waiting(queue_folder(tmp_path, "orders"))) == 2


def test_what_is_no_message_is_set_aside_and_nothing_behind_it_waits(tmp_path: Path) -> None:
    folder = queue_folder(tmp_path, "orders")
    folder.mkdir(parents=True)
    (folder / "0-garbage.json").write_bytes(b"{\xff")
    (folder / "1-deep.json").write_bytes(b"[" * 5_000)
    (folder / "2-long.json").write_bytes(b'"' + b"x" * MESSAGE_BYTES_MAX + b'"')
    (folder / "3-link.json").symlink_to("/etc/passwd")
    (folder / "4-folder.json").mkdir()
    os.mkfifo(folder / "5-pipe.json")
    (folder / "6-half.json.new").write_bytes(b"1")
    (folder / ".7-draft.json").write_bytes(b"1")
    put(tmp_path, "good", 10**18)
    found = waiting(folder)
    assert [message.value for message in found if "pipe" not in message.file] == ["good"]
    assert [message.value for message in waiting(folder)] == ["good"]
    assert (folder / "0-garbage.broken").exists()


def test_a_bell_is_heard_and_nobody_listening_is_no_error(tmp_path: Path) -> None:
    ring(tmp_path)
    line = hung(tmp_path)
    assert line is not None
    with line:
        put(tmp_path, 1)
        assert line.recv(16) == b"!"
        again = hung(tmp_path)  # a kernel that was killed left its own
        assert again is not None
        with again:
            ring(tmp_path)
            assert again.recv(16) == b"!"
    ring(tmp_path)


def test_a_home_deep_down_has_a_bell_too(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30) / ("down" * 30)
    home.mkdir(parents=True)
    line = hung(home)
    if line is None:
        pytest.skip("no /proc: addresses of sockets are short here")
    with line:
        ring(home)
        assert line.recv(16) == b"!"


def test_many_who_send_at_once_lose_nothing(tmp_path: Path) -> None:
    def send(seed: int) -> None:
        for number in range(30):
            put(tmp_path, [seed, number], number + 1, seed * 1_000 + number)

    senders = [threading.Thread(target=send, args=(seed,)) for seed in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    values = sorted(message.value for message in waiting(queue_folder(tmp_path, "orders")))  # type: ignore[type-var]
    assert values == sorted([seed, number] for seed in range(4) for number in range(30))


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "queues").write_text("a file where the folder belongs")
    with pytest.raises(ErgosError):
        put(tmp_path, 1)
    assert hung(tmp_path) is None
