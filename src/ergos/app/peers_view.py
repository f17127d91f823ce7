"""Peers as their owner sees them: how each stands, what its card says, what is different from what was approved.

Rules: what is offered is asked of the peer when it is shown, and once more when it is approved, so that the digest a
person names is that of what is approved. A peer that does not answer keeps none of the others from being shown. Every
word of a card is a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, UsageError
from ergos.base.money import format_money
from ergos.buses.a2a.host.card import CARD, card_of
from ergos.buses.a2a.host.terms import Terms, terms_of
from ergos.kernel.mounts import Difference, Offer, Pin
from ergos.kernel.peers import PeerSettings
from ergos.kernel.permission.wording import Language
from ergos.lib.visible import one_line

LINES_MAX: Final = 400  # lines shown of what is different
VALUE_CHARS: Final = 300  # characters of one value in such a line
DIGEST_CHARS_MIN: Final = 12  # digits a person names

State: TypeAlias = Literal["ready", "changed", "pending", "disabled", "calls"]
"""calls: it only calls us; nothing of it is approved."""


class PeerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A peer at a glance."""

    name: str
    url: str
    state: State
    why: str = ""
    calls_us: bool = False
    digest: str = ""
    """Of what is approved if the owner says yes."""
    title: str = ""


class PeerShown(msgspec.Struct, frozen=True, kw_only=True):
    """A peer as its owner looks at it."""

    row: PeerRow
    sentences: tuple[str, ...] = ()
    card: Plain = None
    warnings: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()


class PeerDesk(Protocol):
    """Peers from where their owner sits."""

    def settings(self) -> Mapping[str, PeerSettings]:
        """What the owner says of each, by name."""
        ...

    async def pins(self) -> Mapping[str, Pin]:
        """What was approved, by peer."""
        ...

    async def looks(self, peers: Sequence[str]) -> Mapping[str, Offer | ErgosError]:
        """What each of them offers now; what was raised of one that says nothing."""
        ...

    async def approve(self, peer: str, pin: Pin | None, by: str) -> None:
        """Journal that this card is approved, and use it; None takes the approval back."""
        ...


class PeersView:
    """All peers of a home."""

    def __init__(self, desk: PeerDesk, language: Language) -> None:
        self._desk: Final = desk
        self._language: Final[Language] = language

    async def rows(self) -> list[PeerRow]:
        """Every peer, by name."""
        settings = self._desk.settings()
        called = sorted(name for name, peer in settings.items() if peer.url)
        offers = await self._desk.looks(called)
        return [self._row(peer, offers.get(name)) for name, peer in sorted(settings.items())]

    async def show(self, name: str) -> PeerShown:
        """One peer. Raises: UsageError."""
        peer = self._peer(name)
        offer = (await self._desk.looks([name])).get(name) if peer.url else None
        row = self._row(peer, offer)
        if not isinstance(offer, Offer):
            return PeerShown(row=row)
        card = card_of(offer.pin.tools[0])
        return PeerShown(
            row=row,
            sentences=tuple(_sentences(peer, terms_of(card, peer), self._language)),
            card=card,
            warnings=tuple(one_line(one, VALUE_CHARS) for one in offer.warnings),
            difference=tuple(_lines(offer))[:LINES_MAX],
        )

    async def approve(self, name: str, digest: str, by: str) -> None:
        """Accept a card exactly as it was shown. Raises: UsageError; what keeps its peer from showing it."""
        offer = await self._offered(name, digest)
        if CARD in offer.unusable:
            raise UsageError(f"{name} cannot be used: {offer.unusable[CARD]}", remedy=f"`ergos peers show {name}`")
        await self._desk.approve(name, offer.pin, by)

    async def reject(self, name: str, digest: str, by: str) -> bool:
        """Do not accept what was shown: an approval of another card is taken back, too, and whether there was one.

        Raises: UsageError; what keeps its peer from showing its card.
        """
        await self._offered(name, digest)
        return await self.withdraw(name, by)

    async def withdraw(self, name: str, by: str) -> bool:
        """Take an approval back; whether there was one. Raises: UsageError."""
        self._peer(name)
        if name not in await self._desk.pins():
            return False
        await self._desk.approve(name, None, by)
        return True

    async def _offered(self, name: str, digest: str) -> Offer:
        peer = self._peer(name)
        offer = (await self._desk.looks([name])).get(name) if peer.url else None
        if isinstance(offer, ErgosError):
            raise offer
        if offer is None:
            raise UsageError(f"{name} only calls us: there is nothing to approve")
        if len(digest) < DIGEST_CHARS_MIN or not offer.digest.startswith(digest):
            raise UsageError(
                f"the card of {name} is another one than that of {digest[:DIGEST_CHARS_MIN]!r}",
                remedy=f"`ergos peers show {name}` shows it as it is, and how to decide",
            )
        return offer

    def _peer(self, name: str) -> PeerSettings:
        settings = self._desk.settings()
        if name not in settings:
            known = ", ".join(sorted(settings)) or "none is in settings.toml"
            raise UsageError(f"there is no peer {name[:60]!r}", remedy=f"name one of: {known}")
        return settings[name]

    def _row(self, peer: PeerSettings, offer: Offer | ErgosError | None) -> PeerRow:
        zh = self._language == "zh"
        row = PeerRow(name=peer.name, url=peer.url, state="calls", calls_us=peer.calls_us)
        if offer is None:
            return row
        replace = msgspec.structs.replace
        if isinstance(offer, ErgosError):
            said = one_line(offer.what, VALUE_CHARS)
            return replace(row, state="disabled", why=f"读不到它的名片：{said}" if zh else said)
        row = replace(row, digest=offer.digest, title=one_line(offer.title, VALUE_CHARS))
        if CARD in offer.unusable:
            return replace(row, state="disabled", why=one_line(offer.unusable[CARD], VALUE_CHARS))
        if offer.first:
            return replace(row, state="pending", why="它的名片还没有批准" if zh else "its card is not approved yet")
        if offer.moved:
            why = "设置里的地址不是批准时的那个" if zh else "another address stands in the settings than was approved"
            return replace(row, state="changed", why=why)
        if not offer.same:
            why = "它的名片和批准时的不一样" if zh else "its card is another one than you approved"
            return replace(row, state="changed", why=why)
        return replace(row, state="ready")


