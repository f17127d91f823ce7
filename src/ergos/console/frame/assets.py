"""Files that pages load: style sheets and scripts of ours, and libraries that `scripts/assets.sh` fetched.

    /static/HASH/NAME     cached for ever: another content has another address

Rules: only files that lie in console/static are served; what is compressed was compressed once. Without the fetched
libraries every page works, too.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FOLDER: Final = Path(__file__).resolve().parent.parent / "static"
HTMX: Final = "vendor/htmx.min.js"
HASH_CHARS: Final = 12  # characters of a content's hash in its address; 72 bits
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_GZIP_FROM: Final = 512  # bytes; a smaller file gains nothing


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    name: str
    mark: str
    media_type: str
    body: bytes
    packed: bytes
    """Compressed; b'' where that gains nothing."""


@cache
def assets() -> dict[str, Asset]:
    """Every file, by name."""
    found: dict[str, Asset] = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.suffix in _TYPES:
            body = path.read_bytes()
            name = path.relative_to(FOLDER).as_posix()
            mark = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()[:HASH_CHARS]
            packed = gzip.compress(body, 9, mtime=0) if len(body) >= _GZIP_FROM else b""
            found[name] = Asset(name=name, mark=mark, media_type=_TYPES[path.suffix], body=body, packed=packed)
    return found


def asset(name: str) -> str:
    """Address of a file. Raises: KeyError."""
    return f"/static/{assets()[name].mark}/{name}"


def has(name: str) -> bool:
    """Whether this file is there."""
    return name in assets()


async def serve(request: Request) -> Response:
    """Answer GET /static/{mark}/{name}."""
    from starlette.responses import PlainTextResponse, Response

    found = assets().get(request.path_params["name"])
    if found is None:
        return PlainTextResponse("there is no such file", 404, {"cache-control": "no-store"})
    is_current = request.path_params["mark"] == found.mark
    headers = {
        "cache-control": "public, max-age=31536000, immutable" if is_current else "no-cache",
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
        "cross-origin-resource-policy": "same-origin",
    }
    body = found.body
    if found.packed and _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["content-encoding"], body = "gzip", found.packed
    return Response(body, headers=headers, media_type=found.media_type)


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, weight = part.strip().partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
