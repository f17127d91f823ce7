"""Grants of ours as tools of other systems; and times as cron expressions.

Rules: a grant whose arguments the other system cannot bound is reported, because there the tool reaches further.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from ergos.app.importing.remarks import Findings
from ergos.kernel.permission.coverage import name_covers
from ergos.kernel.permission.grants import Grant
from ergos.kernel.triggers import Schedule

FILE_TOOLS: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        "files.read": "read_file",
        "files.list": "list_directory",
        "files.search": "search_files",
        "files.write": "write_file",
        "files.edit": "edit_file",
        "files.move": "move_file",
        "files.delete": "delete_file",
    }
)
"""By our name, the name under which most systems have it."""
NAMES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        **FILE_TOOLS,
        "http.fetch": "fetch",
        "shell.run": "shell",
        "python.run": "run_code",
        "notify.owner": "notify",
        "mail.send": "send_email",
    }
)
_DAYS: Final = {"SU": "0", "MO": "1", "TU": "2", "WE": "3", "TH": "4", "FR": "5", "SA": "6"}
_NUMBERS: Final = re.compile(r"[0-9]{1,2}(?:,[0-9]{1,2})*")
_MS: Final = {"MINUTELY": 60_000, "HOURLY": 3_600_000, "DAILY": 86_400_000, "WEEKLY": 604_800_000}


def bounded(grant: Grant) -> bool:
    """Whether it narrows an argument."""
    return any(rule.kind not in ("any", "grounded") for rule in (grant.args or {}).values())


def named(grant: Grant, names: MappingProxyType[str, str] | dict[str, str]) -> tuple[str, ...]:
    """What the tools of a grant are called elsewhere; a prefix stands for all of its family."""
    return tuple(other for own, other in names.items() if name_covers(grant.name, own))


def report_bounds(grant: Grant, where: str, findings: Findings) -> None:
    """Say that a bound is lost."""
    if bounded(grant):
        rules = ", ".join(key for key, rule in (grant.args or {}).items() if rule.kind not in ("any", "grounded"))
        findings.add("I802", where, f"the bound of {grant.name} ({rules})")


def cron_of(schedule: Schedule) -> str | None:
    """A schedule as a cron expression of five fields; None where none says the same."""
    if schedule.cron:
        return schedule.cron
    rule = _parts(schedule.rule)
    if not rule or schedule.except_dates or rule.get("INTERVAL", "1") != "1":
        return None
    known = {"FREQ", "BYHOUR", "BYMINUTE", "BYDAY", "BYMONTHDAY", "INTERVAL"}
    hour, minute = rule.get("BYHOUR", ""), rule.get("BYMINUTE", "0")
    if set(rule) - known or not _NUMBERS.fullmatch(minute):
        return None
    days = [_DAYS.get(day, "") for day in rule.get("BYDAY", "").split(",") if day]
    if "" in days or (hour and not _NUMBERS.fullmatch(hour)):
        return None
    if rule["FREQ"] == "HOURLY" and not hour and not days:
        return f"{minute} * * * *" if "BYMINUTE" in rule else None
    if not hour or (rule["FREQ"] == "WEEKLY" and not days):
        return None
    month_day = rule.get("BYMONTHDAY", "*")
    if rule["FREQ"] == "MONTHLY" and (days or not _NUMBERS.fullmatch(month_day)):
        return None
    if rule["FREQ"] not in ("DAILY", "WEEKLY", "MONTHLY") or (rule["FREQ"] != "MONTHLY" and month_day != "*"):
        return None
    return f"{minute} {hour} {month_day} * {','.join(days) or '*'}"


def every_ms_of(schedule: Schedule) -> int | None:
    """A plain interval in milliseconds; None where it is more than one."""
    rule = _parts(schedule.rule)
    if set(rule) - {"FREQ", "INTERVAL"} or rule.get("FREQ") not in _MS or not rule.get("INTERVAL", "1").isdigit():
        return None
    return _MS[rule["FREQ"]] * int(rule.get("INTERVAL", "1"))


def _parts(rule: str) -> dict[str, str]:
    """The parts of a recurrence by name; none of several recurrences."""
    if "\n" in rule:
        return {}
    return {name: value for name, sign, value in (part.partition("=") for part in rule.split(";")) if sign}
