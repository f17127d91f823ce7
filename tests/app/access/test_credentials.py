"""Secrets look as they should, say nothing about each other, and are recognised where they do not belong."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ergos.app.access.credentials import (
    PURPOSES,
    csrf_of,
    digest,
    holds_token,
    new_code,
    new_session,
    new_token,
    same,
    typed_code,
)
from ergos.base.entropy import SeededEntropy
from ergos.drivers.host import HostEntropy


def test_tokens_have_256_bits_and_say_what_they_are_for() -> None:
    for purpose in PURPOSES:
        token = new_token(purpose, HostEntropy())
        assert re.fullmatch(rf"ergos_{purpose}_[0-9a-f]{{64}}", token)
        assert holds_token(f"GET /x?y={token} HTTP/1.1")
    assert len({new_token("api", HostEntropy()) for _ in range(50)}) == 50
    assert not holds_token("ergos_api_1234 and ergos-7-1-0123456789")


def test_a_code_is_read_as_it_was_meant() -> None:
    code = new_code(HostEntropy())
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    plain = typed_code(code)
    assert len(plain) == 16
    assert typed_code(f"  {code.lower()} ") == plain
    assert typed_code(code.replace("-", "")) == plain
    assert typed_code("OIL0-0000-0000-0000") == "0110000000000000"
    for wrong in ("", "-", code[:-1], f"{code}0", "U" * 16, "é" * 16, "0" * 10_000, "\ud800" * 16):
        assert typed_code(wrong) == "", wrong


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    assert re.fullmatch(r"|[0-9A-HJKMNP-TV-Z]{16}", typed_code(typed))


def test_what_is_kept_or_shown_tells_nothing_about_the_secret() -> None:
    secret = new_session(SeededEntropy(1))
    assert re.fullmatch(r"[0-9a-f]{64}", secret)
    assert len({secret, digest(secret), csrf_of(secret), csrf_of(digest(secret)), digest(csrf_of(secret))}) == 5
    assert csrf_of(secret) == csrf_of(secret)


def test_secrets_of_any_letters_are_compared() -> None:
    assert same("a\ud800é", "a\ud800é")
    assert not same("a", "b")
    assert not same("", "a")
