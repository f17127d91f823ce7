"""Histories for tests: of people who do things at set times, and of people who do not."""

from __future__ import annotations

import datetime
import random

from ergos.app.mining.history import Seen
from ergos.base.clock import SECOND

START = datetime.datetime(2026, 8, 31, tzinfo=datetime.UTC)
"""A Monday."""
PROGRAMS = (
    "make test",
    "cargo build",
    "pytest -q",
    "git push",
    "npm run lint",
    "terraform plan",
    "./deploy staging",
    "rsync a b",
    "python train.py --lr 0.1",
    "hugo",
    "ansible-playbook site.yml",
    "docker build .",
)


def seen(at: datetime.datetime, text: str) -> Seen:
    return Seen(text=text, at_ns=int(at.timestamp()) * SECOND)


def random_history(seed: int) -> tuple[Seen, ...]:
    """Commands at times that mean nothing: evenly, in office hours, or in bursts."""
    chance = random.Random(seed)
    weeks, found = chance.randint(4, 30), []
    style = seed % 3
    for program in chance.sample(PROGRAMS, chance.randint(1, len(PROGRAMS))):
        for _ in range(chance.randint(5, 150)):
            day = chance.randrange(weeks * 7)
            minute = chance.randrange(1_440) if style == 0 else chance.randint(9 * 60, 18 * 60 - 1)
            if style and (day % 7) > 4:
                continue
            at = START + datetime.timedelta(days=day, minutes=minute)
            found += [
                seen(at + datetime.timedelta(seconds=20 * step), program)
                for step in range(chance.randint(1, 4) if style == 2 else 1)
            ]
    return tuple(sorted(found, key=lambda one: one.at_ns or 0))


def weekly(
    command: str, *, weeks: int = 12, missed: tuple[int, ...] = (), weekday: int = 4, hour: int = 17
) -> list[Seen]:
    """A command each week, give or take a quarter of an hour; `{day}` is the day's date."""
    found = []
    for week in range(weeks):
        if week not in missed:
            at = START + datetime.timedelta(days=7 * week + weekday, hours=hour, minutes=(week * 7) % 15 - 7)
            found.append(seen(at, command.replace("{day}", f"{at:%Y-%m-%d}")))
    return found


def daily(command: str, *, days: int = 40, hour: int = 8) -> list[Seen]:
    """A command each day."""
    return [seen(START + datetime.timedelta(days=day, hours=hour, minutes=day % 9), command) for day in range(days)]
