"""Which files an action is about, in the owner's words: one that is named, the one that arrived, or all of a kind in a
folder.

    delete *.tmp files in ./build      a search below build:/, and the action for each of what it finds

Rules: a file is what is written as a path; all of a kind is meant only where the words say kind and folder and nothing
else, because words that were not understood could have said which ones.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.compile.intent import Action, Found
from ergos.compile.lower.flow import Flow
from ergos.compile.times.grammar import read_times
from ergos.compile.words.atoms import read_atoms
from ergos.kernel.triggers import Files

_PLAIN: Final = re.compile(
    r"(?:all|any|every|each|the|of|files?|documents?|in|from|under|inside|below|within|folder|directory|"
    r"所有|全部|的|里面?|中|下面?|文件夹?|目录|把|将)*",
    re.IGNORECASE,
)
"""What may stand beside kind and folder without saying which ones."""
_BETWEEN: Final = re.compile(r"[\s,.，。、]+")


class Subject(msgspec.Struct, frozen=True):
    """The files."""

    path: str
    """Path, or reference."""
    each: str = ""
    """Reference to a list, where it is several."""


def subject_of(flow: Flow, found: Found[Action], *, write: bool) -> Subject | None:
    """The files an action is about; None where that is not known, which is said."""
    action = found.value
    named = [path for path in paths_in(action.object) if path != action.target]
    kinds = [path for path in named if "*" in path or "?" in path]
    if kinds:
        return _of_kind(flow, found, kinds[0], [path for path in named if path not in kinds], write=write)
    if len(named) == 1 and not _is_file(named[0]) and action.verb == "delete":
        return _of_kind(flow, found, "*", named, write=write)
    if len(named) == 1 and _is_file(named[0]):
        path = flow.place(named[0], found.span, write=write)
        return None if path is None else Subject(path)
    event = flow.event()
    if isinstance(event, Files) and not named:
        flow.place(event.folder, found.span, write=write, whole=True)
        return Subject("{event.path}")
    flow.say("C311", found.span, what=action.object or flow.words(found.span))
    return None


def paths_in(text: str) -> list[str]:
    """Everything in a text that is written as a path, in order."""
    return [atom.text for _, atom in sorted(read_atoms(text).atoms.items()) if atom.kind == "path"]


def _of_kind(flow: Flow, found: Found[Action], kind: str, folders: list[str], *, write: bool) -> Subject | None:
    """All files of a kind in a folder."""
    inside, _, pattern = kind.rpartition("/")
    rest = found.value.object
    for part in (kind, *folders):
        rest = rest.replace(part, " ", 1)
    folder = inside or (folders[0] if len(folders) == 1 else "")
    if not folder or not _PLAIN.fullmatch("".join(_BETWEEN.split(timeless(flow, rest)))):
        flow.say("C311", found.span, what=found.value.object)
        return None
    at = flow.place(folder, found.span, write=write, whole=True)
    if at is None:
        return None
    made = flow.add("act", "files.search", "found", {"path": at, "names": pattern}, found.span, "search")
    return Subject("{item.path}", f"{made}.matches")


def timeless(flow: Flow, text: str) -> str:
    """The text without what says when."""
    known = flow.circumstances
    read = read_times(text, flow.intent.language, timezone=known.timezone, now_ns=known.now_ns, calendar=known.calendar)
    return "".join(
        " " if any(start <= place < end for start, end in read.spans) else letter for place, letter in enumerate(text)
    )


def _is_file(path: str) -> bool:
    return "." in path.rstrip("/").rpartition("/")[2].strip(".") and not path.endswith("/")
