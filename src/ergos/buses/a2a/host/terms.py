"""What a peer's Agent Card means here: where and how it is asked, what it can, what it claims to cost.

The card is a stranger's claim that its owner approved as it is. What is not claimed counts as the worst: a peer that
does not say that it knows our messages again is asked once and never twice without its owner's word.

Rules: pure; reads the card as plain JSON and needs no library; total, whatever the card holds.
Source: A2A 1.0, section 4.4 (AgentCard); 0.3, section 5.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.buses.a2a.host.web import stray
from ergos.kernel.calls import EffectClass
from ergos.kernel.mounts import harmless
from ergos.kernel.peers import DELEGATION, MESSAGE_IDS, PRICE, PeerSettings

INTERFACES_MAX: Final = 20  # interfaces of one card that are looked at
SKILLS_MAX: Final = 50  # skills of one card that are shown
SCHEMES_MAX: Final = 20  # security schemes of one card that are looked at
SUMMARY_CHARS_MAX: Final = 1_000  # characters of what a peer says of itself
SKILL_CHARS_MAX: Final = 120  # characters of one skill in that
PRICE_MICROUSD_MAX: Final = 10**12  # micro-dollars; a million dollars a message is a mistake

BINDINGS: Final = ("JSONRPC", "HTTP+JSON")
KNOWN_EXTENSIONS: Final = frozenset({MESSAGE_IDS, DELEGATION, PRICE})

_VERSION: Final = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,5})?")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_TAKEN: Final = frozenset(
    "host content-length content-type accept accept-encoding connection transfer-encoding cookie a2a-version "
    "a2a-extensions".split()
)


class Interface(msgspec.Struct, frozen=True):
    """One way in."""

    url: str
    binding: str
    version: str
    tenant: str = ""

    @property
    def current(self) -> bool:
        """Whether it speaks revision 1; else 0.3."""
        return not self.version.startswith("0.")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a peer before it is asked."""

    flaw: str = ""
    """Why it cannot be used; '' if it can."""
    interface: Interface = Interface("", "", "")
    streaming: bool = False
    knows_messages: bool = False
    """It says that it does nothing twice for one message id."""
    takes_delegation: bool = False
    header: str = "authorization"
    """Where our token stands, lower case."""
    scheme: str = "Bearer {}"
    price: int | None = None
    """Micro-dollars of one message at most, as the card says; None: it does not say."""
    title: str = ""
    summary: str = ""
    """Shown to people and models; a stranger's words."""

    @property
    def effect(self) -> EffectClass:
        """What a message is: one that can be looked for afterwards, or not."""
        return "reconcilable" if self.interface.current or self.knows_messages else "irreversible"


def terms_of(card: Plain, peer: PeerSettings) -> Terms:
    """What a card means."""
    if not isinstance(card, dict):
        return Terms(flaw="its card is no object")
    found = list(_interfaces(card))
    usable = [one for one in found if one.binding in BINDINGS and _VERSION.fullmatch(one.version)]
    reachable = [one for one in usable if not stray(one.url, peer)]
    flaw = ""
    if not usable:
        flaw = f"its card names no interface of {' or '.join(BINDINGS)} in a version that is known"
    elif not reachable:
        flaw = f"its card names {_shown(usable[0].url)}, which may not be asked: {stray(usable[0].url, peer)}"
    extensions = _extensions(card)
    required = [uri for uri, one in extensions.items() if one.get("required") is True and uri not in KNOWN_EXTENSIONS]
    if required:
        flaw = flaw or f"it wants an extension that is not known here: {_shown(required[0])}"
    header, scheme, why = _credentials(card)
    if peer.token:
        flaw = flaw or why
    price = _price(extensions.get(PRICE))
    if price is not None and peer.price is not None and price > peer.price:
        flaw = flaw or f"a message costs {price:,} micro-dollars, more than `price` allows"
    capabilities = card.get("capabilities")
    streaming = isinstance(capabilities, dict) and capabilities.get("streaming") is True
    best = min(reachable, key=lambda one: (not one.current, BINDINGS.index(one.binding)), default=Interface("", "", ""))
    return Terms(
        flaw=flaw,
        interface=best,
        streaming=streaming,
        knows_messages=MESSAGE_IDS in extensions,
        takes_delegation=DELEGATION in extensions,
        header=header,
        scheme=scheme,
        price=price,
        title=harmless(_text(card.get("name")), SKILL_CHARS_MAX),
        summary=harmless(_summary(card), SUMMARY_CHARS_MAX),
    )


