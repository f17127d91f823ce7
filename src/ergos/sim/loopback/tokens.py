"""How the loopback server counts: four bytes are a token, and sixteen tokens a block of the prefix cache.

Rules: counting depends on the text alone. A conversation that goes on has a prompt that begins with the bytes of the
prompt before it, followed by the answer to it; so an engine's prefix cache finds what it would find in real life.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from ergos.base.ids import Digest
from ergos.kernel.models import Media, Message, ModelRequest, Part, Reasoning, Reply, Text, ToolCall, ToolResult

TOKEN_BYTES: Final = 4  # bytes of one token
BLOCK_TOKENS: Final = 16  # tokens of one block, as vLLM has them
MEDIA_TOKENS: Final = 256  # tokens of one image, sound or file, whatever its size

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def count(text: str) -> int:
    """Tokens of a text."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // TOKEN_BYTES)


def pieces(text: str, tokens: int) -> Iterator[str]:
    """A text cut into pieces of about so many tokens, never within a character; nothing for no text."""
    size = tokens * TOKEN_BYTES
    if text.isascii():
        for start in range(0, len(text), size):
            yield text[start : start + size]
        return
    piece, length = "", 0
    for character in text:
        piece, length = piece + character, length + len(character.encode("utf-8", "surrogatepass"))
        if length >= size:
            yield piece
            piece, length = "", 0
    if piece:
        yield piece


def prompt_of(request: ModelRequest) -> bytes:
    """The bytes a model would read: tools, then the conversation, then the mark where it goes on."""
    parts: list[str] = []
    if request.tools:
        parts.append(_ENCODER.encode(request.tools).decode())
    if request.output_schema is not None:
        parts.append(_ENCODER.encode(request.output_schema).decode())
    for message in request.messages:
        _put(message, parts)
    parts.append("<|assistant|>")
    return "".join(parts).encode("utf-8", "surrogatepass")


def cached_before(request: ModelRequest) -> int:
    """Tokens that a cache without end would still know: all up to the last answer, in whole blocks."""
    last = max((at for at, message in enumerate(request.messages) if message.role == "assistant"), default=-1)
    if last < 0:
        return 0
    known = msgspec.structs.replace(request, messages=request.messages[:last])
    return len(prompt_of(known)) // TOKEN_BYTES // BLOCK_TOKENS * BLOCK_TOKENS


def written_bytes(reply: Reply) -> bytes:
    """The bytes of a reply as the next prompt of its conversation holds them."""
    return "".join(_words(part) for part in reply.parts).encode("utf-8", "surrogatepass")


def blocks(prompt: bytes, block_tokens: int = BLOCK_TOKENS) -> tuple[int, ...]:
    """One hash for every whole block, over the block and all before it; none for blocks of no tokens."""
    if block_tokens < 1:
        return ()
    size = block_tokens * TOKEN_BYTES
    chain, found = b"", list[int]()
    for start in range(0, len(prompt) - size + 1, size):
        chain = hashlib.blake2b(prompt[start : start + size], digest_size=8, key=chain).digest()
        found.append(int.from_bytes(chain, "big"))
    return tuple(found)


def digest_of(content: object) -> Digest:
    """32 hexadecimal digits that name a plain value, however its keys were ordered."""
    return Digest(hashlib.blake2b(_ENCODER.encode(content), digest_size=16).hexdigest())


def _put(message: Message, parts: list[str]) -> None:
    parts.append(f"<|{message.role}|>")
    parts.extend(_words(part) for part in message.parts)


def _words(part: Part) -> str:
    match part:
        case Text(text=text) | Reasoning(text=text):
            return text
        case ToolCall(name=name, arguments=arguments):
            return f"<|call|>{name}{arguments}"
        case ToolResult(text=text):
            return f"<|result|>{text}"
        case Media(data=data, url=url):
            seen = hashlib.blake2b((data or url).encode(), digest_size=32).hexdigest()
            return f"<|media|>{seen * (MEDIA_TOKENS * TOKEN_BYTES // 64)}"
