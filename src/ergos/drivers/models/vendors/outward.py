"""From a `ModelRequest` to the messages, tools and settings of a vendor's library.

Rules: what the caller did not ask for is not sent; reasoning goes back only to the wire that sealed it, and is left out
everywhere else; nothing is fetched on a model's behalf, so media is sent as it is or refused; a setting that a model
that thinks would refuse is left out.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Final, cast

import msgspec

from ergos.base.world_errors import ModelRequestError
from ergos.drivers.models.vendors import seals, shapes
from ergos.drivers.models.vendors.inward import DETAILS, ITEM, REDACTED
from ergos.drivers.models.vendors.reading_chat import EXTRA
from ergos.drivers.models.vendors.reading_responses import RAW
from ergos.drivers.models.vendors.seals import Wire, mark_of
from ergos.kernel.models import Media, Message, ModelRequest, Part, Reasoning, Text, ToolCall, ToolResult

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponsePart, UserContent

_URL_KINDS: Final[dict[Wire, frozenset[str]]] = {
    "chat": frozenset({"image"}),
    "responses": frozenset({"image", "file", "audio"}),
    "anthropic": frozenset({"image", "file"}),
    "google": frozenset({"image", "audio", "video", "file"}),
}
"""Media that the vendor fetches itself; of the rest it has to be given the bytes."""
_BYTE_KINDS: Final[dict[Wire, frozenset[str]]] = {
    "chat": frozenset({"image", "audio", "file"}),
    "responses": frozenset({"image", "file"}),
    "anthropic": frozenset({"image", "file"}),
    "google": frozenset({"image", "audio", "video", "file"}),
}
_DEFAULT_TYPES: Final = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4", "file": "application/pdf"}
_CHAT_AUDIO: Final = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/mpeg", "audio/mp3"})


class Sender(msgspec.Struct, frozen=True):
    """Whom the history is for: the library sends back sealed reasoning only to the one whose it says it is."""

    wire: Wire
    system: str
    canonical_system: str | None
    takes_encrypted: bool = False
    """Of the responses API: whether this model takes its own reasoning back."""

    @property
    def mark(self) -> str:
        """Of the seals that are its own."""
        return mark_of(self.wire, self.system)


def messages_of(request: ModelRequest, sender: Sender) -> list[ModelMessage]:
    """The conversation. Raises: ModelRequestError for media that the wire cannot carry."""
    from pydantic_ai import messages as m

    names = {part.id: part.name for message in request.messages for part in message.parts if isinstance(part, ToolCall)}
    history: list[ModelMessage] = []
    for message in request.messages:
        if message.role == "assistant":
            parts = _response_parts(message.parts, sender)
            if parts:
                canonical = sender.canonical_system
                history.append(m.ModelResponse(parts, provider_name=sender.system, canonical_system=canonical))
        else:
            parts = _request_parts(message, sender.wire, names)
            # The messages of one side stand in one request, as the vendors' own turns do.
            if history and isinstance(history[-1], m.ModelRequest):
                history[-1] = m.ModelRequest([*history[-1].parts, *parts])
            elif parts:
                history.append(m.ModelRequest(parts))
    return history


def _request_parts(message: Message, wire: Wire, names: dict[str, str]) -> list[ModelRequestPart]:
    """What one message of the caller's side is; a tool's result stands alone whatever its message's role."""
    from pydantic_ai import messages as m

    parts: list[ModelRequestPart] = []
    content: list[UserContent] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            parts.append(_tool_return(part, wire, names))
        elif isinstance(part, Text) and message.role == "system":
            parts.append(m.SystemPromptPart(part.text))
        elif isinstance(part, Text):
            content.append(part.text)
        elif isinstance(part, Media):
            content.append(_media(part, wire))
    if len(content) == 1 and isinstance(content[0], str):
        parts.append(m.UserPromptPart(content[0]))
    elif content:
        parts.append(m.UserPromptPart(content))
    return parts


def _tool_return(result: ToolResult, wire: Wire, names: dict[str, str]) -> ModelRequestPart:
    from pydantic_ai import messages as m

    content: object = result.text
    if wire == "google" and (answer := json_object(result.text)) is not None:
        content = answer
    if result.media:
        content = [content, *(_media(item, wire) for item in result.media)]
    # Two wires can say that a tool failed; in the others its text has to.
    failed = result.failed and wire in {"anthropic", "google"}
    return m.ToolReturnPart(
        result.name or names.get(result.id, "tool"),
        cast("str", content),
        result.id,
        outcome="failed" if failed else "success",
    )


