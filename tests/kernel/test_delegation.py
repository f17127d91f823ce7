"""Tokens of delegation: nobody widens one, and only what was made here, for this, in time, lets anybody in."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.money import Amount
from ergos.kernel.delegation import (
    NARROWINGS_MAX,
    PREFIX,
    TOKEN_CHARS_MAX,
    Delegated,
    Narrowing,
    Refused,
    Token,
    issue,
    meet,
    meet_all,
    narrow,
    read,
    verify,
    within,
)
from ergos.kernel.peers import NO_CEILING, covers

KEY = b"k" * 32
NOW = 1_000

FIRST = Narrowing(
    audience="acme", agents=("news", "shop"), tools=("files.*", "web.get"), budget=Amount(500, 1000), tasks=3,
    expires_ns=2_000, depth=4,
)  # fmt: skip


def made(bounds: Narrowing = FIRST, key: bytes = KEY) -> str:
    return issue(key, id_="d1", owner="maria", bounds=bounds)


def narrowed(text: str, by: Narrowing) -> str:
    found = narrow(text, by)
    assert isinstance(found, str), found
    return found


def refused(text: str, now_ns: int = NOW, key: bytes = KEY, **more: object) -> str:
    found = verify(text, key, now_ns, **more)  # type: ignore[arg-type]
    assert isinstance(found, Refused), found
    return found.kind


def test_a_token_is_good_for_what_it_was_made_for():
    assert verify(made(), KEY, NOW, presenter="acme") == Delegated(
        id="d1",
        owner="maria",
        audience="acme",
        agents=("news", "shop"),
        tools=("files.*", "web.get"),
        budget=Amount(500, 1000),
        tasks=3,
        expires_ns=2_000,
    )


def test_whoever_holds_it_can_narrow_it_without_a_secret():
    token = narrowed(made(), Narrowing(agents=("news",), tools=("files.read",), budget=Amount(NO_CEILING, 10)))
    found = verify(token, KEY, NOW)
    assert isinstance(found, Delegated)
    assert (found.agents, found.tools, found.budget) == (("news",), ("files.read",), Amount(500, 10))


def test_what_is_asked_for_beyond_it_is_not_given():
    token = narrowed(
        made(),
        Narrowing(
            agents=("news", "bank"),
            tools=("mail.*", "files.*"),
            budget=Amount(9_999, 9_999),
            tasks=99,
            expires_ns=9_999,
        ),
    )
    found = verify(token, KEY, NOW)
    assert isinstance(found, Delegated)
    assert (found.agents, found.tools, found.budget, found.tasks, found.expires_ns) == (
        ("news",), ("files.*",), Amount(500, 1000), 3, 2_000,
    )  # fmt: skip


def test_it_ends_when_it_expires():
    assert isinstance(verify(made(), KEY, 1_999), Delegated)
    assert refused(made(), 2_000) == "expired"
    assert refused(narrowed(made(), Narrowing(expires_ns=1_000)), 1_000) == "expired"


def test_another_peer_is_not_let_in_with_it():
    assert refused(made(), presenter="other") == "audience"
    assert refused(narrowed_raw(made(), Narrowing(audience="other"))) == "audience"


def test_it_is_worth_nothing_once_revoked_however_it_was_narrowed():
    token = narrowed(made(), Narrowing(tasks=1))
    assert refused(token, revoked={"d1"}) == "revoked"


def test_another_home_does_not_know_it():
    assert refused(made(), key=b"x" * 32) == "forged"


def test_it_is_handed_on_no_more_often_than_it_may_be():
    token = made(msgspec.structs.replace(FIRST, depth=1))
    token = narrowed(token, Narrowing(tasks=2))
    assert narrow(token, Narrowing(tasks=1)) == Refused("depth", "it was handed on more often than it may be")
    assert refused(narrowed_raw(token, Narrowing(depth=5))) == "depth"


def test_what_is_left_of_nothing_lets_nobody_in():
    assert refused(narrowed_raw(made(), Narrowing(agents=("bank",)))) == "empty"
    assert refused(narrowed_raw(made(), Narrowing(tasks=0))) == "empty"
    assert refused(narrowed_raw(made(), Narrowing(budget=Amount(0, 5)))) == "empty"


def narrowed_raw(text: str, by: Narrowing) -> str:
    """What somebody makes who does not ask whether it makes sense."""
    import hashlib
    import hmac

    token = read(text)
    assert isinstance(token, Token)
    mark = hmac.new(bytes.fromhex(token.mark), msgspec.json.encode(by), hashlib.sha256).hexdigest()
    return spelled(msgspec.structs.replace(token, chain=(*token.chain, by), mark=mark))


def spelled(token: Token) -> str:
    return PREFIX + base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def test_no_narrowing_can_be_taken_away_or_changed():
    token = read(narrowed(narrowed(made(), Narrowing(agents=("news",))), Narrowing(tasks=1)))
    assert isinstance(token, Token)
    replace = msgspec.structs.replace
    for chain in (
        token.chain[:1],
        token.chain[:2],
        token.chain[1:],
        (token.chain[0], token.chain[2]),
        (token.chain[0], token.chain[2], token.chain[1]),
        (replace(token.chain[0], budget=Amount(10**6, 10**6)), *token.chain[1:]),
        (*token.chain, Narrowing()),
    ):
        assert refused(spelled(replace(token, chain=chain))) == "forged"
    assert refused(spelled(replace(token, owner="mallory"))) == "forged"
    assert refused(spelled(replace(token, id="d2"))) == "forged"


@pytest.mark.parametrize(
    "text", ["", "x", PREFIX, PREFIX + "e30", PREFIX + "!!", PREFIX + "é", "x" * (TOKEN_CHARS_MAX + 1)]
)
def test_what_is_no_token_is_refused(text: str):
    assert refused(text) == "malformed"


def test_a_token_has_one_spelling():
    text = made()
    raw = base64.urlsafe_b64decode(text[len(PREFIX) :] + "==")
    for other in (b" " + raw, raw.replace(b'"id"', b'"x":1,"id"'), raw.replace(b'"d1"', b'"d0","id":"d1"')):
        assert refused(PREFIX + base64.urlsafe_b64encode(other).decode().rstrip("=")) == "malformed"
    assert refused(text + "=") == "malformed"


def test_a_chain_without_end_is_refused():
    token = read(made())
    assert isinstance(token, Token)
    assert refused(spelled(msgspec.structs.replace(token, chain=token.chain * (NARROWINGS_MAX + 1)))) == "malformed"


# Properties

NAMES = st.sampled_from(["a", "b", "a.x", "a.y", "a.x.z", "a.*", "a.x.*", "b.*"])
AMOUNTS = st.builds(Amount, st.integers(-1, 50), st.integers(-1, 50))
NARROWINGS = st.builds(
    Narrowing,
    audience=st.none() | st.sampled_from(["acme", "other"]),
    agents=st.none() | st.lists(st.sampled_from(["news", "shop", "bank"]), max_size=3, unique=True).map(tuple),
    tools=st.none() | st.lists(NAMES, max_size=4, unique=True).map(tuple),
    budget=st.none() | AMOUNTS,
    tasks=st.none() | st.integers(0, 5),
    expires_ns=st.none() | st.integers(0, 3_000),
    depth=st.none() | st.integers(0, 5),
)
TOOLS = ["a", "b", "a.x", "a.y", "a.x.z", "a.q", "b.q", "c"]


def allowed(patterns: tuple[str, ...] | None, tool: str) -> bool:
    return patterns is None or any(covers(pattern, tool) for pattern in patterns)


@given(NARROWINGS, NARROWINGS)
def test_what_is_within_both_is_within_each(one: Narrowing, other: Narrowing):
    both = meet(one, other)
    assert within(both, one)
    assert within(msgspec.structs.replace(both, depth=None), msgspec.structs.replace(other, depth=None))
    for tool in TOOLS:
        assert allowed(both.tools, tool) == (allowed(one.tools, tool) and allowed(other.tools, tool))


@given(st.lists(NARROWINGS, max_size=6))
def test_no_sequence_of_narrowings_ever_widens(chain: list[Narrowing]):
    text, before = made(), FIRST
    for by in chain:
        longer = narrowed_raw(text, by)
        found = verify(longer, KEY, NOW)
        if isinstance(found, Refused):
            # Once it lets nobody in, no narrowing opens it again.
            assert isinstance(verify(narrowed_raw(longer, Narrowing()), KEY, NOW), Refused)
            return
        now = Narrowing(
            audience=found.audience, agents=found.agents, tools=found.tools, budget=found.budget, tasks=found.tasks,
            expires_ns=found.expires_ns,
        )  # fmt: skip
        assert within(now, msgspec.structs.replace(before, depth=None))
        assert isinstance(meet_all((FIRST, now)), Narrowing)
        text, before = longer, now


@given(st.data())
def test_a_changed_character_lets_nobody_in(data: st.DataObject):
    text = narrowed(made(), Narrowing(tasks=2))
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_"))
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        assert isinstance(verify(changed, KEY, NOW), Refused)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: PREFIX + base64.urlsafe_b64encode(raw).decode()))
def test_whatever_is_shown_is_answered(text: str):
    assert isinstance(verify(text, KEY, NOW), Refused)
