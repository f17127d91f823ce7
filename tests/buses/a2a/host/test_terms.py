"""What a card means here, and that whatever it holds means something."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.a2a.host.terms import Terms, terms_of
from ergos.kernel.peers import DELEGATION, MESSAGE_IDS, PRICE, PeerSettings

PEER = PeerSettings(name="acme", url="https://acme.example")


def card(**more: Any) -> dict[str, Any]:
    return {
        "name": "Acme",
        "description": "Sells.",
        "supportedInterfaces": [interface()],
        "skills": [{"name": "Sell", "description": "Things."}],
        **more,
    }


def interface(url: str = "https://acme.example/rpc", binding: str = "JSONRPC", version: str = "1.0") -> dict[str, str]:
    return {"url": url, "protocolBinding": binding, "protocolVersion": version}


def terms(peer: PeerSettings = PEER, **more: Any) -> Terms:
    return terms_of(card(**more), peer)


def test_the_newest_version_is_spoken_and_json_rpc_before_others():
    found = terms(
        supportedInterfaces=[
            interface(version="0.3"),
            interface("https://acme.example/rest", "HTTP+JSON"),
            interface("https://acme.example/rpc", version="1.0.1"),
            interface("https://acme.example/grpc", "GRPC"),
        ]
    )
    assert (found.interface.url, found.interface.binding, found.flaw) == ("https://acme.example/rpc", "JSONRPC", "")
    assert found.effect == "reconcilable"


def test_a_card_of_the_older_version_is_read():
    old = {"name": "A", "url": "https://acme.example/a2a", "protocolVersion": "0.3.0", "preferredTransport": "JSONRPC"}
    found = terms_of(old, PEER)  # type: ignore[arg-type]
    assert (found.interface.url, found.flaw, found.effect) == ("https://acme.example/a2a", "", "irreversible")
    known = terms_of({**old, "capabilities": {"extensions": [{"uri": MESSAGE_IDS}]}}, PEER)  # type: ignore[arg-type]
    assert known.effect == "reconcilable"


@pytest.mark.parametrize(
    ("more", "flaw"),
    [
        ({"supportedInterfaces": []}, "no interface"),
        ({"supportedInterfaces": [interface(binding="GRPC")]}, "no interface"),
        ({"supportedInterfaces": [interface(version="later")]}, "no interface"),
        ({"supportedInterfaces": [interface("https://169.254.169.254/x")]}, "may not be asked"),
        ({"supportedInterfaces": [interface("http://acme.example/x")]}, "may not be asked"),
        ({"supportedInterfaces": "x"}, "no interface"),
        ({"capabilities": {"extensions": [{"uri": "urn:x", "required": True}]}}, "extension"),
    ],
)
def test_what_cannot_be_used_says_why(more: dict[str, Any], flaw: str):
    assert flaw in terms(**more).flaw


def test_what_a_peer_says_it_can_is_read():
    found = terms(
        capabilities={
            "streaming": True,
            "extensions": [
                {"uri": MESSAGE_IDS, "required": True}, {"uri": DELEGATION},
                {"uri": PRICE, "params": {"microusd_per_message": 500.0}},
            ],
        }
    )  # fmt: skip
    assert (found.flaw, found.streaming, found.knows_messages, found.takes_delegation, found.price) == (
        "", True, True, True, 500,
    )  # fmt: skip


def test_a_price_above_the_owners_is_not_paid():
    claimed = {"extensions": [{"uri": PRICE, "params": {"microusd_per_message": 500}}]}
    cheap = PeerSettings(name="acme", url="https://acme.example", price=499)
    dear = PeerSettings(name="acme", url="https://acme.example", price=500)
    assert "500" in terms(cheap, capabilities=claimed).flaw
    assert terms(dear, capabilities=claimed).flaw == ""
    for nonsense in (-1, "9", True, 1.5, 10**13):
        claimed = {"extensions": [{"uri": PRICE, "params": {"microusd_per_message": nonsense}}]}
        assert terms(capabilities=claimed).price is None


@pytest.mark.parametrize(
    ("scheme", "header", "form"),
    [
        ({"httpAuthSecurityScheme": {"scheme": "Bearer"}}, "authorization", "Bearer {}"),
        ({"httpAuthSecurityScheme": {"scheme": "basic"}}, "authorization", "Basic {base64}"),
        ({"type": "http", "scheme": "bearer"}, "authorization", "Bearer {}"),
        ({"oauth2SecurityScheme": {}}, "authorization", "Bearer {}"),
        ({"apiKeySecurityScheme": {"location": "header", "name": "X-Key"}}, "x-key", "{}"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "x-key", "{}"),
    ],
)
def test_a_token_stands_where_the_card_says(scheme: dict[str, Any], header: str, form: str):
    found = terms(PeerSettings(name="acme", url="https://acme.example", token="t"), securitySchemes={"s": scheme})
    assert (found.header, found.scheme, found.flaw) == (header, form, "")


@pytest.mark.parametrize(
    "scheme",
    [
        {"apiKeySecurityScheme": {"location": "query", "name": "key"}},
        {"apiKeySecurityScheme": {"location": "header", "name": "Host"}},
        {"apiKeySecurityScheme": {"location": "header", "name": "a\r\nb"}},
        {"mtlsSecurityScheme": {}},
        {},
        7,
    ],
)
def test_a_token_goes_nowhere_else(scheme: Any):
    told = PeerSettings(name="acme", url="https://acme.example", token="t")
    assert "credentials" in terms(told, securitySchemes={"s": scheme}).flaw
    assert terms(securitySchemes={"s": scheme}).flaw == ""  # who has no token shows none


def test_what_it_says_of_itself_shows_all_it_says():
    found = terms(description="good\x1b[31m \u202eevil\u200b", skills=[{"name": "a" * 500}] * 99)
    assert "\x1b" not in found.summary
    assert "\u202e" not in found.summary
    assert len(found.summary) <= 1_000


PLAIN: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["supportedInterfaces", "capabilities", "extensions", "uri", "url", "securitySchemes", "s", "skills", "name", "params"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(PLAIN)
def test_whatever_a_card_holds_it_means_something(found: Any):
    assert isinstance(terms_of(found, PEER), Terms)
    if isinstance(found, dict):
        assert isinstance(terms_of({**card(), **found}, PEER), Terms)
