"""What a step passes on, as a text or as rows: a text, documents, records, a brief, in any mixture.

Rules: pure and total; whatever has no text gives an empty one; bounded.
"""

from __future__ import annotations

import csv
import io
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.documents import Brief, Document, citable
from ergos.drivers.system1 import language as languages
from ergos.lib.references import written

TEXT_CHARS_MAX: Final = 2_000_000  # characters of a text put together from several
WORDS_A_PAGE: Final = 450  # English words on a page; a printed page of prose has 400 to 500
HANZI_A_PAGE: Final = 900  # Chinese characters on a page; a printed page has 800 to 1,000


def text_of(value: Plain) -> str:
    """The text that a value holds."""
    return _text(value)[:TEXT_CHARS_MAX]


def brief_of(value: Plain) -> Brief | None:
    """The brief that a value is, or None."""
    if not isinstance(value, dict) or "sections" not in value or "documents" not in value:
        return None
    try:
        return msgspec.convert(value, Brief, strict=True)
    except msgspec.ValidationError:
        return None


def documents_of(value: Plain) -> tuple[Document, ...]:
    """The documents that a value holds; none where it holds none."""
    if isinstance(value, dict):
        value = value.get("documents", [value])
    found: list[Document] = []
    for item in value if isinstance(value, list) else []:
        try:
            found.append(msgspec.convert(item, Document, strict=True))
        except msgspec.ValidationError:
            continue
    return tuple(found)


def rows_of(value: Plain) -> list[dict[str, Plain]]:
    """Records; a table that was read as a document is its rows, a text one record for each of its lines."""
    table = table_of(value)
    if table is not None:
        return table
    if isinstance(value, dict):
        for name in ("rows", "items", "records", "documents", "matches", "entries"):
            if isinstance(value.get(name), list):
                return rows_of(value[name])
        return [value]
    if isinstance(value, str):
        return [{"text": line.strip()} for line in value.splitlines() if line.strip()]
    if isinstance(value, list):
        return [item if isinstance(item, dict) else {"value": item} for item in value if item is not None]
    return []


def table_of(value: Plain) -> list[dict[str, Plain]] | None:
    """The rows of a table that was read as the only document; None: it is none."""
    if isinstance(value, dict):
        value = value.get("documents", [value])
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return None
    url, text = value[0].get("url"), value[0].get("text")
    if not isinstance(url, str) or not isinstance(text, str) or not url.lower().endswith((".csv", ".tsv")):
        return None
    first = text.split("\n", 1)[0]
    mark = max((",", ";", "\t"), key=lambda one: (first.count(one), one == ","))
    try:
        rows = [row for row in csv.reader(io.StringIO(text[:TEXT_CHARS_MAX]), delimiter=mark) if row]
    except csv.Error:
        return None
    head = [name.strip() for name in rows[0]] if rows else []
    return [dict(zip(head, (cell.strip() or None for cell in row), strict=False)) for row in rows[1:]]


def words_in(text: str) -> int:
    """Words of a text; of Chinese each character counts as one."""
    han = sum(1 for letter in text if "\u3400" <= letter <= "\u9fff")
    latin = "".join(" " if "\u3400" <= letter <= "\u9fff" else letter for letter in text)
    return han + sum(1 for word in latin.split() if any(letter.isalnum() for letter in word))


def pages_of(value: Plain) -> float:
    """Pages of a text when it is printed; the list of sources of a brief is not counted."""
    text = prose_of(value)
    han = sum(1 for letter in text if "\u3400" <= letter <= "\u9fff")
    return han / HANZI_A_PAGE + (words_in(text) - han) / WORDS_A_PAGE


def prose_of(value: Plain) -> str:
    """The text of a value as its reader reads it: of a brief its sentences and headings, without its sources."""
    brief = brief_of(value)
    if brief is None:
        return text_of(value)
    parts = [brief.title]
    for section in brief.sections:
        parts += [section.heading, *(sentence.text for sentence in section.sentences)]
    return "\n".join(parts)


def language_of(text: str) -> str:
    """'en', 'zh' or 'und'."""
    return languages.detect(text)


def _text(value: Plain) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return "\n\n".join(part for item in value if (part := _text(item)))
        case dict():
            return _of_record(value)
        case _:
            return written(value)


def _of_record(value: dict[str, Plain]) -> str:
    if brief_of(value) is not None:
        return prose_of(value)
    if isinstance(value.get("text"), str):
        title, text = value.get("title"), str(value["text"])
        if isinstance(title, str) and title and not text.startswith(title):
            found = documents_of(cast("Plain", [value]))
            return citable(found[0]) if found else f"{title}\n\n{text}"
        return text
    return "\n".join(f"{key}: {written(item)}" for key, item in value.items() if item is not None)
