"""Secrets leave a home only under a passphrase, and come back only with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.backup_secrets import opened, sealed
from ergos.base.errors import UsageError, VerificationError
from ergos.drivers.host import HostEntropy

CHEAP = 2**4
PASSPHRASE = "correct horse battery"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "secrets").write_bytes(b"sealed")
    return tmp_path


def test_what_was_sealed_is_opened_with_the_same_passphrase_only(home: Path):
    part = sealed(home, PASSPHRASE, HostEntropy(), cost=CHEAP)
    assert b"k" * 32 not in part
    assert opened(part, PASSPHRASE, cost=CHEAP) == {"key": b"k" * 32, "secrets": b"sealed"}
    with pytest.raises(VerificationError) as refused:
        opened(part, "another passphrase", cost=CHEAP)
    assert "another passphrase" not in str(refused.value)


def test_the_same_secrets_are_never_sealed_to_the_same_bytes(home: Path):
    first, second = (sealed(home, PASSPHRASE, HostEntropy(), cost=CHEAP) for _ in range(2))
    assert first != second


def test_a_short_passphrase_is_refused(home: Path):
    with pytest.raises(UsageError):
        sealed(home, "12345678901", HostEntropy(), cost=CHEAP)


def test_a_link_is_not_followed_to_a_secret(home: Path):
    (home / "key").unlink()
    (home / "key").symlink_to(home / "secrets")
    assert opened(sealed(home, PASSPHRASE, HostEntropy(), cost=CHEAP), PASSPHRASE, cost=CHEAP) == {"secrets": b"sealed"}


@given(st.binary(max_size=200))
def test_garbage_is_refused_in_words(part: bytes):
    with pytest.raises(VerificationError):
        opened(part, PASSPHRASE, cost=CHEAP)


def test_a_changed_bit_is_noticed(home: Path):
    part = sealed(home, PASSPHRASE, HostEntropy(), cost=CHEAP)
    for place in range(0, len(part), 7):
        with pytest.raises(VerificationError):
            opened(part[:place] + bytes([part[place] ^ 1]) + part[place + 1 :], PASSPHRASE, cost=CHEAP)
