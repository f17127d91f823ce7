"""What a brief and its sections are called, in the reader's language.

Rules: a heading names a subject in words of the sources, or the name `phrases` knows for it; it states nothing,
because nothing in it carries a citation. Must not know: sentences.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from ergos.base.documents import Finding, Story, day_of
from ergos.drivers.system1 import phrases, segment
from ergos.drivers.system1.phrases import Written

SUBJECTS_MAX: Final = 3  # subjects a title names; more is a table of contents


def in_language(subject: str, language: Written) -> str | None:
    """A theme's name in the reader's language, or None where the reader could not read it."""
    if language == "en":
        known = phrases.TWO_NAMES.get(subject)
        name = known.title() if known else subject
        return name[:1].upper() + name[1:] if name.isascii() else None
    back = {name: own for own, name in reversed(phrases.TWO_NAMES.items())}
    stem = segment.stem(subject.lower())
    if stem in back:
        return back[stem]
    return subject if not subject.isascii() or not subject.islower() else None


def title(
    stories: Sequence[Story],
    findings: Sequence[Finding],
    language: Written,
    made_at_ns: int,
    *,
    is_empty: bool,
) -> str:
    """The title of a brief: the day of `made_at_ns` (UTC) and up to SUBJECTS_MAX subjects."""
    forms = phrases.TITLES[language]
    day = _day(day_of(made_at_ns), language)
    if is_empty:
        return forms["empty"].format(day=day)
    themes = [finding.subject for finding in findings if finding.kind == "theme"]
    words = [story.keywords[0] for story in stories if story.keywords]
    named = [name for subject in themes or words if (name := in_language(subject, language))]
    subjects = list(dict.fromkeys(named))[:SUBJECTS_MAX]
    if not subjects:
        return forms["plain"].format(day=day)
    return forms["titled"].format(subjects=forms["joint"].join(subjects), day=day)


def _day(day: datetime.date, language: Written) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {phrases.MONTHS[day.month - 1]} {day.year}"
