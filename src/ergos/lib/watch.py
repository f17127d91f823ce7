"""What an author may ask of supervision.

Rules: a number that would make a pause, a count or a period endless is refused where the agent is declared; the
kernel may then count on it.
"""

from __future__ import annotations

import math
from typing import Final

from ergos.base.limits import SLEEP_S_MAX
from ergos.kernel.supervisor import Supervision

RESTARTS_ASKED_MAX: Final = 60  # restarts; the pause before each doubles, and beyond it is longer than a life


def misfit(supervision: Supervision) -> str:
    """What is wrong with it, or ''."""
    if not 0 <= supervision.restarts <= RESTARTS_ASKED_MAX:
        return f"restarts is {supervision.restarts}, not between 0 and {RESTARTS_ASKED_MAX}"
    if supervision.loop_calls < 2:
        return f"loop_calls is {supervision.loop_calls}, less than 2"
    for name, seconds, least in (
        ("period_s", supervision.period_s, 0.001),
        ("watchdog_s", supervision.watchdog_s, 0.001),
        ("backoff_s", supervision.backoff_s, 0.0),
    ):
        if not math.isfinite(seconds) or not least <= seconds <= SLEEP_S_MAX:
            return f"{name} is {seconds:g}, not between {least:g} and {SLEEP_S_MAX}"
    return ""
