"""A reader that does not read keeps nobody waiting."""

from __future__ import annotations

import threading

from ergos.app.logs.backlog import Backlog


def test_lines_are_written_in_order_and_all_at_the_end():
    written: list[str] = []
    backlog = Backlog(written.append)
    assert all(backlog(f"{number}\n") for number in range(500))
    backlog.close(5)
    assert written == [f"{number}\n" for number in range(500)]
    assert not backlog("after the end")


def test_who_does_not_read_makes_lines_be_refused_and_nobody_wait():
    gate, written = threading.Event(), list[str]()

    def stuck(line: str) -> None:
        gate.wait(20)
        written.append(line)

    backlog = Backlog(stuck, most=10)
    taken = [backlog(str(number)) for number in range(100)]
    assert 10 <= sum(taken) <= 11
    backlog.close(0.05)  # does not wait for ever
    gate.set()


def test_a_place_that_is_gone_ends_the_writing():
    def gone(_: str) -> None:
        raise BrokenPipeError

    backlog = Backlog(gone)
    backlog("x")
    backlog._thread.join(5)
    assert not backlog("y")
    backlog.close(0.1)
