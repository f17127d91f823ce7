"""A tunnel for TLS carries TLS, with the host it was asked for."""

from __future__ import annotations

import asyncio
import random
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.egress.hello import HELLO_BYTES_MAX, meant, read_hello
from ergos.kernel.hosts import Host, Refused
from tests.drivers.http.test_client import certified
from tests.drivers.http.wires import HOST

from .outside import inside, outside, rule


def hello(name: str | None, **said: object) -> bytes:
    """What the system's own TLS says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for key, value in said.items():
        setattr(context, key, value)
    came, said_ = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(came, said_, server_hostname=name).do_handshake()
    return said_.read()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_name_is_read_out_of_a_real_hello(version: ssl.TLSVersion) -> None:
    for name in ("api.example.com", "a.b", "x" * 60 + ".example.com"):
        whole = hello(name, maximum_version=version, minimum_version=version)
        assert read_hello(whole) == name == read_hello(whole + b"more")
        for at in range(len(whole)):
            assert read_hello(whole[:at]) is None
    assert read_hello(hello(None)) == ""
    assert read_hello(hello("API.Example.com")) == "api.example.com"


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n",
        b"SSH-2.0-x",
        b"\x16\x02\0\x01\0",
        b"\x17\x03\x03\0\x05hello",
        b"\x16\x03\x01\0\0",
        b"\x16\x03\x01\xff\xff",
    ],
)
def test_what_is_no_tls_is_refused_at_its_first_bytes(said: bytes) -> None:
    assert isinstance(read_hello(said), Refused)


def test_a_hello_in_two_records_is_refused() -> None:
    whole = hello("evil.net")
    half = len(whole) // 2
    first = whole[:3] + (half - 5).to_bytes(2, "big") + whole[5:half]
    second = whole[:3] + (len(whole) - half).to_bytes(2, "big") + whole[half:]
    assert isinstance(read_hello(first + second), Refused)


@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_any_bytes_are_read(data: bytes, seed: int) -> None:
    chance = random.Random(seed)
    broken = bytearray(hello_once())
    for _ in range(chance.randint(1, 4)):
        broken[chance.randrange(5, len(broken))] = chance.randrange(256)
    for said in (data, b"\x16\x03\x01" + data, bytes(broken), bytes(broken) + data):
        found = read_hello(said)
        assert found is None or isinstance(found, str | Refused)
    assert read_hello(b"\x16\x03\x01\x40\0" + data.ljust(HELLO_BYTES_MAX, b"x")) is not None


_HELLO: list[bytes] = []


def hello_once() -> bytes:
    if not _HELLO:
        _HELLO.append(hello("api.example.com"))
    return _HELLO[0]


def test_a_name_is_the_hosts_or_none_for_an_address() -> None:
    assert meant("a.b", Host("a.b")) is None
    assert meant("", Host("1.1.1.1", address=True)) is None
    for name, host in (("", Host("a.b")), ("b.a", Host("a.b")), ("a.b", Host("1.1.1.1", address=True))):
        assert isinstance(meant(name, host), Refused)


@pytest.mark.parametrize("name", ["localhost", "evil.net", None])
def test_a_tunnel_carries_tls_to_the_host_it_was_asked_for_and_to_no_other(name: str | None, tmp_path: Path) -> None:
    key, certificate = certified(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def test() -> None:
        async with outside(ssl=own) as far, inside(
            rule(far.port, host="localhost", scheme="https", methods=()), names={"localhost": [HOST]}
        ) as near:  # fmt: skip
            reader, writer = await asyncio.open_unix_connection(str(near.path))
            writer.write(f"CONNECT localhost:{far.port} HTTP/1.1\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            if name == "localhost":
                await writer.start_tls(trusting, server_hostname=name)
                writer.write(b"GET /in/private HTTP/1.1\r\n\r\n")
                assert b"GET /in/private" in await reader.read()
                assert far.requests
            else:
                writer.write(hello(name) if name else b"GET / HTTP/1.1\r\n\r\n")
                assert await reader.read() == b""
                (record,) = await near.recorded(1)
                assert "TLS" in record.refusal
                assert not far.requests
            writer.close()

    asyncio.run(test())
