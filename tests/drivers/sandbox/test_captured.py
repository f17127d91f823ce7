from __future__ import annotations

import os
import threading

from ergos.drivers.sandbox.captured import Captured


def test_what_fits_is_kept_and_the_rest_is_dropped_without_holding_the_writer_up() -> None:
    out, into = os.pipe()
    captured = Captured(10)
    captured.read_from(out)

    def write() -> None:
        for _ in range(100):
            os.write(into, b"x" * 65_536)
        os.close(into)

    writer = threading.Thread(target=write)
    writer.start()
    while captured.descriptor >= 0:
        captured.read()
    writer.join()
    assert (captured.content, captured.cut) == (b"x" * 10, True)


def test_exactly_the_bound_is_not_cut() -> None:
    captured = Captured(4)
    captured.add(b"ab")
    captured.add(b"cd")
    assert (captured.content, captured.cut) == (b"abcd", False)
    captured.add(b"e")
    assert (captured.content, captured.cut) == (b"abcd", True)


def test_nothing_to_read_from_is_nothing() -> None:
    assert not Captured(4).read()
