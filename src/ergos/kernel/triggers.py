"""Triggers: what wakes an agent from outside, as data; and the ports by which the outside is asked.

A definition names its triggers; a process arms them with the call `watch`; what happens arrives in its mailbox. A
trigger is matched by comparison of data alone: no model is asked, and one that is quiet costs a row.

Rules: a happening has a key, and of one key there is one delivery, however often it is seen; a cursor says what was
seen, and moves in the transaction that delivers. Instants are nanoseconds since 1970; days, zones and recurrences are
the calendar's, a port, because the kernel has none.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Protocol, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.kernel.labels import UNTRUSTED, Label

Misfire = Literal["run_once", "skip", "catch_up"]
"""What becomes of times that passed while nothing ran: the last of them is made up for once (run_once), none is (skip),
or each of them in order (catch_up)."""
FileEvent = Literal["created", "changed", "deleted"]
Comparison = Literal[">", ">=", "<", "<=", "==", "!="]

PER_HOUR_DEFAULT: Final = 600  # happenings of one trigger an hour; more wait, so that a storm is no bill
GRACE_S_DEFAULT: Final = 60  # seconds after its time within which a time counts as met


class Trigger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="on"):
    """What all triggers have."""

    kind: ClassVar[str] = ""
    name: str
    """Unique within a definition."""
    per_hour: int = PER_HOUR_DEFAULT
    """Happenings delivered an hour at most; the others wait."""
    words: str = ""
    """The owner's words that gave it."""


class Schedule(Trigger, frozen=True, tag="schedule"):
    """Times: one of `rule`, `cron` and `at`."""

    rule: str = ""
    """A recurrence of RFC 5545 without its name: 'FREQ=DAILY;BYHOUR=8;BYMINUTE=0'; several on lines of their own."""
    cron: str = ""
    """Five fields: minute, hour, day of month, month, day of week."""
    at: str = ""
    """One local time: '2027-01-31T08:00'."""
    start: str = ""
    """Local time from which a rule counts ('2026-12-01T08:00'); '': when it is armed."""
    timezone: str = ""
    """IANA name; '': that of the definition."""
    except_dates: tuple[str, ...] = ()
    """Local dates on which it does not fire: '2026-12-25'."""
    misfire: Misfire = "run_once"
    grace_s: int = GRACE_S_DEFAULT


class Files(Trigger, frozen=True, tag="files"):
    """Files of a folder."""

    folder: str
    """A root with a path below it ('invoices:/2026'), or a path of the agent's workspace ('inbox'); '.': all of it."""
    pattern: str = "*"
    """Of names, as a shell has them: '*.pdf'."""
    events: tuple[FileEvent, ...] = ("created",)
    deep: bool = False
    """Folders below it, too."""
    settle_s: float = 2.0
    """A file counts once it has not changed for so long."""


class Feed(Trigger, frozen=True, tag="feed"):
    """New entries of a feed."""

    url: str
    every_s: int = 3_600


class Page(Trigger, frozen=True, tag="page"):
    """A page whose text changes."""

    url: str
    every_s: int = 3_600
    contains: str = ""
    """Fires when this text appears, and again only after it was gone; '': on every change."""


class Webhook(Trigger, frozen=True, tag="webhook"):
    """A signed request to the door: POST /hooks/PID/NAME."""

    secret: str
    """Name of the secret it is signed with."""
    style: Literal["standard", "github"] = "standard"
    """How it is signed: Standard Webhooks, or X-Hub-Signature-256."""


class Mailbox(Trigger, frozen=True, tag="mailbox"):
    """New mail over IMAP."""

    account: str
    """Name of the account in the settings."""
    folder: str = "INBOX"
    sender: str = ""
    """Address, or '@example.org'; '': anybody."""
    subject: str = ""
    """Words that stand in the subject."""
    every_s: int = 300


class Topic(Trigger, frozen=True, tag="topic"):
    """Messages of a topic: of an MQTT broker, or of a queue of this home."""

    topic: str
    """MQTT filter ('shop/+/orders'), or the name of the queue."""
    broker: str = ""
    """Name of the broker in the settings; '': a queue of this home, filled by `ergos emit`."""


class Outcome(Trigger, frozen=True, tag="outcome"):
    """A process of another agent of the same owner ended."""

    agent: str
    states: tuple[Literal["done", "failed", "killed"], ...] = ("done",)


class Condition(Trigger, frozen=True, tag="condition"):
    """A figure of the namespace comes to satisfy a comparison; fires when it becomes true, not while it stays so."""

    figure: str
    """What is looked at: 'spend.today', 'spend.month', 'inbox.open', 'processes.failed', …"""
    compare: Comparison
    value: float
    share: bool = False
    """`value` is a share of the figure's cap: 0.8 for 80 %."""


AnyTrigger: TypeAlias = Schedule | Files | Feed | Page | Webhook | Mailbox | Topic | Outcome | Condition

LOOKED_AT: Final = (Files, Feed, Page, Mailbox)
"""Triggers whose driver looks for itself what is new."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    key: str
    """What tells it from every other of its trigger, the same whenever it is seen."""
    value: Plain
    """What its agent is told: short plain data; long content stays where it is and is named."""
    label: Label = UNTRUSTED


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found."""

    happenings: tuple[Happening, ...] = ()
    """In the order in which they are to be delivered."""
    cursor: Plain = None
    """What was seen, for the next look; small plain data."""
    again_ns: int | None = None
    """When to look again; None: when told that there is something."""
    fault: str = ""
    """Why nothing could be seen this time, for the owner; the cursor then stays as it was."""


class Watching(msgspec.Struct, frozen=True, kw_only=True):
    """For whom somebody looks."""

    pid: Pid
    owner: str
    agent: str
    now_ns: int


class Watchers(Protocol):
    """Drivers that look at the outside."""

    async def look(self, trigger: AnyTrigger, cursor: Plain, watching: Watching) -> Looked:
        """What is new since the cursor; with the cursor None nothing is new yet, and it says what is there now.

        Changes nothing outside. Raises: ErgosErrors for a trigger that cannot work; a failure of the world that may
        pass is a `fault`.
        """
        ...

    def attend(self, trigger: AnyTrigger, watching: Watching) -> None:
        """From now on tell (`Bell`) when there may be something new; nothing where there is no way to be told."""
        ...

    def leave(self, pid: Pid, name: str) -> None:
        """Attend to it no more."""
        ...


class Bell(Protocol):
    """What drivers tell the kernel."""

    def ring(self, pid: Pid, name: str) -> None:
        """There may be something new for this trigger: it is looked at soon."""
        ...

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        """Deliver this; durable on return. False: of this key there was one before. Raises: ErgosErrors."""
        ...


class Calendar(Protocol):
    """Knows days, zones and recurrences."""

    def misfit(self, schedule: Schedule, timezone: str) -> str:
        """Why a schedule cannot be read, or ''."""
        ...

    def next_ns(self, schedule: Schedule, timezone: str, after_ns: int, armed_ns: int) -> int | None:
        """The first time after an instant; None: there is none. `armed_ns`: when it was armed.

        `timezone`: the definition's. Deterministic; of a local time that a zone skips the first instant after it, of
        one that it repeats the first. Raises: ValueShapeError for a schedule that is a misfit.
        """
        ...
