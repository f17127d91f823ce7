from __future__ import annotations

import re
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.press.untrusted import link, plain

from .briefs import HOSTILE_ADDRESSES


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("HTTP://Example.org", "http://example.org"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://example.org/云%20x", "https://example.org/%E4%BA%91%20x"),
        ("https://аpple.example/", "https://xn--pple-43d.example/"),
        ("https://github.com/@someone", "https://github.com/@someone"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("notes/a b.md", "./notes/a%20b.md"),
        ("./a.pdf", "./a.pdf"),
        ("a?b#c.md", "./a%3Fb%23c.md"),
    ],
)
def test_an_honest_address_is_followed(address: str, followed: str) -> None:
    assert link(address) == followed


@pytest.mark.parametrize("address", [one for one in HOSTILE_ADDRESSES if "\u202e" not in one])
def test_a_dangerous_or_meaningless_address_is_not_followed(address: str) -> None:
    assert link(address) is None


@given(st.text(max_size=40) | st.sampled_from(HOSTILE_ADDRESSES))
def test_what_is_followed_is_ascii_and_of_a_known_scheme(address: str) -> None:
    followed = link(address)
    if followed is not None:
        assert followed.isascii()
        assert not re.search(r"[\s<>\"'\\`]", followed)
        assert urllib.parse.urlsplit(followed).scheme in ({"http", "https"} if "://" in followed[:9] else {""})


@given(st.text())
def test_plain_words_are_one_line_without_direction_controls(words: str) -> None:
    shown = plain(words)
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\n\r\t\x00]", shown)
    assert plain(shown) == shown
    shown.encode()


def test_honest_scripts_are_left_alone() -> None:
    for words in ("云栖大会：3800亿元", "नमस्ते क्\u200dष", "👩\u200d💻 café", "עברית مرحبا"):
        assert plain(words) == words
