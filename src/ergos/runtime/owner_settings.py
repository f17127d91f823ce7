"""The part of settings.toml that speaks of its owner's side: what is reserved, who else decides, when to be told.

    [rights]
    reserved = ["mail.send", "press.*"]     # tools whose every call you decide, whatever a grant says

    [delegates.bob]                         # answers of his count, within this, and are recorded as his
    owner = "alice"                         # whose decisions; default: the owner of this home
    agents = ["invoices", "shop.*"]         # of which agents
    tools = ["table.append"]                # about which tools
    kinds = ["approval"]                    # or question, doubt
    amounts = { amount = [0, 500] }         # by argument, the least and the most
    until = "2027-01-31"                    # the last day, UTC
    secrets = ["bob-phone"]                 # where he is told: names of secrets, each an apprise address

    [notices]                               # where you are told stands in [tools.notices]
    reminders = ["1h", "1d", "3d"]          # after which a question is put again; [] for never
    quiet = { start = "22:00", end = "07:00", days = ["MO", "TU"] }   # without days: every day
    timezone = "Europe/Berlin"              # of quiet hours and reports; default: UTC
    report = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=8;BYMINUTE=0"               # when you get a report; "" for never
    spend = [0.8, 1.0]                      # shares of a ceiling at which you are told
    per_hour = 12                           # notices an hour at most; more are told together

Rules: as in settings.py; an address never stands here, only the name of a secret. What is not delegated is not.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable
from typing import Final, cast

import msgspec

from ergos.base.clock import DAY
from ergos.base.errors import SettingsError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.kernel.egress import SECRET_NAME
from ergos.kernel.rights import DELEGATES_MAX, EVERY, RESERVED_MAX, Delegation, Kind, Rights
from ergos.runtime.tables import Table, counted, known, mapping

RIGHTS_KEYS: Final = ("reserved",)
DELEGATE_KEYS: Final = ("owner", "agents", "tools", "kinds", "amounts", "until", "secrets")
NOTICE_KEYS: Final = ("reminders", "quiet", "timezone", "report", "spend", "per_hour")
QUIET_KEYS: Final = ("start", "end", "days")
KINDS: Final = ("approval", "question", "doubt")
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NOT_DELEGATES: Final = frozenset({"mcp", "kernel", "agent", "owner"})
"""Names by which faces and the kernel itself are recorded."""

REMINDERS_MAX: Final = 10  # times after which a question is put again; more is nagging
NAMES_MAX: Final = 200  # names of one list
SPEND_MAX: Final = 5  # shares of a ceiling at which an owner is told
PER_HOUR_MAX: Final = 600  # notices an hour; more is no notice any more
REMINDER_S_MIN: Final = 60  # seconds; sooner than that nobody has looked
REMINDER_S_MAX: Final = 30 * 86_400  # seconds; an approval expires long before

_NAME: Final = re.compile(r"[\w-]+(\.[\w-]+)*(\.\*)?")
_SPAN: Final = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)")
_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}
_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_ZONE: Final = re.compile(r"[A-Za-z][\w+-]*(/[\w+-]+)*")


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Hours in which nobody is disturbed."""

    start: str
    """Local time, 'HH:MM'."""
    end: str
    """Local time; before `start` it is that of the next day."""
    days: tuple[str, ...] = ()
    """Days on which it begins; (): every day."""


class NoticeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When an owner is told."""

    reminders_s: tuple[int, ...] = (3_600, 86_400, 3 * 86_400)
    """Ascending, since it was asked."""
    quiet: Quiet | None = None
    timezone: str = ""
    """IANA name; '': UTC."""
    report: str = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=8;BYMINUTE=0"
    """A recurrence; '': never by itself."""
    spend: tuple[float, ...] = (0.8, 1.0)
    """Ascending."""
    per_hour: int = 12


class OwnerDesk(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    rights: Rights = Rights()
    delegate_secrets: dict[str, tuple[str, ...]] = {}
    """Names of secrets by delegate."""
    notices: NoticeSettings = NoticeSettings()


def owner_settings(table: Table, path: str, owner: str) -> OwnerDesk:
    """What [rights], [delegates] and [notices] of a settings file say. Raises: SettingsError."""
    delegates = mapping(table.get("delegates", {}), f"{path}: delegates", "one table for each delegate")
    if len(delegates) > DELEGATES_MAX:
        raise SettingsError(f"{path}: delegates has {len(delegates)} entries; expected at most {DELEGATES_MAX}")
    made = {name: _delegate(name, found, path, owner) for name, found in delegates.items()}
    return OwnerDesk(
        rights=Rights(
            owner=owner,
            reserved=_reserved(table.get("rights"), path),
            delegations=tuple(delegation for delegation, _ in made.values()),
        ),
        delegate_secrets={name: secrets for name, (_, secrets) in made.items() if secrets},
        notices=_notices(table.get("notices"), path),
    )


def _reserved(found: object, path: str) -> tuple[str, ...]:
    if found is None:
        return ()
    where = f"{path}: rights"
    table = mapping(found, where, 'a table such as reserved = ["mail.send"]')
    known(table, RIGHTS_KEYS, path, "rights.")
    reserved = table.get("reserved", [])
    return _names(reserved, f"{where}.reserved", "tools such as 'mail.send' or 'press.*'", RESERVED_MAX)


def _delegate(name: str, found: object, path: str, owner: str) -> tuple[Delegation, tuple[str, ...]]:
    where = f"{path}: delegates.{name}"
    try:
        checked_name(name, what="a delegate")
    except ValueShapeError as error:
        raise SettingsError(f"{where}: {error.what}") from error
    table = mapping(found, where, "a table such as agents = ['invoices'], tools = ['table.append']")
    known(table, DELEGATE_KEYS, path, f"delegates.{name}.")
    whose = _text(table, "owner", where, owner)
    if name in NOT_DELEGATES or name in (owner, whose):
        raise SettingsError(f"{where}: {name} cannot be a delegate's name; expected the name of another person")
    kinds = _names(table.get("kinds", ["approval"]), f"{where}.kinds", "approval, question or doubt")
    for kind in kinds:
        if kind not in KINDS:
            raise SettingsError(f"{where}.kinds: {kind!r} is none; expected {', '.join(KINDS)}")
    agents = _names(table.get("agents"), f"{where}.agents", "names of agents, or ['*']")
    tools = _names(table.get("tools", []), f"{where}.tools", "names of tools such as 'table.append'")
    if not agents or (not tools and set(kinds) != {"question"}):
        raise SettingsError(f"{where}: nothing is delegated; expected `agents` and `tools`")
    delegation = Delegation(
        delegate=name,
        owner=whose,
        agents=agents,
        tools=tools,
        kinds=cast("tuple[Kind, ...]", kinds),
        amounts=_amounts(table.get("amounts", {}), f"{where}.amounts"),
        until_ns=_until(table.get("until"), f"{where}.until"),
    )
    return delegation, _secrets(table.get("secrets", []), f"{where}.secrets")


def _amounts(found: object, where: str) -> dict[str, tuple[float, float]]:
    amounts: dict[str, tuple[float, float]] = {}
    for argument, bounds in mapping(found, where, "a table such as { amount = [0, 500] }").items():
        listed = cast("list[object]", bounds) if isinstance(bounds, list) else []
        numbers = [one for one in listed if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(listed) != 2 or len(numbers) != 2 or not -1e15 <= numbers[0] <= numbers[1] <= 1e15:
            raise SettingsError(f"{where}.{argument} is {bounds!r}; expected the least and the most: [0, 500]")
        amounts[argument] = (float(numbers[0]), float(numbers[1]))
    return amounts


def _until(found: object, where: str) -> int | None:
    """The end of a day, UTC."""
    if found is None:
        return None
    try:
        day = found if isinstance(found, datetime.date) else datetime.date.fromisoformat(str(found))
    except ValueError as error:
        raise SettingsError(f"{where} is {found!r}; expected a date such as 2027-01-31") from error
    if isinstance(day, datetime.datetime):
        raise SettingsError(f"{where} is {found!r}; expected a date such as 2027-01-31")
    return ((day - datetime.date(1970, 1, 1)).days + 1) * DAY


def _notices(found: object, path: str) -> NoticeSettings:
    made = NoticeSettings()
    if found is None:
        return made
    where = f"{path}: notices"
    table = mapping(found, where, 'a table such as reminders = ["1h", "1d"]')
    known(table, NOTICE_KEYS, path, "notices.")
    timezone = _text(table, "timezone", where, "")
    if timezone and _ZONE.fullmatch(timezone) is None:
        raise SettingsError(f"{where}.timezone is {timezone!r}; expected a name such as Europe/Berlin")
    return NoticeSettings(
        reminders_s=_reminders(table["reminders"], f"{where}.reminders") if "reminders" in table else made.reminders_s,
        quiet=_quiet(table.get("quiet"), path),
        timezone=timezone,
        report=_text(table, "report", where, made.report),
        spend=_shares(table["spend"], f"{where}.spend") if "spend" in table else made.spend,
        per_hour=counted(table.get("per_hour", made.per_hour), f"{where}.per_hour", 1, PER_HOUR_MAX),
    )


def _reminders(found: object, where: str) -> tuple[int, ...]:
    expected = 'growing times such as ["1h", "1d"]'
    if not isinstance(found, list) or len(found) > REMINDERS_MAX:
        raise SettingsError(f"{where} is {found!r}; expected at most {REMINDERS_MAX} {expected}")
    seconds: list[int] = []
    for one in cast("list[object]", found):
        match = _SPAN.fullmatch(one.strip()) if isinstance(one, str) else None
        span = int(match[1]) * _UNITS[match[2]] if match else 0
        if not REMINDER_S_MIN <= span <= REMINDER_S_MAX or (seconds and span <= seconds[-1]):
            raise SettingsError(f"{where}: {one!r} does not fit; expected {expected}, from 1m to 30d")
        seconds.append(span)
    return tuple(seconds)


def _quiet(found: object, path: str) -> Quiet | None:
    if found is None:
        return None
    where = f"{path}: notices.quiet"
    table = mapping(found, where, "{ start = '22:00', end = '07:00' }")
    known(table, QUIET_KEYS, path, "notices.quiet.")
    start, end = _text(table, "start", where, ""), _text(table, "end", where, "")
    for key, time in (("start", start), ("end", end)):
        if _TIME.fullmatch(time) is None:
            raise SettingsError(f"{where}.{key} is {time!r}; expected a time such as 22:00")
    if start == end:
        raise SettingsError(f"{where} begins when it ends; expected two times, or no quiet hours")
    days = _names(table.get("days", []), f"{where}.days", "MO, TU, WE, TH, FR, SA, SU")
    if any(day not in WEEKDAYS for day in days):
        raise SettingsError(f"{where}.days is {list(days)!r}; expected some of {', '.join(WEEKDAYS)}")
    return Quiet(start=start, end=end, days=days)


def _shares(found: object, where: str) -> tuple[float, ...]:
    listed = cast("list[object]", found) if isinstance(found, list) else [None]
    numbers = [float(one) for one in listed if isinstance(one, int | float) and not isinstance(one, bool)]
    ascending = all(first < second for first, second in itertools.pairwise(numbers))
    if len(numbers) != len(listed) or len(numbers) > SPEND_MAX or not ascending or not _within(numbers):
        raise SettingsError(f"{where} is {found!r}; expected growing shares such as [0.8, 1.0]")
    return tuple(numbers)


def _within(numbers: Iterable[float]) -> bool:
    return all(0 < one <= 1 for one in numbers)


def _names(found: object, where: str, expected: str, most: int = NAMES_MAX) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > most:
        raise SettingsError(f"{where} is {found!r}; expected a list of {expected}")
    texts = cast("list[object]", found)
    for one in texts:
        if not isinstance(one, str) or (one != EVERY and _NAME.fullmatch(one) is None):
            raise SettingsError(f"{where}: {one!r} does not fit; expected {expected}")
    return tuple(dict.fromkeys(str(one) for one in texts))


def _secrets(found: object, where: str) -> tuple[str, ...]:
    listed = cast("list[object]", found) if isinstance(found, list) else [None]
    for one in listed:
        if not isinstance(one, str) or not SECRET_NAME.fullmatch(one):  # an address is not repeated in an error
            raise SettingsError(f"{where}: one is not the name of a secret; an address stands in the vault")
    return tuple(dict.fromkeys(str(one) for one in listed))


def _text(table: Table, key: str, where: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or any(ord(letter) < 32 for letter in value):
        raise SettingsError(f"{where}.{key} is not text; expected a string")
    return value
