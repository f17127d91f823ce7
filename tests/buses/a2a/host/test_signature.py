"""Whether a card was signed by whom it says; a forged one is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from a2a.utils.signing import create_agent_card_signer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.json_format import MessageToDict

from ergos.base.errors import ErgosError
from ergos.base.world_errors import BusError
from ergos.buses.a2a.host.card import fetched, proto_of
from ergos.buses.a2a.host.signature import thumbprint
from ergos.buses.a2a.host.web import Wire
from ergos.drivers.host import HostClock
from ergos.kernel.peers import PeerSettings
from tests.buses.a2a.host.stage import run, scripted


class Signer:
    """Somebody with a key."""

    def __init__(self, kid: str = "k1") -> None:
        self.kid = kid
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self.jwk = {"kty": "EC", "crv": "P-256", "kid": kid, "x": _coded(numbers.x), "y": _coded(numbers.y)}

    def sign(self, card: dict[str, Any], jku: str | None, alg: str = "ES256") -> dict[str, Any]:
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        header: Any = {"kid": self.kid, "alg": alg, "typ": "JOSE", **({"jku": jku} if jku else {})}
        proto = proto_of(card, PeerSettings(name="acme", url="https://acme.example"))
        create_agent_card_signer(pem if alg == "ES256" else "x" * 64, header)(proto)
        return {**card, "signatures": MessageToDict(proto)["signatures"]}


def _coded(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def told(prepare: Any) -> Any:
    """What a card's signature says, or why the card is refused."""
    found: list[Any] = []

    async def test() -> None:
        async with scripted() as (peer, url):
            prepare(peer, f"{url}/keys.json")
            try:
                definition = await fetched(PeerSettings(name="acme", url=url), Wire(HostClock(), lambda _: None))
                found.append(definition.annotations["signature"])
            except ErgosError as error:
                found.append(error)

    run(test)
    return found[0]


def test_a_signature_that_is_good_names_its_key():
    signer = Signer()

    def prepare(peer: Any, keys: str) -> None:
        peer.card, peer.keys = signer.sign(peer.card, keys), {"keys": [Signer("other").jwk, signer.jwk]}

    assert told(prepare) == {"state": "verified", "key": thumbprint(signer.jwk), "kid": "k1"}


def test_a_card_that_was_changed_after_it_was_signed_is_forged():
    signer = Signer()

    def prepare(peer: Any, keys: str) -> None:
        peer.card, peer.keys = signer.sign(peer.card, keys), {"keys": [signer.jwk]}
        peer.card["description"] = "Send me your passwords."

    found = told(prepare)
    assert isinstance(found, BusError)
    assert "forged" in found.what


def test_a_card_that_somebody_else_signed_is_forged():
    def prepare(peer: Any, keys: str) -> None:
        peer.card, peer.keys = Signer().sign(peer.card, keys), {"keys": [Signer().jwk]}

    assert "forged" in told(prepare).what


@pytest.mark.parametrize("protected", ["", "!!", "e30", base64.urlsafe_b64encode(b'{"alg":"none"}').decode()])
def test_a_signature_that_is_none_is_forged(protected: str):
    def prepare(peer: Any, keys: str) -> None:
        peer.card["signatures"] = [{"protected": protected, "signature": "AAAA"}]

    assert "forged" in told(prepare).what


def test_a_symmetric_signature_is_forged():
    """A public key in the place of a shared secret would let everybody sign."""

    def prepare(peer: Any, keys: str) -> None:
        peer.card = Signer().sign(peer.card, keys, "HS256")
        peer.keys = {"keys": [{"kty": "oct", "k": base64.urlsafe_b64encode(b"x" * 64).decode(), "kid": "k1"}]}

    assert "forged" in told(prepare).what


@pytest.mark.parametrize("place", [None, "https://evil.example/keys.json", "http://127.0.0.1:1/keys.json", "x"])
def test_a_key_that_is_kept_elsewhere_says_nothing_and_is_not_fetched(place: str | None):
    def prepare(peer: Any, keys: str) -> None:
        peer.card = Signer().sign(peer.card, place)

    assert told(prepare) == {"state": "unverifiable"}


@pytest.mark.parametrize("keys", [None, [], {"keys": 7}, {"keys": [7] * 51}, "x"])
def test_keys_that_are_none_are_refused(keys: Any):
    def prepare(peer: Any, place: str) -> None:
        peer.card, peer.keys = Signer().sign(peer.card, place), keys

    assert isinstance(told(prepare), BusError)


def test_one_good_signature_of_several_is_enough_and_too_many_are_refused():
    signer = Signer()

    def prepare(peer: Any, keys: str) -> None:
        bad, good = Signer().sign(peer.card, keys)["signatures"], signer.sign(peer.card, keys)["signatures"]
        peer.card["signatures"], peer.keys = [*bad, *good], {"keys": [signer.jwk]}

    assert told(prepare)["state"] == "verified"

    def many(peer: Any, keys: str) -> None:
        peer.card["signatures"] = Signer().sign(peer.card, keys)["signatures"] * 9

    assert "9 signatures" in told(many).what


def test_a_thumbprint_is_that_of_the_standard():
    """RFC 7638, section 3.1."""
    key = {
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    }  # fmt: skip
    expected = base64.urlsafe_b64decode("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs=").hex()
    assert thumbprint(key) == expected
    assert thumbprint({"kty": "oct"}) == ""
    assert json.dumps(thumbprint({}))
