"""What a vendor wants back unchanged with a model's reasoning, kept in `Reasoning.signature`.

Anthropic's signature stands there as it is. The other wires need more than one value (an item's id, the name of the
field it came in, which part it belongs to), so theirs is a seal: `wire@place|kind|value`, which no Anthropic signature
can be because base64 knows no bar. A seal goes back only to the mark that gave it, the wire and the place; every other
vendor would refuse it. One without words belongs to the part that comes after it.

Rules: pure; a seal of another mark, or none, opens to None. A caller that hands back a vendor's reasoning in the
vendor's own format knows no place: a mark that is the wire alone is taken at its word.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Wire: TypeAlias = Literal["chat", "responses", "anthropic", "google"]


class Seal(msgspec.Struct, frozen=True):
    """A vendor's seal, opened."""

    kind: str
    """Of a chat: the field it came in. Of responses: the item's id. Of Anthropic: '' or `redacted`. Of Google: ''."""
    value: str


def mark_of(wire: Wire, place: str) -> str:
    """Who gives a seal: Anthropic's are good wherever its models are served."""
    return wire if wire == "anthropic" else f"{wire}@{place.replace('|', '')}"


def close(mark: str, kind: str, value: str) -> str:
    """The signature that keeps it."""
    if mark == "anthropic" and not kind:
        return value
    return f"{mark}|{kind.replace('|', '')}|{value}"


def open_for(mark: str, signature: str) -> Seal | None:
    """What a signature keeps for this mark."""
    if not signature:
        return None
    found, bar, rest = signature.partition("|")
    if not bar:
        return Seal("", signature) if mark == "anthropic" else None
    if found not in {mark, mark.partition("@")[0]}:
        return None
    kind, _, value = rest.partition("|")
    return Seal(kind, value)
