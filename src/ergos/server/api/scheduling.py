"""Operations on the scheduler: what waits and runs, by owner, endpoint and queue."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from ergos.app.catalogue import plain
from ergos.runtime.control import Schedule, Scheduling
from ergos.server.api.operation import Asked, Operation


class ScheduleShown(msgspec.Struct, frozen=True, kw_only=True):
    """How the scheduler stands, as far as it is the business of whoever asks."""

    models: dict[str, Any]
    """Calls of models: by owner and, for the keeper, by endpoint."""
    tools: tuple[dict[str, Any], ...]
    """Calls of tools by queue; for the keeper."""


async def schedule(asked: Asked, _: object, __: None) -> ScheduleShown:
    """How the scheduler stands."""
    found = cast("Schedule", await asked.seat.perform(Scheduling()))
    return ScheduleShown(
        models=cast("dict[str, Any]", plain(found.models)),
        tools=tuple(cast("dict[str, Any]", plain(one)) for one in found.tools),
    )


OPERATIONS: Final = (
    Operation(
        id="getSchedule", method="GET", path="/schedule", tag="kernel", run=schedule, reply=ScheduleShown,
        summary="Show what waits and runs in the scheduler: calls of models and of tools.",
    ),
)  # fmt: skip
