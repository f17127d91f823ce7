"""What an address of a page asks for: numbers and names from its path and query, bounded.

Rules: what cannot be is as if it were not there; only a path that names nothing raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.base.ids import Pid

if TYPE_CHECKING:
    from starlette.requests import Request

NUMBER_MAX: Final = 2**63 - 1
TEXT_CHARS_MAX: Final = 200  # characters of a text in a query


def number(request: Request, name: str, default: int = 0) -> int:
    """A whole number of the query that is not negative."""
    found = whole(request.query_params.get(name, ""))
    return default if found is None else found


def text(request: Request, name: str) -> str:
    """A text of the query."""
    return request.query_params.get(name, "")[:TEXT_CHARS_MAX]


def pid_of(request: Request) -> Pid:
    """The process a path names. Raises: UnknownProcessError for what is no pid."""
    named = str(request.path_params["pid"])
    found = whole(named)
    if not found:
        raise UnknownProcessError(f"there is no process {named[:20]}")
    return Pid(found)


def part_of(request: Request, name: str) -> int:
    """A number of the path. Raises: UnknownPathError."""
    found = whole(str(request.path_params[name]))
    if found is None:
        raise UnknownPathError(f"{str(request.path_params[name])[:20]!r} is no number")
    return found


def whole(text: str) -> int | None:
    """A whole number that a database holds; None for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    found = int(text)
    return found if found <= NUMBER_MAX else None


def url(path: str, **query: object) -> str:
    """An address of ours; what is '' or None is left out."""
    given = {name.rstrip("_"): str(value) for name, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path


def agent_url(name: str) -> str:
    """The page of an agent."""
    return f"/agents/{quote(name, safe='')}"
