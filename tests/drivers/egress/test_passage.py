"""Whatever a server outside says, the inside sees a sound reply without the secret, or an error; and one record."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
import ssl
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.egress.masking import MASK, spellings
from ergos.kernel.egress import Injection
from tests.drivers.http.test_client import certified
from tests.drivers.http.wires import HOST, run, status

from .outside import BEARER, SECRET, Drawer, Names, inside, leaks, ok, outside, rule

URL: Final = "http://api.example.com:{}/"
RAW: Final = SECRET.encode()
ENCODED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "as it is": lambda raw: raw,
    "in base64": base64.b64encode,
    "in base64 behind one byte": lambda raw: base64.b64encode(b"x" + raw),
    "in base64 between two": lambda raw: base64.b64encode(b"xy" + raw + b"z"),
    "in base64 for URLs": lambda raw: base64.urlsafe_b64encode(b"{" + raw + b"}"),
    "in hexadecimal": lambda raw: raw.hex().encode(),
    "in large hexadecimal": lambda raw: raw.hex().upper().encode(),
    "for a URL": lambda raw: quote(raw, safe="").encode(),
    "for a path": lambda raw: quote(raw).encode(),
    "in JSON": lambda raw: json.dumps(raw.decode()).encode(),
    "in JSON in JSON": lambda raw: json.dumps(json.dumps(raw.decode())).encode(),
    "backwards": lambda raw: raw[::-1],
    "in UTF-16": lambda raw: raw.decode().encode("utf-16-le"),
    "every character escaped": lambda raw: "".join(f"\\u{ord(c):04x}" for c in raw.decode()).encode(),
}


def secret_of(request: bytes) -> bytes:
    found = re.search(rb"\r\nauthorization: Bearer ([^\r]*)\r\n", request)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("form", ENCODED)
@pytest.mark.parametrize("coding", ["", "gzip", "deflate", "pieces", "headers", "error"])
def test_an_echoed_secret_never_comes_back(form: str, coding: str) -> None:
    def answer(request: bytes) -> bytes | Sequence[bytes]:
        said = b"before " + ENCODED[form](secret_of(request)) + b" after"
        match coding:
            case "gzip":
                return ok(gzip.compress(said), b"content-encoding: gzip")
            case "deflate":
                return ok(zlib.compress(said), b"content-encoding: deflate")
            case "pieces":
                chunks = [b"%x\r\n%c\r\n" % (1, byte) for byte in said]
                return [
                    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                    *chunks,
                    b"0\r\nx: " + said + b"\r\n\r\n",
                ]
            case "headers":
                quoted = re.sub(rb"[\0-\x1f]", b"?", said)
                return ok(b"", b"x-echo: " + quoted, b"location: http://evil.net/?" + quoted)
            case "error":
                return b"HTTP/1.1 500 " + said + b"\r\ncontent-length: 3\r\n\r\n" + b"abc"
            case _:
                return ok(said)

    async def test() -> None:
        async with outside(answer) as far, inside(rule(far.port, inject=BEARER)) as near:
            came = await near.get(URL.format(far.port))
            assert status(came) in {200, 500, 502}
            if status(came) == 200 and (coding != "headers" or form != "in UTF-16"):
                assert MASK in came
            bare = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", came)  # the proxy's own chunks, taken out
            assert not leaks(came, bare)
            assert not leaks(*(repr(record).encode() for record in near.records))

    asyncio.run(test())


def test_a_secret_is_taken_out_of_replies_under_another_rule_too() -> None:
    async def test() -> None:
        async with outside() as far, inside(
            rule(far.port, paths=("/keep",), inject=BEARER), rule(far.port, name="read")
        ) as near:  # fmt: skip
            await near.get(URL.format(far.port) + "keep")
            far.answer = ok(b"you told me " + RAW)
            came = await near.get(URL.format(far.port) + "read")
            assert near.records[-1].rule == "read"
            assert b"you told me [secret]" in came

    run(test)


def test_a_password_goes_out_as_basic_credentials_and_comes_back_as_neither() -> None:
    async def test() -> None:
        inject = (Injection("authorization", "login", "Basic {base64}"), Injection("x-plain", "login", "<{}>"))
        drawer = Drawer({"login": "alice:pässword 1"})
        async with outside() as far, inside(rule(far.port, inject=inject), drawer=drawer) as near:
            assert status(await near.get(URL.format(far.port))) in {200, 502}
            drawer.kept["login"] = "alice:password 1"
            came = await near.get(URL.format(far.port))
            request = far.requests[-1]
            assert b"authorization: Basic " + base64.b64encode(b"alice:password 1") in request
            assert b"x-plain: <alice:password 1>" in request
            assert not leaks(came, secret="alice:password 1")
            assert b"authorization: Basic [secret]" in came

    run(test)


def test_a_secret_that_no_header_can_carry_is_not_sent() -> None:
    async def test() -> None:
        drawer = Drawer({"token": "abc\r\nx-evil: 1"})
        async with outside() as far, inside(rule(far.port, inject=BEARER), drawer=drawer) as near:
            came = await near.get(URL.format(far.port))
            assert status(came) == 502
            assert b"evil" not in came
            assert not far.requests

    run(test)


def test_cookies_made_for_injected_credentials_stay_outside() -> None:
    async def test() -> None:
        answer = ok(b"", b"set-cookie: session=1; path=/", b"x: y")
        async with (
            outside(answer) as far,
            inside(rule(far.port, inject=BEARER, paths=("/in",)), rule(far.port)) as near,
        ):
            assert b"set-cookie" not in await near.get(URL.format(far.port) + "in")
            assert b"set-cookie: session=1; path=/" in await near.get(URL.format(far.port) + "out")

    run(test)


def test_every_cookie_comes_back_in_a_line_of_its_own() -> None:
    async def test() -> None:
        said = [b"set-cookie: c%d=%d; expires=Wed, 09 Jun 2032 10:18:14 GMT" % (number, number) for number in range(20)]
        async with outside(ok(b"", *said)) as far, inside(rule(far.port)) as near:
            came = await near.get(URL.format(far.port))
            assert [line.lower() for line in came.split(b"\r\n") if line.lower().startswith(b"set-cookie")] == [
                line.lower() for line in said
            ]

    run(test)


HOSTILE: Final[dict[str, bytes | Sequence[bytes]]] = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nx: ",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a length in two parts": b"HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\na",
    "a length that is none": b"HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\na",
    "a length of 2 to the 70": b"HTTP/1.1 200 OK\r\ncontent-length: 1180591620717411303424\r\n\r\na",
    "less than said": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    "length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks cut off": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "a chunk of no size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "a coding that was not asked for": ok(b"abc", b"content-encoding: br"),
    "a secret for a coding": ok(b"abc", b"content-encoding: " + RAW),
    "two codings": ok(gzip.compress(gzip.compress(b"abc")), b"content-encoding: gzip, gzip"),
    "no gzip": ok(b"abcdefgh", b"content-encoding: gzip"),
    "half a gzip": ok(gzip.compress(b"abc" * 100)[:-10], b"content-encoding: gzip"),
    "a head without end": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000,
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000,
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n",
    "only information": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a folded header": b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n",
    "a NUL in a header": b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n",
    "a bare CR in a header": b"HTTP/1.1 200 OK\r\nx: a\rset-cookie: b\r\ncontent-length: 0\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n",
    "a status of 0": b"HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n",
    "a status of 999": b"HTTP/1.1 999 OK\r\ncontent-length: 0\r\n\r\n",
    "two responses": ok(b"a") + ok(b"b"),
    "an old version": b"HTTP/0.9 200 OK\r\n\r\nabc",
    "framing of our own": ok(b"a", b"connection: x-secret", b"date: never", b"keep-alive: 5", b"alt-svc: h3=':1'"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_reply_is_whole_or_an_error_and_the_proxy_goes_on(what: str) -> None:
    async def test() -> None:
        async with outside(HOSTILE[what]) as far, inside(rule(far.port, inject=BEARER)) as near:
            came = await near.get(URL.format(far.port))
            assert status(came) in {200, 502, 999, 20}, came[:200]
            assert came.count(b"HTTP/1.1 ") == 1
            assert not leaks(came)
            head = came.partition(b"\r\n\r\n")[0]
            assert not re.search(rb"[\0-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)|(?<!\r)\n", head)
            assert len(near.records) == 1
            assert bool(near.records[0].refusal) or came.endswith(b"0\r\n\r\n") or b"content-length: 0" in came
            far.answer = ok(b"fine")
            assert status(await near.get(URL.format(far.port))) == 200

    asyncio.run(test())


def test_a_proxy_speaks_tls_with_the_name_that_was_decided_upon(tmp_path: Path) -> None:
    key, certificate = certified(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def test() -> None:
        names = Names({"localhost": [HOST], "api.example.com": [HOST]})
        async with outside(ssl=own) as far, inside(
            rule(far.port, host="localhost", scheme="https", inject=BEARER),
            rule(far.port, scheme="https", inject=BEARER),
            names=names,
            tls=trusting,
        ) as near:  # fmt: skip
            assert status(await near.get(f"http://localhost:{far.port}/x")) == 200
            assert len(far.requests) == 1
            came = await near.get(f"http://api.example.com:{far.port}/x")  # the certificate is for another name
            assert status(came) == 502
            assert b"no trusted connection" in came
            assert len(far.requests) == 1

    asyncio.run(test())


def test_without_a_trusted_certificate_no_secret_is_sent(tmp_path: Path) -> None:
    key, certificate = certified(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)

    async def test() -> None:
        async with outside(ssl=own) as far, inside(
            rule(far.port, host="localhost", scheme="https", inject=BEARER), names={"localhost": [HOST]}
        ) as near:  # fmt: skip
            assert status(await near.get(f"http://localhost:{far.port}/x")) == 502
            assert not far.requests

    asyncio.run(test())


@given(
    pieces=st.lists(st.sampled_from(sorted(spellings(SECRET))) | st.binary(max_size=6), max_size=8),
    cut=st.integers(1, 40),
)
def test_whatever_a_server_mixes_and_cuts_no_spelling_comes_back(pieces: list[bytes], cut: int) -> None:
    said = b"".join(pieces)

    async def test() -> None:
        parts = [said[at : at + cut] for at in range(0, len(said), cut)]
        chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
        answer = b"".join([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n"])
        async with outside(answer) as far, inside(rule(far.port, inject=BEARER)) as near:
            assert not leaks(await near.get(URL.format(far.port)))

    asyncio.run(test())
