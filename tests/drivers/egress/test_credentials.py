"""What of a request's headers goes out, and what of a reply's comes back."""

from __future__ import annotations

import asyncio

import pytest

from ergos.base.world_errors import SecretError
from ergos.drivers.egress.credentials import Injected, filled, inward, outward, request_head, without_credentials
from ergos.drivers.egress.masking import Masker
from ergos.kernel.egress import EgressRule, Injection
from ergos.kernel.hosts import Refused

from .outside import BEARER, SECRET, Drawer

RULE = EgressRule(name="api", host="a.example.com", inject=BEARER)


def test_a_format_has_two_placeholders_and_no_more() -> None:
    assert filled(Injection("h", "s", "a {} {base64} {0} {x!r} %s"), "S", "B") == "a S B {0} {x!r} %s"
    assert filled(Injection("h", "s", "{}"), "{base64}", "B") == "{base64}"


def test_what_was_sent_once_is_masked_ever_after() -> None:
    drawer = Drawer()
    injected = Injected(drawer)
    assert injected.masker.whole(SECRET.encode()) == SECRET.encode()
    assert asyncio.run(injected.headers(RULE)) == {"authorization": f"Bearer {SECRET}"}
    drawer.kept["token"] = "another-secret-1"
    assert asyncio.run(injected.headers(RULE)) == {"authorization": "Bearer another-secret-1"}
    assert injected.masker.whole(f"{SECRET} another-secret-1".encode()) == b"[secret] [secret]"
    assert SECRET not in repr(injected)


@pytest.mark.parametrize("secret", ["a\nb", "a\r\nb", "a\0b", "你好"])
def test_a_secret_that_would_break_out_of_its_header_is_an_error_that_does_not_tell_it(secret: str) -> None:
    with pytest.raises(SecretError) as caught:
        asyncio.run(Injected(Drawer({"token": secret})).headers(RULE))
    assert secret not in str(caught.value)
    assert "token" in str(caught.value)


def test_a_header_that_means_another_request_is_refused() -> None:
    for name in ("X-HTTP-Method-Override", "x_http_method", "X-Original-Url", "X-Rewrite-URL", "X_Forwarded_Host"):
        assert isinstance(outward({name: "x"}, {}), Refused)


@pytest.mark.parametrize(
    "header", [("a\r\nb", "c"), ("a b", "c"), ("", "c"), ("a", "b\nc"), ("a", "b\0"), ("a", "你"), ("é", "a")]
)
def test_a_header_that_would_break_out_is_refused(header: tuple[str, str]) -> None:
    assert isinstance(outward(dict([header]), {}), Refused)


def test_what_an_injecting_rule_leaves_out() -> None:
    own = {"authorization": "ours", "x-special": "ours"}
    theirs = dict.fromkeys(
        (
            "Authorization",
            "AUTHORIZATION",
            "Cookie",
            "X-Api-Key",
            "x_api_key",
            "X_Special",
            "x-special",
            "Range",
            "If-Range",
            "PRIVATE-TOKEN",
        ),
        "mine",
    )
    assert outward(theirs | {"accept": "x"}, own) == {"accept": "x"} | own
    assert outward({"authorization": "mine", "range": "bytes=0-"}, {}) == {"authorization": "mine", "range": "bytes=0-"}


def test_what_the_connection_header_names_goes_no_further() -> None:
    assert outward(
        {"connection": "close, X-Mine , authorization", "x-mine": "1", "authorization": "2", "b": "3"}, {}
    ) == {"b": "3"}
    assert outward({"connection": "authorization"}, {"authorization": "ours"}) == {"authorization": "ours"}


def test_what_comes_back() -> None:
    came = {"set-cookie": "a", "www-authenticate": "Basic", "date": "x", "x": "a\x01b", "alt-svc": "h3", "etag": "1"}
    assert inward(came, RULE, Masker(())) == {"x": "a b", "etag": "1"}
    assert inward(came, EgressRule(name="a", host="b"), Masker(())) == {
        "set-cookie": "a",
        "www-authenticate": "Basic",
        "x": "a b",
        "etag": "1",
    }


def test_credentials_do_not_follow_a_redirect() -> None:
    assert without_credentials({"Authorization": "a", "COOKIE": "b", "x_api_key": "c", "Accept": "d"}) == {
        "Accept": "d"
    }


def test_a_head_is_written_once_and_closes_its_connection() -> None:
    head = request_head("POST", "/a?b", "h:1", {"x": "y"}, 3)
    assert (
        head
        == b"POST /a?b HTTP/1.1\r\nhost: h:1\r\naccept-encoding: identity\r\nconnection: close\r\nx: y\r\ncontent-length: 3\r\n\r\n"
    )
    assert b"content-length" not in request_head("GET", "/", "h", {}, None)
