"""Requests and heads are what RFC 9112 says, or are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.http.message import Refusal, has_body, head, is_host, joined, split_target, tokens


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        (b"/", ("/", "", "")),
        (b"/a/b?c=d?e", ("/a/b", "c=d?e", "")),
        (b"//a", ("//a", "", "")),
        (b"http://h:1/a?b", ("/a", "b", "h:1")),
        (b"HTTPS://h", ("/", "", "h")),
        (b"http://h?b", ("/", "b", "h")),
    ],
)
def test_a_target_is_taken_apart(target: bytes, parts: tuple[str, str, str]) -> None:
    assert split_target("GET", target) == parts


@pytest.mark.parametrize("target", [b"*", b"a", b"h:80", b"ftp://h/", b"/a#b", b"http:/a", b"javascript:x"])
def test_a_target_of_another_form_is_refused(target: bytes) -> None:
    with pytest.raises(Refusal):
        split_target("GET", target)


@pytest.mark.parametrize("host", ["a", "a.b:80", "[::1]", "[::1]:9", "xn--a", "1.2.3.4", "a_b"])
def test_a_host_is_known(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host", ["", "a b", "a@b", "a/b", "a:b", "a:", ":80", "[::1", "::1", "a,b", "a:123456", "a\tb", "é"]
)
def test_what_is_no_host_is_known(host: str) -> None:
    assert not is_host(host)


def test_a_header_that_stands_twice_is_joined_or_refused() -> None:
    assert joined([(b"Accept", b"a"), (b"accept", b" b ")]) == {"accept": "a, b"}
    with pytest.raises(Refusal, match="host"):
        joined([(b"Host", b"a"), (b"HOST", b"a")])


def test_members_of_a_list_are_lower_case() -> None:
    assert tokens("Keep-Alive, TE ,x") == {"keep-alive", "te", "x"}


@pytest.mark.parametrize(
    ("status", "method", "body"), [(200, "GET", True), (200, "HEAD", False), (204, "GET", False), (304, "POST", False)]
)
def test_which_answers_have_a_body(status: int, method: str, *, body: bool) -> None:
    assert has_body(status, method) is body


@given(name=st.sampled_from(("x", "y")), value=st.text(max_size=30))
def test_no_value_adds_a_line_to_a_head(name: str, value: str) -> None:
    try:
        made = head(200, {name: value}, "content-length: 0\r\n")
    except ValueShapeError:
        return
    assert made.count(b"\r\n") == 4
    assert made.count(b"\n") == 4
    assert made.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Connection"])
def test_a_handler_cannot_frame_its_answer(name: str) -> None:
    with pytest.raises(ValueShapeError):
        head(200, {name: "1"}, "")
