"""Owners who are told things, in virtual time: a kernel, an attendant beside it, and a place where notices arrive."""

from __future__ import annotations

import asyncio

from ergos.app.attendant import Attendant, Attending
from ergos.app.telling import Tone
from ergos.base.clock import SECOND
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.permission.wording import Language
from ergos.runtime.kernel import Kernel
from ergos.runtime.owner_settings import NoticeSettings, OwnerDesk
from tests.runtime.kernels import Rig, until

QUICK = NoticeSettings(report="")


class Places:
    """Where notices arrive; takes them or not."""

    def __init__(self) -> None:
        self.came: list[tuple[tuple[str, ...], str, str, Tone]] = []
        self.takes = True

    async def tell(self, places: tuple[str, ...], title: str, body: str, tone: Tone) -> bool:
        self.came.append((places, title, body, tone))
        await asyncio.sleep(0.5)
        return self.takes

    @property
    def bodies(self) -> list[str]:
        return [body for _, _, body, _ in self.came]


async def attended(
    kernel: Kernel,
    places: Places,
    notices: NoticeSettings = QUICK,
    *,
    language: Language = "en",
    desk: OwnerDesk | None = None,
    to: tuple[str, ...] = ("phone",),
) -> Attendant:
    """An attendant of alice's, at work."""
    desk = desk or OwnerDesk(notices=notices)
    attending = Attending(owner="alice", language=language, places=to, desk=desk)
    attendant = Attendant(kernel, attending, places, HostCalendar())
    await attendant.start()
    return attendant


async def told(places: Places, count: int = 1) -> list[str]:
    """The bodies of the notices, once there are so many."""
    await until(lambda: len(places.came) >= count or None, f"{count} notices")
    return places.bodies


def now_s(rig: Rig) -> float:
    return rig.clock.now_ns() / SECOND
