"""How far System 1 reads times as the specifications of a public recogniser of dates and times do.

    python -m bench.compiler.recognizers FOLDER

FOLDER holds files of the form of microsoft/Recognizers-Text, Specs/DateTime/LANGUAGE/*Parser.json (MIT licence), which
are not part of this repository. Kinds: set (recurrences), time, date, datetime. Agreement is strict, to the minute: the
future resolution for single times, the TIMEX for sets. What the specifications ask for and a schedule has no use for
(days that have passed, seconds, 'now') counts as not agreeing, and is shown.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from ergos.compile.times.grammar import TimesRead, read_times
from ergos.drivers.schedule.host_calendar import HostCalendar

KINDS: Final = ("set", "time", "date", "datetime")
LANGUAGES: Final = {"English": "en", "Chinese": "zh"}
DAILY: Final = {"en": "Every day: ", "zh": "每天"}
"""Before a lone time of day, which is no schedule by itself unless 'at' or am, pm stands with it."""
REFERENCE: Final = "2016-11-07T00:00:00"
"""Where a specification names no day."""
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS: Final = {"TMO": "08:00", "TAF": "15:00", "TEV": "18:00", "TNI": "22:00", "TDT": "09:00"}
_UNITS: Final = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}


def expected_of(result: dict[str, object], kind: str) -> str:
    """What a specification expects, in the form of `read_of`."""
    value = result.get("Value") or {}
    assert isinstance(value, dict)
    if kind == "set":
        return _of_timex(str(value.get("Timex", "")))
    future = value.get("FutureResolution") or {}
    said = str(next(iter(future.values()), ""))
    if kind == "time":
        return said[:5]
    return said[:16].replace(" ", "T") if kind == "datetime" else said[:10]


def _of_timex(timex: str) -> str:
    """'P2W', 'T15', 'XXXX-WXX-1T16', 'XXXX-04-15' as frequency, interval, day and time."""
    if found := re.fullmatch(r"P(\d+)([DWMY])", timex):
        return f"{_UNITS[found[2]]} {found[1]}"
    day, _, clock = timex.partition("T") if not timex.startswith("T") else ("", "", timex[1:])
    at = _PARTS.get(f"T{clock}", f"{clock[:2]}:{clock[3:5] or '00'}" if clock else "")
    if found := re.fullmatch(r"XXXX-WXX-(\d)", day):
        return f"WEEKLY {_DAYS[int(found[1]) - 1]} {at}".strip()
    if found := re.fullmatch(r"XXXX-(\d\d)-(\d\d)", day):
        return f"YEARLY {int(found[1])}-{int(found[2])} {at}".strip()
    return f"DAILY {at}"


def read_of(found: TimesRead, kind: str, expected: str) -> str:
    """What was read, in the form of `expected_of`; what the expectation leaves open is left out."""
    if kind == "set":
        return _of_rule(found.schedules[0].value.rule, expected) if found.schedules else ""
    if kind == "time":
        return _of_rule(found.schedules[0].value.rule, "DAILY 00:00")[6:] if found.schedules else ""
    moments = [one.value.at for one in found.schedules if one.value.at]
    moments += [one.values["when"].replace(" ", "T") for one in found.diagnostics if one.code == "C101"]
    if not moments:
        return ""
    return moments[0][:10] if kind == "date" else moments[0]


def _of_rule(rule: str, expected: str) -> str:
    parts = dict(part.split("=") for part in rule.split("\n", 1)[0].split(";") if "=" in part)
    frequency, interval = parts.get("FREQ", ""), parts.get("INTERVAL", "1")
    if re.fullmatch(r"[A-Z]+ \d+", expected):
        return f"{frequency} {interval}"
    at = f"{int(parts.get('BYHOUR', '0').split(',')[0]):02d}:{int(parts.get('BYMINUTE', '0').split(',')[0]):02d}"
    at = at if ":" in expected else ""
    if frequency == "WEEKLY":
        return f"WEEKLY {parts.get('BYDAY', '')} {at}".strip()
    if frequency == "YEARLY":
        return f"YEARLY {parts.get('BYMONTH')}-{parts.get('BYMONTHDAY')} {at}".strip()
    return f"{frequency} {at}".strip()


def measure(folder: Path) -> tuple[Counter[str], Counter[str], list[str]]:
    """Agreeing and all by language and kind, and what does not agree."""
    agreed: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    differing: list[str] = []
    calendar = HostCalendar()
    for path in sorted(folder.rglob("*Parser.json")):
        language = LANGUAGES.get(path.parent.name)
        if language is None:
            continue
        for case in json.loads(path.read_text(encoding="utf-8-sig")):
            results = [one for one in case.get("Results", []) if one.get("Type") in KINDS]
            if len(results) != 1 or len(case["Results"]) != 1:
                continue
            kind = results[0]["Type"]
            now = datetime.fromisoformat((case.get("Context") or {}).get("ReferenceDateTime", REFERENCE)[:19])
            now_ns = int(now.replace(tzinfo=ZoneInfo("UTC")).timestamp()) * 10**9
            prose = f"{DAILY[language]}{case['Input']}" if kind == "time" else case["Input"]
            found = read_times(prose, language, timezone="UTC", now_ns=now_ns, calendar=calendar)
            expected = expected_of(results[0], kind)
            said = read_of(found, kind, expected)
            key = f"{path.parent.name} {kind}"
            counted[key] += 1
            agreed[key] += said == expected
            if said != expected:
                differing.append(f"{key}: {case['Input']!r}: {said or 'nothing'}, expected {expected}")
    return agreed, counted, differing


def main() -> None:
    """Print the shares, and with --show what differs."""
    agreed, counted, differing = measure(Path(sys.argv[1]))
    for key in sorted(counted):
        print(f"{key:20} {agreed[key]:4} of {counted[key]:4}  {agreed[key] / counted[key]:.0%}")
    if "--show" in sys.argv:
        print("\n".join(differing))


if __name__ == "__main__":
    main()
