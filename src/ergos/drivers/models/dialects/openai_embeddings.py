"""OpenAI's embeddings as a caller writes them: the texts asked for, and their vectors as an answer.

Rules: pure; there is no neutral request for embeddings, so whoever embeds (a local model, a classical method) takes
the texts and gives the vectors; tokens instead of texts mean nothing without the vendor's tokenizer and are refused.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.drivers.models.dialects.fields import (
    Fields,
    integer,
    listing,
    refuse_others,
    refuse_unless,
    shown,
    words,
    words_or,
    wrong,
)
from ergos.kernel.models import Usage

HARMLESS: Final = frozenset("metadata user".split())
_CARRIED: Final = frozenset("dimensions encoding_format input model".split())


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be embedded."""

    texts: tuple[str, ...]
    dimensions: int | None = None
    """Numbers of a vector; None: as many as the model has."""
    packed: bool = False
    """Vectors as base64 of little-endian 32-bit floats, which OpenAI's own library asks for."""


def parse(body: Fields) -> Wanted:
    """What is asked. Raises: ValueShapeError with the field named."""
    refuse_unless(body, "", {"truncate": (False,)})
    refuse_others(body, _CARRIED | HARMLESS | {"truncate"}, "")
    asked = body.get("input")
    items = [asked] if type(asked) is str else listing(asked, "input")
    if not items:
        raise wrong("input", "nothing is to be embedded")
    if type(items[0]) is int or type(items[0]) is list:
        raise wrong("input", "tokens mean nothing to the model this call goes to; send texts")
    form = words_or(body.get("encoding_format"), "encoding_format", "float")
    if form not in {"float", "base64"}:
        raise wrong("encoding_format", f"{shown(form)} is none of float, base64")
    return Wanted(
        texts=tuple(words(item, f"input[{index}]") for index, item in enumerate(items)),
        dimensions=integer(body.get("dimensions"), "dimensions", least=1),
        packed=form == "base64",
    )


def render(vectors: Sequence[Sequence[float]], asked: Wanted, model: str, usage: Usage) -> bytes:
    """The answer as one JSON object."""
    found = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if asked.packed else list(vector)}
        for index, vector in enumerate(vectors)
    ]
    counts = {"prompt_tokens": usage.input_tokens, "total_tokens": usage.input_tokens}
    return msgspec.json.encode({"object": "list", "data": found, "model": model, "usage": counts})


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
