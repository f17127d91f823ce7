"""The web tools over a real server on this machine, through the real way out."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ergos.base.clock import ManualClock
from ergos.base.errors import EgressRefusedError, ErgosError, PortMissingError, ToolFailedError
from ergos.base.world_errors import HttpError, InDoubtError
from ergos.drivers.egress.fetcher import Fetcher
from ergos.drivers.egress.passage import Passage
from ergos.drivers.tools import web
from ergos.drivers.tools.web import WebTools
from ergos.kernel.egress import EgressRule, EgressRules
from ergos.kernel.tool_settings import Hook
from tests.drivers.tools.errands import START_NS, Bench

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Old</title><link>http://x.example/1</link><description>one thing</description><pubDate>Mon, 01 Jan 2029 00:00:00 GMT</pubDate></item>
<item><title>New</title><link>http://x.example/2</link><description>another thing</description><pubDate>Tue, 02 Jan 2029 00:00:00 GMT</pubDate></item>
</channel></rss>"""
PAGE = (
    "<html><head><title>A page</title></head><body><article><h1>A page</h1>"
    + "<p>Words of the article. </p>" * 40
    + "</article></body></html>"
)


class Drawer:
    def get(self, name: str) -> str:
        return f"value-of-{name}"


class Site:
    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        site = self

        class Answers(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                site.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if self.path == "/dies":
                    self.connection.close()
                    return
                kind, said, status = {
                    "/feed": ("application/rss+xml", FEED.encode(), 200),
                    "/page": ("text/html; charset=utf-8", PAGE.encode(), 200),
                    "/bin": ("application/octet-stream", b"\0\1\2" * 100, 200),
                    "/big": ("text/plain", b"x" * 1_000_000, 200),
                    "/latin": ("text/plain; charset=iso-8859-1", "Grüße".encode("latin-1"), 200),
                    "/no": ("text/plain", b"gone", 410),
                    "/moved": ("text/plain", b"", 302),
                }.get(self.path, ("application/json", b'{"ok": true}', 200))
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(said)))
                if status == 302:
                    self.send_header("location", "/page")
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815 - what the library calls

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


@pytest.fixture
def bench(site: Site) -> Bench:
    site.requests.clear()
    rule = EgressRule(name="here", host="127.0.0.1", scheme="http", ports=(site.port,), methods=(), private=True)
    passage = Passage(EgressRules((rule,)), Drawer(), ManualClock(START_NS), lambda _: None)
    hooks = {
        "deploy": Hook(url=f"{site.url}/hook", header="X-Once", secret="deploy"),
        "gone": Hook(url=f"{site.url}/no"),
    }
    return Bench(WebTools(Fetcher(passage), hooks, Drawer()).tools())


def test_a_text_is_fetched(bench: Bench, site: Site) -> None:
    said = bench.do("http.fetch", url=f"{site.url}/latin")
    assert (said["status"], said["text"], said["media_type"], said["cut"]) == (200, "Grüße", "text/plain", False)
    assert bench.do("http.fetch", url=f"{site.url}/no")["status"] == 410


def test_a_page_is_read_for_its_text_and_a_redirect_followed(bench: Bench, site: Site) -> None:
    said = bench.do("http.fetch", url=f"{site.url}/moved", form="page")
    assert "Words of the article." in said["text"]
    assert "<p>" not in said["text"]
    assert said["url"].endswith("/page")


def test_bytes_are_base64_and_never_taken_for_text(bench: Bench, site: Site) -> None:
    with pytest.raises(ToolFailedError, match="no text"):
        bench.do("http.fetch", url=f"{site.url}/bin")
    assert bench.do("http.fetch", url=f"{site.url}/bin", form="base64")["text"].startswith("AAEC")


def test_a_long_reply_is_cut_and_says_so(bench: Bench, site: Site) -> None:
    said = bench.do("http.fetch", url=f"{site.url}/big")
    assert said["cut"]
    assert len(said["text"]) == web.TEXT_BYTES_MAX


def test_a_feed_is_read_newest_first(bench: Bench, site: Site) -> None:
    said = bench.do("feeds.read", url=f"{site.url}/feed", items=1)
    assert [item["title"] for item in said["items"]] == ["New"]
    assert said["left_out"] == 1
    with pytest.raises(ErgosError):
        bench.do("feeds.read", url=f"{site.url}/no")


