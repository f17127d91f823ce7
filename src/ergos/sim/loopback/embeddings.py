"""OpenAI embeddings: a text's words thrown into a few hundred numbers, so that texts alike are near each other.

Rules: the same text has the same vector of length 1, in whatever process; no model is asked.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from typing import Final

import msgspec

from ergos.sim.loopback.tokens import count
from ergos.sim.loopback.wires import JSON, invalid, shape_fault

DIMENSIONS: Final = 256  # numbers of a vector unless the caller says otherwise
DIMENSIONS_MAX: Final = 4_096
INPUTS_MAX: Final = 2_048  # texts of one request, as OpenAI has it
_WORD: Final = re.compile(r"\w+")


class _Body(msgspec.Struct):
    model: str
    input: str | list[str | int | list[int]]
    """A text, some texts, the tokens of a text, or those of some texts."""
    dimensions: int | None = None
    encoding_format: str = "float"


def embed(body: dict[str, object]) -> bytes:
    """The reply to a request for embeddings. Raises: FaultError."""
    try:
        given = msgspec.convert(body, _Body)
    except msgspec.ValidationError as error:
        raise shape_fault(error) from error
    dimensions = DIMENSIONS if given.dimensions is None else given.dimensions
    if not 0 < dimensions <= DIMENSIONS_MAX:
        raise invalid(f"Invalid value for 'dimensions': {dimensions}.", "dimensions")
    texts = _texts(given.input)
    if not texts or len(texts) > INPUTS_MAX or not all(texts):
        raise invalid("'$.input' is invalid. Please check the API reference.", "input")
    entries: list[dict[str, object]] = []
    for index, text in enumerate(texts):
        found: list[float] | str = vector(text, dimensions)
        if given.encoding_format == "base64":
            found = base64.b64encode(struct.pack(f"<{dimensions}f", *found)).decode()
        entries.append({"object": "embedding", "index": index, "embedding": found})
    tokens = sum(map(count, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSON({"object": "list", "data": entries, "model": given.model, "usage": usage})


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """The vector of a text."""
    numbers = [0.0] * dimensions
    for word in _WORD.findall(text.lower()) or [text]:
        drawn = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        numbers[(drawn >> 1) % dimensions] += 1.0 if drawn & 1 else -1.0
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return [number / length for number in numbers]


def _texts(given: str | list[str | int | list[int]]) -> list[str]:
    if isinstance(given, str):
        return [given]
    if given and isinstance(given[0], int):
        return [" ".join(map(str, given))]
    return [part if isinstance(part, str) else " ".join(map(str, part)) for part in given if not isinstance(part, int)]
