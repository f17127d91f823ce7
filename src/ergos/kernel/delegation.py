"""Delegation: a token by which a peer may call back for one bounded purpose, and everybody may only narrow it.

A token is a chain: whom and what it was made for, then narrowings, each marked with a keyed digest (HMAC) over itself
under the mark before it. The first mark is made with the home's secret, so the home verifies a token offline and
nobody else can make one; whoever holds a token can append a narrowing, because its mark is the key of the next one,
and can take none away, because no mark leads back. Signed tokens (JWT) would need the home for every narrowing, and
their verification by third parties is of no use: only the home lets anybody in.

Rules: pure and total; what a narrowing does not say it leaves as it was; the meet of two narrowings is within both.
What a token may still spend is no matter of the token: it names a ceiling, and the ledger keeps it.
Source: Birgisson et al., "Macaroons: Cookies with Contextual Caveats for Decentralized Authorization in the Cloud",
NDSS 2014; RFC 2104.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Container, Iterable
from typing import Final, Literal, TypeAlias

import msgspec

from ergos.base.limits import NAME_CHARS_MAX
from ergos.base.money import Amount
from ergos.kernel.peers import NO_CEILING, covers

PREFIX: Final = "ergd1."
TOKEN_CHARS_MAX: Final = 8_000  # characters of a token; it travels in a header
NARROWINGS_MAX: Final = 16  # narrowings of one token; each is somebody it was handed on by
LIST_MAX: Final = 100  # agents or tools of one narrowing
AMOUNT_MAX: Final = 2**53  # micro-dollars or tokens of a ceiling
KEY_BYTES: Final = 32

_FIRST: Final = b"ergos delegation 1\0"
_AMOUNT: Final = range(NO_CEILING, AMOUNT_MAX + 1)


class Narrowing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a token is good for, at most; None: as before."""

    audience: str | None = None
    """The peer that may present it."""
    agents: tuple[str, ...] | None = None
    """Published agents that may be asked."""
    tools: tuple[str, ...] | None = None
    """Tools that its tasks may use: exact names, or prefixes ending in '.*'."""
    budget: Amount | None = None
    """Of all its tasks together; a part that is NO_CEILING has none."""
    tasks: int | None = None
    """Tasks it may begin in all."""
    expires_ns: int | None = None
    depth: int | None = None
    """Narrowings that may follow."""


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token as it travels."""

    id: str
    owner: str
    """On whose behalf its tasks run."""
    chain: tuple[Narrowing, ...]
    mark: str
    """Of the last narrowing, hexadecimal."""


class Delegated(msgspec.Struct, frozen=True, kw_only=True):
    """What a token that was verified is good for."""

    id: str
    owner: str
    audience: str
    agents: tuple[str, ...] | None
    tools: tuple[str, ...] | None
    budget: Amount
    tasks: int
    expires_ns: int


Kind: TypeAlias = Literal["malformed", "forged", "revoked", "expired", "audience", "depth", "empty"]


class Refused(msgspec.Struct, frozen=True):
    """A token lets nobody in, and why. Nothing of the token is in it."""

    kind: Kind
    why: str


def issue(key: bytes, *, id_: str, owner: str, bounds: Narrowing) -> str:
    """A token with these bounds, all of which have to be said."""
    assert len(key) >= KEY_BYTES, len(key)
    assert None not in (bounds.audience, bounds.budget, bounds.tasks, bounds.expires_ns, bounds.depth), bounds
    token = Token(id=id_, owner=owner, chain=(bounds,), mark="")
    return _text(msgspec.structs.replace(token, mark=_marks(key, token).hex()))


def narrow(text: str, by: Narrowing) -> str | Refused:
    """The same token, good for less. Needs no secret. It is refused if it may not be narrowed any more."""
    token = read(text)
    if isinstance(token, Refused):
        return token
    meant = meet_all((*token.chain, by))
    if isinstance(meant, Refused):
        return meant
    if len(token.chain) >= NARROWINGS_MAX:
        return Refused("depth", f"it was narrowed {NARROWINGS_MAX} times, which is as often as it may be")
    try:
        previous = bytes.fromhex(token.mark)
    except ValueError:
        return Refused("malformed", "its mark is none")
    mark = _next(previous, by).hex()
    longer = _text(msgspec.structs.replace(token, chain=(*token.chain, by), mark=mark))
    return longer if len(longer) <= TOKEN_CHARS_MAX else Refused("malformed", "it would be longer than a token may be")


def verify(
    text: str, key: bytes, now_ns: int, *, presenter: str = "", revoked: Container[str] = ()
) -> Delegated | Refused:
    """What a token is good for now. `presenter`: the peer that shows it, where that is known; `revoked`: ids."""
    token = read(text)
    if isinstance(token, Refused):
        return token
    if not hmac.compare_digest(token.mark.encode(), _marks(key, token).hex().encode()):
        return Refused("forged", "it was not made here, or was changed since")
    if token.id in revoked:
        return Refused("revoked", "it was revoked")
    meant = meet_all(token.chain)
    if isinstance(meant, Refused):
        return meant
    first = (meant.audience, meant.budget, meant.tasks, meant.expires_ns)
    audience, budget, tasks, expires_ns = first
    if audience is None or budget is None or tasks is None or expires_ns is None:
        return Refused("malformed", "it does not say what it is good for")
    if now_ns >= expires_ns:
        return Refused("expired", "it has expired")
    if presenter and presenter != audience:
        return Refused("audience", "it was made for another peer")
    return Delegated(
        id=token.id,
        owner=token.owner,
        audience=audience,
        agents=meant.agents,
        tools=meant.tools,
        budget=budget,
        tasks=tasks,
        expires_ns=expires_ns,
    )


def read(text: str) -> Token | Refused:
    """A token as it was sent; nothing in it is verified."""
    bad = Refused("malformed", "it is no token of a delegation")
    if len(text) > TOKEN_CHARS_MAX or not text.startswith(PREFIX) or not text.isascii():
        return bad
    body = text[len(PREFIX) :]
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        token = msgspec.json.decode(raw, type=Token)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        return bad
    # One token has one spelling: nothing is hidden in what a reader skips.
    return token if _text(token) == text and _sane(token) else bad


def meet_all(chain: Iterable[Narrowing]) -> Narrowing | Refused:
    """What is within every one of them; refused if one may not follow, or nothing is left."""
    meant: Narrowing | None = None
    for one in chain:
        meant = one if meant is None else meet(meant, one)
        if meant.depth is not None and meant.depth < 0:
            return Refused("depth", "it was handed on more often than it may be")
        if meant.audience == "":
            return Refused("audience", "it was made for another peer")
        if meant.agents == ():
            return Refused("empty", "it is good for no agent")
        if meant.tasks == 0 or (meant.budget is not None and 0 in (meant.budget.microusd, meant.budget.tokens)):
            return Refused("empty", "it has no budget")
    return meant if meant is not None else Refused("malformed", "it does not say what it is good for")


def meet(one: Narrowing, other: Narrowing) -> Narrowing:
    """What is within both, where `other` comes after `one`."""
    depth = None if one.depth is None else one.depth - 1
    return Narrowing(
        audience=_same(one.audience, other.audience),
        agents=_both(one.agents, other.agents),
        tools=_both(one.tools, other.tools),
        budget=_lower(one.budget, other.budget),
        tasks=_least(one.tasks, other.tasks),
        expires_ns=_least(one.expires_ns, other.expires_ns),
        depth=_least(depth, other.depth),
    )


def within(inner: Narrowing, outer: Narrowing) -> bool:
    """Whether nothing is allowed by the inner one that the outer one does not allow."""
    return (
        (outer.audience is None or inner.audience in (outer.audience, ""))
        and _listed(inner.agents, outer.agents)
        and _listed(inner.tools, outer.tools)
        and _cheaper(inner.budget, outer.budget)
        and _less(inner.tasks, outer.tasks)
        and _less(inner.expires_ns, outer.expires_ns)
        and _less(inner.depth, outer.depth)
    )


# Parts


def _same(one: str | None, other: str | None) -> str | None:
    """The audience of both; '' is nobody."""
    if one is None or other is None:
        return one if other is None else other
    return one if one == other else ""


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Names and prefixes within both: of two that overlap one lies within the other."""
    if one is None or other is None:
        return one if other is None else other
    found = [b if covers(a, b) else a for a in one for b in other if covers(a, b) or covers(b, a)]
    return tuple(dict.fromkeys(found))


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def _lower(one: Amount | None, other: Amount | None) -> Amount | None:
    if one is None or other is None:
        return one if other is None else other
    return Amount(_ceiling(one.microusd, other.microusd), _ceiling(one.tokens, other.tokens))


