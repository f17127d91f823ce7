"""The prompt of a wire-format body as bytes: how many tokens at most, which media, which blocks a cache can share.

Rules: the estimate is never below what a model reads, as far as bytes tell (kernel.pager: a token is at least three
bytes); media count by the bounds below and never by their base64; a mark that only steers a cache changes nothing;
the same prompt has the same hashes in every process. Cost: a few microseconds and one pass over the bytes.
"""

from __future__ import annotations

import hashlib
from typing import Final, cast

import msgspec

from ergos.base.limits import VALUE_DEPTH_MAX
from ergos.drivers.models.dialects.fields import wrong
from ergos.kernel.models import MediaKind

TOKEN_BYTES: Final = 3  # bytes; the rule of kernel.pager.tokens_of
BLOCK_BYTES: Final = 512 * TOKEN_BYTES  # bytes of a block: about 512 tokens, a few pages of an engine's cache
BLOCKS_MAX: Final = 2_048  # blocks hashed of one prompt; a million tokens, the longest contexts there are
IMAGE_TOKENS: Final = 5_000  # tokens of one image, at most; the dearest vendor's high resolution takes 4,784
AUDIO_BYTES_PER_TOKEN: Final = 32  # base64 characters a token of sound has at least: 32 tokens/s at 8 kbit/s
AUDIO_TOKENS: Final = 32_000  # tokens of a sound whose length is unknown: a quarter of an hour
VIDEO_TOKENS: Final = 64_000  # tokens of one film, at most what vendors sample from it by default
FILE_TOKENS_LEAST: Final = 5_000  # tokens of one page, image and text, that even a tiny file may hold
FILE_TOKENS: Final = 100_000  # tokens of one file; vendors read at most some 100 pages
FILE_REFERENCE_TOKENS: Final = 25_000  # tokens of a file that is only named: some ten pages
HOSTED_TOOL_TOKENS: Final = 25_000  # tokens that a tool run by the vendor itself (search, fetch) may add to the input
TEMPLATE_TOKENS: Final = 96  # tokens a chat template adds to any call; the largest measured adds 78
TOOLS_TEMPLATE_TOKENS: Final = 704  # tokens vendors add once there are tools; the largest measured adds 641
STORED_TOKENS: Final = 32_000  # tokens of a conversation that the vendor keeps and this call continues

MEDIA: Final[dict[str, MediaKind]] = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "computer_screenshot": "image",
    "image_generation_call": "image",
    "audio": "audio",
    "input_audio": "audio",
    "audio_url": "audio",
    "video": "video",
    "video_url": "video",
    "input_video": "video",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "document_url": "file",
    "container_upload": "file",
}
"""Types of content parts that are no text."""
CACHE_MARKS: Final = frozenset({"cache_control", "prompt_cache_breakpoint"})
"""Fields that steer a vendor's cache and say nothing to the model."""
_PLAIN_TYPES: Final = frozenset(
    {
        "text",
        "input_text",
        "output_text",
        "refusal",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "tool_call",
        "reasoning",
    }
)

_encode = msgspec.json.Encoder().encode


def encoded(value: object, path: str) -> bytes:
    """JSON of a part of a body. Raises: ValueShapeError."""
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise wrong(path, f"this is not plain data: {error}") from error


