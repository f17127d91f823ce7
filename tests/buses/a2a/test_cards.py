"""A card says what is so, the same each time, and its signature says who said it."""

from __future__ import annotations

import pytest
from a2a.utils.signing import InvalidSignaturesError, create_signature_verifier
from google.protobuf.json_format import MessageToDict
from jwt import PyJWK

from ergos.buses.a2a.cards import ALLOWANCE, DerivedKey, card_of, signed
from ergos.buses.a2a.ports import AgentFacts, Skill
from ergos.kernel.peers import MESSAGE_IDS

FACTS = AgentFacts(
    name="news",
    description="Reads.",
    version="1",
    skills=(Skill(id="news", name="News", description="Reads.", tags=("t",)),),
)
URL = "https://home.example/a2a/news"


def test_the_same_facts_give_the_same_card_and_no_secret_is_in_it():
    assert card_of(FACTS, URL) == card_of(FACTS, URL)
    card = MessageToDict(card_of(FACTS, URL))
    assert [(one["protocolBinding"], one["protocolVersion"]) for one in card["supportedInterfaces"]] == [
        ("JSONRPC", "1.0"), ("HTTP+JSON", "1.0"), ("JSONRPC", "0.3"), ("HTTP+JSON", "0.3"),
    ]  # fmt: skip
    assert card["securitySchemes"]["bearer"]["httpAuthSecurityScheme"]["scheme"] == "bearer"
    assert [one["uri"] for one in card["capabilities"]["extensions"]] == [MESSAGE_IDS]


def test_an_open_agent_asks_for_nothing_and_a_required_extension_is_named():
    import msgspec

    card = MessageToDict(card_of(msgspec.structs.replace(FACTS, open=True, required=("urn:x",)), URL))
    assert "securitySchemes" not in card
    assert card["capabilities"]["extensions"] == [{"uri": "urn:x", "required": True}]


def test_a_key_follows_from_its_secret_alone():
    key, same, other = DerivedKey(b"a" * 32), DerivedKey(b"a" * 32), DerivedKey(b"b" * 32)
    assert key.key_pem() == same.key_pem()
    assert key.key_id == same.key_id != other.key_id
    assert set(key.jwk()) == {"kty", "crv", "use", "alg", "kid", "x", "y"}


def test_a_signature_holds_for_its_card_and_its_key_only():
    key, other = DerivedKey(b"a" * 32), DerivedKey(b"b" * 32)
    card = signed(card_of(FACTS, URL), key, f"{URL}/keys")
    create_signature_verifier(lambda kid, jku: PyJWK(key.jwk()), ["ES256"])(card)
    with pytest.raises(InvalidSignaturesError):
        create_signature_verifier(lambda kid, jku: PyJWK(other.jwk()), ["ES256"])(card)
    card.supported_interfaces[0].url = "https://evil.example"
    with pytest.raises(InvalidSignaturesError):
        create_signature_verifier(lambda kid, jku: PyJWK(key.jwk()), ["ES256"])(card)


def test_an_extended_card_says_what_may_be_used():
    card = MessageToDict(card_of(FACTS, URL, allowance={"tasksAtOnce": 4, "perTask": {"tokens": 5}}))
    (extension,) = [one for one in card["capabilities"]["extensions"] if one["uri"] == ALLOWANCE]
    assert extension["params"] == {"tasksAtOnce": 4, "perTask": {"tokens": 5}}
