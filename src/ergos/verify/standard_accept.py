"""The checks that AGENT.md can ask for under `acceptance`: what each finds wrong with what a step gave.

    faults("pages_max", 2, value, source)   # ("it has 2.4 pages, and at most 2 were asked for",)

Rules: pure; a check says what is wrong and by how much, so that whoever does it again knows; a check that cannot look
at a value of this kind says that, and does not pass it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from ergos.base.amounts import money, number
from ergos.base.canonical import Plain
from ergos.drivers.system1 import field_names
from ergos.drivers.system1.field_capitals import capitals
from ergos.drivers.system1.field_days import days
from ergos.drivers.system1.field_habits import habits_of
from ergos.drivers.system1.field_text import plain
from ergos.drivers.system1.field_values import Habits, amounts
from ergos.lib.acceptance import CHECKS
from ergos.verify import grounding
from ergos.verify.standard_texts import brief_of, language_of, pages_of, prose_of, rows_of, text_of, words_in

_MATERIAL: Final = ("text", "documents", "items", "rows", "source", "before", "after")
"""Arguments of steps that hold what is worked on."""
FAULTS_MAX: Final = 20  # faults of one check that are told; more say nothing more
SHOWN_CHARS: Final = 60  # characters of a value in a fault
LANGUAGE_CHARS_MIN: Final = 20  # characters a text must have for its language to be told

_CITED: Final = re.compile(
    r"\[[^\]\n]{1,80}\]|【[^】\n]{1,80}】|https?://\S+|（[^）\n]{0,60}(?:来源|http)[^）\n]{0,120}）"
)
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[A-Za-z]{2,24}")
_HTML: Final = re.compile(r"<(?:!doctype html|html|body|p|div|h[1-6]|ul|table)\b", re.IGNORECASE)
_MARKDOWN: Final = re.compile(r"^(?:#{1,6} |[-*+] |\d+\. |> |\|)|\*\*|\[[^\]]+\]\(", re.MULTILINE)


def faults(check: str, parameter: Plain, value: Plain, source: Plain) -> tuple[str, ...]:
    """What one check finds; empty: passed."""
    look = _LOOK.get(check)
    if look is None:
        return (f"there is no check {check!r}; there are {', '.join(CHECKS)}",)
    found: list[str] = []
    for one in look(parameter, value, source):
        found.append(one)
        if len(found) == FAULTS_MAX:
            break
    return tuple(found)


def _cited(_: Plain, value: Plain, __: Plain) -> Iterator[str]:
    brief = brief_of(value)
    if brief is None:
        paragraphs = [part for part in re.split(r"\n\s*\n|\n(?=[-*•\d])", text_of(value)) if _says_something(part)]
        yield from (f"{_shown(part)} names no source" for part in paragraphs if not _CITED.search(part))
        return
    for part, section in enumerate(brief.sections, 1):
        for place, sentence in enumerate(section.sentences, 1):
            if not sentence.citations:
                yield f"section {part}, sentence {place} has no source"
    for fault in grounding.faults(brief):
        yield f"section {fault.section + 1}, sentence {fault.sentence + 1}: {_shown(fault.found)}: {fault.why}"


def _pages_max(most: Plain, value: Plain, _: Plain) -> Iterator[str]:
    pages = pages_of(value)
    if pages > _count(most):
        yield f"it has {pages:.1f} pages, and at most {most} were asked for"


def _words_max(most: Plain, value: Plain, _: Plain) -> Iterator[str]:
    count = words_in(prose_of(value))
    if count > _count(most):
        yield f"it has {count:,} words, and at most {most} were asked for"


def _words_min(least: Plain, value: Plain, _: Plain) -> Iterator[str]:
    count = words_in(prose_of(value))
    if count < _count(least):
        yield f"it has {count:,} words, and at least {least} were asked for"


def _items_max(most: Plain, value: Plain, _: Plain) -> Iterator[str]:
    count = _items(value)
    if count > _count(most):
        yield f"it has {count:,} items, and at most {most} were asked for"


def _items_min(least: Plain, value: Plain, _: Plain) -> Iterator[str]:
    count = _items(value)
    if count < _count(least):
        yield f"it has {count:,} items, and at least {least} were asked for"


def _language(wanted: Plain, value: Plain, _: Plain) -> Iterator[str]:
    text = prose_of(value)
    found = language_of(text)
    if wanted in ("en", "zh") and found != wanted and len(text) >= LANGUAGE_CHARS_MIN:
        yield f"it is written in {'another language' if found == 'und' else found}, and {wanted} was asked for"
    elif wanted not in ("en", "zh") and found != "und" and len(text) >= LANGUAGE_CHARS_MIN:
        yield f"it is written in {found}, and {wanted} was asked for"


def _fields(wanted: Plain, value: Plain, _: Plain) -> Iterator[str]:
    names = [str(name) for name in (wanted if isinstance(wanted, list) else [wanted])]
    records = value if isinstance(value, list) else [value]
    if not records:
        yield "there is no record"
    for record in records:
        if not isinstance(record, dict):
            yield f"{_shown(record)} has no fields"
            continue
        yield from (f"the field {name!r} is missing" for name in names if _empty(record.get(name)))


def _not_empty(_: Plain, value: Plain, __: Plain) -> Iterator[str]:
    brief = brief_of(value)
    if brief is not None:
        if not any(section.sentences for section in brief.sections):
            yield "it says nothing"
    elif _empty(value) or (isinstance(value, dict | list) and not text_of(value).strip()):
        yield "it is empty"


def _contains(wanted: Plain, value: Plain, _: Plain) -> Iterator[str]:
    text = field_names.folded(prose_of(value))
    for one in wanted if isinstance(wanted, list) else [wanted]:
        if field_names.folded(str(one)) not in text:
            yield f"it does not contain {_shown(one)}"


def found_in_source(_: Plain, value: Plain, source: Plain) -> Iterator[str]:
    """Values that stand in the source in no spelling. Shared with the check of `extract` itself."""
    text = _source_text(source)
    evidence = _Evidence(text)
    for record in value if isinstance(value, list) else [value]:
        named = record.items() if isinstance(record, dict) else [("it", record)]
        for name, one in named:
            if not _empty(one) and not evidence.holds(one):
                yield f"{name}: {_shown(one)} does not stand in the source"


def _numbers_in_source(_: Plain, value: Plain, source: Plain) -> Iterator[str]:
    evidence = _Evidence(_source_text(source))
    text = prose_of(value)
    for amount in amounts(text, habits_of(text)):
        said = text[amount.start : amount.end]
        either = {abs(one.amount) for comma in (False, True) for one in amounts(said, Habits(comma=comma))}
        if not either & evidence.numbers:
            yield f"the number {_shown(said)} does not stand in the source"
    for day in days(text, day_first=evidence.habits.day_first):
        if day.value not in evidence.days:
            yield f"the date {day.value} does not stand in the source"


def _format(wanted: Plain, value: Plain, _: Plain) -> Iterator[str]:
    good = _FORMATS.get(str(wanted))
    if good is None:
        yield f"there is no format {_shown(wanted)}"
    elif not good(value):
        yield f"it is no {wanted}"


class _Evidence:
    """What stands in a source, in the forms in which values are held."""

    def __init__(self, text: str) -> None:
        text = plain(text)
        self.habits: Final = habits_of(text)
        self._folded: Final = field_names.folded(text)
        self._bare: Final = re.sub(r"[\W_]+", "", self._folded)
        both = [list(amounts(text, msgspec.structs.replace(self.habits, comma=comma))) for comma in (False, True)]
        spelled = (abs(one.amount) for found in both for one in found)
        self.numbers: Final = frozenset((*spelled, *capitals(text)))
        orders = (True, False) if self.habits.day_first is None else (self.habits.day_first,)
        self.days: Final = frozenset(day.value for order in orders for day in days(text, day_first=order))

    def holds(self, value: Plain) -> bool:
        """Whether a value stands there in some spelling."""
        if isinstance(value, list):
            return all(self.holds(item) for item in value)
        amount = money(value)
        if amount is not None:
            return abs(amount.amount) in self.numbers
        if isinstance(value, dict):
            if "amount" in value:
                bare = number(value.get("amount"))
                return bare is not None and abs(bare) in self.numbers
            return all(self.holds(item) for item in value.values())
        if isinstance(value, bool):
            return True
        return self._holds_text(value)

    def _holds_text(self, value: Plain) -> bool:
        text = str(value)
        if _ISO_DAY.fullmatch(text) and text in self.days:
            return True
        plain: Decimal | None = number(value)
        if plain is not None and abs(plain) in self.numbers:
            return True
        folded = field_names.folded(text)
        bare = re.sub(r"[\W_]+", "", folded)
        return folded in self._folded or (len(bare) >= 2 and bare in self._bare)


def _source_text(source: Plain) -> str:
    """The text a step was given to work on, without what it was told to do with it."""
    if isinstance(source, dict):
        given = [
            source[name]
            for name in ("text", "documents", "items", "rows", "source", "before", "after")
            if name in source
        ]
        if given:
            return "\n\n".join(text_of(one) for one in given)
    return text_of(source)


def _items(value: Plain) -> int:
    brief = brief_of(value)
    if brief is not None:
        return sum(len(section.sentences) for section in brief.sections)
    if isinstance(value, str):
        lines = [line for line in value.splitlines() if line.strip()]
        listed = [line for line in lines if re.match(r"\s*(?:[-*•]|\d+[.)、])\s?", line)]
        return len(listed) or len(lines)
    return len(value) if isinstance(value, list) else len(rows_of(value))


def _empty(value: Plain) -> bool:
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return _empty(value["amount"])
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _says_something(text: str) -> bool:
    return sum(letter.isalnum() for letter in text) >= 15 and not text.lstrip().startswith("#")


def _count(value: Plain) -> float:
    return value if isinstance(value, int | float) else 0


def _shown(value: Plain) -> str:
    text = " ".join(text_of(value).split()) if isinstance(value, dict | list) else " ".join(str(value).split())
    return repr(text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…")


def _json(value: Plain) -> bool:
    if not isinstance(value, str):
        return True
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _csv(value: Plain) -> bool:
    if isinstance(value, list):
        return all(isinstance(row, dict | list) for row in value)
    try:
        rows = [row for row in csv.reader(io.StringIO(str(value))) if row]
    except csv.Error:
        return False
    return bool(rows) and len({len(row) for row in rows}) == 1


_FORMATS: Final[dict[str, Callable[[Plain], bool]]] = {
    "json": _json,
    "csv": _csv,
    "html": lambda value: bool(_HTML.search(text_of(value))),
    "markdown": lambda value: brief_of(value) is not None or bool(_MARKDOWN.search(text_of(value))),
    "date": lambda value: bool(days(str(value), day_first=True)),
    "email": lambda value: isinstance(value, str) and _EMAIL.fullmatch(value.strip()) is not None,
    "url": lambda value: isinstance(value, str) and value.strip().lower().startswith(("http://", "https://")),
    "number": lambda value: number(value) is not None,
    "money": lambda value: money(value) is not None,
}
_LOOK: Final[dict[str, Callable[[Plain, Plain, Plain], Iterable[str]]]] = {
    "cited": _cited,
    "pages_max": _pages_max,
    "words_max": _words_max,
    "words_min": _words_min,
    "items_max": _items_max,
    "items_min": _items_min,
    "language": _language,
    "fields": _fields,
    "found_in_source": found_in_source,
    "numbers_in_source": _numbers_in_source,
    "not_empty": _not_empty,
    "contains": _contains,
    "format": _format,
}
