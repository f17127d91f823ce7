"""Zones that words name.

Rules: pure; a place whose zone is not known, or an abbreviation that several zones share, is a question.
"""

from __future__ import annotations

from ergos.compile.times.frame import Frame
from ergos.compile.times.part import Part
from ergos.compile.times.words import UNCLEAR_ZONES
from ergos.drivers.schedule.zones import nearest_zone, zone_misfit


def zone_of(part: Part, frame: Frame) -> str:
    """The IANA name that a zone part names; '' where it names none, which is said."""
    span = (part.start, part.end)
    if part.flag == "unclear":
        zones = ", ".join(UNCLEAR_ZONES[part.name.lower()])
        frame.say("C109", [span], zones=zones)
        return ""
    if not part.flag and not zone_misfit(part.name):
        return part.name
    near = nearest_zone(part.name) if part.flag != "offset" else ""
    if near and near.rpartition("/")[2].replace("_", " ").lower() == part.name.lower():
        return near
    if near:
        hint = f"；是不是 {near}？" if frame.language == "zh" else f"; did you mean {near}?"
    else:
        hint = ""
    frame.say("C110", [span], near=hint)
    return ""
