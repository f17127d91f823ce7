"""The table of readings holds of what is read."""

from __future__ import annotations

import pytest

from ergos.compile.times import conventions as times_conventions
from ergos.compile.times.conventions import DAY_TIME, DAYPARTS, TIMES_A_DAY
from tests.compile.times_cases import read

_SAID = {
    "morning": ("every morning", "每天早上"), "noon": ("every day at noon", "每天中午"), "afternoon": ("every afternoon", "每天下午"),
    "dusk": ("每天傍晚",), "evening": ("every evening",), "evening_zh": ("每天晚上",), "night": ("every night", "每天夜里"),
    "midnight": ("every day at midnight", "每天午夜"), "dawn": ("每天凌晨",), "forenoon": ("每天上午",),
}  # fmt: skip


@pytest.mark.parametrize(("part", "prose"), [(part, prose) for part, many in _SAID.items() for prose in many])
def test_parts_of_the_day_are_read_by_the_table(part: str, prose: str) -> None:
    hour, minute = DAYPARTS[part]
    assert read(prose).schedules[0].value.rule == f"FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute}"


def test_a_day_without_a_time_and_times_a_day() -> None:
    assert read("every day").schedules[0].value.rule.endswith(f"BYHOUR={DAY_TIME[0]};BYMINUTE={DAY_TIME[1]}")
    for count, hours in TIMES_A_DAY.items():
        said = {1: "once", 2: "twice"}.get(count, f"{count} times")
        assert f"BYHOUR={','.join(map(str, hours))};" in read(f"{said} a day").schedules[0].value.rule


def test_every_rule_of_the_printed_table_is_canonical() -> None:
    order = ["FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE", "UNTIL", "COUNT"]
    for prose in (
        "every other Friday at 8",
        "last working day of the quarter at 9:30 until 1 May 2028",
        "hourly",
        "every 3 March",
    ):
        for line in read(prose).schedules[0].value.rule.splitlines():
            names = [part.partition("=")[0] for part in line.split(";")]
            assert names == sorted(names, key=order.index)
            assert ("BYHOUR" not in names) or ("BYMINUTE" in names)
    assert "FREQ first" in (times_conventions.__doc__ or "") or "FREQ, INTERVAL" in (times_conventions.__doc__ or "")
