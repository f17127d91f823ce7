"""A place right behind a time of day: 'at 9 in London'. Whether its zone is known.

Rules: pure; a name that is no place says nothing about the zone, and its owner is told so.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.times.part import Part
from ergos.compile.times.words import ZONES
from ergos.drivers.schedule.zones import nearest_zone

_PLACE: Final = re.compile(r"\s?,?\s\(?in\s(?P<name>[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,2})\b(?!['’])")
_NO_PLACES: Final = frozenset(
    "january february march april may june july august september october november december "
    "english chinese german french spanish japanese italian korean russian portuguese slack "
    "notion teams discord gmail outlook excel jira github trello telegram markdown word google "
    "microsoft".split()
)
"""Capitalised words behind 'in' that are no places."""


def place_after(prose: str, end: int) -> Part | None:
    """The zone of a place that is named here; of kind `elsewhere` where none is known for it."""
    match = _PLACE.match(prose, end)
    if match is None:
        return None
    words = match["name"].split(" ")
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        zone = zone_of_place(name)
        if zone:
            return Part("zone", match.start(), match.start("name") + len(name), name=zone)
    if words[0].lower() in _NO_PLACES:
        return None
    return Part("elsewhere", match.start("name"), match.end("name"), name=match["name"])


def zone_of_place(name: str) -> str:
    """The IANA name of a place, '' where none is known; nothing is guessed from what resembles it."""
    known = ZONES.get(name.lower())
    if known is not None:
        return known
    near = nearest_zone(name)
    return near if near.rpartition("/")[2].replace("_", " ").lower() == name.lower() else ""
