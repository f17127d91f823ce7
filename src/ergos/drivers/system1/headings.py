"""What a brief and its sections are called, in the reader's language.

Rules: a heading names a subject in words of the sources, or the name `phrases` knows for it; it states nothing,
because nothing in it carries a citation. Must not know: sentences.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from ergos.base.documents import Finding, day_of
from ergos.drivers.system1 import phrases, segment, themes
from ergos.drivers.system1.phrases import Written

HEADLINE_CHARS_MAX: Final = 90  # characters of a source's title that may head a brief
HEADLINES_CHARS_MAX: Final = 110  # characters of two of them
SUBJECTS_MAX: Final = 3  # subjects a title names; more is a table of contents


def in_language(subject: str, language: Written) -> str | None:
    """A theme's name in the reader's language, or None where the reader could not read it."""
    if language == "en":
        english = None if subject.isascii() else themes.in_both(subject)
        name = english.title() if english and english.isascii() else subject
        return name[:1].upper() + name[1:] if name.isascii() else None
    back = {themes.in_both(own): own for own in reversed(phrases.TWO_NAMES)}
    for key in (themes.in_both(subject), segment.stem(subject.lower())):
        if key in back:
            return back[key]
    return subject if not subject.isascii() or not subject.islower() else None


def title(
    findings: Sequence[Finding],
    language: Written,
    made_at_ns: int,
    *,
    is_empty: bool,
    headlines: Sequence[str] = (),
) -> str:
    """The title of a brief: one or two `headlines` of its sources, else up to SUBJECTS_MAX subjects and the UTC day."""
    forms = phrases.TITLES[language]
    day = _day(day_of(made_at_ns), language)
    if is_empty:
        return forms["empty"].format(day=day)
    short = [words for one in headlines if len(words := " ".join(one.split()).rstrip("。.")) <= HEADLINE_CHARS_MAX]
    if short:
        other = next((one for one in short[1:] if len(short[0]) + len(one) <= HEADLINES_CHARS_MAX), None)
        return forms["headlines" if other else "headline"].format(headline=short[0], other=other)
    subjects_found = [finding.subject for finding in findings if finding.kind == "theme"]
    named = [name for subject in subjects_found if (name := in_language(subject, language))]
    subjects = list(dict.fromkeys(named))[:SUBJECTS_MAX]
    if not subjects:
        return forms["plain"].format(day=day)
    return forms["titled"].format(subjects=forms["joint"].join(subjects), day=day)


def _day(day: datetime.date, language: Written) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {phrases.MONTHS[day.month - 1]} {day.year}"