def _ceiling(one: int, other: int) -> int:
    return max(one, other) if one < 0 or other < 0 else min(one, other)


def _listed(inner: tuple[str, ...] | None, outer: tuple[str, ...] | None) -> bool:
    return outer is None or (inner is not None and all(any(covers(a, b) for a in outer) for b in inner))


def _less(inner: int | None, outer: int | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _cheaper(inner: Amount | None, outer: Amount | None) -> bool:
    if outer is None:
        return True
    parts = () if inner is None else ((inner.microusd, outer.microusd), (inner.tokens, outer.tokens))
    return inner is not None and all(most < 0 or 0 <= least <= most for least, most in parts)


# Marks and text


def _marks(key: bytes, token: Token) -> bytes:
    """The mark of the last narrowing."""
    mark = hmac.new(key, _FIRST + msgspec.json.encode([token.id, token.owner]), hashlib.sha256).digest()
    for one in token.chain:
        mark = _next(mark, one)
    return mark


def _next(mark: bytes, by: Narrowing) -> bytes:
    return hmac.new(mark, msgspec.json.encode(by), hashlib.sha256).digest()


def _text(token: Token) -> str:
    return PREFIX + base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _sane(token: Token) -> bool:
    """Whether it is within the bounds of what is made here."""
    if not 0 < len(token.chain) <= NARROWINGS_MAX or not 0 < len(token.id) <= NAME_CHARS_MAX or len(token.mark) != 64:
        return False
    for one in token.chain:
        if any(listed is not None and len(listed) > LIST_MAX for listed in (one.agents, one.tools)):
            return False
        if one.budget is not None and not (one.budget.microusd in _AMOUNT and one.budget.tokens in _AMOUNT):
            return False
        if any(number is not None and number < 0 for number in (one.tasks, one.expires_ns, one.depth)):
            return False
    return True
