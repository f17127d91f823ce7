"""No trick with a path or a host."""

from __future__ import annotations

import posixpath
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ergos.kernel.permission.containment import at_host, plainly_spelt, under


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/srv/data/x", True),
        ("/srv/data", True),
        ("/srv/data/", True),
        ("/srv//data/./x", True),
        ("/srv/data/报告（终稿）.docx", True),
        ("/srv/data/100%", True),
        ("/srv/data/.hidden", True),
        ("/srv/data/a/../b", False),  # 'a' may be a link
        ("/srv/data/../secret", False),
        ("/srv/data/../../etc/passwd", False),
        ("/srv/data/..", False),
        ("/srv/data/%2e%2e/x", False),
        ("/srv/data/%2fetc", False),
        ("/srv/data/%252e", False),
        ("/srv/data\\..\\x", False),
        ("/srv/data/..\\x", False),
        ("/srv/data/．．/x", False),
        ("/srv/data/x／../y", False),
        ("/srv/data/x∕y", False),
        ("/srv/data/‥/x", False),
        ("/srv/data/x.", False),
        ("/srv/data/x /y", False),
        ("/srv/data/\u202egnp.exe", False),
        ("/srv/data/\ud800", False),
        ("/srv/data/e\u0301", False),
        ("/srv/database", False),
        ("/srv/DATA/x", False),
        ("/srv/data/x\0/../../etc", False),
        ("/srv/data/x\n", False),
        ("srv/data/x", False),
        ("../srv/data/x", False),
        ("//srv/data/x", False),
        ("~/srv/data", False),
        ("C:/srv/data", False),
        ("/", False),
        ("", False),
        ("/srv/data/" + "a" * 5_000, False),
    ],
)
def test_a_path_is_inside_only_where_everybody_reads_it_so(path: str, inside: bool) -> None:
    assert under(path, "/srv/data") is inside


@pytest.mark.parametrize(
    ("path", "inside"), [("a/b", True), (".", True), ("./a", True), ("a/../b", False), ("..", False), ("/etc", False)]
)
def test_a_relative_folder_is_not_left(path: str, inside: bool) -> None:
    assert under(path, ".") is inside


def test_everything_absolute_is_below_the_root() -> None:
    assert under("/etc/passwd", "/")
    assert not under("etc", "/")
    assert not under("/etc", "")


@given(st.text(alphabet=st.sampled_from(list("/.a%2eB\\~: \0．")), max_size=12) | st.text(max_size=12))
@example("/srv/data/..")
def test_what_is_inside_stays_inside_when_it_is_normalised(text: str) -> None:
    for path in (text, "/srv/data/" + text):
        if under(path, "/srv/data"):
            normal = posixpath.normpath(path)
            assert normal == "/srv/data" or normal.startswith("/srv/data/")
            assert "\0" not in path


@pytest.mark.parametrize(
    ("address", "at"),
    [
        ("https://example.com/x", True),
        ("HTTPS://EXAMPLE.COM.:8443/x", True),
        ("http://news.example.com", True),
        ("https://example.com/a%2fb?c=d%00", True),  # what stands behind the host does not change the host
        ("bob@example.com", True),
        ("bob@mail.example.com", True),
        ("https://example.com.evil.net/", False),
        ("https://evilexample.com/", False),
        ("https://example.com@evil.net/", False),
        ("https://evil.net@example.com/", False),
        ("https://@example.com/", False),
        ("https://evil.net/example.com", False),
        ("https://evil.net#.example.com", False),
        ("https://evil.net?.example.com", False),
        ("https://evil.net\\.example.com/", False),
        ("https://evil.net\\@example.com/", False),
        ("https://evil.net%2f.example.com/", False),
        ("https://evil.net%00.example.com/", False),
        ("https://evil.net\0.example.com/", False),
        ("https://evil.net;.example.com/", False),
        ("https://exa\nmple.com/", False),
        ("https://evil.net\t.example.com/", False),
        (" https://example.com/", False),
        ("https://example.com ", False),
        ("https://еxample.com/", False),
        ("https://ｅxample.com/", False),
        ("https://xn--xample-2of.com/", False),
        ("https://example。com/", False),
        ("https://example..com/", False),
        ("https://-.example.com/", False),
        ("https://.example.com/", False),
        ("https://example.com../", False),
        ("https://example.com:port/", False),
        ("https://example.com:99999/", False),
        ("https://example.com:/", False),
        ("https://example.com:0/", False),
        ("https://[::1/", False),
        ("https://[::1]/", False),
        ("https://127.0.0.1/", False),
        ("https://2130706433/", False),
        ("https:/example.com/", False),
        ("https:example.com", False),
        ("ftp://example.com/", False),
        ("//example.com/", False),
        ("example.com", False),
        ("javascript:alert('https://example.com')", False),
        ("bob@evil.net,eve@example.com", False),
        ("bob@example.com@evil.net", False),
        ("bob@evil.net@example.com", False),
        ("Bob <bob@example.com>", False),
        ('"bob@evil.net"@example.com', False),
        ("bob@example.com.", False),
        ("@example.com", False),
        ("bob@", False),
        ("bob\r\nbcc:eve@example.com", False),
        ("", False),
    ],
)
def test_an_address_is_at_a_host_only_where_every_parser_agrees(address: str, at: bool) -> None:
    assert at_host(address, "example.com") is at


def test_an_empty_host_holds_nothing_and_nothing_is_below_a_number() -> None:
    assert not at_host("http:///x", "")
    assert not at_host("https://example.com", ".")
    assert not at_host("https://example.com", "*")
    assert at_host("http://10.0.0.1/", "10.0.0.1")
    assert not at_host("http://9.10.0.0.1/", "10.0.0.1")
    assert not at_host("http://10.0.0.1/", "0.0.1")


@given(st.text(max_size=30), st.text(max_size=10))
def test_both_questions_have_an_answer_for_every_text(text: str, other: str) -> None:
    assert isinstance(under(text, other), bool)
    assert isinstance(at_host(text, other), bool)
    assert isinstance(plainly_spelt(text), bool)
    url = f"https://{text}/"
    if at_host(url, "example.com"):
        host = urlsplit(url).hostname or ""
        assert host.removesuffix(".") == "example.com" or host.removesuffix(".").endswith(".example.com")


def test_hidden_letters_and_other_spellings_are_seen() -> None:
    for text in ("eve\u200b", "ｅve", "a\u202eb", "ﬁ", "\ud800", "a\x07", "\ue000"):
        assert not plainly_spelt(text)
    for text in ("eve", "Ève", "张三", "a b"):
        assert plainly_spelt(text)