class Prompt:
    """What a model reads of a call, gathered in the order in which engines lay it out."""

    __slots__ = ("_buffer", "_extras", "_kinds", "_unshared")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._extras: list[tuple[int, int]] = []  # (offset in the buffer, tokens that stand there)
        self._kinds: list[MediaKind] = []
        self._unshared = TEMPLATE_TOKENS

    def add(self, value: object, path: str) -> None:
        """More of it: a text, tools, one message or a list of messages."""
        if value is None:
            return
        if type(value) is list:
            items = cast("list[object]", value)
            if all(_is_plain(item) for item in items):
                # Without its closing bracket, the JSON of a list is a prefix of that of every longer one.
                self._buffer += memoryview(encoded(items, path))[:-1]
                return
            for index, item in enumerate(items):
                self._add_one(item, f"{path}[{index}]")
        else:
            self._add_one(value, path)

    def count(self, value: object, path: str) -> None:
        """Something a model may read that no other call shares."""
        self._unshared += -(-len(encoded(value, path)) // TOKEN_BYTES)

    def add_tools(self, tools: list[object], path: str) -> None:
        """Definitions of tools, and what vendors say about tools as such."""
        if tools:
            self.add(tools, path)
            self._unshared += TOOLS_TEMPLATE_TOKENS

    def allow(self, tokens: int) -> None:
        """Tokens that nothing here shows."""
        self._unshared += tokens

    @property
    def media(self) -> tuple[MediaKind, ...]:
        """Kinds of media in it, each once, in order of appearance."""
        return tuple(dict.fromkeys(self._kinds))

    @property
    def tokens(self) -> int:
        """All of it, at most."""
        media = sum(tokens for _, tokens in self._extras)
        return max(1, -(-len(self._buffer) // TOKEN_BYTES) + media + self._unshared)

    def blocks(self) -> tuple[tuple[int, int], ...]:
        """(hash of everything up to there, tokens up to there) at the ends of whole blocks."""
        size = len(self._buffer)
        if size < BLOCK_BYTES:
            return ()
        found: list[tuple[int, int]] = []
        extras = iter([*self._extras, (size + 1, 0)])
        offset, waiting = next(extras)
        media = 0
        digest = hashlib.blake2b(digest_size=8)
        view = memoryview(self._buffer)
        for end in range(BLOCK_BYTES, min(size, BLOCKS_MAX * BLOCK_BYTES) + 1, BLOCK_BYTES):
            digest.update(view[end - BLOCK_BYTES : end])
            while offset <= end:
                media += waiting
                offset, waiting = next(extras)
            found.append((int.from_bytes(digest.digest(), "big"), end // TOKEN_BYTES + media))
        return tuple(found)

    def _add_one(self, value: object, path: str) -> None:
        if not _is_plain(value):
            value = self._scrubbed(value, path, 0)
        self._buffer += encoded(value, path)

    def _scrubbed(self, value: object, path: str, depth: int) -> object:
        """A copy without cache marks, media replaced by the digest of what they are."""
        if depth > VALUE_DEPTH_MAX:
            raise wrong(path, f"nested deeper than {VALUE_DEPTH_MAX} levels")
        if type(value) is list:
            items = cast("list[object]", value)
            return [self._scrubbed(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(items)]
        if type(value) is not dict:
            return value
        part = cast("dict[str, object]", value)
        kind = MEDIA.get(tag) if type(tag := part.get("type")) is str else None
        if kind is not None and not _is_text_document(part):
            payload = _longest(part, path, 0)
            self._kinds.append(kind)
            self._extras.append((len(self._buffer), _media_tokens(kind, payload)))
            return hashlib.blake2b(payload.encode("utf-8", "replace"), digest_size=16).hexdigest()
        return {
            name: self._scrubbed(item, f"{path}.{name}", depth + 1)
            for name, item in part.items()
            if name not in CACHE_MARKS
        }


def _is_plain(value: object) -> bool:
    """Whether this is text and structure alone; False where only a closer look can tell."""
    if type(value) is not dict:
        return type(value) is not list
    item = cast("dict[str, object]", value)
    if "cache_control" in item or ("output" in item and type(item["output"]) is not str):
        return False
    tag = item.get("type")
    if type(tag) is str and tag in MEDIA:
        return False
    content = item.get("content")
    if content is None or type(content) is str:
        return True
    if type(content) is not list:
        return False
    for part in cast("list[object]", content):
        if type(part) is not dict:
            return False
        fields = cast("dict[str, object]", part)
        tag = fields.get("type")
        if tag == "tool_result":
            if not _is_plain(fields):
                return False
        elif type(tag) is not str or tag not in _PLAIN_TYPES or not CACHE_MARKS.isdisjoint(fields):
            return False
    return True


def _is_text_document(part: dict[str, object]) -> bool:
    """An Anthropic document whose source is words, or blocks that are looked at one by one."""
    source = part.get("source")
    return type(source) is dict and cast("dict[str, object]", source).get("type") in ("text", "content")


def _media_tokens(kind: MediaKind, payload: str) -> int:
    is_data = not payload.startswith(("http://", "https://", "file-", "file_", "gs://", "s3://")) and len(payload) > 256
    if kind == "image":
        return IMAGE_TOKENS
    if kind == "audio":
        return min(AUDIO_TOKENS, -(-len(payload) // AUDIO_BYTES_PER_TOKEN)) if is_data else AUDIO_TOKENS
    if kind == "video":
        return VIDEO_TOKENS
    if not is_data:
        return FILE_REFERENCE_TOKENS
    return min(FILE_TOKENS, FILE_TOKENS_LEAST + len(payload) // TOKEN_BYTES)


def _longest(value: object, path: str, depth: int) -> str:
    """The longest text in a part: its data, or where it is."""
    if depth > VALUE_DEPTH_MAX:
        raise wrong(path, f"nested deeper than {VALUE_DEPTH_MAX} levels")
    if type(value) is str:
        return value
    if type(value) is dict:
        value = list(cast("dict[str, object]", value).values())
    if type(value) is not list:
        return ""
    return max((_longest(item, path, depth + 1) for item in cast("list[object]", value)), key=len, default="")
