from __future__ import annotations

from pathlib import Path

from ergos.sim.loopback.calls import CallLog, content_digest, read_log


def test_calls_are_counted_by_what_they_say() -> None:
    log = CallLog()
    first = log.came("/p", {"model": "a", "messages": [1], "stream": False})
    again = log.came("/p", {"messages": [1], "stream": True, "model": "b", "stream_options": {}, "priority": 3})
    other = log.came("/p", {"model": "a", "messages": [2]})
    assert (first.occurrence, again.occurrence, other.occurrence) == (1, 2, 1)
    assert log.repeated() == [first.digest]
    log.ended(first, "answered", 200)
    log.ended(again, "refused", 429)
    assert log.answered_by_content[first.digest] == 1
    assert log.came_by_content[first.digest] == 2


def test_what_a_model_would_see_makes_a_difference() -> None:
    assert content_digest({"messages": [], "temperature": 0}) != content_digest({"messages": [], "temperature": 1})


def test_the_file_tells_what_memory_tells(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "log")
    calls = [log.came("/p", {"model": "m", "n": n}, session="s", now_ns=n) for n in range(3)]
    log.ended(calls[1], "answered", 200, 9)
    assert read_log(tmp_path / "log") == list(log.calls)
    log.close()


def test_a_line_that_was_not_finished_is_left_out(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "log")
    log.came("/p", {"model": "m"})
    log.close()
    with (tmp_path / "log").open("ab") as file:
        file.write(b'{"event":"came","num')
    assert [call.number for call in read_log(tmp_path / "log")] == [1]
