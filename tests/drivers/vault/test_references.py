"""A secret is named, never written; and what might be one is in no message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import UsageError
from ergos.drivers.vault.references import redacted, referred, secret_name

BAD = ["", "a b", "-a", ".a", "a/b", "../x", "a\0", "a\n", "é", "a" * 65, "secret:a", "sk-ant-abc/def+ghi="]


@pytest.mark.parametrize("name", ["github", "GITHUB_TOKEN", "a", "1.b-c", "a" * 64])
def test_a_name_is_a_name(name: str) -> None:
    assert secret_name(name) == name
    assert referred(f"secret:{name}") == name


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_name_is_refused_without_being_repeated(name: str) -> None:
    for said in (name, f"secret:{name}"):
        with pytest.raises(UsageError) as caught:
            (secret_name if said == name else referred)(said)
        assert len(name) < 3 or name not in str(caught.value)


def test_a_secret_in_place_of_its_name_is_noticed() -> None:
    with pytest.raises(UsageError) as caught:
        referred("ghp_0123456789")
    assert "ghp" not in str(caught.value)


@given(st.text(min_size=1, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_a_text_is_shown_without_secrets(secret: str, before: str, after: str) -> None:
    try:
        secret.encode()
        (before + after).encode()
    except UnicodeEncodeError:
        return
    shown = redacted(before + secret + after, [secret])
    assert secret in "[secret]" or secret not in shown.replace("[secret]", "") or secret in before + after
    assert "[secret]" in shown
