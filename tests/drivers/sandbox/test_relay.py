from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergos.drivers.sandbox.relay import CONNECTIONS_MAX, Relay


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen(2 * CONNECTIONS_MAX)
        made.setblocking(False)
        yield made


def turn_until(relay: Relay, over: threading.Event) -> None:
    while not over.is_set():
        poll = select.poll()
        for descriptor, events in relay.wants().items():
            poll.register(descriptor, events)
        for descriptor, _ in poll.poll(20):
            relay.turn(descriptor)


def test_bytes_pass_both_ways_and_each_end_is_told_of_the_other(listener: socket.socket, tmp_path: Path) -> None:
    path = str(tmp_path / "door")
    over = threading.Event()

    def serve(door: socket.socket) -> None:
        for _ in range(3):
            connection, _ = door.accept()
            with connection:
                said = b""
                while piece := connection.recv(65_536):
                    said += piece
                connection.sendall(said[::-1])

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        threads = [
            threading.Thread(target=serve, args=(door,)),
            threading.Thread(target=turn_until, args=(Relay(listener, path), over)),
        ]
        for thread in threads:
            thread.start()
        try:
            for size in (0, 1, 3_000_000):
                with socket.create_connection(listener.getsockname()) as client:
                    content = bytes(range(256)) * (size // 256) + b"z" * (size % 256)
                    client.sendall(content)
                    client.shutdown(socket.SHUT_WR)
                    heard = b""
                    while piece := client.recv(65_536):
                        heard += piece
                    assert heard == content[::-1]
        finally:
            over.set()
            for thread in threads:
                thread.join()


def test_no_more_connections_are_taken_than_there_is_room_for(listener: socket.socket, tmp_path: Path) -> None:
    path = str(tmp_path / "door")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(2 * CONNECTIONS_MAX)
        relay = Relay(listener, path)
        clients = [socket.create_connection(listener.getsockname()) for _ in range(CONNECTIONS_MAX + 3)]
        for _ in range(CONNECTIONS_MAX):
            assert relay.wants()[listener.fileno()] == select.POLLIN
            relay.turn(listener.fileno())
        assert listener.fileno() not in relay.wants()
        clients[0].close()
        for descriptor in list(relay.wants()):
            relay.turn(descriptor)
        for client in clients:
            client.close()
        relay.close()


def test_a_door_that_is_not_there_closes_the_connection(listener: socket.socket, tmp_path: Path) -> None:
    relay = Relay(listener, str(tmp_path / "none"))
    with socket.create_connection(listener.getsockname()) as client:
        relay.turn(listener.fileno())
        assert client.recv(1) == b""
