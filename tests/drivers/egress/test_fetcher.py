"""What is fetched within the kernel goes by the same rules as what a program inside asks for."""

from __future__ import annotations

import asyncio
import json

import pytest

from ergos.base.clock import ManualClock
from ergos.base.errors import DeadlineError, EgressRefusedError
from ergos.base.world_errors import HttpError, SecretError
from ergos.drivers.egress.dialling import Dialler
from ergos.drivers.egress.fetcher import Fetcher
from ergos.drivers.egress.passage import Passage
from ergos.kernel.egress import EgressRecord, EgressRule, EgressRules
from tests.drivers.http.wires import HOST, run

from .outside import BEARER, NOW, SECRET, Drawer, Names, leaks, ok, outside, rule


def fetching(
    *rules: EgressRule, drawer: Drawer | None = None, **names: list[str]
) -> tuple[Fetcher, list[EgressRecord]]:
    records: list[EgressRecord] = []
    known = {"api.example.com": [HOST], "other.example.com": [HOST]} | names
    passage = Passage(
        EgressRules(rules), drawer or Drawer(), ManualClock(NOW), records.append, dialler=Dialler(resolve=Names(known))
    )
    return Fetcher(passage), records


def test_a_reply_comes_whole_masked_and_recorded() -> None:
    async def test() -> None:
        async with outside() as far:
            fetcher, records = fetching(rule(far.port, methods=("POST",), inject=BEARER))
            url = f"http://API.example.com:{far.port}/%7Ex?y=1#z"
            got = await fetcher.fetch("POST", url, {"content-type": "text/plain"}, b"hello", deadline_s=20)
            assert got.status == 200
            assert got.final_url == f"http://api.example.com:{far.port}/~x?y=1"
            assert got.headers == {"content-type": "text/plain"}
            assert got.body.endswith(b"hello")
            assert SECRET.encode() in far.requests[0]
            assert not leaks(got.body, repr(got).encode(), repr(records).encode())
            assert [(record.path, record.status, record.bytes_out) for record in records] == [("/~x", 200, 5)]

    run(test)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.net/", "https://api.example.com:{}/", "http://api.example.com:{}/../x", "http://127.0.0.1:{}/", "file:///etc/passwd",
        "http://u:p@api.example.com:{}/", "http://api.example.com:{}/ HTTP/1.1\r\nX: y", "", "http://169.254.169.254/", "//api.example.com",
    ],
)  # fmt: skip
def test_what_no_rule_names_is_refused_and_recorded(url: str) -> None:
    async def test() -> None:
        async with outside() as far:
            fetcher, records = fetching(rule(far.port))
            with pytest.raises(EgressRefusedError):
                await fetcher.fetch("GET", url.format(far.port))
            assert not far.requests
            assert len(records) == 1
            assert records[0].refusal

    run(test)


def test_redirects_are_returned_or_followed_each_by_the_rules() -> None:
    async def test() -> None:
        def answer(request: bytes) -> bytes:
            where = {
                b"/a": b"/b",
                b"/b": b"http://other.example.com:%d/c" % far.port,
                b"/x": b"http://evil.net/",
                b"/l": b"/l",
            }
            path = request.split(b" ")[1]
            return ok(path, b"location: " + where[path], status=b"302 Found") if path in where else ok(request)

        async with outside(answer) as far:
            fetcher, records = fetching(
                rule(far.port, inject=BEARER), rule(far.port, name="other", host="other.example.com")
            )
            base = f"http://api.example.com:{far.port}"
            got = await fetcher.fetch("GET", base + "/a")
            assert (got.status, got.headers["location"], got.final_url) == (302, "/b", base + "/a")
            got = await fetcher.fetch("GET", base + "/a", {"authorization": "mine", "accept": "x"}, redirects_max=5)
            assert (got.status, got.final_url) == (200, f"http://other.example.com:{far.port}/c")
            assert b"authorization" not in got.body.lower()  # neither ours nor the caller's goes to another host
            assert b"accept: x" in got.body
            plain, _ = fetching(rule(far.port))
            with pytest.raises(EgressRefusedError):
                await plain.fetch("GET", base + "/a", {"authorization": "mine"}, redirects_max=5)
            assert b"authorization: mine" in far.requests[-1]  # a caller's own stays where it was meant for
            with pytest.raises(EgressRefusedError):
                await fetcher.fetch("GET", base + "/x", redirects_max=5)
            with pytest.raises(HttpError, match="redirects more than 3 times"):
                await fetcher.fetch("GET", base + "/l", redirects_max=3)
            assert (await fetcher.fetch("HEAD", base + "/l")).status == 302
            assert [record.rule for record in records[:4]] == ["api", "api", "api", "other"]

    run(test)


def test_errors_tell_no_secret() -> None:
    async def test() -> None:
        def answer(request: bytes) -> bytes:
            return ok(b"x", b"content-encoding: " + SECRET.encode())

        async with outside(answer) as far:
            fetcher, records = fetching(rule(far.port, inject=BEARER))
            with pytest.raises(HttpError) as caught:
                await fetcher.fetch("GET", f"http://api.example.com:{far.port}/")
            assert not leaks(str(caught.value).encode(), repr(records).encode())
            assert caught.value.__cause__ is None
            fetcher, _ = fetching(rule(far.port, inject=BEARER), drawer=Drawer({"x": "y"}))
            with pytest.raises(SecretError):
                await fetcher.fetch("GET", f"http://api.example.com:{far.port}/")

    run(test)


def test_time_and_size_are_bounded() -> None:
    async def test() -> None:
        async with outside(ok(b"x" * 101)) as far:
            fetcher, _ = fetching(rule(far.port, bytes_max=100))
            with pytest.raises(HttpError):
                await fetcher.fetch("GET", f"http://api.example.com:{far.port}/")
            with pytest.raises(DeadlineError):
                await fetcher.fetch("GET", f"http://api.example.com:{far.port}/", deadline_s=0)

    run(test)


def test_many_at_once_do_not_mix() -> None:
    async def test() -> None:
        async with outside() as far:
            fetcher, records = fetching(rule(far.port))
            urls = [f"http://api.example.com:{far.port}/{number}" for number in range(30)]
            got = await asyncio.gather(*(fetcher.fetch("GET", url) for url in urls))
            assert [one.body.split(b" ")[1] for one in got] == [b"/%d" % number for number in range(30)]
            assert len(records) == 30

    run(test)


def test_what_was_fetched_is_plain_values() -> None:
    async def test() -> None:
        async with outside(ok(b"{}")) as far:
            fetcher, _ = fetching(rule(far.port))
            got = await fetcher.fetch("GET", f"http://api.example.com:{far.port}/")
            assert json.loads(got.body) == {}

    run(test)
