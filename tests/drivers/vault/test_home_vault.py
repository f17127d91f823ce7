"""A home keeps secrets for drivers, in the keyring where there is one, and shows them to nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from ergos.base.errors import UsageError
from ergos.base.world_errors import SecretError
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault import home_vault
from ergos.drivers.vault.desktop import Ring
from ergos.drivers.vault.home_vault import SECRET_BYTES_MAX, HomeVault
from ergos.kernel.egress import Vault

from .test_desktop import Memory

VALUE = "sk-0123456789-密码"


def vault_in(folder: Path, ring: Callable[[], Ring | None] = lambda: None) -> HomeVault:
    return HomeVault(folder, FileSigner(folder / "key"), HostEntropy(), ring=ring)


def test_a_secret_is_kept_replaced_named_and_forgotten(tmp_path: Path) -> None:
    vault: Vault = vault_in(tmp_path)
    assert vault.names() == ()
    vault.set("b", "first")
    vault.set("a", VALUE)
    vault.set("b", "second\nline")
    assert vault.names() == ("a", "b")
    assert (vault.get("a"), vault_in(tmp_path).get("b")) == (VALUE, "second\nline")
    assert vault.forget("a")
    assert not vault.forget("a")
    assert vault.names() == ("b",)
    with pytest.raises(SecretError, match="ergos secret set a"):
        vault.get("a")


def test_with_a_keyring_the_file_holds_only_the_name(tmp_path: Path) -> None:
    memory = Memory()
    vault = vault_in(tmp_path, lambda: memory)
    vault.set("a", VALUE)
    assert list(memory.kept.values()) == [VALUE]
    assert vault.get("a") == VALUE
    with pytest.raises(SecretError, match="cannot be reached from here"):
        vault_in(tmp_path).get("a")
    assert vault_in(tmp_path).names() == ("a",)
    memory.kept.clear()
    with pytest.raises(SecretError, match="was removed"):
        vault.get("a")
    assert vault.forget("a")
    assert vault.names() == ()


def test_a_secret_stored_again_without_the_keyring_is_in_the_file(tmp_path: Path) -> None:
    vault_in(tmp_path, Memory).set("a", "old")
    vault_in(tmp_path).set("a", "new")
    assert vault_in(tmp_path, Memory).get("a") == "new"


@pytest.mark.parametrize("value", ["", "a\0b", "x" * (SECRET_BYTES_MAX + 1), "你" * SECRET_BYTES_MAX, "\udcff"])
def test_what_is_no_secret_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        vault_in(tmp_path).set("a", value)
    assert len(str(caught.value)) < 300
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("name", ["", "../key", "a b", "a\n", "secret:a", VALUE])
def test_what_is_no_name_is_refused_everywhere(tmp_path: Path, name: str) -> None:
    vault = vault_in(tmp_path)
    for act in (lambda: vault.get(name), lambda: vault.set(name, "v"), lambda: vault.forget(name)):
        with pytest.raises(UsageError) as caught:
            act()
        assert len(name) < 4 or name not in str(caught.value)


def test_there_is_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_vault, "SECRETS_MAX", 2)
    vault = vault_in(tmp_path)
    vault.set("a", "1")
    vault.set("b", "1")
    with pytest.raises(SecretError, match="at most 2"):
        vault.set("c", "1")
    vault.set("a", "2")


def test_a_secret_is_in_no_repr_and_no_traceback(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    vault.set("a", VALUE)
    assert VALUE not in repr(vault) + str(vars(vault))
    whole = (tmp_path / "secrets").read_bytes()
    (tmp_path / "secrets").write_bytes(whole[:-1])
    with pytest.raises(SecretError) as caught:
        vault.get("a")
    assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_a_secret_is_in_the_environment_of_no_child(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    vault.set("a", VALUE)
    assert vault.get("a") == VALUE
    shown = subprocess.run(
        [sys.executable, "-c", "import os; print(os.environ)"], capture_output=True, text=True, check=True
    )
    assert VALUE not in shown.stdout + str(os.environ)
