"""A model call on its way: its sendings, which of them speaks, and which of its holds are used up.

Rules: plain state; a hold covers one sending, so the present one is free only if every sending that may have been
billed was paid for by an earlier one. The dispatcher moves it.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ergos.kernel.scheduler.wants import Start
from ergos.runtime.model_calls import Sent
from ergos.runtime.residents import Flight, Resident


class Sending:
    """One sending of a call to one endpoint."""

    __slots__ = ("by_grid", "cancelled", "covered", "sent_ns", "start", "task")

    def __init__(self, start: Start) -> None:
        self.start: Final = start
        self.task: asyncio.Task[None] | None = None
        self.sent_ns = 0
        self.covered = False
        """It has a hold of its own, and that is durable."""
        self.cancelled = False
        self.by_grid = False
        """The grid said so, and need not be told."""

    def cancel(self) -> None:
        """Call it off, once; if it was not begun it never is."""
        if not self.cancelled:
            self.cancelled = True
            if self.task is not None:
                self.task.cancel()


class Journey:
    """A model call from its intent to its end."""

    __slots__ = (
        "alarm",
        "failures",
        "flight",
        "last",
        "making",
        "owed",
        "paid",
        "resident",
        "sendings",
        "speaker",
        "touched",
        "waiting",
    )

    def __init__(self, resident: Resident, flight: Flight) -> None:
        self.resident: Final = resident
        self.flight: Final = flight
        self.sendings: Final[dict[str, Sending]] = {}
        """By endpoint."""
        self.speaker = ""
        """The endpoint whose bytes the caller gets."""
        self.touched = False
        """The caller got some."""
        self.last: Sent | None = None
        """How the last sending that failed had ended."""
        self.failures = 0
        """Sendings that failed; an endpoint that is only at its limit has not."""
        self.owed = 0
        """Sendings that are over and may have been billed."""
        self.paid = 0
        """Holds that were charged in full before another sending."""
        self.waiting: Final[list[Sending]] = []
        """To be sent once their holds are durable."""
        self.making: asyncio.Task[None] | None = None
        """Its prompt is being made."""
        self.alarm: asyncio.TimerHandle | None = None

    @property
    def spoken_for(self) -> bool:
        """Whether the call's present hold is for a sending that was made or is about to be."""
        return self.owed + len(self.sendings) + len(self.waiting) > self.paid
