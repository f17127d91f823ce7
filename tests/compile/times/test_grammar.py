"""What an owner's words say about time."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.compile.diagnostics import SAYINGS
from ergos.compile.intent import PROSE_CHARS_MAX
from ergos.compile.times.grammar import SCHEDULES_MAX, TimesRead
from tests.compile.times_cases import CALENDAR, CHINESE, ENGLISH, HOME, NOTHING, NOW_NS, read, shown


@pytest.mark.parametrize(("prose", "expected"), [*ENGLISH.items(), *CHINESE.items()])
def test_what_was_said_is_read(prose: str, expected: str) -> None:
    assert shown(read(prose)) == expected


@pytest.mark.parametrize("prose", NOTHING)
def test_other_numbers_and_names_are_no_times(prose: str) -> None:
    assert shown(read(prose)) == ""


@pytest.mark.parametrize(
    ("prose", "code", "words"),
    [
        ("every hour but never at night, at 3 am", "C107", ("at 3 am", "but never at night")),
        ("每小时一次，但晚上不要运行，凌晨三点运行", "C107", None),
        ("every weekday except weekdays", "C107", None),
        ("every morning at 8pm", "C107", ("8pm", "every morning")),
        ("noon at 5 pm every day", "C107", ("noon", "at 5 pm")),
        ("every day at 9pm, but never at night or in the evening", "C107", None),
        ("twice a day at 9", "C107", ("twice a day", "at 9")),
        ("every two weeks", "C102", ("every two weeks",)),
        ("every morning", "C103", ("every morning",)),
        ("next Friday at 9am", "C104", ("next Friday",)),
        ("下周五上午九点", "C104", ("下周五",)),
        ("every day at 8", "C105", ("8",)),
        ("every day at 12 am", "C105", ("12 am",)),
        ("on 03/04 at 9am", "C106", ("on 03/04",)),
        ("every day at 9am", "C108", ()),
        ("every day at 9am CST", "C109", ("CST",)),
        ("every day at 9am Atlantis time", "C110", ("Atlantis time",)),
        ("every day at 02:30", "C111", ("every day at 02:30",)),
        ("on 30 February at 9am", "C112", ("on 30 February",)),
        ("every 30 February", "C112", None),
        ("every second", "C113", ("every second",)),
        ("每秒检查", "C113", ("每秒",)),
        ("every minute", "C114", ("every minute",)),
        ("every day at 9am except holidays", "C115", ("holidays",)),
        ("大年初一早上八点", "C115", ("大年初一",)),
        ("seven times a day", "C116", ("seven times a day",)),
        ("every day at 25:00", "C117", ("25:00",)),
        ("每天25点", "C117", ("25点",)),
        ("every day at 9am except on Christmas", "C118", ("Christmas",)),
        ("on 4 May 2020 at 9am", "C101", None),
        ("today at 8am", "C101", None),
        ("every day at 9am until 1 May 2020", "C101", None),
        ("every day from 1 March 2027 until 1 February 2027", "C121", None),
        ("daily for the next 30 days", "C120", ("for the next 30 days",)),
        ("on the 31st of every month", "C122", ("on the 31st of every month",)),
        ("at 4pm", "C123", ("at 4pm",)),
    ],
)  # fmt: skip
def test_what_is_open_wrong_or_chosen_is_said(prose: str, code: str, words: tuple[str, ...] | None) -> None:
    found = [one for one in read(prose).diagnostics if one.code == code]
    assert found, [one.code for one in read(prose).diagnostics]
    if words is not None:
        assert tuple(prose[start:end] for start, end in found[0].spans) == words


@pytest.mark.parametrize(
    "prose", ["every hour but never at night, at 3 am", "every second", "on 30 February", "every 0 minutes"]
)
def test_nothing_is_scheduled_that_cannot_be(prose: str) -> None:
    assert not read(prose).schedules


def test_two_schedules_keep_their_names_and_zones() -> None:
    found = read("Every weekday at 5pm London time send the digest. On Saturdays at noon Tokyo time send the review.")
    assert [(one.value.name, one.value.timezone) for one in found.schedules] == [
        ("schedule", "Europe/London"),
        ("schedule_2", "Asia/Tokyo"),
    ]
    assert found.timezone is None


def test_a_second_time_after_other_words_is_another_schedule() -> None:
    found = read("every day at 8am read the news and at 6pm send me mail")
    assert [one.value.rule for one in found.schedules] == [
        "FREQ=DAILY;BYHOUR=8;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=18;BYMINUTE=0",
    ]


def test_excepted_festivals_are_dates_of_the_years_ahead() -> None:
    found = read("every day at 9am except on 24 and 25 December")
    assert found.schedules[0].value.except_dates[:2] == ("2026-12-24", "2027-12-24")
    assert "2030-12-25" in found.schedules[0].value.except_dates


def test_the_zone_that_is_known_is_that_of_the_home() -> None:
    found = read("every day at 8", timezone="Asia/Tokyo")
    assert next(one for one in found.diagnostics if one.code == "C108").values["zone"] == "Asia/Tokyo"
    with pytest.raises(ValueShapeError):
        read("every day at 8", timezone="Nowhere/Land")


_WORDS = (
    "every each 8 9:30 am pm at noon monday tuesdays the of month first last on from to until except never night and or , . ; in two "
    "hours next friday 3 January 2027 每 天 周一 八点 到 不要 打扰 晚上 1st 15th 月底 每隔 两 个 小时 下周五 03/04 Berlin time UTC don't disturb "
    "me between by before for days twice a day quarter past half CST holidays 节假日 除外 从 起 为止 明年 一月 25:00 0 99 二月 30 日"
).split(" ")  # fmt: skip


def _whole(prose: str) -> TimesRead:
    found = read(prose, "en")
    edge = 0
    for start, end in found.spans:
        assert edge <= start < end <= len(prose)
        edge = end
    within = [one.span for one in found.schedules] + [due.span for due in found.dues]
    within += [span for one in found.diagnostics for span in one.spans]
    within += [one.span for one in (found.quiet, found.until, found.timezone) if one]
    assert all(0 <= start < end <= len(prose) for start, end in within)
    assert len(found.schedules) <= SCHEDULES_MAX
    zone = found.timezone.value if found.timezone else HOME
    for one in found.schedules:
        assert CALENDAR.misfit(one.value, zone) == ""
        assert CALENDAR.next_ns(one.value, zone, NOW_NS, NOW_NS) is not None
    for one in found.diagnostics:
        for language in ("en", "zh"):
            assert one.what(language)
            assert one.remedy(language)
    return found


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(_WORDS), max_size=14).flatmap(
        lambda words: st.sampled_from([" ".join(words), "".join(words)])
    )
)
@example("on on on on on on on on on on on on tomorrow")
def test_random_words_of_time_never_raise_and_stay_within_the_prose(prose: str) -> None:
    _whole(prose)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60))
def test_random_text_never_raises(prose: str) -> None:
    _whole(prose)


def test_reading_is_the_same_twice() -> None:
    for prose in [*ENGLISH, *CHINESE]:
        assert read(prose) == read(prose)


@pytest.mark.parametrize("unit", ["每天八点，", "8 and ", "1 ", "every Monday at 9 "])
def test_a_hundred_thousand_characters_are_read_in_one_go(unit: str) -> None:
    prose = (unit * PROSE_CHARS_MAX)[: PROSE_CHARS_MAX + 10]
    found = read(prose)
    assert len(found.schedules) <= SCHEDULES_MAX
    assert all(end <= PROSE_CHARS_MAX for _, end in found.spans)


def test_every_code_is_of_times() -> None:
    codes = {one.code for prose in [*ENGLISH, *CHINESE] for one in read(prose).diagnostics}
    assert codes <= {code for code in SAYINGS if code.startswith("C1")}
