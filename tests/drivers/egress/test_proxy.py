"""Nothing leaves but what a rule names, whatever is said; what may leave arrives, and no secret comes back."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Final

import pytest

from ergos.base.clock import ManualClock
from ergos.base.errors import WorldError
from ergos.drivers.egress.entrance import FIRST_BYTES_MAX
from ergos.drivers.egress.proxy import EgressProxy
from ergos.kernel.egress import EgressRecord, EgressRules
from tests.drivers.http.wires import HOST, WAIT_S, run, status, until

from .outside import BEARER, NOW, Drawer, Names, inside, leaks, ok, outside, rule

NAMES: Final = {
    "api.example.com": [HOST],
    "loop.example.org": [HOST],
    "six.example.org": ["::1"],
    "cloud.example.org": ["169.254.169.254"],
    "cloud-six.example.org": ["fd00:ec2::254"],
    "mapped.example.org": ["::ffff:127.0.0.1"],
    "nat.example.org": ["64:ff9b::7f00:1"],
    "inner.example.org": ["10.0.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "fe80::1%lo"],
    "localhost": [HOST],
}
G: Final = "GET http://api.example.com:{port}"
T: Final = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BYPASSES: Final[dict[str, str]] = {
    # Another host
    "another host": "GET http://evil.example.com:{port}/allowed" + T,
    "a suffix behind the name": "GET http://api.example.com.evil.net:{port}/allowed" + T,
    "a prefix before the name": "GET http://evilapi.example.com:{port}/allowed" + T,
    "the name in the path": "GET http://evil.net:{port}/api.example.com/allowed" + T,
    "a user name": "GET http://api.example.com@evil.net:{port}/allowed" + T,
    "a user name and a password": "GET http://api.example.com:80@127.0.0.1:{port}/allowed" + T,
    "a backslash": "GET http://evil.net\\@api.example.com:{port}/allowed" + T,
    "a NUL byte": "GET http://evil.net\0.api.example.com:{port}/allowed" + T,
    "an encoded NUL byte": "GET http://evil.net%00.api.example.com:{port}/allowed" + T,
    "an encoded dot": "GET http://api%2eexample.com:{port}/allowed" + T,
    "a trailing dot": "GET http://api.example.com.:{port}/allowed" + T,
    "a tab in the name": "GET http://api.exa\tmple.com:{port}/allowed" + T,
    "a space in the name": "GET http://api.example.com .evil.net:{port}/allowed" + T,
    "a Cyrillic letter": "GET http://\xd0\xb0pi.example.com:{port}/allowed" + T,
    "a Cyrillic letter in punycode": "GET http://xn--pi-6kc.example.com:{port}/allowed" + T,
    "a full-width letter": "GET http://\xef\xbd\x81pi.example.com:{port}/allowed" + T,
    "a soft hyphen": "GET http://api\xc2\xad.example.com:{port}/allowed" + T,
    "an ideographic dot": "GET http://api\xe3\x80\x82example.com:{port}/allowed" + T,
    "another scheme": "GET ftp://api.example.com:{port}/allowed" + T,
    "a file": "GET file:///etc/passwd" + T,
    "another port": "GET http://api.example.com:22/allowed" + T,
    "no port, which is another": "GET http://api.example.com/allowed HTTP/1.1\r\nHost: x:{port}\r\n\r\n",
    "a port too large": "GET http://api.example.com:99999/allowed" + T,
    "a port of other digits": "GET http://api.example.com:\xd9\xa1/allowed" + T,
    "a path alone, another Host": "GET /allowed HTTP/1.1\r\nHost: evil.net:{port}\r\nConnection: close\r\n\r\n",
    "the Host twice": "GET /allowed HTTP/1.1\r\nHost: api.example.com:{port}\r\nHost: evil.net\r\n\r\n",
    "no host": "GET http:///allowed" + T,
    "HTTP/1.0 without a host": "GET /allowed HTTP/1.0\r\n\r\n",
    # Another spelling of an address
    "an address": "GET http://127.0.0.1:{port}/allowed" + T,
    "a decimal address": "GET http://2130706433:{port}/allowed" + T,
    "a hexadecimal address": "GET http://0x7f000001:{port}/allowed" + T,
    "an address partly hexadecimal": "GET http://0x7f.0.0.1:{port}/allowed" + T,
    "an octal address": "GET http://0177.0.0.1:{port}/allowed" + T,
    "an octal number": "GET http://017700000001:{port}/allowed" + T,
    "a short address": "GET http://127.1:{port}/allowed" + T,
    "an address with a dot behind": "GET http://127.0.0.1.:{port}/allowed" + T,
    "the address of everything": "GET http://0.0.0.0:{port}/allowed" + T,
    "an address of IPv6": "GET http://[::1]:{port}/allowed" + T,
    "a mapped address": "GET http://[::ffff:127.0.0.1]:{port}/allowed" + T,
    "a mapped address in hexadecimal": "GET http://[::ffff:7f00:1]:{port}/allowed" + T,
    "an address behind NAT64": "GET http://[64:ff9b::7f00:1]:{port}/allowed" + T,
    "an address with a zone": "GET http://[fe80::1%25lo]:{port}/allowed" + T,
    "a cloud's metadata": "GET http://169.254.169.254/latest/meta-data/" + T,
    "a cloud's metadata over IPv6": "GET http://[fd00:ec2::254]/latest/meta-data/" + T,
    "this machine by name": "GET http://localhost:{port}/allowed" + T,
    # A name that leads inside
    "a name for loopback": "GET http://loop.example.org:{port}/" + T,
    "a name for loopback over IPv6": "GET http://six.example.org:{port}/" + T,
    "a name for a cloud's metadata": "GET http://cloud.example.org:{port}/" + T,
    "a name for a cloud's metadata over IPv6": "GET http://cloud-six.example.org:{port}/" + T,
    "a name for a mapped address": "GET http://mapped.example.org:{port}/" + T,
    "a name for an address behind NAT64": "GET http://nat.example.org:{port}/" + T,
    "a name for inner addresses of every kind": "GET http://inner.example.org:{port}/" + T,
    # Another path
    "another path": G + "/secret" + T,
    "a path that only begins alike": G + "/allowedtoo" + T,
    "dots": G + "/allowed/../secret" + T,
    "dots at the end": G + "/allowed/.." + T,
    "encoded dots": G + "/allowed/%2e%2e/secret" + T,
    "dots, half encoded": G + "/allowed/.%2E/secret" + T,
    "an encoded slash": G + "/allowed%2f..%2fsecret" + T,
    "an encoded slash before dots": G + "/allowed/..%2fsecret" + T,
    "an encoded backslash": G + "/allowed/..%5csecret" + T,
    "a backslash in the path": G + "/allowed\\..\\secret" + T,
    "dots encoded twice": G + "/allowed/%252e%252e/secret" + T,
    "dots encoded many times": G + "/allowed/%252525252e%252525252e/secret" + T,
    "overlong dots": G + "/allowed/%c0%ae%c0%ae/secret" + T,
    "full-width dots": G + "/allowed/%ef%bc%8e%ef%bc%8e/secret" + T,
    "dots with a parameter": G + "/allowed/..;x=y/secret" + T,
    "a NUL byte in the path": G + "/allowed/%00/../secret" + T,
    "an encoded line end": G + "/allowed/%0d%0aX: y" + T,
    "two slashes": G + "//secret" + T,
    "no slash": "GET http://api.example.com:{port}?/allowed" + T,
    "a fragment": G + "/allowed#/../secret" + T,
    "another case": G + "/ALLOWED/../secret" + T,
    "half an escape": G + "/allowed/%2" + T,
    # Another method
    "another method": "POST http://api.example.com:{port}/allowed" + T,
    "a method in small letters": "get http://api.example.com:{port}/allowed" + T,
    "a method nobody knows": "SECRET http://api.example.com:{port}/allowed" + T,
    "TRACE": "TRACE http://api.example.com:{port}/allowed" + T,
    "a method behind the method": G + "/allowed HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: DELETE\r\n\r\n",
    "the same, with underscores": G + "/allowed HTTP/1.1\r\nHost: x\r\nX_HTTP_Method_Override: DELETE\r\n\r\n",
    "a path behind the path": G + "/allowed HTTP/1.1\r\nHost: x\r\nX-Original-URL: /secret\r\n\r\n",
    "a host behind the host": G + "/allowed HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: evil.net\r\n\r\n",
    # A tunnel
    "a tunnel around the injection": "CONNECT api.example.com:{port} HTTP/1.1\r\n\r\n",
    "a tunnel to another host": "CONNECT evil.net:{port} HTTP/1.1\r\n\r\n",
    "a tunnel to loopback": "CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n",
    "a tunnel to a name for loopback": "CONNECT loop.example.org:{port} HTTP/1.1\r\n\r\n",
    "a tunnel without a port": "CONNECT loop.example.org HTTP/1.1\r\n\r\n",
    "a tunnel with another Host": "CONNECT loop.example.org:{port} HTTP/1.1\r\nHost: a:1\r\n\r\n",
    "a tunnel to a URL": "CONNECT http://api.example.com:{port}/ HTTP/1.1\r\n\r\n",
    "a tunnel with a NUL byte": "CONNECT evil.net\0.example.com:{port} HTTP/1.1\r\n\r\n",
    "a tunnel with a body": "CONNECT loop.example.org:{port} HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "a tunnel in small letters": "connect loop.example.org:{port} HTTP/1.1\r\n\r\n",
    "a websocket": G + "/allowed HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "HTTP/2 by upgrade": G + "/allowed HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "HTTP/2 from the start": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": "\x16\x03\x01\x00\x05hello\r\n\r\n",
    # Two readings of one request
    "length and chunks": G + "/allowed HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": G + "/allowed HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length with a sign": G + "/allowed HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
    "a negative length": G + "/allowed HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length in two parts": G + "/allowed HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na",
    "another coding": G + "/allowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in disguise": G + "/allowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks, twice": G + "/allowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": G + "/allowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of 2 to the 64": G + "/allowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "a chunk longer than said": G + "/allowed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    "a folded header": G + "/allowed HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    "a space before the colon": G + "/allowed HTTP/1.1\r\nHost : x\r\n\r\n",
    "a bare CR in a header": G + "/allowed HTTP/1.1\r\nHost: x\r\nX: a\rGET /secret HTTP/1.1\r\n\r\n",
    "a NUL in a header": G + "/allowed HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "bare LFs": "GET http://api.example.com:{port}/allowed HTTP/1.1\nHost: x\n\n",
    "a header without a name": G + "/allowed HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "no version": "GET http://api.example.com:{port}/allowed\r\n\r\n",
    "another version": G + "/allowed HTTP/3.0\r\nHost: x\r\n\r\n",
    "a line end in the target": "GET http://api.example.com:{port}/allowed\rX HTTP/1.1\r\nHost: x\r\n\r\n",
    "a head without end": G + "/allowed HTTP/1.1\r\nHost: x\r\nX: " + "a" * 70_000,
    "a tunnel's head without end": "CONNECT loop.example.org:{port} HTTP/1.1\r\nX: " + "a" * (FIRST_BYTES_MAX + 1),
}  # fmt: skip


def guarded(port: int):
    """Rules with every kind of limit."""
    return (
        rule(port, paths=("/allowed",), inject=BEARER),
        rule(port, name="open", host="*.example.org", private=False, addresses=(), methods=()),
        rule(port, name="home", host="localhost", private=False, addresses=()),
    )


def test_there_is_a_bypass_of_every_kind() -> None:
    assert len(BYPASSES) >= 100


@pytest.mark.parametrize("what", BYPASSES)
def test_a_bypass_is_refused_and_recorded(what: str) -> None:
    async def test() -> None:
        async with outside() as far, inside(*guarded(far.port), names=NAMES) as near:
            said = BYPASSES[what].replace("{port}", str(far.port)).encode("latin-1")
            answer = await near.say(said, close=True)
            assert not far.requests
            assert status(answer) in {400, 403, 408, 414, 431, 501, 502, 505}, answer[:300]
            assert not leaks(answer)
            (record,) = await near.recorded(1)
            assert record.refusal
            assert record.status == 0

    asyncio.run(test())


def test_the_same_without_tricks_is_let_through() -> None:
    async def test() -> None:
        async with outside() as far, inside(*guarded(far.port), names=NAMES) as near:
            answer = await near.get(f"http://API.example.com:{far.port}/allowed/%7euser/a%20b?q=/../%2e")
            assert status(answer) == 200
            assert far.requests[0].startswith(b"GET /allowed/~user/a%20b?q=/../%2e HTTP/1.1\r\n")
            assert f"host: api.example.com:{far.port}\r\n".encode() in far.requests[0]
            assert b"authorization: Bearer ghp_" in far.requests[0]
            (record,) = near.records
            assert record == EgressRecord(
                at_ns=NOW, method="GET", host="api.example.com", port=far.port, path="/allowed/~user/a%20b", status=200,
                bytes_in=record.bytes_in, rule="api",
            )  # fmt: skip
            assert record.bytes_in == len(far.requests[0])

    run(test)


def test_what_is_behind_a_path_that_may_not_be_reached_is_reached_by_nobody_in_the_same_breath() -> None:
    async def test() -> None:
        async with outside() as far, inside(*guarded(far.port), names=NAMES) as near:
            first = f"GET http://api.example.com:{far.port}/allowed HTTP/1.1\r\nHost: x\r\n\r\n"
            second = f"GET http://api.example.com:{far.port}/secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            answer = await near.say((first + second).encode())
            assert answer.count(b"HTTP/1.1 200 OK") == 1
            assert b"HTTP/1.1 403" in answer
            assert len(far.requests) == 1
            assert [record.rule for record in near.records] == ["api", ""]

    run(test)


def test_a_name_is_looked_up_once_and_its_address_judged_after_that() -> None:
    async def test() -> None:
        names = Names({"api.example.com": [HOST], "turning.example.org": ["93.184.215.14"]})

        async def turning(name: str, port: int) -> list[str]:
            await Names.__call__(names, name, port)
            return ["93.184.215.14"] if len(names.asked) > 1 else [HOST]

        names.__class__ = type("Turning", (Names,), {"__call__": lambda self, name, port: turning(name, port)})
        async with outside() as far, inside(*guarded(far.port), names=names) as near:
            answer = await near.get(f"http://turning.example.org:{far.port}/")
            assert status(answer) == 403
            assert names.asked == ["turning.example.org"]
            assert not far.requests

    run(test)


def test_a_callers_own_credentials_go_nowhere_where_a_rule_injects() -> None:
    async def test() -> None:
        async with outside() as far, inside(*guarded(far.port), names=NAMES) as near:
            lines = (
                "Authorization: mine",
                "Proxy-Authorization: mine",
                "Cookie: mine",
                "X-API-Key: mine",
                "authorization: mine2",
            )
            await near.get(
                f"http://api.example.com:{far.port}/allowed", *lines[:-1], "AUTHORIZATION_: x", "Range: bytes=0-1"
            )
            (request,) = far.requests
            assert b"mine" not in request
            assert b"range" not in request.lower()
            assert request.lower().count(b"\r\nauthorization:") == 1

    run(test)


def test_headers_of_one_connection_go_no_further_and_others_do() -> None:
    async def test() -> None:
        async with outside() as far, inside(rule(far.port, methods=())) as near:
            lines = (
                "X-Mine: 1",
                "Te: trailers",
                "Keep-Alive: 5",
                "Cookie: a=b",
                "Authorization: mine",
                "X-Hop: 2",
                "Via: x",
            )
            head = [
                f"POST http://api.example.com:{far.port}/ HTTP/1.1",
                "Host: x",
                "Connection: close, x-hop",
                *lines,
            ]
            await near.say("\r\n".join([*head, "Content-Length: 3", "", "abc"]).encode())
            (request,) = far.requests
            names = {line.split(b":")[0] for line in request.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]}
            assert names == {
                b"host",
                b"accept-encoding",
                b"connection",
                b"x-mine",
                b"cookie",
                b"authorization",
                b"content-length",
            }
            assert request.endswith(b"\r\n\r\nabc")

    run(test)


def test_a_chunked_request_is_sent_with_its_length() -> None:
    async def test() -> None:
        async with outside() as far, inside(rule(far.port, methods=("POST",))) as near:
            head = f"POST http://api.example.com:{far.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            answer = await near.say(head.encode(), b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
            assert status(answer) == 200
            assert far.requests[0].endswith(b"content-length: 5\r\n\r\nabcde")
            assert near.records[0].bytes_out == 5

    run(test)


def test_a_stream_comes_through_as_it_is_made() -> None:
    async def test() -> None:
        gate = asyncio.Event()

        async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: one\n\n")
            await gate.wait()
            writer.write(b"data: two\n\n")
            writer.close()

        server = await asyncio.start_server(slowly, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        async with inside(rule(port, inject=BEARER)) as near:
            reader, writer = await asyncio.open_unix_connection(str(near.path))
            writer.write(
                f"GET http://api.example.com:{port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            )
            async with asyncio.timeout(WAIT_S):
                await reader.readuntil(b"data: one\n\n")
                gate.set()
                assert b"data: two\n\n" in await reader.read()
            writer.close()
        server.close()

    run(test)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_handed_back(code: int) -> None:
    async def test() -> None:
        answer = ok(b"", b"location: http://169.254.169.254/", status=b"%d Moved" % code)
        async with outside(answer) as far, inside(rule(far.port)) as near:
            came = await near.get(f"http://api.example.com:{far.port}/")
            assert status(came) == code
            assert b"location: http://169.254.169.254/\r\n" in came
            assert len(far.requests) == 1

    run(test)


def test_too_much_in_either_direction_is_refused_or_cut() -> None:
    async def test() -> None:
        async with outside(ok(b"x" * 2_000)) as far, inside(rule(far.port, bytes_max=1_000, methods=())) as near:
            url = f"http://api.example.com:{far.port}/"
            assert status(await near.get(url, method="POST", body=b"y" * 1_001)) == 403
            assert not far.requests
            assert status(await near.get(url)) == 502
            far.answer = [b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 900, b"x" * 900]
            answer = await near.get(url)
            assert not answer.endswith(b"0\r\n\r\n")
            assert [bool(record.refusal) for record in near.records] == [True, True, True]

    run(test)


def test_a_bomb_is_cut_at_the_bound() -> None:
    async def test() -> None:
        import zlib

        packer = zlib.compressobj(wbits=31)
        bomb = packer.compress(b"\0" * 50_000_000) + packer.flush()
        async with (
            outside(ok(bomb, b"content-encoding: gzip")) as far,
            inside(rule(far.port, bytes_max=100_000)) as near,
        ):
            assert status(await near.get(f"http://api.example.com:{far.port}/")) in {200, 502}
            assert near.records[0].refusal
            assert near.records[0].bytes_in <= 100_001

    asyncio.run(test())


def test_the_time_of_a_rule_bounds_server_and_all() -> None:
    async def test() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        async with inside(rule(port, deadline_s=0.05)) as near:
            assert status(await near.get(f"http://api.example.com:{port}/")) == 504
        server.close()

    run(test)


def test_a_program_that_leaves_ends_what_it_asked_for() -> None:
    async def test() -> None:
        gone = asyncio.Event()

        async def waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await reader.read()
            gone.set()
            writer.close()

        server = await asyncio.start_server(waiting, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        async with inside(rule(port)) as near:
            _, writer = await asyncio.open_unix_connection(str(near.path))
            writer.write(f"GET http://api.example.com:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.close()
            async with asyncio.timeout(WAIT_S):
                await gone.wait()
            records = await near.recorded(1)
            assert [record.refusal for record in records] == ["whoever asked has gone"]
        server.close()

    run(test)


def test_a_slow_reader_holds_the_server_back_and_gets_everything() -> None:
    async def test() -> None:
        whole = bytes(range(256)) * 160_000
        async with outside(ok(whole)) as far, inside(rule(far.port, inject=BEARER, bytes_max=64_000_000)) as near:
            reader, writer = await asyncio.open_unix_connection(str(near.path), limit=1_000)
            writer.write(f"GET http://api.example.com:{far.port}/ HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            await until(lambda: bool(near.proxy._connections))
            await asyncio.sleep(0.2)
            (connection,) = near.proxy._connections
            assert connection._outlet.unsent < 12_000_000
            assert not near.records
            async with asyncio.timeout(WAIT_S):
                answer = await reader.read()
            assert answer.partition(b"\r\n\r\n")[2] == whole
            writer.close()

    run(test)


def test_a_missing_secret_is_told_by_its_name_and_nothing_is_sent() -> None:
    async def test() -> None:
        async with outside() as far, inside(rule(far.port, inject=BEARER), drawer=Drawer({"other": "x"})) as near:
            answer = await near.get(f"http://api.example.com:{far.port}/")
            assert status(answer) == 502
            assert b"token" in answer
            assert not far.requests

    run(test)


def test_a_tunnel_carries_anything_where_a_rule_looks_at_nothing() -> None:
    async def test() -> None:
        async with outside() as far, inside(rule(far.port, methods=())) as near:
            head = f"CONNECT api.example.com:{far.port} HTTP/1.1\r\nHost: api.example.com:{far.port}\r\n\r\n"
            answer = await near.say(head.encode() + b"GET /any HTTP/1.1\r\n", b"Host: whatever\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
            assert far.requests[0].startswith(b"GET /any HTTP/1.1")
            (record,) = await near.recorded(1)
            assert (record.method, record.rule, record.status) == ("CONNECT", "api", 200)
            assert record.bytes_out == len(far.requests[0])
            assert record.bytes_in > 0

    run(test)


def test_a_tunnel_is_cut_at_its_bound() -> None:
    async def test() -> None:
        async with outside(ok(b"x" * 50_000)) as far, inside(rule(far.port, methods=(), bytes_max=10_000)) as near:
            head = f"CONNECT api.example.com:{far.port} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"
            assert len(await near.say(head.encode())) < 20_000
            (record,) = await near.recorded(1)
            assert "10,000" in record.refusal

    run(test)


def test_a_slow_first_line_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr("ergos.drivers.egress.entrance.FIRST_S", 0.05)
        async with inside() as near:
            for words in (b"", b"GE", b"CONNECT a:1 HTTP/1.1\r\n"):
                assert await near.say(words) == b""

    run(test)


def test_more_connections_than_allowed_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr("ergos.drivers.egress.proxy.CONNECTIONS_MAX", 3)
        async with inside() as near:
            open_ = [await asyncio.open_unix_connection(str(near.path)) for _ in range(6)]
            async with asyncio.timeout(WAIT_S):
                for reader, _ in open_[3:]:
                    assert await reader.read() == b""
            for _, writer in open_:
                writer.close()

    run(test)


def test_the_socket_is_its_owners_alone_and_replaces_a_dead_one(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "door"
        for _ in range(2):  # the first is left behind as after a kill
            proxy = EgressProxy(EgressRules(), Drawer(), ManualClock(), print)
            await proxy.listen(path, uid=os.geteuid())
            found = path.stat()
            assert stat.S_ISSOCK(found.st_mode)
            assert stat.S_IMODE(found.st_mode) == 0o600
            proxy._path = None
            await proxy.stop()
        path.unlink(missing_ok=True)
        path.write_text("mine")
        with pytest.raises(WorldError, match="cannot be made"):
            await EgressProxy(EgressRules(), Drawer(), ManualClock(), print).listen(path)
        assert path.read_text() == "mine"
        with pytest.raises(WorldError, match="100 characters"):
            await EgressProxy(EgressRules(), Drawer(), ManualClock(), print).listen(tmp_path / ("x" * 150))

    asyncio.run(test())


def test_what_is_running_is_cut_when_the_proxy_stops() -> None:
    async def test() -> None:
        async with outside() as far, inside(rule(far.port, methods=())) as near:
            reader, writer = await asyncio.open_unix_connection(str(near.path))
            writer.write(f"CONNECT api.example.com:{far.port} HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            await near.proxy.stop()
            async with asyncio.timeout(WAIT_S):
                assert await reader.read() == b""
            writer.close()
            await until(lambda: bool(near.records))

    run(test)
