"""Nobody asks without a token, from a web page, or with a body that can be read in two ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ergos.base.errors import ForeignTokenError
from ergos.kernel.models import Dialect
from ergos.kernel.syscalls import Answer
from tests.drivers.http.wires import raw, run, status
from tests.server.doorways import OTHER, TOKEN, Sink, answering, came, gated
from tests.server.programs import (
    COMPLETION,
    asked,
    post,
)


@pytest.mark.parametrize(
    "token", [None, "", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "a" * 10_000, "\xff\xfe", "' or 1=1"]
)
def test_without_the_token_of_a_process_nothing_is_called(token: str | None) -> None:
    code, body, calls = asked(post(token=token))
    assert (code, calls) == (401, 0)
    assert body["error"]["code"] == "invalid_api_key"
    assert "ergos exec" in body["error"]["message"] or "API key" in body["error"]["message"]


def test_the_token_of_an_ended_process_opens_nothing() -> None:
    async def test() -> None:
        async with gated(answering(came(COMPLETION))) as (doorway, _, port):
            assert status(await raw(port, post())) == 200
            doorway.tokens.clear()
            assert status(await raw(port, post())) == 401
            assert len(doorway.asked) == 1

    run(test)


def test_a_process_that_ends_while_it_calls_is_told_so() -> None:
    async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
        raise ForeignTokenError

    assert asked(post(), mind)[0] == 401


def test_two_tokens_of_two_processes_are_refused_and_two_of_one_are_not() -> None:
    assert asked(post("/v1/chat/completions", None, f"x-api-key: {OTHER}"))[::2] == (401, 0)
    assert asked(post("/v1/chat/completions", None, f"x-api-key: {TOKEN}"))[::2] == (200, 1)
    assert asked(post("/v1/chat/completions", None, "x-api-key: unused"))[::2] == (200, 1)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.localhost.example", "10.0.0.1",
        "0.0.0.0", "[::]", "2130706433", "localhost.", "xlocalhost", "169.254.169.254", "[::ffff:10.0.0.1]", "0x7f.1",
    ],
)  # fmt: skip
def test_a_foreign_host_name_is_refused(host: str) -> None:
    for port in ("", ":80"):
        assert asked(post("/v1/chat/completions", None, f"Host: {host}{port}"))[::2] == (403, 0)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.2:99", "[::1]", "[::1]:8080"])
def test_a_host_name_of_this_machine_is_answered(host: str) -> None:
    assert asked(post("/v1/chat/completions", None, f"Host: {host}"))[::2] == (200, 1)


def test_an_absolute_target_cannot_hide_a_foreign_host() -> None:
    assert asked(post("http://evil.example/v1/chat/completions"))[::2] == (403, 0)


def test_a_configured_host_and_origin_are_let_in() -> None:
    lines = ("Host: gate.example:443", "Origin: https://app.example")
    request = post("/v1/chat/completions", None, *lines)
    assert asked(request)[0] == 403
    assert asked(request, hosts=frozenset({"gate.example"}))[0] == 403
    allowed: Any = {"hosts": frozenset({"Gate.example"}), "origins": frozenset({"https://app.example"})}
    assert asked(request, **allowed)[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1234", ""])
def test_a_web_page_is_refused(origin: str) -> None:
    code, _, calls = asked(post("/v1/chat/completions", None, f"Origin: {origin}"))
    assert (code, calls) == (403, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"1", b'"x"', b"{]", b'{"a":1}{', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,}',
        b'{"a":01}', b"\xef\xbb\xbf{}", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"{'a':1}", b'{"a":1,"a":2}',
        b'{"b":{"a":1,"a":1}}', b'{"a":1,"\\u0061":2}', b'{"a":1,"a":2,"x":"\\u003a"}', b'{"a":"1:2","a":"3"}',
        b"[" * 100_000, b'{"a":' * 50_000, b"{}" * 2, b"\x00", b'{"a":"\x01"}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_sound_object_is_refused(body: bytes) -> None:
    code, said, calls = asked(post(body=body))
    assert (code, calls) == (400, 0)
    assert said["error"]["type"] == "invalid_request_error"
    assert "Traceback" not in said["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"b:c","b:":{"a":1}}', b' { "a" : 1 , "b" : [ {"a":1}, {"a":2} ] } ', b'{"a":"\\u003a:"}', b"{}",
        b'{"a":1e3,"b":123456789012345678901234567890,"c":"\\ud83d\\ude00 \\" \\\\"}',
    ],
)  # fmt: skip
def test_a_sound_object_is_handed_on_as_it_is(body: bytes) -> None:
    async def test() -> None:
        async with gated(answering(came(COMPLETION))) as (doorway, _, port):
            assert status(await raw(port, post(body=body))) == 200
            assert doorway.asked[0][2] == json.loads(body)

    run(test)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Type: text/plain",), ("Content-Type: application/x-www-form-urlencoded",), ("Content-Type: ",),
        ("Content-Type: application/json; charset=latin-1",), ("Content-Encoding: gzip",), ("Content-Type: json",),
    ],
)  # fmt: skip
def test_a_body_of_another_type_is_refused(lines: tuple[str, ...]) -> None:
    assert asked(post("/v1/chat/completions", None, *lines))[::2] == (415, 0)