def _response_parts(parts: tuple[Part, ...], sender: Sender) -> list[ModelResponsePart]:
    """What a model said before. A seal without words belongs to the part after it."""
    from pydantic_ai import messages as m

    said: list[ModelResponsePart] = []
    pending: seals.Seal | None = None
    for part in parts:
        match part:
            case Text():
                text = m.TextPart(part.text)
                said.append(text)
                _attach(text, pending, sender)
            case ToolCall():
                arguments: str | dict[str, object] = part.arguments or "{}"
                if sender.wire in {"anthropic", "google"}:
                    arguments = _object(part.arguments)
                call = m.ToolCallPart(part.name, arguments, part.id)
                said.append(call)
                _attach(call, pending, sender)
            case Reasoning():
                seal = seals.open_for(sender.mark, part.signature)
                if seal is not None and not part.text and _belongs_to_next(seal, sender.wire):
                    pending = seal
                    continue
                if (thinking := _thinking(part, seal, sender)) is not None:
                    said.append(thinking)
            case Media():
                if part.data:
                    said.append(m.FilePart(m.BinaryContent(_bytes(part), media_type=part.media_type)))
            case _:
                pass
        pending = None
    return said


def _belongs_to_next(seal: seals.Seal, wire: Wire) -> bool:
    return wire == "google" or seal.kind == EXTRA or seal.kind.startswith(ITEM)


def _attach(part: ModelResponsePart, seal: seals.Seal | None, sender: Sender) -> None:
    from pydantic_ai import messages as m

    if seal is None or not isinstance(part, m.TextPart | m.ToolCallPart):
        return
    part.provider_name = sender.system
    if sender.wire == "responses":
        part.id = seal.kind.removeprefix(ITEM)
        part.provider_details = {"phase": seal.value} if seal.value else None
    elif sender.wire == "google":
        part.provider_details = {"thought_signature": _standard_base64(seal.value)}
    else:
        part.provider_details = {EXTRA: json_object(seal.value)}


def _thinking(part: Reasoning, seal: seals.Seal | None, sender: Sender) -> ModelResponsePart | None:
    """Reasoning as its own wire wants it back; None for another's."""
    from pydantic_ai import messages as m

    if seal is None:
        return None
    system = sender.system
    match sender.wire:
        case "anthropic":
            kind = "redacted_thinking" if seal.kind == REDACTED else None
            return m.ThinkingPart(part.text, id=kind, signature=seal.value, provider_name=system)
        case "responses":
            signature = seal.value or None
            if seal.kind.startswith(RAW):
                details = {"raw_content": [part.text]} if part.text else None
                item_id = seal.kind.removeprefix(RAW)
                return m.ThinkingPart(
                    "", id=item_id, signature=signature, provider_name=system, provider_details=details
                )
            if not sender.takes_encrypted:
                return None
            return m.ThinkingPart(part.text, id=seal.kind, signature=signature, provider_name=system)
        case "chat":
            words = seal.value if seal.kind == DETAILS else part.text
            return m.ThinkingPart(words, id=seal.kind, provider_name=system) if words else None
        case "google":
            return None


def _media(media: Media, wire: Wire) -> UserContent:
    from pydantic_ai import messages as m

    media_type = media.media_type or _DEFAULT_TYPES[media.kind]
    if media.url and not media.data:
        if media.kind not in _URL_KINDS[wire] or (
            wire == "anthropic" and media.kind == "file" and "pdf" not in media_type
        ):
            raise ModelRequestError(
                f"this endpoint does not fetch {media.kind} media by its address",
                remedy="fetch it first and send its bytes",
            )
        if wire == "google":
            return m.UploadedFile(media.url, provider_name="google", media_type=media_type)
        given = media.media_type or None
        match media.kind:
            case "image":
                return m.ImageUrl(media.url, media_type=given)
            case "audio":
                return m.AudioUrl(media.url, media_type=given)
            case "video":
                return m.VideoUrl(media.url, media_type=given)
            case "file":
                return m.DocumentUrl(media.url, media_type=media_type)
    if media.kind not in _BYTE_KINDS[wire] or (
        wire == "chat" and media.kind == "audio" and media_type not in _CHAT_AUDIO
    ):
        raise ModelRequestError(
            f"this endpoint reads no {media.kind} media of type {media_type}",
            remedy="send it to an endpoint that takes it; `ergos models` lists what each takes",
        )
    if media_type in {"audio/x-wav", "audio/wave", "audio/mp3"}:
        media_type = "audio/mpeg" if media_type == "audio/mp3" else "audio/wav"
    return m.BinaryContent(_bytes(media), media_type=media_type)


def _bytes(media: Media) -> bytes:
    try:
        return base64.b64decode(_standard_base64(media.data), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ModelRequestError(f"the {media.kind}'s bytes are no base64: {error}") from error


def _standard_base64(value: str) -> str:
    """Base64 in the alphabet of RFC 4648, section 4, padded; vendors use that of section 5 as well."""
    value = value.replace("-", "+").replace("_", "/").rstrip("=")
    return value + "=" * (-len(value) % 4)


def _object(arguments: str) -> dict[str, object]:
    """Arguments for a wire that carries them as an object; a model's wrong JSON is handed back as it was."""
    value = json_object(arguments or "{}")
    return {"arguments": arguments} if value is None else value


def json_object(text: str) -> dict[str, object] | None:
    """The JSON object that a text is."""
    try:
        value = cast("object", json.loads(text)) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return shapes.obj(value) if isinstance(value, dict) else None
