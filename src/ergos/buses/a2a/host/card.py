"""A peer's Agent Card as it is now: read at its address, its signature judged, made into what an owner approves.

Rules: bounded in bytes and time; nothing is followed elsewhere; the whole card is pinned, every field of it, known here
or not, but for the bytes of its signatures, of which the key is pinned.
Source: A2A 1.0, sections 4.4 and 8.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.errors import DeadlineError, EgressRefusedError, ErgosError
from ergos.buses.a2a.host.signature import signed_by
from ergos.buses.a2a.host.terms import terms_of
from ergos.buses.a2a.host.web import Meter, Wire, fault, over_http
from ergos.kernel.mounts import Offer, Pin, ToolDefinition, changes, harmless
from ergos.kernel.peers import FAMILY, PeerSettings

if TYPE_CHECKING:
    import httpx
    from a2a.types.a2a_pb2 import AgentCard

CARD_BYTES_MAX: Final = 256 * 1024  # bytes of a card, or of a set of keys; a card of a hundred skills has 50 KiB
CARD_S: Final = 20.0  # seconds for a card and its keys
TITLE_CHARS_MAX: Final = 200

WELL_KNOWN: Final = "/.well-known/agent-card.json"
CARD: Final = "card"
"""The name under which a peer's card stands in a pin."""


def pin_name(peer: str) -> str:
    """Under which a peer is pinned and looked at."""
    return f"{FAMILY}.{peer}"


def place_of(peer: PeerSettings) -> str:
    """The address of its card."""
    return peer.url if urlsplit(peer.url).path.endswith(".json") else peer.url + WELL_KNOWN


async def fetched(peer: PeerSettings, wire: Wire) -> ToolDefinition:
    """Its card now. Raises: BusError, EgressRefusedError, DeadlineError."""
    meter = Meter(peer.name, CARD_BYTES_MAX)
    try:
        async with asyncio.timeout(CARD_S), over_http(peer, wire, meter) as client:
            card = await _json(client, place_of(peer), peer)
            proto = proto_of(card, peer)
            signature = await signed_by(proto, peer, lambda place: _json(client, place, peer))
    except TimeoutError as error:
        raise DeadlineError(f"{peer.name} did not show its card within {CARD_S:g} seconds") from error
    assert isinstance(card, dict)
    kept = {key: value for key, value in card.items() if key != "signatures"}
    definition = ToolDefinition(
        name=CARD,
        title=_text(card.get("name")),
        description=_text(card.get("description")),
        annotations={"card": kept, "signature": signature},
    )
    try:
        encode(msgspec.to_builtins(definition), what="its card")
    except ErgosError as error:
        raise fault(f"the card of {peer.name} is no plain data: {error.what}") from error
    return definition


async def _json(client: httpx.AsyncClient, place: str, peer: PeerSettings) -> Plain:
    """The JSON at a place. Raises: BusError, EgressRefusedError."""
    import httpx

    try:
        reply = await client.get(place)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise fault(f"{peer.name} did not show its card: {_network(error)}") from error
    if reply.status_code != 200:
        raise fault(f"{peer.name} did not show its card: it answered with the status {reply.status_code}")
    try:
        return cast("Plain", msgspec.json.decode(reply.content))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise fault(f"the card of {peer.name} is no JSON") from error


def _network(error: Exception) -> str:
    """What went wrong, without a peer's own words."""
    cause = error.__cause__ if isinstance(error.__cause__, EgressRefusedError) else None
    return cause.what if cause is not None else f"{type(error).__name__}"


def proto_of(card: Plain, peer: PeerSettings) -> AgentCard:
    """A card as the SDK knows it. Raises: BusError."""
    from a2a.client.card_resolver import parse_agent_card
    from google.protobuf.json_format import ParseError

    try:
        return parse_agent_card(copy.deepcopy(cast("dict[str, Any]", card)))
    except (ParseError, TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise fault(f"the card of {peer.name} is none of A2A: {harmless(str(error), TITLE_CHARS_MAX)}") from error


def card_of(definition: ToolDefinition) -> Plain:
    """The card in a pin."""
    return cast("Plain", definition.annotations.get("card"))


def offered(peer: PeerSettings, pin: Pin | None, definition: ToolDefinition) -> Offer:
    """What its owner is shown."""
    new = Pin(server=pin_name(peer.name), identity=peer.identity, tools=(definition,))
    terms = terms_of(card_of(definition), peer)
    return Offer(
        pin=new,
        names={CARD: pin_name(peer.name)},
        unusable={CARD: terms.flaw} if terms.flaw else {},
        warnings=tuple(_warnings(peer, definition)),
        changes=changes(pin, new),
        moved=pin is not None and pin.identity != new.identity,
        first=pin is None,
        protocol=f"{terms.interface.binding} {terms.interface.version}".strip(),
        title=harmless(definition.title, TITLE_CHARS_MAX),
    )


def _warnings(peer: PeerSettings, definition: ToolDefinition) -> Iterator[str]:
    terms = terms_of(card_of(definition), peer)
    signature = cast("dict[str, Plain]", definition.annotations.get("signature") or {})
    state = signature.get("state")
    if state == "none":
        yield "its card is not signed"
    elif state == "unverifiable":
        yield "its card has a signature whose key cannot be read at its own address: it says nothing"
    home, asked = urlsplit(peer.url).netloc, urlsplit(terms.interface.url).netloc
    if terms.interface.url and home != asked:
        kept = "and your token for it would go there" if peer.token else "another host than that of its card"
        yield f"it is asked at {harmless(asked, TITLE_CHARS_MAX)}, {kept}"
    if terms.price is None and peer.price is None:
        yield "nobody says what a message to it costs; it counts as free of charge"
    card = card_of(definition)
    shown = f"{definition.title} {definition.description}"
    if isinstance(card, dict) and harmless(shown, len(shown) + 1) != shown.replace("\r", "").replace("\t", ""):
        yield "its card has characters that nobody sees"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
