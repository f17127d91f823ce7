"""A request has one form, in which it is matched and sent; what any server could take for another one is refused."""

from __future__ import annotations

import posixpath
import random
import re
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.kernel.hosts import Host, Refused
from ergos.kernel.targets import URL_CHARS_MAX, Asked, read_asked, read_authority, read_path, read_query, read_url

CASES_PER_EXAMPLE: Final = 500
EXAMPLES: Final = 220

PARTS: Final = (
    "/", "//", ".", "..", "%2e", "%2E", "%252e", "%2f", "%5c", "\\", "%5C..", ";", ";x=1", "%3b", "a", "allowed", "secret", "%00",
    "%0a", "%7f", "%c0%ae", "%e0%80%ae", "%ef%bc%8e", "%ef%bc%8f", "%e2%80%a5", "%e4%bd%a0", "%41", "%7e", "~", "%", "%2", "%zz",
    "%25", "%2525", " ", "%20", "+", "?", "#", "@", ":", "&", "=", "é", "\0", "\t", "%e9", "%ff", ".%2e", "…",
)  # fmt: skip
URLS: Final = (
    "http://", "https://", "HTTP://", "http:/", "http:", "//", "ftp://", "http://a@", "http://a:b@", "a.example.com", "evil.net", ":80",
    ":443", ":0", ":65536", ":", "@", "\\", "/", "?", "#", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "\0", "\t", "\n", " ", "%2e",
    "。", "аpi", ".", "..", "/../", "%2e%2e", "x",
)  # fmt: skip


def lies_below(path: str) -> bool:
    """Whether no reading of a path climbs: decoded as often as may be, with every kind of slash."""
    for _ in range(8):
        segments = re.split(r"[/\\]", path)
        if any(segment.partition(";")[0] in {".", ".."} for segment in segments):
            return False
        if posixpath.normpath("/x" + path.replace("\\", "/")).split("/")[1] != "x":
            return False
        path = unquote(path, errors="strict")
    return True


def one_path(text: str) -> bool:
    found = read_path(text)
    if isinstance(found, Refused):
        assert found.why
        return False
    assert read_path(found) == found
    assert unquote(found) == unquote(text)
    assert lies_below(found)
    assert re.fullmatch(r"/[!-~]*", found)
    assert not re.search(r"[?#\\]", found)
    return True


def one_url(text: str) -> bool:
    found = read_url("GET", text)
    if isinstance(found, Refused):
        assert found.why
        return False
    other, third = urlsplit(text), httpx2.URL(text)
    assert (other.scheme, other.hostname, other.username) == (found.scheme, found.host.name, None), text
    assert (third.scheme, third.raw_host.decode(), third.userinfo) == (found.scheme, found.host.name, b""), text
    assert (other.port or 0) == found.port, text
    assert third.port in {found.port, None}, text
    return True


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2**64 - 1))
def test_every_path_that_is_accepted_stays_below_itself_however_it_is_read(seed: int) -> None:
    chance = random.Random(seed)
    texts = ["/" + "".join(chance.choice(PARTS) for _ in range(chance.randint(0, 6))) for _ in range(CASES_PER_EXAMPLE)]
    assert 0 < sum(map(one_path, texts)) < CASES_PER_EXAMPLE


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2**64 - 1))
def test_every_url_that_is_accepted_is_the_same_for_every_reader(seed: int) -> None:
    chance = random.Random(seed)
    texts = [
        chance.choice(("http://", "https://", "")) + chance.choice(("a.example.com", "", "a"))
        + "".join(chance.choice(URLS) for _ in range(chance.randint(0, 4)))
        for _ in range(CASES_PER_EXAMPLE)
    ]  # fmt: skip
    assert 0 < sum(map(one_url, texts)) < CASES_PER_EXAMPLE


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.none() | st.text(max_size=30))
def test_reading_a_request_is_total(method: str, authority: str, path: str, query: str | None) -> None:
    assert isinstance(read_asked(method, authority, path, query), Asked | Refused)
    assert isinstance(read_url(method, authority + path), Asked | Refused)


def test_a_path_is_brought_into_one_form() -> None:
    assert read_path("/%7eme/%2a%e4%bd%a0/a%2fb") == "/~me/%2A%E4%BD%A0/a%2Fb"
    assert read_path("/100%25") == "/100%25"
    assert read_path("/a;b=c/.hidden/..more") == "/a;b=c/.hidden/..more"


def test_what_is_sent_is_path_and_query() -> None:
    asked = read_url("GET", "https://A.example.com:8443/x?y=%2e%2e/&z#frag")
    assert asked == Asked(
        method="GET", host=Host("a.example.com"), port=8443, path="/x", query="y=%2e%2e/&z", scheme="https"
    )
    assert asked.target == "/x?y=%2e%2e/&z"
    found = read_url("HEAD", "http://a.example.com")
    assert isinstance(found, Asked)
    assert (found.target, found.port, found.method) == ("/", 0, "HEAD")


@pytest.mark.parametrize(
    "text", ["a:", "a:0", "a:65536", "a:+1", "a:1:2", "a@b", "[::1", "[::1]x", "[::1]:x", "a:٣", ":80", ""]
)
def test_an_authority_with_a_strange_port_or_a_user_is_refused(text: str) -> None:
    assert isinstance(read_authority(text), Refused)


def test_an_authority_is_read() -> None:
    assert read_authority("A.b:080") == (Host("a.b"), 80)
    assert read_authority("[::1]:8") == (Host("::1", address=True), 8)
    assert read_authority("[::1]") == (Host("::1", address=True), 0)


def test_lengths_are_bounded() -> None:
    assert isinstance(read_path("/" + "a" * URL_CHARS_MAX), Refused)
    assert isinstance(read_query("a" * (URL_CHARS_MAX + 1)), Refused)
    assert isinstance(read_query("a b"), Refused)
    assert read_query("a=[1]&b='\"") == "a=[1]&b='\""
