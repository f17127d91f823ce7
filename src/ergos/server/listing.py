"""What programs ask about models without calling one: which there are, and about how many tokens a prompt has.

Rules: the shapes are the vendors' own; an estimate is an estimate: the vendor counts, and its count is what is billed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

import msgspec

from ergos.base.clock import SECOND
from ergos.kernel.models import AUTO, EndpointSpec
from ergos.server.refusals import Manner

BYTES_PER_TOKEN: Final = 3.6  # bytes of UTF-8; between English prose (4.2) and code or JSON (3)
TOKENS_PER_MEDIUM: Final = 1_600  # tokens; what a vendor counts for an image of usual size
_MEDIA_TYPES: Final = frozenset({"image", "image_url", "input_image", "document", "input_audio", "file", "input_file"})
_ENCODER: Final = msgspec.json.Encoder()


def models(specs: tuple[EndpointSpec, ...], manner: Manner, since_ns: int) -> dict[str, object]:
    """The list of models; `since_ns` stands for when each was made, which nobody knows."""
    entries = [_entry(name, owner, manner, since_ns) for name, owner in _names(specs).items()]
    if manner == "anthropic":
        ids = [str(entry["id"]) for entry in entries]
        return {"data": entries, "has_more": False, "first_id": ids[0], "last_id": ids[-1]}
    return {"object": "list", "data": entries}


def model(specs: tuple[EndpointSpec, ...], quoted: str, manner: Manner, since_ns: int) -> dict[str, object] | None:
    """One of them, by its name as it stands in a path; None: there is none."""
    name = unquote(quoted)
    owner = _names(specs).get(name)
    return None if owner is None else _entry(name, owner, manner, since_ns)


def _names(specs: tuple[EndpointSpec, ...]) -> dict[str, str]:
    """Names that can be asked for, and whose they are."""
    names = {AUTO: "ergos"}
    for spec in specs:
        names.setdefault(spec.name, spec.name.partition("/")[0])
    return names


def _entry(name: str, owner: str, manner: Manner, since_ns: int) -> dict[str, object]:
    if manner == "anthropic":
        at = datetime.fromtimestamp(since_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"type": "model", "id": name, "display_name": name, "created_at": at}
    return {"id": name, "object": "model", "created": since_ns // SECOND, "owned_by": owner}


def estimated_tokens(body: dict[str, object]) -> int:
    """About how many input tokens the prompt of a body has. Cost: O(its size)."""
    media = 0

    def without_media(value: object) -> object:
        nonlocal media
        if isinstance(value, dict):
            if value.get("type") in _MEDIA_TYPES:
                media += 1
                return None
            return {key: without_media(part) for key, part in value.items()}
        if isinstance(value, list):
            return [without_media(part) for part in value]
        return value

    prompt = without_media([body.get(part) for part in ("system", "messages", "tools")])
    return max(1, round(len(_ENCODER.encode(prompt)) / BYTES_PER_TOKEN)) + media * TOKENS_PER_MEDIUM