def _sentences(peer: PeerSettings, terms: Terms, language: Language) -> Iterator[str]:
    """What it means to approve this card."""
    zh = language == "zh"
    where = one_line(urlsplit(terms.interface.url).netloc, VALUE_CHARS)
    price = peer.price if peer.price is not None else terms.price
    if terms.flaw:
        yield f"它不能使用：{one_line(terms.flaw, VALUE_CHARS)}" if zh else f"It cannot be used: {terms.flaw}."
        return
    if zh:
        yield f"获得授权的智能体可以请求它；请求的内容会离开本机，发往 {where}。"
        yield f"每次请求最多花费 {format_money(price)}。" if price else "请求按免费计算。"
        yield (
            "崩溃之后，会在它的任务里按消息编号查找；它说自己认得消息，找不到就再发一次。"
            if terms.knows_messages
            else "崩溃之后，会在它的任务里查找；找不到，就由您决定。"
            if terms.effect == "reconcilable"
            else "崩溃之后，不会再次发送；由您决定。"
        )
        if peer.delegates:
            yield f"它可以用一次性的令牌回呼 {'、'.join(peer.delegates)}。"
        return
    yield f"Agents that have a grant may ask it; what is asked leaves this machine for {where}."
    yield f"A request costs {format_money(price)} at most." if price else "A request counts as free of charge."
    yield (
        "After a crash a message is looked for among its tasks, and sent again if it is not there: it says that it "
        "knows its messages."
        if terms.knows_messages
        else "After a crash a message is looked for among its tasks; if it is not there, you decide."
        if terms.effect == "reconcilable"
        else "After a crash a message is never sent again; you decide."
    )
    if peer.delegates:
        yield f"It may call back {', '.join(peer.delegates)} with a token for that one request."


def _lines(offer: Offer) -> Iterator[str]:
    for change in () if offer.first else offer.changes:
        for one in change.differences:
            yield from _line(one)
        if change.cut:
            yield "… and more"


def _line(one: Difference) -> Iterator[str]:
    path = one_line(one.path.removeprefix("annotations."), VALUE_CHARS)
    before, after = (msgspec.json.encode(value).decode() for value in (one.before, one.after))
    for sign, value, text in (("-", one.before, before), ("+", one.after, after)):
        if value is not None:
            yield f"{sign} {path}: {one_line(text, VALUE_CHARS)}"
    if one_line(before, VALUE_CHARS) == one_line(after, VALUE_CHARS):
        yield f"  {path}: they differ in characters that are not shown"
