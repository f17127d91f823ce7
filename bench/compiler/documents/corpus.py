"""The documents of this folder, and how much System 1 reads of them.

=== English stacked invoice      a document begins with its title,
INVOICE …                        then comes its text,
---                              and behind three dashes what is right, one field a line:
total = 466.80 GBP               amounts with their currency, days in ISO 8601, '-' for a field that is not there
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ergos.base.canonical import Plain
from ergos.drivers.system1.fields import extract

FOLDER = Path(__file__).parent
BATCHES = ("first", "second", "third", "fourth", "fifth")
"""In the order in which they were written; each was read once, and counted, before it was worked on."""


@dataclass(frozen=True)
class Document:
    """One document with what is right."""

    title: str
    text: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Fault:
    """A field that was not read as it is."""

    title: str
    field: str
    wanted: str
    found: str

    @property
    def missing(self) -> bool:
        """Left out, and not read wrongly."""
        return self.found == "-"


def documents(batch: str) -> Iterator[Document]:
    """The documents of a batch."""
    for part in (FOLDER / f"{batch}.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        title, rest = part.split("\n", 1)
        text, right = rest.rsplit("---\n", 1)
        yield Document(title, text, dict(line.split(" = ", 1) for line in right.strip().splitlines()))


def faults(document: Document) -> Iterator[Fault]:
    """Fields that System 1 reads wrongly or not at all."""
    found = extract(document.text, document.fields)
    for field, wanted in document.fields.items():
        value = shown(found[field])
        if value != wanted:
            yield Fault(document.title, field, wanted, value)


def counted(batches: Sequence[str]) -> tuple[int, list[Fault]]:
    """Fields in all, and those with faults."""
    read = [one for batch in batches for one in documents(batch)]
    return sum(len(one.fields) for one in read), [fault for one in read for fault in faults(one)]


def shown(value: Plain) -> str:
    """A value as it is noted."""
    if isinstance(value, dict):
        return f"{value['amount']} {value['currency']}".strip()
    return "-" if value is None else str(value)
