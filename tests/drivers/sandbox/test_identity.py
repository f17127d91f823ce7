from __future__ import annotations

import os

import pytest

from ergos.drivers.sandbox.identity import become, claim_user
from ergos.drivers.sandbox.orders import UID_FIRST, UIDS


def test_no_two_jobs_have_the_same_user() -> None:
    first = claim_user(5)
    second = claim_user(5)
    assert first.uid != second.uid
    first.release()
    third = claim_user(first.uid - UID_FIRST)
    assert third.uid == first.uid
    second.release()
    third.release()


def test_hints_go_round() -> None:
    last = claim_user(UIDS - 1)
    following = claim_user(UIDS - 1)
    assert UID_FIRST <= following.uid < UID_FIRST + UIDS
    assert following.uid != last.uid
    last.release()
    following.release()


def test_another_user_is_another_user_for_good() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            become(60_600, 60_601)
            assert (os.getresuid(), os.getresgid(), os.getgroups()) == ((60_600,) * 3, (60_601,) * 3, [])
            for back in (
                lambda: os.setuid(0),
                lambda: os.setresuid(0, 0, 0),
                lambda: os.setgid(0),
                lambda: os.setgroups([0]),
            ):
                try:
                    back()
                except PermissionError:
                    continue
                raise AssertionError
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