def test_something_is_sent_with_the_key_of_its_call(bench: Bench, site: Site) -> None:
    bench.do("http.send", "k", url=f"{site.url}/x", json={"a": 1}, headers={"X-Own": "1"})
    ((method, path, headers, body),) = site.requests
    assert (method, path, json.loads(body)) == ("POST", "/x", {"a": 1})
    assert (headers["idempotency-key"], headers["x-own"], headers["content-type"]) == ("k", "1", "application/json")


def test_a_line_that_breaks_after_sending_leaves_a_doubt_and_not_a_failure(bench: Bench, site: Site) -> None:
    with pytest.raises(InDoubtError):
        bench.do("http.send", url=f"{site.url}/dies", text="x")
    assert len(site.requests) == 1


def test_an_answer_that_does_not_come_in_time_leaves_a_doubt_and_not_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        rule = EgressRule(
            name="here", host="127.0.0.1", scheme="http", ports=(port,), methods=(), private=True, deadline_s=0.3
        )
        passage = Passage(EgressRules((rule,)), Drawer(), ManualClock(START_NS), lambda _: None)
        with pytest.raises(InDoubtError, match="not known"):
            Bench(WebTools(Fetcher(passage), {}, None).tools()).do(
                "http.send", url=f"http://127.0.0.1:{port}/x", text="x"
            )


def test_what_was_never_connected_is_a_failure_that_sent_nothing(site: Site) -> None:
    rule = EgressRule(name="here", host="127.0.0.1", scheme="http", ports=(1,), methods=(), private=True)
    passage = Passage(EgressRules((rule,)), Drawer(), ManualClock(START_NS), lambda _: None)
    with pytest.raises(HttpError):
        Bench(WebTools(Fetcher(passage), {}, None).tools()).do("http.send", url="http://127.0.0.1:1/x", text="x")


def test_a_hook_gets_the_key_in_the_header_it_knows_and_its_secret(bench: Bench, site: Site) -> None:
    bench.do("webhook.send", "k", hook="deploy", json=[1])
    bench.do("webhook.send", "k", hook="deploy", json=[1])
    assert [(headers["x-once"], headers["authorization"]) for _, _, headers, _ in site.requests] == [
        ("k", "Bearer value-of-deploy")
    ] * 2
    with pytest.raises(ToolFailedError, match="410"):
        bench.do("webhook.send", hook="gone", json=1)
    with pytest.raises(ToolFailedError) as caught:
        bench.do("webhook.send", hook="http://evil.example/", json=1)
    assert "deploy, gone" in caught.value.what_to_do


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data", "http://localhost/", "http://[::1]/"]
)
def test_what_no_rule_names_is_not_reached(bench: Bench, url: str) -> None:
    for name in ("http.fetch", "feeds.read"):
        with pytest.raises(EgressRefusedError):
            bench.do(name, url=url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.org/a", "file:///etc/passwd", "http://u:p@x.org/", "http:/x.org", "http://x.org/a b", "http://x.org\\@evil.org/", "http://x.org/\n",
        "http://пример.org/", "javascript:alert(1)", "http://[x/", "//x.org/aaaaaa", "http://" + "a" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused_before_anything_is_asked(bench: Bench, url: str) -> None:
    for name in ("http.fetch", "http.send", "feeds.read"):
        assert bench.misfit(name, url=url)


@pytest.mark.parametrize(
    "headers", [{"a b": "1"}, {"X": "a\r\nY: b"}, {"Host": "evil"}, {"content-length": "1"}, {"X": "ä"}, {"": "x"}]
)
def test_headers_that_could_split_a_request_are_refused(bench: Bench, headers: dict[str, str]) -> None:
    assert bench.misfit("http.fetch", url="http://x.org/aa", headers=headers)


def test_without_a_way_out_the_tools_say_what_to_set() -> None:
    with pytest.raises(PortMissingError) as caught:
        Bench(WebTools(None, {}, None).tools()).do("http.fetch", url="http://x.org/a")
    assert "settings.toml" in caught.value.what_to_do


def test_an_address_is_something_the_owner_has_to_vouch_for(bench: Bench) -> None:
    specs = {name: tool.spec for name, tool in bench.tools.items()}
    assert (specs["http.fetch"].effect, specs["http.fetch"].goes, specs["http.fetch"].roles["url"]) == (
        "pure",
        "read",
        "target",
    )
    assert (specs["http.send"].effect, specs["http.send"].goes, specs["http.send"].roles["url"]) == (
        "irreversible",
        "others",
        "recipient",
    )
    assert (specs["webhook.send"].effect, specs["webhook.send"].goes) == ("idempotent", "others")
