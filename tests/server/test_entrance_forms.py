"""A form is let through whole and unchanged if it shows its session's CSRF token once, and else not at all."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.server.entrance_checks import FORM, Came, Turned
from ergos.server.entrance_forms import FORM_BYTES_MAX, FORM_FIELDS_MAX, with_csrf

CSRF = "c" * 64


def came(**headers: str) -> Came:
    return Came(
        method="POST", path="/x", query="", zone="console", headers=headers, host="a", scheme="http", peer="127.0.0.1"
    )


def sent(*pieces: bytes, end: bool = True):
    waiting = [
        {"type": "http.request", "body": piece, "more_body": at < len(pieces) - 1} for at, piece in enumerate(pieces)
    ]

    async def receive() -> Any:
        if waiting and (end or len(waiting) > 1):
            return waiting.pop(0)
        return {"type": "http.disconnect"}

    return receive


def checked(came_in: Came, receive: Any) -> bytes:
    async def play() -> bytes:
        heard = await with_csrf(came_in, receive, CSRF)
        body = b""
        while True:
            message = await heard()
            if message["type"] != "http.request":
                raise AssertionError(message)
            body += message["body"]
            if not message["more_body"]:
                assert (await heard())["type"] == "http.disconnect"
                return body

    return asyncio.run(play())


@given(
    st.lists(st.tuples(st.text(max_size=5).filter(lambda name: name != "csrf"), st.text(max_size=20)), max_size=5),
    st.integers(1, 40),
)
def test_a_good_form_arrives_as_it_was_sent(fields: list[tuple[str, str]], size: int) -> None:
    body = urlencode([*fields, ("csrf", CSRF)], errors="replace").encode()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert checked(came(**{"content-type": f"{FORM}; charset=utf-8"}), sent(*pieces)) == body


def test_a_header_speaks_for_any_body() -> None:
    assert checked(came(**{"x-csrf-token": CSRF, "content-type": "application/json"}), sent(b"{", b"}")) == b"{}"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"csrf=" + CSRF.encode(), 403),
        ({"content-type": "application/json"}, b'{"csrf": "x"}', 403),
        ({"content-type": FORM, "x-csrf-token": ""}, b"csrf=" + CSRF.encode(), 403),
        ({"content-type": FORM}, b"csrf=" + CSRF.encode() + b"&csrf=" + CSRF.encode(), 403),
        ({"content-type": FORM}, b"csrf=" + CSRF.upper().encode(), 403),
        ({"content-type": FORM}, b"a=" + CSRF.encode(), 403),
        ({"content-type": FORM}, b"csrf[]=" + CSRF.encode(), 403),
        ({"content-type": FORM}, b"&".join([b"csrf=" + CSRF.encode(), *[b"a="] * FORM_FIELDS_MAX]), 403),
        ({"content-type": FORM}, b"x" * (FORM_BYTES_MAX + 1), 413),
    ],
)
def test_everything_else_is_refused(headers: dict[str, str], body: bytes, status: int) -> None:
    with pytest.raises(Turned) as turned:
        checked(came(**headers), sent(body))
    assert turned.value.status == status


def test_a_client_that_leaves_in_the_middle_is_not_waited_for() -> None:
    with pytest.raises(Turned):
        checked(came(**{"content-type": FORM}), sent(b"csrf=", b"c", end=False))
