"""A host has one spelling, and whoever else reads what was accepted reads the same host."""

from __future__ import annotations

import ipaddress
import random
import socket
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.kernel.hosts import Host, Refused, read_address, read_host, unreachable

CASES_PER_EXAMPLE: Final = 600
EXAMPLES: Final = 250

ATOMS: Final = (
    "a", "b", "api", "example", "com", "localhost", "xn--", "xn--bcher-kva", "xn--pi-6kc", "-", "--", ".", "..", ":", "::",
    "@", "/", "\\", "?", "#", "%", "%2e", "%00", "%2f", "\0", " ", "\t", "\n", "\r", "[", "]", "0", "1", "7", "127", "255",
    "256", "0x7f", "0177", "2130706433", "1e3", "fe80", "ffff", "::1", "::ffff:", "%25eth0", "_", "~", "*", "+", "=", "&",
    "аpi", "ａｐｉ", "。", "．", "｡", "ß", "ſ", "K", "İ", "\u00ad", "\u200d", "\u202e", "①", "é", "é", "☃", "𝐚", "A", "Z",
)  # fmt: skip


def wild(chance: random.Random) -> str:
    """What somebody might write where a host belongs."""
    kind = chance.random()
    if kind < 0.15:  # nearly a name
        labels = [
            chance.choice(("api", "a", "x-y", "1a", "xn--bcher-kva", "0", "b1")) for _ in range(chance.randint(1, 4))
        ]
        return ".".join(labels) + chance.choice(("", "", "", ".", "0", "-", chance.choice(ATOMS)))
    if kind < 0.3:  # nearly an address
        return ".".join(
            str(chance.choice((0, 1, 7, 10, 127, 255, 256, "01", "0x1", ""))) for _ in range(chance.randint(1, 5))
        )
    if kind < 0.4:  # nearly another one
        inner = ":".join(
            f"{chance.getrandbits(16):x}" if chance.random() < 0.7 else "" for _ in range(chance.randint(1, 9))
        )
        return f"[{inner}]"
    return "".join(chance.choice(ATOMS) for _ in range(chance.randint(0, 7)))


def read_by_urllib(text: str) -> str | None:
    try:
        return urlsplit(f"http://{text}/").hostname
    except ValueError:
        return None


def read_by_httpx(text: str) -> str | None:
    try:
        return httpx2.URL(f"http://{text}/").raw_host.decode("ascii")
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        return None


def same_for_all(text: str) -> bool:
    """Whether a host was accepted; if so, everyone reads it alike."""
    found = read_host(text)
    if isinstance(found, Refused):
        return False
    assert found.name.isascii()
    assert found == read_host(found.shown)
    for reader in (read_by_urllib, read_by_httpx):
        other = reader(text)
        assert other is not None, (text, reader)
        if found.address and ":" in found.name:
            assert ipaddress.ip_address(other) == ipaddress.ip_address(found.name), (text, other)
        else:
            assert other == found.name, (text, other, reader)
    try:  # what the C library guesses from numbers
        guessed = socket.inet_ntoa(socket.inet_aton(text))
    except (OSError, UnicodeError, ValueError):
        guessed = None
    assert (guessed is None) == (not found.address or ":" in found.name), text
    assert guessed in {None, found.name}
    return True


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2**64 - 1))
def test_whatever_is_accepted_is_the_same_host_for_every_reader(seed: int) -> None:
    chance = random.Random(seed)
    accepted = sum(same_for_all(wild(chance)) for _ in range(CASES_PER_EXAMPLE))
    assert 0 < accepted < CASES_PER_EXAMPLE


@given(st.text(max_size=40))
def test_any_text_is_a_host_or_refused_with_a_reason(text: str) -> None:
    found = read_host(text)
    assert found.why if isinstance(found, Refused) else found.name
    same_for_all(text)


@pytest.mark.parametrize(
    "text", ["a", "api.example.com", "API.Example.COM", "1a.com", "a-b.c", "xn--bcher-kva.example", "10.0.0.1", "a1"]
)
def test_a_name_is_read(text: str) -> None:
    assert read_host(text) == Host(text.lower(), address=text == "10.0.0.1")


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "a.", "a..b", ".a", "-a", "a-", "a_b", "a b", "a\0b", "a%2eb", "a:b", "a@b", "a/b", "a\\b", "é.com", "\u212aelvin.com",
        "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "0x1", "1.0x2", "0x7f.1", "2130706433", "127.1", "1.2.3.4.", "1.2.3.a1.0",
        "[1.2.3.4]", "[::1", "::1", "[]", "[::1%25lo]", "[::1%lo]", "[::g]", "[::1]x", "[:::1]", "xn--", "xn--a-", "ab--cd.com",
        "xn--abc-.com", "a" * 64, ".".join(["a" * 60] * 5),
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    assert isinstance(read_host(text), Refused)


def test_a_host_of_ipv6_has_one_spelling() -> None:
    spellings = ["[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]"]
    assert {read_host(text) for text in spellings} == {Host("::1", address=True)}
    assert Host("::1", address=True).shown == "[::1]"


INNER: Final = (
    "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.255 168.63.129.16 169.254.1.1 169.254.169.254 "
    "169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 "
    "198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 "
    ":: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 2001::1 2001:db8::1 "
    "2001:10::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fec0::1 ff02::1 4000::1"
)


@pytest.mark.parametrize("text", INNER.split())
def test_an_address_that_no_public_host_has_is_not_reached(text: str) -> None:
    why = unreachable(ipaddress.ip_address(text))
    assert why is not None
    assert why.startswith(str(ipaddress.ip_address(text)))


@pytest.mark.parametrize(
    "text", "1.1.1.1 8.8.8.8 93.184.215.14 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450::1 2001:4860::8".split()
)
def test_a_public_address_is_reached(text: str) -> None:
    assert unreachable(ipaddress.ip_address(text)) is None


@given(st.ip_addresses())
def test_nothing_is_reached_that_the_registries_do_not_call_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if unreachable(address) is None:
        assert address.is_global
        assert not address.is_multicast


def test_only_an_address_is_one() -> None:
    assert str(read_address("0:0::1")) == "::1"
    assert read_address("fe80::1%lo") is read_address("a.b") is read_address("") is read_address("01.1.1.1") is None
