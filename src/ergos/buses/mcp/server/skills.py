"""The skills extension, `io.modelcontextprotocol/skills`: folders with SKILL.md, offered to others.

    skills/list   skills/get   resources/directory/read, and every file as a resource under skill://

Rules: an entry names every file of a skill with digest and size, so that who approved it can tell what they get; a
skill that is larger than every host must take is not offered; what is not on the shelf is not there, whatever a URI
says. Source: SEP-2640, the stable specification of the extension.
"""

from __future__ import annotations

import asyncio
import base64
import mimetypes
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote

import msgspec

from ergos.base.errors import UnknownPathError
from ergos.base.limits import MIB
from ergos.buses.mcp.server.asking import Context, Handler, arguments_of, spoken
from ergos.buses.mcp.server.ports import INVALID_PARAMS, SKILLS, RpcError, SkillEntry, SkillShelf, Wire

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

FILES_MAX: Final = 512  # files of a skill that every host must take; the extension fixes it
BYTES_MAX: Final = 16 * MIB  # bytes of all files of a skill that every host must take
PAGE_ENTRIES: Final = 100  # entries of one page of a listing
TTL_MS: Final = 5_000  # milliseconds for which a listing may be taken as current; files change under it
SCHEME: Final = "skill://"
MANIFEST: Final = "SKILL.md"
DIRECTORY: Final = "inode/directory"
MARKDOWN: Final = "text/markdown"

T = TypeVar("T")


class _Page(msgspec.Struct):
    cursor: str | None = None


class _Of(msgspec.Struct):
    uri: str
    cursor: str | None = None


class SkillsExtension:
    """Serves the extension on one server."""

    def __init__(self, shelf: SkillShelf) -> None:
        self._shelf: Final = shelf

    def attach(self, server: Server[Any]) -> None:
        """Declare it and take its requests; the server's own resources are to include `resources` and `read`."""
        from mcp_types import RequestParams

        server.extensions[SKILLS] = {"directoryRead": True}
        handlers: dict[str, tuple[Handler, int | None]] = {
            "skills/list": (self._list, TTL_MS),
            "skills/get": (self._get, TTL_MS),
            "resources/directory/read": (self._directory, None),
        }
        for method, (handler, ttl_ms) in handlers.items():
            server.add_request_handler(method, RequestParams, spoken(handler, ttl_ms=ttl_ms))

    # As resources

    async def resources(self) -> tuple[Wire, ...]:
        """The SKILL.md of each skill, with what it says of itself."""
        return tuple(_described(entry, MANIFEST) for entry in await self._skills())

    def template(self) -> Wire:
        """The addresses of all files."""
        return {
            "uriTemplate": f"{SCHEME}{{+path}}",
            "name": "skill files",
            "description": "Any file of a skill, by the skill's path and the file's path in it.",
        }

    async def read(self, uri: str) -> tuple[Wire, ...] | None:
        """The contents of a file; None: it is not on the shelf."""
        found = await self._found(uri)
        if found is None:
            return None
        entry, file = found
        try:
            body = await asyncio.to_thread(self._shelf.read, entry.path, file)
        except UnknownPathError:
            return None
        content: Wire = {"uri": uri, "mimeType": _type_of(file)}
        try:
            content["text"] = body.decode()
        except UnicodeDecodeError:
            content["blob"] = base64.b64encode(body).decode()
        return (content,)

    # Requests

    async def _list(self, ctx: Context, _: object) -> Wire:
        page, more = _paged([_entry(entry) for entry in await self._skills()], arguments_of(ctx, _Page).cursor)
        return {"skills": page, **more}

    async def _get(self, ctx: Context, _: object) -> Wire:
        uri = arguments_of(ctx, _Of).uri
        for entry in await self._skills():
            if _uri(entry, MANIFEST) == uri:
                return {"skill": _entry(entry)}
        raise RpcError(INVALID_PARAMS, f"no skill is served at {uri[:200]}", {"uri": uri[:200]})

    async def _directory(self, ctx: Context, _: object) -> Wire:
        asked = arguments_of(ctx, _Of)
        children = await self._children(asked.uri)
        if children is None:
            raise RpcError(INVALID_PARAMS, f"{asked.uri[:200]} is not a directory here", {"uri": asked.uri[:200]})
        page, more = _paged(children, asked.cursor)
        return {"resources": page, **more}

    # The shelf

    async def _skills(self) -> tuple[SkillEntry, ...]:
        """Those that every host can take, by path. In a thread: their files are read."""
        fitting = [entry for entry in await asyncio.to_thread(self._shelf.skills) if _fits(entry)]
        return tuple(sorted(fitting, key=lambda entry: entry.path))

    async def _found(self, uri: str) -> tuple[SkillEntry, str] | None:
        """A skill and a file of it: of nested ones, the innermost."""
        path = _path_of(uri)
        best: tuple[SkillEntry, str] | None = None
        for entry in await self._skills():
            file = path.removeprefix(f"{entry.path}/")
            listed = file != path and any(file == one.path for one in entry.files)
            if listed and (best is None or len(entry.path) > len(best[0].path)):
                best = entry, file
        return best

    async def _children(self, uri: str) -> list[Wire] | None:
        """What lies directly in a folder of a skill; None: it is none."""
        stem = _path_of(uri) + "/"
        found: dict[str, Wire] = {}
        for entry in await self._skills():
            for file in entry.files:
                whole = f"{entry.path}/{file.path}"
                if not whole.startswith(stem) or not f"{stem}".startswith(f"{entry.path}/"):
                    continue
                name, deeper, _ = whole[len(stem) :].partition("/")
                if deeper:
                    folder = {"uri": _address(stem + name), "name": name, "mimeType": DIRECTORY}
                    found.setdefault(name, folder)
                else:
                    found[name] = _described(entry, file.path)
        return [found[name] for name in sorted(found)] if found else None


