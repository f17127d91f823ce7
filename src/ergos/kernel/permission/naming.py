"""Records that an owner names: what a tool's results say of the one thing that goes by a name.

The address in the address book next to a name that the owner said; the id of the event whose title the owner said.
Where two records of one name differ, nothing follows; nor where the name is only a part of a longer one that was said.

Rules: pure and total; nothing follows for an argument that was not declared; texts inside a field are never records.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.permission.concordance import Concordance, form_of
from ergos.kernel.permission.extracts import leaves
from ergos.kernel.permission.readings import tokens

RECORDS_MAX: Final = 20_000  # records kept of one turn for what the owner may name; of later ones nothing follows
FIELD_LEAVES_MAX: Final = 1_000  # leaves kept of one field
NAME_CHARS_MAX: Final = 300  # characters of a name; a longer one is a text

Name: TypeAlias = tuple[str, ...]
_Key: TypeAlias = tuple[str, str, Name]


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of the records in a tool's results that follows from the name of its record.

    Who declares it says: the tool's own system sets the field, nobody who merely writes to the owner; and what the
    owner calls such a thing is its `by`.
    """

    field: str
    by: tuple[str, ...]
    """Fields one of which the owner has said, as a whole; of a file name the part before the ending will do."""
    fits: tuple[str, ...]
    """Arguments it may be given as."""


class Namings:
    """Records of results, by what their owner may call them."""

    def __init__(self) -> None:
        self._values: Final[dict[_Key, set[tuple[tuple[type, object], ...]]]] = {}
        self._names: Final[dict[tuple[str, str], set[Name]]] = {}
        self._given: Final[dict[tuple[str, type, object], set[_Key]]] = {}
        self._count = 0

    def add(self, value: Plain, named: tuple[Named, ...]) -> None:
        """Take the records in a value."""
        waiting: list[object] = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, (list, tuple)):
                waiting.extend(part)
            elif isinstance(part, dict):
                self._count += 1
                if self._count > RECORDS_MAX:  # one that is not kept could have been the second of its name
                    self._given.clear()
                    return
                for one in named:
                    self._take(part, one)
                waiting.extend(inner for inner in part.values() if isinstance(inner, (dict, list, tuple)))

    def give(self, leaf: object, argument: str, said: Concordance) -> bool:
        """Whether a leaf stands in the one record that was named, and may be given as this argument."""
        return any(
            len(self._values[key]) == 1 and said.phrase(key[2]) and not self._longer(key, said)
            for key in self._given.get((argument, type(leaf), leaf), ())
        )

    def _take(self, record: dict[str, Plain], named: Named) -> None:
        if named.field not in record:
            return
        found = [(type(leaf), leaf) for leaf in islice(leaves(record[named.field]), FIELD_LEAVES_MAX + 1)]
        if len(found) > FIELD_LEAVES_MAX:
            return
        for by in named.by:
            for name in _names(record.get(by)):
                key = (named.field, by, name)
                self._values.setdefault(key, set()).add(tuple(found))
                self._names.setdefault((named.field, by), set()).add(name)
                for kind, leaf in found:
                    for argument in named.fits:
                        self._given.setdefault((argument, kind, leaf), set()).add(key)

    def _longer(self, key: _Key, said: Concordance) -> bool:
        """Whether another record's longer name that holds this one was said: 'Lunch with Sarah' is not 'Lunch'."""
        field, by, name = key
        return any(
            len(other) > len(name)
            and any(other[at : at + len(name)] == name for at in range(len(other) - len(name) + 1))
            and self._values[field, by, other].isdisjoint(self._values[key])
            and said.phrase(other)
            for other in self._names[field, by]
        )


def _names(name: object) -> Iterator[Name]:
    """What an owner may call a record with this name: as it stands; a file without its ending."""
    short = isinstance(name, int) or (isinstance(name, str) and len(name) <= NAME_CHARS_MAX)
    form = tokens(name) if short and isinstance(name, str) else form_of(name) if short else None
    if not form:
        return
    yield tuple(form)
    stem, dot, ending = form[0][2:].rpartition(".")
    if len(form) == 1 and form[0].startswith("i:") and dot and stem and ending.isalnum() and len(ending) <= 5:
        words = tokens(stem.rpartition("/")[2].replace("-", " ").replace("_", " "))
        if words:
            yield tuple(words)
