"""What a tool brought back, as plain data of one shape: {'text', 'structured', 'blocks'}.

`text` is all text in order ('' where it only repeats the structured content), `structured` the structured content where
there is any, `blocks` what is neither: pictures, sound, links, resources.

Rules: bounded in blocks and bytes; text is kept as it came, because it is data; pure.
"""

from __future__ import annotations

import json
from typing import Any, Final, cast

from ergos.base.canonical import Plain, encode
from ergos.base.errors import ErgosError
from ergos.base.limits import MIB
from ergos.base.world_errors import BusError
from ergos.kernel.mounts import harmless

RESULT_BYTES_MAX: Final = 8 * MIB  # bytes of one result as it is journaled; half of the largest value
BLOCKS_MAX: Final = 1_000  # content blocks of one result
COMPLAINT_CHARS_MAX: Final = 1_500  # characters of a server's own message about a failure


def plain_result(result: dict[str, Any], server: str) -> dict[str, Plain]:
    """A result (as JSON off the wire) as plain data. Raises: BusError if it is too large or no plain data."""
    content = cast("list[dict[str, Any]]", result.get("content") or [])
    if len(content) > BLOCKS_MAX:
        raise BusError(f"{server} sent {len(content):,} pieces of content; at most {BLOCKS_MAX:,} are taken")
    texts = [str(block.get("text", "")) for block in content if block.get("type") == "text"]
    blocks = [_block(block) for block in content if block.get("type") != "text"]
    text = "\n".join(texts)
    plain: dict[str, Plain] = {"text": text}
    if "structuredContent" in result:
        plain["structured"] = cast("Plain", result["structuredContent"])
        if _repeats(text, plain["structured"]):
            plain["text"] = ""
    if blocks:
        plain["blocks"] = cast("Plain", blocks)
    try:
        size = len(encode(plain, what="the result"))
    except ErgosError as error:
        raise BusError(f"{server} sent what is no plain data: {error.what}") from error
    if size > RESULT_BYTES_MAX:
        raise BusError(f"{server} sent a result of {size:,} bytes; at most {RESULT_BYTES_MAX:,} are taken")
    return plain


def complaint(result: dict[str, Any]) -> str:
    """What a tool says of its failure."""
    content = cast("list[dict[str, Any]]", result.get("content") or [])
    texts = [str(block.get("text", "")) for block in content[:BLOCKS_MAX] if block.get("type") == "text"]
    return harmless("\n".join(texts), COMPLAINT_CHARS_MAX) or "it gave no reason"


def _block(block: dict[str, Any]) -> dict[str, Plain]:
    kind = block.get("type")
    if kind in ("image", "audio"):
        return {"type": kind, "mime": block.get("mimeType", ""), "data": block.get("data", "")}
    if kind == "resource":
        inner = cast("dict[str, Any]", block.get("resource") or {})
        kept: dict[str, Plain] = {"type": kind, "uri": inner.get("uri", ""), "mime": inner.get("mimeType") or ""}
        kept |= {"text": inner["text"]} if "text" in inner else {"data": inner.get("blob", "")}
        return kept
    names = ("uri", "name", "title", "description", "mimeType", "size")
    return {"type": str(kind), **{name: block[name] for name in names if block.get(name) is not None}}


def _repeats(text: str, structured: Plain) -> bool:
    """Whether a text is nothing but the structured content once more."""
    if not text.lstrip().startswith(("{", "[", '"')):
        return False
    try:
        return json.loads(text) == structured
    except (ValueError, RecursionError):
        return False
