"""Agent Cards: what an agent says of itself to agents of others, signed.

A card names two ways to the same agent, JSON-RPC and HTTP+JSON, each for version 1.0 and for clients of version 0.3.
Its signature is a JWS (RFC 7515) over the card's canonical form (RFC 8785) with a key that follows from the home's.

Rules: nothing secret stands in a card; the same facts give the same card, so that who pinned it is asked again only
when something changed. Source: A2A specification 1.0, sections 4.4, 8.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from a2a.types import a2a_pb2 as pb
from a2a.utils.signing import create_agent_card_signer
from google.protobuf.json_format import ParseDict

from ergos.buses.a2a.ports import AgentFacts, Sealer, Wire
from ergos.kernel.peers import MESSAGE_IDS

BEARER: Final = "bearer"
"""Name of the one way to authenticate."""
ALGORITHM: Final = "ES256"
VERSIONS: Final = ("1.0", "0.3")
"""Of the protocol, the preferred one first."""
BINDINGS: Final = ("JSONRPC", "HTTP+JSON")
ALLOWANCE: Final = "urn:ergos:a2a:allowance:1"
"""The extension in which an extended card says what a caller's tasks may use."""


def card_of(facts: AgentFacts, url: str, *, allowance: Wire | None = None) -> pb.AgentCard:
    """An agent's card, unsigned. `url`: where the agent is; `allowance`: what its caller may use (an extended card)."""
    card = pb.AgentCard(
        name=facts.name,
        description=facts.description,
        version=facts.version,
        default_input_modes=facts.input_modes,
        default_output_modes=facts.output_modes,
    )
    for version in VERSIONS:
        for binding in BINDINGS:
            card.supported_interfaces.add(url=url, protocol_binding=binding, protocol_version=version)
    if facts.organization:
        card.provider.organization, card.provider.url = facts.organization, url
    card.capabilities.streaming = True
    card.capabilities.push_notifications = True
    card.capabilities.extended_agent_card = True
    for uri in facts.required:
        card.capabilities.extensions.add(uri=uri, required=True)
    if allowance is not None:
        extension = card.capabilities.extensions.add(uri=ALLOWANCE, description="What your tasks may use here.")
        ParseDict(allowance, extension.params)
    for skill in facts.skills:
        card.skills.add(
            id=skill.id, name=skill.name, description=skill.description, tags=skill.tags, examples=skill.examples
        )
    if not facts.open:
        card.capabilities.extensions.add(uri=MESSAGE_IDS, description="A message sent again is the same task.")
        scheme = card.security_schemes[BEARER].http_auth_security_scheme
        scheme.scheme, scheme.description = "bearer", "The token its owner gave you."
        requirement = card.security_requirements.add()
        requirement.schemes[BEARER].SetInParent()
    return card


def signed(card: pb.AgentCard, sealer: Sealer, keys: str) -> pb.AgentCard:
    """The same card with its signature. `keys`: where the public key is."""
    sign = create_agent_card_signer(
        sealer.key_pem(), {"kid": sealer.key_id, "alg": ALGORITHM, "jku": keys, "typ": "JOSE"}
    )
    return sign(card)


class DerivedKey:
    """A P-256 key that follows from a secret: the same for ever, and kept nowhere."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: at least 256 bits that only the home knows."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        digest = hashlib.sha512(b"ergos a2a card key\0" + secret).digest()
        self._key: Final = ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        public = self._key.public_key().public_numbers()
        self.public: Final = (public.x, public.y)
        """Its public point."""
        point = public.x.to_bytes(32, "big") + public.y.to_bytes(32, "big")
        self.key_id: Final = hashlib.sha256(point).hexdigest()[:32]
        """Its name."""
        self._encoding: Final = serialization.Encoding.PEM
        self._format: Final = serialization.PrivateFormat.PKCS8
        self._plain: Final = serialization.NoEncryption()

    def key_pem(self) -> bytes:
        """The private key (P-256, PEM)."""
        return self._key.private_bytes(self._encoding, self._format, self._plain)

    def jwk(self) -> Wire:
        """The public key as a JSON Web Key (RFC 7517)."""
        x, y = (_base64url(number.to_bytes(32, "big")) for number in self.public)
        return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": ALGORITHM, "kid": self.key_id, "x": x, "y": y}


_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (FIPS 186-4, D.1.2.3)."""


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
