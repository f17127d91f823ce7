"""Secrets are found by shape and by name; words of a language and references are none."""

from __future__ import annotations

import pytest

from ergos.app.importing.leaks import MARK, has_secret, holds_secret, is_secret_name, without_secrets
from ergos.app.importing.remarks import Findings

KEYS = [
    "sk-ant-" + "api03-abcdefghijklmnopqrstuv",
    "sk-" + "abcdefghijklmnopqrstuvwx",
    "github_pat_" + "11AAAAAAA0abcdefghijklmnop",
    "glpat-" + "abcdefghij1234567890",
    "xoxb-" + "123456789012-abcdefghij",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "sk_live_" + "abcdefghijklmnop",
    "hf_" + "abcdefghijklmnopqrstuvwxyz",
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "abcdefghijklmnopqrst",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\ndef\n-----END RSA PRIVATE KEY-----",
    "postgres://bob:s3cr3tpass@db.example/shop",
    "Authorization: Bearer abcdefghijklmnop1234",
    "password = hunter2hunter2",
    "API_KEY: 'a8f3k2l9d0s7f6g5'",
    "密码：abc12345xyz",
    '"client_secret": "Zx9_kq72mmPq"',
]
HARMLESS = [
    "the password is kept in the safe",
    "token: ${GITHUB_TOKEN}",
    "api_key: secret:openai",
    "Set API_KEY=<your key> first",
    "max_tokens: 4000",
    "password: ********",
    "secret: your-secret-here",
    "a commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "https://example.org/a:b/c@d",
    "skill-building and task-management",
    "tokens are counted; secrets are kept",
]


@pytest.mark.parametrize("text", KEYS)
def test_a_secret_is_left_out_and_reported_by_its_kind(text: str) -> None:
    findings = Findings()
    clean = without_secrets(f"before\n{text}\nafter", "f.md", findings)
    assert MARK in clean
    assert clean.startswith("before\n")
    assert clean.endswith("\nafter")
    assert [one.code for one in findings.all] == ["I401"]
    assert findings.all[0].where == "f.md, line 2"
    assert without_secrets(clean, "f.md", Findings()) == clean


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text, "f.md", Findings()) == text
    assert not has_secret(text)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("API_KEY", True),
        ("botToken", True),
        ("max_tokens", False),
        ("password", True),
        ("name", False),
        ("token_key", False),
    ],
)
def test_a_name_says_whether_it_holds_a_secret(name: str, is_one: bool) -> None:
    assert is_secret_name(name) is is_one


def test_a_name_that_ends_in_key_needs_a_value_that_looks_like_one() -> None:
    assert holds_secret("FINDER_KEY", "a8f3k2l9d0s7")
    assert not holds_secret("primary_key", "id")
    assert not holds_secret("LOG", "info")


def test_a_long_text_is_looked_through_in_time_that_grows_with_its_length() -> None:
    for text in (
        "token" * 100_000,
        "a" * 1_000_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "secret: " * 50_000,
        "sk-" * 200_000,
    ):
        without_secrets(text, "x", Findings())
