"""A path an agent names: relative, canonical, and meaning the same to every reader.

    notes/july.md            in the agent's own workspace
    invoices:/2031/a.pdf     in the folder its owner called `invoices`

Rules: no '..', no absolute path, no NUL or control character, no bytes that are no UTF-8, no character that looks like
a separator or a dot, or that is not seen. Such a path is refused and not repaired: what was approved must be what is
opened. Pure: whether something stands there is `confined`'s to say.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError

PATH_BYTES_MAX: Final = 1_024  # bytes of a path; Linux takes 4,096 with the folder it begins at
NAME_BYTES_MAX: Final = 240  # bytes of one name; Linux takes 255, and a draft's name is longer than the file's
DEPTH_MAX: Final = 40  # folders in a path; deeper ones are mistakes, and are listed slowly

DRAFT_PREFIX: Final = ".ergos-draft-"
"""Names of files being written; nobody may ask for them."""

_REMEDY: Final = "name a path such as notes/july.md, relative to the workspace"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")  # written in Persian, Indic scripts and emoji
_SEPARATORS: Final = frozenset("/\\\u2044\u2215\u2216\u29f5\u29f8\u29f9\u3033\ufe68\uff0f\uff3c\u20e5")
_DOTS: Final = frozenset("\u2024\u2025\u2026\ufe52\uff0e\ufe19\u3002\uff61\u00b7\u0660\u06f0\u0701\u0702")


class Place(msgspec.Struct, frozen=True):
    """Where a path points."""

    room: str
    """'' for the agent's workspace, else the name its owner gave a folder."""
    parts: tuple[str, ...]
    """Names from there; () for the folder itself."""

    @property
    def text(self) -> str:
        """The path as an agent writes it; the same place has one text."""
        inside = "/".join(self.parts)
        return f"{self.room}:/{inside}" if self.room else inside or "."

    def child(self, name: str) -> Place:
        """What stands in this folder under a name."""
        return Place(self.room, (*self.parts, name))


def place_of(path: str) -> Place:
    """The place a path names. Raises: ValueShapeError with the reason."""
    if len(path) > PATH_BYTES_MAX:
        raise ValueShapeError(f"a path of {len(path):,} characters; at most {PATH_BYTES_MAX:,} bytes", remedy=_REMEDY)
    _seen(path)
    room, mark, inside = path.partition(":/")
    if not mark or "/" in room:
        room, inside = "", path
        if path.startswith("/"):
            raise ValueShapeError(f"{path[:80]!r} is absolute", remedy=_REMEDY)
    elif not room:
        raise ValueShapeError(f"{path[:80]!r} names no folder before ':/'", remedy=_REMEDY)
    parts = tuple(part for part in inside.split("/") if part not in ("", "."))
    if not path:
        raise ValueShapeError("an empty path names nothing; '.' is the workspace itself", remedy=_REMEDY)
    if len(parts) > DEPTH_MAX:
        raise ValueShapeError(f"{path[:80]!r} is {len(parts)} folders deep; at most {DEPTH_MAX}", remedy=_REMEDY)
    for part in parts:
        _named(part, path)
    return Place(room, parts)


def file_of(path: str) -> Place:
    """The place of a file or folder inside, never the workspace itself. Raises: ValueShapeError."""
    place = place_of(path)
    if not place.parts:
        raise ValueShapeError(f"{path[:80]!r} is the folder itself; name something in it", remedy=_REMEDY)
    return place


def is_plain(name: str) -> bool:
    """Whether a name found on disk is one that can be asked for."""
    try:
        return bool(file_of(name).parts) and "/" not in name and not name.startswith(DRAFT_PREFIX)
    except ValueShapeError:
        return False


def _seen(path: str) -> None:
    for letter in path:
        kind = unicodedata.category(letter)
        if kind == "Cs":
            raise ValueShapeError("the path holds bytes that are no UTF-8", remedy=_REMEDY)
        if kind in _UNSEEN and letter not in _JOINERS:
            raise ValueShapeError(f"the path holds U+{ord(letter):04X}, which is not seen", remedy=_REMEDY)
        if letter in _SEPARATORS and letter != "/":
            raise ValueShapeError(f"the path holds U+{ord(letter):04X}, which looks like a '/'", remedy=_REMEDY)


def _named(part: str, path: str) -> None:
    if len(part.encode()) > NAME_BYTES_MAX:
        raise ValueShapeError(f"the name {part[:40]!r}... is longer than {NAME_BYTES_MAX} bytes", remedy=_REMEDY)
    if part.startswith(DRAFT_PREFIX):
        raise ValueShapeError(f"{part[:80]!r} is a file being written", remedy=_REMEDY)
    if part != part.strip():
        raise ValueShapeError(f"the name {part[:80]!r} begins or ends with a blank", remedy=_REMEDY)
    folded = "".join("." if letter in _DOTS else letter for letter in unicodedata.normalize("NFKC", part))
    if part == ".." or (folded != part and (set(folded) <= {"."} or folded.startswith("..") or "/" in folded)):
        raise ValueShapeError(f"{path[:80]!r} leads, or seems to lead, out of its folder", remedy=_REMEDY)
