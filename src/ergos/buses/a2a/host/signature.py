"""Whether a card was signed by whom it says: JSON Web Signatures over its canonical form.

A signature proves that the holder of a key wrote the card. Which key that is, only a place can say that the card's
host answers for; so the keys are read at the signature's `jku`, and only at the card's own origin. The key is pinned
with the card: another key, or none any more, is a difference that the owner is shown.

Rules: a card that has signatures of which none is good is forged and refused; a signature whose key is nowhere to be
read says nothing, and is shown as that. Symmetric algorithms, and none at all, count as forged.
Source: A2A 1.0, section 8.4; RFC 7515, RFC 7517, RFC 7638 (thumbprints), RFC 8785.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain
from ergos.buses.a2a.host.web import fault
from ergos.kernel.peers import PeerSettings

if TYPE_CHECKING:
    from a2a.types.a2a_pb2 import AgentCard

SIGNATURES_MAX: Final = 8  # signatures of one card; each may cost a look-up
KEYS_MAX: Final = 50  # keys of one set
ALGORITHMS: Final = ("ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")

_THUMBPRINT: Final = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}

Fetch = Callable[[str], Awaitable[Plain]]
"""The JSON at a place. Raises: BusError, EgressRefusedError, DeadlineError."""


async def signed_by(proto: AgentCard, peer: PeerSettings, fetch: Fetch) -> dict[str, Plain]:
    """{'state': 'none' | 'unverifiable' | 'verified', 'key': its thumbprint, 'kid'}. Raises: BusError if forged."""
    if not proto.signatures:
        return {"state": "none"}
    if len(proto.signatures) > SIGNATURES_MAX:
        raise fault(f"the card of {peer.name} has {len(proto.signatures)} signatures; at most {SIGNATURES_MAX}")
    known: dict[str, list[dict[str, Any]]] = {}
    unknown = 0
    for one in proto.signatures:
        header = _header(one.protected)
        algorithm, place, kid = header.get("alg"), header.get("jku"), header.get("kid")
        if algorithm not in ALGORITHMS or "crit" in header:
            continue
        if not isinstance(place, str) or not _own(place, peer):
            unknown += 1
            continue
        if place not in known:
            known[place] = _keys(await fetch(place), peer)
        for key in known[place]:
            if (kid is None or key.get("kid") == kid) and _good(proto, one.protected, one.signature, algorithm, key):
                return {"state": "verified", "key": thumbprint(key), "kid": kid if isinstance(kid, str) else ""}
    if unknown == len(proto.signatures):
        return {"state": "unverifiable"}
    raise fault(f"the card of {peer.name} is forged: none of its signatures is good")


def thumbprint(key: dict[str, Any]) -> str:
    """SHA-256 of a public key, hexadecimal (RFC 7638); '' for one of an unknown kind."""
    members = _THUMBPRINT.get(str(key.get("kty")))
    if members is None:
        return ""
    canonical = msgspec.json.encode({name: str(key.get(name, "")) for name in members})
    return hashlib.sha256(canonical).hexdigest()


def _own(place: str, peer: PeerSettings) -> bool:
    """Whether a place is one that the peer's own host answers for."""
    try:
        one, other = urlsplit(place), urlsplit(peer.url)
        return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)
    except ValueError:
        return False


def _header(protected: str) -> dict[str, object]:
    try:
        raw = base64.urlsafe_b64decode(protected + "=" * (-len(protected) % 4))
        found: object = msgspec.json.decode(raw)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _keys(found: Plain, peer: PeerSettings) -> list[dict[str, Any]]:
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or len(keys) > KEYS_MAX:
        raise fault(f"{peer.name} has no set of at most {KEYS_MAX} keys where its card says")
    return [cast("dict[str, Any]", key) for key in keys if isinstance(key, dict)]


def _good(proto: AgentCard, protected: str, signature: str, algorithm: object, key: dict[str, Any]) -> bool:
    """Whether this key made this signature over the card."""
    from a2a.types.a2a_pb2 import AgentCard, AgentCardSignature
    from a2a.utils.signing import SignatureVerificationError, create_signature_verifier
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if key.get("kty") not in _THUMBPRINT or key.get("alg", algorithm) != algorithm:
        return False
    alone = AgentCard()
    alone.CopyFrom(proto)
    del alone.signatures[:]
    alone.signatures.append(AgentCardSignature(protected=protected, signature=signature))
    try:
        public = PyJWK({name: value for name, value in key.items() if name != "d"}, algorithm=str(algorithm))
        create_signature_verifier(lambda _kid, _jku: public, [str(algorithm)])(alone)
    except (SignatureVerificationError, PyJWTError, ValueError, TypeError, KeyError, RecursionError):
        return False
    return True
