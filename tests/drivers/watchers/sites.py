"""A web server on this machine that says what a test wants, and the real way out to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ergos.base.clock import ManualClock
from ergos.drivers.egress.fetcher import Fetcher
from ergos.drivers.egress.passage import Passage
from ergos.kernel.egress import EgressRule, EgressRules


class NoSecrets:
    def get(self, name: str) -> str:
        return f"value-of-{name}"


class Site:
    """`site.says(path, body, ...)`; answers 304 to whoever knows the ETag."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        site = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.asked.append((self.path, headers))
                status, said, body = site._pages.get(self.path, (404, {}, b""))
                etag = said.get("etag")
                modified = said.get("last-modified")
                if status == 200 and (
                    (etag and headers.get("if-none-match") == etag)
                    or (modified and headers.get("if-modified-since") == modified)
                ):
                    status, body = 304, b""
                self.send_response(status)
                for name, value in said.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    return

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def says(self, path: str, body: str | bytes = b"", status: int = 200, **headers: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self._pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def way_out(port: int) -> Fetcher:
    rule = EgressRule(name="site", host="127.0.0.1", scheme="http", ports=(port,), private=True)
    return Fetcher(Passage(EgressRules((rule,)), NoSecrets(), ManualClock(10**18), lambda _: None))


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    try:
        yield site
    finally:
        site.close()


def rss(*items: tuple[str, str], title: str = "News", dates: bool = True) -> str:
    """Newest last in the arguments, first in the feed: (guid, title)."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{name}</title><link>https://news.example/{guid}</link>"
        f"<description>About {name}, at length.</description>"
        + (f"<pubDate>Tue, {number % 27 + 1:02} Jan 2030 08:00:00 GMT</pubDate>" if dates else "")
        + "</item>"
        for number, (guid, name) in reversed(list(enumerate(items)))
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title><link>https://news.example/</link>{entries}</channel></rss>"


def page(*paragraphs: str, title: str = "A page", extra: str = "") -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<html><head><title>{title}</title></head><body>{extra}<article><h1>{title}</h1>{body}</article></body></html>"
    )
