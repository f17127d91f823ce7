"""A server may send what is asked for and a little more."""

from __future__ import annotations

import pytest

from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.meter import (
    BYTES_MAX,
    LINE_BYTES_MAX,
    LOG_LINES_MAX,
    MESSAGES_MAX,
    NOISE_LINES_MAX,
    Log,
    Meter,
)


def test_a_count_begins_anew_with_every_request() -> None:
    meter = Meter("srv", Log())
    for _ in range(3):
        meter.begin()
        meter.took(BYTES_MAX)
        for _ in range(MESSAGES_MAX):
            meter.message()
        for _ in range(NOISE_LINES_MAX):
            meter.noise(b"x")
    assert meter.fault is None


def overdo(meter: Meter, excess: str) -> None:
    match excess:
        case "bytes":
            meter.took(BYTES_MAX + 1)
        case "line":
            meter.line(LINE_BYTES_MAX + 1)
        case "meant":
            meter.noise(b'{"jsonrpc"', meant=True)
        case _:
            for _ in range(MESSAGES_MAX + 1):
                meter.message() if excess == "messages" else meter.noise(b"x")


@pytest.mark.parametrize("excess", ["bytes", "messages", "noise", "line", "meant"])
def test_an_excess_is_refused_and_kept_as_the_fault(excess: str) -> None:
    meter = Meter("srv", Log())
    with pytest.raises(BusError, match=r"srv (sent|wrote)") as caught:
        overdo(meter, excess)
    assert meter.fault is caught.value


def test_a_log_keeps_its_last_lines_cut_to_length() -> None:
    log = Log()
    log.write(b"\n".join(b"%d" % n for n in range(1_000)))
    log.write(b"x" * 100_000 + b"\n\xff\n\n")
    assert len(log.lines) == LOG_LINES_MAX
    assert log.lines[-3:] == ("999", "x" * 500, "\ufffd")
