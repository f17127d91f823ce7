"""A keyring is used where it is a real one, and its troubles are told without a secret."""

from __future__ import annotations

import importlib.util

import pytest

from ergos.base.world_errors import SecretError
from ergos.drivers.vault.desktop import DesktopRing, real_ring


@pytest.fixture(autouse=True)
def _installed() -> None:
    if importlib.util.find_spec("keyring") is None:
        pytest.skip("the package keyring is not installed")


class Memory:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        from keyring.errors import PasswordDeleteError

        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


class Locked(Memory):
    """A keyring that does not open."""

    def get_password(self, service: str, username: str) -> str | None:
        from keyring.errors import KeyringLocked

        raise KeyringLocked("the-secret")

    def set_password(self, service: str, username: str, password: str) -> None:
        from keyring.errors import PasswordSetError

        raise PasswordSetError(password)

    def delete_password(self, service: str, username: str) -> None:
        raise RuntimeError("the-secret")


def test_two_homes_do_not_see_each_others_secrets() -> None:
    memory = Memory()
    one, other = DesktopRing(memory, "one"), DesktopRing(memory, "other")
    one.set("a", "1")
    assert (one.get("a"), other.get("a")) == ("1", None)
    other.forget("a")
    one.forget("a")
    one.forget("a")
    assert one.get("a") is None


def test_a_keyring_that_does_not_open_is_an_error_without_a_secret() -> None:
    ring = DesktopRing(Locked(), "one")
    for act in (lambda: ring.get("a"), lambda: ring.set("a", "the-secret"), lambda: ring.forget("a")):
        with pytest.raises(SecretError) as caught:
            act()
        assert "the-secret" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("kind", ["fail", "null"])
def test_a_stand_in_is_no_keyring(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import fail, null

    monkeypatch.setattr(keyring, "get_keyring", {"fail": fail.Keyring, "null": null.Keyring}[kind])
    assert real_ring() is None


def test_the_first_of_several_is_the_one_that_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import SecretService, fail

    class Several:
        backends = [SecretService.Keyring(), fail.Keyring()]

    monkeypatch.setattr(keyring, "get_keyring", Several)
    assert real_ring() is Several.backends[0]
