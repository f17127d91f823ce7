"""A request's place is read in one way or not at all."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.server.entrance_checks import Came, Place, Turned, bearer_of, cookies_of, is_local, read, session_of, zone_of


def scope(path: str = "/", *, raw: str | None = None, method: str = "GET", **headers: str) -> dict[str, Any]:
    lines = {"host": "127.0.0.1:80", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": (raw if raw is not None else quote(path, safe="/")).encode("latin-1"),
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in lines.items()],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }


def turned(made: dict[str, Any], place: Place | None = None) -> int:
    """Status of the refusal; 0: it passed."""
    try:
        read(made, place or Place())
    except Turned as error:
        return error.status
    return 0


@pytest.mark.parametrize(
    ("path", "zone"),
    [
        ("/", "console"), ("/agents/x", "console"), ("/static", "static"), ("/static/a.js", "static"),
        ("/statics/a.js", "console"), ("/enter", "enter"), ("/enter/oidc", "enter"), ("/entered", "console"),
        ("/leave", "console"), ("/api", "api"), ("/api/v1/x", "api"), ("/apix", "console"), ("/metrics", "metrics"),
        ("/a2a/x", "a2a"), ("/a2a", "a2a"), ("/a2a/x/.well-known/agent-card.json", "public"),
        ("/.well-known/agent-card.json", "public"), ("/x/.well-known/y", "console"), ("", "console"),
    ],
)  # fmt: skip
def test_a_path_belongs_to_one_zone(path: str, zone: str) -> None:
    assert zone_of(path) == zone


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=20))
def test_a_path_that_passes_is_the_same_however_it_is_decoded(text: str) -> None:
    raw = "/" + quote(text, safe="/%.")
    try:
        came = read(scope(unquote(raw), raw=raw), Place())
    except Turned:
        return
    assert unquote(came.path_sent) == came.path == unquote(raw)
    assert not {".", ".."} & set(came.path.split("/"))
    assert "//" not in came.path
    assert "\\" not in came.path


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_no_host_but_ours_passes(name: str) -> None:
    if not is_local(name):
        assert turned(scope(host=name)) == 403
    assert turned(scope(host=f"127.0.0.1.{name}")) == 403
    assert turned(scope(host=f"{name}localhost")) == (0 if not name else 403)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_no_origin_but_ours_passes(origin: str) -> None:
    assert turned(scope(origin=origin)) == (0 if origin == "http://127.0.0.1:80" else 403)
    assert turned(scope(origin=f"http://127.0.0.1:80{origin}")) == (403 if origin else 0)
    assert turned(scope(origin=f"{origin}http://127.0.0.1:80")) == (403 if origin else 0)


def test_an_address_of_version_six_is_ours_too() -> None:
    assert turned(scope(host="[::1]:80", origin="http://[::1]:80")) == 0
    assert turned(scope(host="[::1]")) == 0
    assert turned(scope(host="[::2]:80")) == 403


def test_who_asks_comes_from_the_proxy_that_is_named_and_from_nobody_else() -> None:
    place = Place(hosts=frozenset({"x.org"}), proxies=frozenset({"10.0.0.1"}))
    made = scope(host="x.org", x_forwarded_for="1.1.1.1, 2.2.2.2", x_forwarded_proto="https")
    came = read({**made, "client": ("10.0.0.1", 9)}, place)
    assert (came.peer, came.scheme, came.cookie_name) == ("2.2.2.2", "https", "__Host-ergos-443")
    assert turned({**made, "client": ("10.0.0.2", 9)}, place) == 403
    assert turned({**made, "client": ("::1", 9)}, place) == 0
    unix = read({**made, "client": ("", 0)}, place)
    assert (unix.peer, unix.scheme) == ("", "http")
    nonsense = scope(host="x.org", x_forwarded_for="<script>", x_forwarded_proto="https")
    assert read({**nonsense, "client": ("10.0.0.1", 9)}, place).peer == "10.0.0.1"
    alone = read({**scope(x_forwarded_for="9.9.9.9", x_forwarded_proto="https"), "client": ("127.0.0.1", 1)}, Place())
    assert (alone.peer, alone.scheme) == ("127.0.0.1", "http")


def came(**headers: str) -> Came:
    return read(scope(**headers), Place())


def test_cookies_are_read_by_their_whole_name() -> None:
    assert session_of(came(cookie="ergos-80=a")) == "a"
    assert session_of(came(cookie="x=1; ergos-80 = a ;y")) == "a"
    assert session_of(came(cookie="ergos-80=a; ergos-80=a")) == "a"
    assert session_of(came(cookie="ergos-8=a; Ergos-80=b; ergos-80; ergos-80x=c")) == ""
    assert session_of(came()) == ""
    assert cookies_of(came(cookie="a=1=2; a=3"), "a") == ["1=2", "3"]
    with pytest.raises(Turned):
        session_of(came(cookie="ergos-80=a; ergos-80="))


def test_a_token_is_read_from_one_header_in_one_way() -> None:
    assert bearer_of(came()) is None
    assert bearer_of(came(authorization="Bearer abc")) == "abc"
    assert bearer_of(came(authorization="bEARER  abc ")) == "abc"
    for other in ("abc", "Basic abc", "Bearer", ""):
        assert bearer_of(came(authorization=other)) == "", other


@pytest.mark.parametrize(
    ("headers", "has"),
    [({}, False), ({"content_length": "0"}, False), ({"content_length": "00"}, False), ({"content_length": "1"}, True), ({"transfer_encoding": "chunked"}, True)],
)  # fmt: skip
def test_a_body_is_noticed(headers: dict[str, str], has: bool) -> None:
    assert came(**headers).has_body is has


def test_what_is_no_request_of_ours_passes_nowhere() -> None:
    assert turned({"type": "http", "headers": []}) == 403
    assert turned(scope("x")) == 400
    assert turned(scope("")) == 400
    assert turned(scope(method="OPTIONS")) == 405
    assert turned({**scope(), "query_string": b"a=1&Access_Token=x"}) == 400
    assert turned({**scope(), "query_string": b"a=token=x"}) == 0


HEADERS = (
    "host", "origin", "cookie", "authorization", "content-type", "content-length", "sec-fetch-site", "sec-fetch-mode", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-proto", "forwarded", "accept", "hx-request",
)  # fmt: skip
LATIN = st.text(st.characters(max_codepoint=255), max_size=40)


@given(
    headers=st.lists(st.tuples(st.sampled_from(HEADERS), LATIN), max_size=8),
    raw=LATIN,
    query=LATIN,
    method=st.text(max_size=8),
    peer=st.sampled_from(["", "127.0.0.1", "10.0.0.1", "::1", "nonsense"]),
    proxied=st.booleans(),
)
def test_whatever_is_sent_is_understood_or_refused(
    headers: list[tuple[str, str]], raw: str, query: str, method: str, peer: str, proxied: bool
) -> None:
    made = {
        **scope(unquote(raw), raw=raw, method=method),
        "headers": [(b"host", b"localhost"), *[(name.encode(), value.encode("latin-1")) for name, value in headers]],
        "query_string": query.encode("latin-1"),
        "client": (peer, 1),
    }
    place = Place(proxies=frozenset({"10.0.0.1"}) if proxied else frozenset())
    try:
        came = read(made, place)
        session_of(came)
    except Turned:
        return
    bearer_of(came)
    assert came.cookie_name.isascii()
    assert came.path_sent.isprintable()
    assert is_local(came.host)
