"""Quiet hours of a home and an agent hold together."""

from __future__ import annotations

from ergos.app.progress import Hosting
from ergos.app.quiet import QuietTimes
from ergos.base.clock import SECOND
from ergos.lib.work import QuietHours
from ergos.runtime.owner_settings import NoticeSettings, Quiet

HOUR_NS = 3_600 * SECOND
NIGHT = QuietTimes(NoticeSettings(quiet=Quiet(start="22:00", end="06:00")))


def test_the_homes_hours_end_in_the_morning() -> None:
    assert NIGHT.home(23 * HOUR_NS) == 30 * HOUR_NS
    assert NIGHT.home(12 * HOUR_NS) is None
    assert QuietTimes(NoticeSettings()).home(23 * HOUR_NS) is None


def test_an_agents_hours_may_follow_the_homes() -> None:
    morning = Hosting(quiet_hours=QuietHours(start="05:00", end="09:00"))
    assert NIGHT.agent(morning, 30 * HOUR_NS) == 33 * HOUR_NS
    assert NIGHT.agent(morning, 12 * HOUR_NS) == 0
    both = NIGHT.both(morning)
    assert both(23 * HOUR_NS) == 33 * HOUR_NS
    assert both(12 * HOUR_NS) is None


def test_hours_that_cover_everything_come_to_an_end() -> None:
    day = Hosting(quiet_hours=QuietHours(start="05:00", end="23:00"))
    assert NIGHT.both(day)(23 * HOUR_NS) is not None


def test_a_zone_that_is_not_known_counts_as_utc_and_unreadable_hours_as_none() -> None:
    strange = Hosting(timezone="No/Where", quiet_hours=QuietHours(start="05:00", end="09:00"))
    assert NIGHT.agent(strange, 6 * HOUR_NS) == 9 * HOUR_NS
    broken = Hosting(quiet_hours=QuietHours(start="soon", end="later"))
    assert NIGHT.agent(broken, 6 * HOUR_NS) == 0
