"""Paths of an owner's words as paths that tools take, and the folders that must be known to the home for them.

    ./invoices   (read)       invoices:/              a root named after it, read-only
    ledger.csv   (written)    here:/ledger.csv        a root for the folder itself, writable

Rules: pure; no file is looked at, so that whether something stands there is the tools' to say. A root that the home has
already is used as it is; two folders never share a name; the whole disk and a whole user's folder are refused.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.compile.circumstances import Circumstances

HERE: Final = "here"
"""What the folder is called in which the words were said."""
ROOT_CHARS_MAX: Final = 40  # characters of a folder's name that is made from its path
ROOT_CHARS_MIN: Final = 2  # a shorter one means a disk on some machines

_BLANK: Final = 32  # code of the blank; below it are control characters
_ROOTED: Final = re.compile(r"[^\W_][\w.\-]+:/(?!/)")
_UNNAMED: Final = re.compile(r"[^\w.\-]+")


class FolderNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that must be known to the home under a name."""

    name: str
    path: str
    """Absolute."""
    write: bool = False


class Unplaced(msgspec.Struct, frozen=True):
    """Why a path leads nowhere."""

    path: str
    why: str
    """'whole': it would open a whole disk or home; 'unknown': nobody knows below what it lies; 'shape': no tool
    takes such a name."""


class Places:
    """Collects the folders that a program needs while its paths are read."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._known: Final = circumstances
        self._needed: Final[dict[str, FolderNeeded]] = {}

    def needed(self) -> tuple[FolderNeeded, ...]:
        """What the home does not know yet, or not to be written to, by name."""
        return tuple(
            one
            for _, one in sorted(self._needed.items())
            if self._known.roots.get(one.name) != one.path or (one.write and one.name not in self._known.writable)
        )

    def folder(self, said: str, *, write: bool = False) -> str | Unplaced:
        """A folder, as 'NAME:/' or 'NAME:/below'."""
        return self._place(said, write=write, whole=True)

    def file(self, said: str, *, write: bool = False) -> str | Unplaced:
        """A file: its folder becomes the root."""
        return self._place(said, write=write, whole=False)

    def _place(self, said: str, *, write: bool, whole: bool) -> str | Unplaced:
        path = said.strip()
        if path.endswith(":") and path[:-1] in self._known.roots:
            path += "/"
        rooted = _ROOTED.match(path)
        if rooted is not None:
            return self._rooted(path, rooted[0][:-2], write=write)
        absolute = self._absolute(path)
        if absolute is None:
            if path.startswith("~") or not path:
                return Unplaced(said, "unknown")
            return _shaped(said, _inside(path))
        if isinstance(absolute, Unplaced):
            return absolute
        return self._below(said, absolute, write=write, whole=whole)

    def _rooted(self, path: str, name: str, *, write: bool) -> str | Unplaced:
        """A path below a folder that has its name already."""
        known = self._known.roots.get(name)
        if known is None and name not in self._needed:
            return Unplaced(path, "unknown")
        if known is not None:
            self._need(name, known, write=write)
        return _shaped(path, path)

    def _absolute(self, path: str) -> str | Unplaced | None:
        """None: it stays relative, because nobody said below what it lies."""
        if path == "~" or path.startswith("~/"):
            return posixpath.normpath(self._known.user_folder + path[1:]) if self._known.user_folder else None
        if path.startswith("/"):
            return posixpath.normpath("/" + path.lstrip("/"))
        if not self._known.folder:
            return None
        return posixpath.normpath(posixpath.join(self._known.folder, path.replace("\\", "/")))

    def _below(self, said: str, absolute: str, *, write: bool, whole: bool) -> str | Unplaced:
        if any(ord(letter) < _BLANK for letter in absolute):
            return Unplaced(said, "shape")
        found = self._root_of(absolute)
        if found is None:
            here = self._known.folder
            inside = bool(here) and (absolute == here or absolute.startswith(here.rstrip("/") + "/"))
            if whole and absolute != here:
                root = absolute
            else:
                root = here if inside else posixpath.dirname(absolute)
            if root in ("/", "", self._known.user_folder, posixpath.dirname(self._known.user_folder or "/x/y")):
                return Unplaced(said, "whole")
            found = (self._named(HERE if root == here else posixpath.basename(root), root), root)
        name, root = found
        self._need(name, root, write=write)
        return _shaped(said, f"{name}:/{absolute[len(root) :].lstrip('/')}")

    def _root_of(self, absolute: str) -> tuple[str, str] | None:
        """The innermost folder with a name that holds it; what is needed anyway first."""
        named = {**self._known.roots, **{one.name: one.path for one in self._needed.values()}}
        here = self._known.folder
        holding = [
            (name, path)
            for name, path in named.items()
            if absolute == path or (absolute.startswith(path.rstrip("/") + "/") and (path == here or name != HERE))
        ]
        exact = [(name, path) for name, path in holding if absolute == path]
        return min(exact) if exact else max(holding, key=lambda one: (len(one[1]), one[0]), default=None)

    def _named(self, stem: str, path: str) -> str:
        """A name that nothing else has."""
        taken = {**self._known.roots, **{one.name: one.path for one in self._needed.values()}}
        wanted = slug(stem)
        if taken.get(wanted, path) != path and stem == HERE:
            wanted = slug(posixpath.basename(path))
        name, number = wanted, 1
        while taken.get(name, path) != path:
            number += 1
            name = f"{wanted}-{number}"
        return name

    def _need(self, name: str, path: str, *, write: bool) -> None:
        before = self._needed.get(name)
        self._needed[name] = FolderNeeded(name=name, path=path, write=write or (before is not None and before.write))


def slug(text: str) -> str:
    """A folder's name from a text: letters of any script, digits, '.', '-' and '_'."""
    made = _UNNAMED.sub("-", text).strip("-._")[:ROOT_CHARS_MAX].strip("-._")
    if len(made) < ROOT_CHARS_MIN:
        return f"folder-{made}" if made else "folder"
    try:
        return checked_name(made, what="a folder")
    except ValueShapeError:
        return "folder"


def is_address(text: str) -> bool:
    """Whether it is a web address."""
    return text.lower().startswith(("http://", "https://"))


def _inside(path: str) -> str:
    return posixpath.normpath(path)


def _shaped(said: str, path: str) -> str | Unplaced:
    """The path, if a tool would take it."""
    inside = path.partition(":/")[2] if _ROOTED.match(path) else path
    parts = [part for part in inside.split("/") if part]
    odd = any(part == ".." or part != part.strip() for part in parts)
    hidden = any(ord(letter) < 32 or letter == "\\" for letter in inside)
    return Unplaced(said, "shape") if odd or hidden else path
