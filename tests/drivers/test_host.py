"""The machine itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ergos.base.errors import WorldError
from ergos.drivers.host import FileSigner, HostClock, HostEntropy, free_bytes, host_name, new_store_id, user_name


def test_a_key_is_made_once_for_its_owner_alone_and_signs(tmp_path: Path) -> None:
    path = tmp_path / "home" / "key"
    first, again = FileSigner(path), FileSigner(path)
    assert first.public_key == again.public_key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["key"]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(first.public_key))
    key.verify(bytes.fromhex(first.sign(b"statement")), b"statement")


def test_a_half_written_key_of_a_killed_kernel_does_not_stop_the_next(tmp_path: Path) -> None:
    (tmp_path / ".key.new").write_bytes(b"half")
    assert len(FileSigner(tmp_path / "key").public_key) == 64


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(WorldError, match="not a signing key"):
        FileSigner(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == content


def test_a_place_that_cannot_hold_a_key_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorldError):
        FileSigner(tmp_path / "file" / "key")


def test_the_machine_has_a_clock_chance_and_names(tmp_path: Path) -> None:
    assert HostClock().now_ns() > 1_600_000_000 * 10**9
    assert {HostEntropy().below(1, stream="x") for _ in range(5)} == {0}
    assert re.fullmatch(r"[0-9a-f]{32}", new_store_id())
    assert new_store_id() != new_store_id()
    assert host_name()
    assert user_name()
    assert free_bytes(tmp_path) > 0
