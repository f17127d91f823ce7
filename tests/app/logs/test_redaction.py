"""No secret is left in a text: neither one of the vault in any usual spelling, nor what looks like one."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ergos.app.logs.redaction import MASK, Redactor
from ergos.base.ids import Pid
from ergos.runtime.tokens import Tokens, Visitor

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), min_size=6, max_size=40)


@given(SECRETS, st.text(max_size=40), st.text(max_size=40))
def test_a_secret_of_the_vault_is_in_no_spelling_left(secret: str, before: str, after: str):
    redactor = Redactor([secret])
    for spelled in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.encode().hex()):
        found = redactor(f"{before} {spelled} {after}")
        assert found.count(spelled) <= f"{before} {MASK} {after}".count(spelled)
    encoded = base64.b64encode(f"user:{secret}".encode()).decode()
    assert encoded not in redactor(f"{before} {encoded}")


LOOKS = [
    "ergos_api_" + "a1" * 32,
    "ergos-7-1-" + "0f" * 20,
    "sk-proj-abcdefghijklmnop1234",
    "sk_live_abcdefghijkl",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_abcdefghijklmn",
    "glpat-abcdefghijklmnopqrst",
    "xoxb-123456789012-abcdefghijkl",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz",
    "hf_abcdefghijklmnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk",
    "whsec_abcdefghijklmnop",
]


@pytest.mark.parametrize("secret", LOOKS)
@pytest.mark.parametrize(
    "around", ["{}", "the key is {}.", '{{"x": "{}"}}', "a={}&b=1", "https://h/?q={}", "({})", "x\n{}\ny"]
)
def test_what_looks_like_a_key_is_taken_out(secret: str, around: str):
    assert secret not in Redactor()(around.format(secret))


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcd1234", "authorization=Bearer%20abcd1234", '{"authorization": "Basic abcd1234"}',
        "password=abcd1234", "Password: abcd1234", "'api_key': 'abcd1234'", "X-Api-Key: abcd1234", "apikey=abcd1234",
        "client_secret=abcd1234&x=1", "access_token: abcd1234", "refresh-token=abcd1234", "https://me:abcd1234@host/x",
        "postgres://me:abcd1234@host", "Cookie: session=abcd1234", "set-cookie: a=abcd1234", 'passphrase = "ab abcd1234"',
        "bearer abcd1234", "BEARER   abcd1234", "private_key: abcd1234", "aws_secret_access_key=abcd1234",
        "-----BEGIN PRIVATE KEY-----\nabcd1234\n-----END PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nabcd1234",
    ],
)  # fmt: skip
def test_what_is_named_a_secret_is_taken_out(text: str):
    assert "abcd1234" not in Redactor()(text)


def test_the_tokens_of_processes_are_taken_out():
    token = Tokens(b"secret", "store").token(Visitor(Pid(7), 1))
    assert token not in Redactor()(f"refused {token}")


def test_plain_words_stay():
    text = "process 7 failed: the invoice of 26 November is 1,200.00 EUR, see https://example.org/a?b=c; basic idea"
    assert Redactor(["another-secret"])(text) == text


@given(st.lists(SECRETS, max_size=3), st.text(max_size=200))
def test_any_text_is_redacted_to_a_text_that_stays(secrets: list[str], text: str):
    assume(all(secret not in MASK and MASK not in secret for secret in secrets))
    redactor = Redactor(secrets)
    assert isinstance(redactor(text), str)


def test_a_long_text_takes_no_time_that_grows_with_its_square():
    for text in (
        "password=" * 20_000,
        "a" * 200_000,
        "eyJ" * 60_000,
        "://" * 60_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "token " * 40_000,
    ):
        Redactor()(text)
