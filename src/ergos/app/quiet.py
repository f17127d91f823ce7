"""Quiet hours of a home and of an agent, together.

Rules: a zone that is not known counts as UTC: being quiet is kept as well as it can be; hours that cannot be read are
none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ergos.app.progress import Hosting
from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.quiet import Window, quiet_until_ns
from ergos.runtime.owner_settings import NoticeSettings

ROUNDS_MAX: Final = 8  # times one quiet time is followed by another that is looked past


class QuietTimes:
    """When an owner is not to be disturbed."""

    def __init__(self, settings: NoticeSettings) -> None:
        self._settings: Final = settings

    def home(self, at_ns: int) -> int | None:
        """When the home's quiet hours end that hold an instant; None: none do."""
        return _until(self._settings.quiet, self._settings.timezone, at_ns)

    def agent(self, hosting: Hosting, at_ns: int) -> int:
        """The same of an agent; 0: none do."""
        return _until(hosting.quiet_hours, hosting.timezone, at_ns) or 0

    def both(self, hosting: Hosting) -> Callable[[int], int | None]:
        """The same of home and agent together, as a function of the instant."""

        def until(at_ns: int) -> int | None:
            end_ns = at_ns
            for _ in range(ROUNDS_MAX):
                own_ns = self.agent(hosting, end_ns) or end_ns
                last_ns, end_ns = end_ns, self.home(own_ns) or own_ns
                if end_ns == last_ns:
                    break
            return end_ns if end_ns > at_ns else None

        return until


def _until(quiet: Window | None, timezone: str, at_ns: int) -> int | None:
    if quiet is None:
        return None
    for zone in (timezone, ""):
        try:
            return quiet_until_ns(quiet, zone, at_ns)
        except ValueShapeError:
            continue
    return None
