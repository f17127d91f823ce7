"""An owner who says something in a home with a fixed clock, and what the grammar reads."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ergos.compile.circumstances import Circumstances
from ergos.compile.intent import Intent
from ergos.compile.words.atoms import Copy, read_atoms
from ergos.compile.words.draft import Draft
from ergos.compile.words.grammar import read_intent
from ergos.drivers.schedule.host_calendar import HostCalendar

NOW = int(datetime(2026, 11, 26, 10, 0, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()) * 1_000_000_000


def home() -> Circumstances:
    return Circumstances(
        now_ns=NOW,
        timezone="Europe/Berlin",
        calendar=HostCalendar(),
        folder="/srv/ada/work",
        accounts=frozenset({"post"}),
        brokers=frozenset({"house"}),
        secrets=frozenset({"hook"}),
        agents=frozenset({"newsroom", "nightly-backup"}),
    )


def said(prose: str) -> Intent:
    return read_intent(prose, home())


def verbs(prose: str) -> list[str]:
    return [one.value.verb for one in said(prose).actions]


def targets(prose: str) -> list[str]:
    return [one.value.target for one in said(prose).actions if one.value.target]


def codes(prose: str) -> set[str]:
    return {one.code for one in said(prose).diagnostics if one.code.startswith("C2")}


def draft(prose: str) -> Draft:
    return Draft(read_atoms(prose), home(), "en")


def copy(prose: str) -> Copy:
    return read_atoms(prose)
