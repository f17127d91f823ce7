from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ValueShapeError, WorldError
from ergos.drivers.tools.seal import Seal, seal_of

SEAL = Seal(b"k" * 32)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_comes_back(content: bytes, holder: str) -> None:
    assert SEAL.open(holder, SEAL.close(holder, content)) == content


@given(st.binary(max_size=60), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_state_is_refused(content: bytes, at: int, by: int) -> None:
    raw = bytearray(base64.b64decode(SEAL.close("a", content)))
    raw[at % len(raw)] ^= by
    with pytest.raises(ValueShapeError):
        SEAL.open("a", base64.b64encode(raw).decode())


@pytest.mark.parametrize(
    "sealed", ["", "AAAA", "not base64 !", "é", Seal(b"x" * 32).close("a", b"c"), SEAL.close("b", b"c")]
)
def test_a_forged_or_foreign_state_is_refused(sealed: str) -> None:
    with pytest.raises(ValueShapeError):
        SEAL.open("a", sealed)


def test_a_holder_and_its_state_cannot_be_shifted() -> None:
    with pytest.raises(ValueShapeError):
        SEAL.open("ab", SEAL.close("a", b"bc"))


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "seal"
    first = seal_of(path, SeededEntropy(1))
    assert path.stat().st_mode & 0o077 == 0
    assert seal_of(path, SeededEntropy(2)).open("a", first.close("a", b"c")) == b"c"


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "seal").write_bytes(b"short")
    with pytest.raises(WorldError, match="is not a key"):
        seal_of(tmp_path / "seal", SeededEntropy(1))
