from __future__ import annotations

import msgspec
import pytest

from ergos.drivers.sandbox.orders import UID_FIRST, UIDS, Order, Result, decode_order, decode_result, encode
from ergos.kernel.confinement import Bind, Job


def test_what_is_encoded_comes_back_the_same() -> None:
    job = Job(
        command=("a", "\n"),
        files={"x": b"\x00\xff"},
        binds=(Bind("/a", "/b", write=True),),
        env={"A": ""},
        collect=("x",),
    )
    order = Order(job=job, backend="landlock", scratch="/s", bubblewrap_version=(0, 8, 0), streaming=True)
    assert decode_order(encode(order)) == order
    result = Result(status=3, why="deadline", stdout=b"\xff", files={"x": b"y"}, left_out={"z": "a link"}, cut=True)
    assert decode_result(encode(result)) == result


def test_a_result_that_was_cut_off_is_not_believed() -> None:
    blob = encode(Result(stdout=b"x" * 100))
    for end in (0, 1, len(blob) // 2, len(blob) - 1):
        with pytest.raises(msgspec.DecodeError):
            decode_result(blob[:end])


def test_users_of_jobs_are_none_a_system_gives_away() -> None:
    """systemd, UIDS-GIDS: 60578 to 61183 are unused."""
    assert UID_FIRST >= 60_578
    assert UID_FIRST + UIDS <= 61_184
