"""Versions match by major and minor number."""

from __future__ import annotations

import pytest
from a2a.utils.errors import VersionNotSupportedError
from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.a2a.ports import Caller
from ergos.buses.a2a.server.calling import PeerUser, check_version


@pytest.mark.parametrize("asked", ["", " ", "1.0", " 1.0 ", "1.0.1", "0.3", "0.3.9", "01.00"])
def test_versions_that_are_spoken(asked: str):
    check_version(asked)


@given(
    st.text(max_size=12).filter(lambda text: text.strip() and not text.strip().startswith(("1.0", "0.3", "01", "00")))
)
def test_everything_else_is_refused(asked: str):
    with pytest.raises(VersionNotSupportedError):
        check_version(asked)


def test_a_caller_is_known_to_the_library_by_its_name():
    assert PeerUser(Caller("acme")).user_name == "acme"
    assert PeerUser(Caller("acme")).is_authenticated
