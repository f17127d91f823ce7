"""A web server that takes push notifications, and can be told to be out of order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], Any]] = []
        self.statuses: list[int] = []
        """To answer with, one after the other; then 200."""
        self.location = ""
        self.url = ""

    def wait(self, number: int, within_s: float = 15) -> list[tuple[dict[str, str], Any]]:
        until = time.monotonic() + within_s
        while len(self.told) < number and time.monotonic() < until:
            time.sleep(0.02)
        return list(self.told)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of this machine."""
    receiver = Receiver()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.told.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            if receiver.location:
                self.send_header("location", receiver.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://localhost:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