def _fits(entry: SkillEntry) -> bool:
    whole = any(file.path == MANIFEST for file in entry.files)
    named = entry.frontmatter.get("name") == entry.path.rpartition("/")[2]
    described = isinstance(entry.frontmatter.get("description"), str)
    small = len(entry.files) <= FILES_MAX and sum(file.size for file in entry.files) <= BYTES_MAX
    return whole and named and described and small


def _address(path: str) -> str:
    return SCHEME + quote(path, safe="/-._~!$&'()*+,;=:@")


def _uri(entry: SkillEntry, file: str) -> str:
    return _address(f"{entry.path}/{file}")


def _path_of(uri: str) -> str:
    """The path in a URI; one with a second spelling of the same path is none."""
    path = unquote(uri.removeprefix(SCHEME)) if uri.startswith(SCHEME) else ""
    return path if _address(path) == uri else ""


def _entry(entry: SkillEntry) -> Wire:
    files = [
        {"uri": _uri(entry, file.path), "digest": f"sha256:{file.digest}", "size": file.size} for file in entry.files
    ]
    return {"uri": _uri(entry, MANIFEST), "frontmatter": dict(entry.frontmatter), "resources": files}


def _described(entry: SkillEntry, file: str) -> Wire:
    """A file as a resource."""
    shown: Wire = {"uri": _uri(entry, file), "name": file.rpartition("/")[2], "mimeType": _type_of(file)}
    if file == MANIFEST:
        shown |= {"name": entry.frontmatter["name"], "description": entry.frontmatter["description"]}
    return shown


def _type_of(file: str) -> str:
    if file.endswith(".md"):
        return MARKDOWN
    return mimetypes.guess_type(file, strict=True)[0] or "application/octet-stream"


def _paged(items: list[T], cursor: str | None) -> tuple[list[T], Wire]:
    """One page, and where the next begins. Raises: RpcError."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise RpcError(INVALID_PARAMS, "this is no cursor of this server")
    start = int(cursor or 0)
    end = start + PAGE_ENTRIES
    return items[start:end], {"nextCursor": str(end)} if end < len(items) else {}