def _interfaces(card: dict[str, Plain]) -> Iterator[Interface]:
    listed = card.get("supportedInterfaces")
    if isinstance(listed, list):
        for one in listed[:INTERFACES_MAX]:
            if isinstance(one, dict):
                version = _text(one.get("protocolVersion")) or "1.0"
                yield Interface(
                    _text(one.get("url")), _text(one.get("protocolBinding")), version, _text(one.get("tenant"))
                )
        return
    version = _text(card.get("protocolVersion")) or "0.3.0"
    if card.get("url"):
        yield Interface(_text(card.get("url")), _text(card.get("preferredTransport")) or "JSONRPC", version)
    others = card.get("additionalInterfaces")
    for one in others[:INTERFACES_MAX] if isinstance(others, list) else ():
        if isinstance(one, dict):
            yield Interface(_text(one.get("url")), _text(one.get("transport")), version)


def _extensions(card: dict[str, Plain]) -> dict[str, dict[str, Plain]]:
    capabilities = card.get("capabilities")
    listed = capabilities.get("extensions") if isinstance(capabilities, dict) else None
    found = listed[:INTERFACES_MAX] if isinstance(listed, list) else ()
    return {_text(one.get("uri")): one for one in found if isinstance(one, dict)}


def _price(extension: dict[str, Plain] | None) -> int | None:
    params = extension.get("params") if extension is not None else None
    claimed = params.get("microusd_per_message") if isinstance(params, dict) else None
    if isinstance(claimed, float) and claimed.is_integer():
        claimed = int(claimed)
    if isinstance(claimed, bool) or not isinstance(claimed, int) or not 0 <= claimed <= PRICE_MICROUSD_MAX:
        return None
    return claimed


def _credentials(card: dict[str, Plain]) -> tuple[str, str, str]:
    """The header of our token, its format, and why it cannot be shown to this peer ('' if it can)."""
    schemes = card.get("securitySchemes")
    why = ""
    for scheme in list(schemes.values())[:SCHEMES_MAX] if isinstance(schemes, dict) else ():
        kind, said = _scheme(scheme)
        if kind in ("bearer", "oauth2", "openid"):
            return "authorization", "Bearer {}", ""
        if kind == "basic":
            return "authorization", "Basic {base64}", ""
        if kind == "header" and _HEADER.fullmatch(said) and said.lower() not in _TAKEN:
            return said.lower(), "{}", ""
        why = why or "its card asks for credentials of a kind that is not sent"
    return "authorization", "Bearer {}", why


def _scheme(scheme: Plain) -> tuple[Literal["bearer", "basic", "oauth2", "openid", "header", ""], str]:
    """Its kind and the header it names; of both revisions."""
    if not isinstance(scheme, dict):
        return "", ""
    inner = cast("dict[str, Plain]", next((one for one in scheme.values() if isinstance(one, dict)), scheme))
    kind = _text(scheme.get("type")) or next(iter(scheme), "")
    if kind in ("http", "httpAuthSecurityScheme"):
        said = _text((scheme if "type" in scheme else inner).get("scheme")).lower()
        return ("bearer", "") if said == "bearer" else ("basic", "") if said == "basic" else ("", "")
    if kind in ("oauth2", "oauth2SecurityScheme"):
        return "oauth2", ""
    if kind in ("openIdConnect", "openIdConnectSecurityScheme"):
        return "openid", ""
    if kind in ("apiKey", "apiKeySecurityScheme"):
        told = scheme if "type" in scheme else inner
        return ("header", _text(told.get("name"))) if (told.get("in") or told.get("location")) == "header" else ("", "")
    return "", ""


def _summary(card: dict[str, Plain]) -> str:
    skills = card.get("skills")
    listed = [one for one in (skills[:SKILLS_MAX] if isinstance(skills, list) else ()) if isinstance(one, dict)]
    said = [f"- {_text(one.get('name'))}: {_text(one.get('description'))}"[:SKILL_CHARS_MAX] for one in listed]
    return "\n".join([_text(card.get("description")), *said])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _shown(text: str) -> str:
    return ascii(text[:120])
