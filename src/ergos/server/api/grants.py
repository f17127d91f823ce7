"""Operations on grants: what agents may do, in sentences; confirming one, taking one back."""

from __future__ import annotations

import datetime
from typing import Annotated, Final, Literal

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.grants import Held, day, held
from ergos.app.home import reading
from ergos.base.errors import UnknownPathError
from ergos.kernel.permission.grants import Grant, Matcher, grant_id
from ergos.kernel.permission.sentences import sentence
from ergos.runtime.control import Confirm, Revoke
from ergos.server.api.operation import BASE, Answered, Asked, Link, Operation, Takes
from ergos.server.api.shapes import Count, Moment, at, ns_of

Verb = Literal["act", "think", "send", "spawn"]
_VALUE = Annotated[str, msgspec.Meta(max_length=1_000)] | Annotated[int, msgspec.Meta(ge=-(2**53) + 1, le=2**53 - 1)]


class ListGrants(Takes, frozen=True):
    """Which grants."""

    agent: Annotated[str, msgspec.Meta(max_length=100)] = ""
    all: bool = False
    """Also what is revoked, expired or used up."""


class GrantShown(msgspec.Struct, frozen=True, kw_only=True):
    """One grant."""

    id: str
    sentence: str
    agent: str
    verb: Verb
    name: str
    args: dict[str, Matcher] | None
    ask: bool
    """The owner approves each call."""
    expires: Moment | None
    times: Count | None
    words: str
    definition_of: str
    """Agent whose definition brings it along; '' for one that was confirmed by itself."""
    standing: Literal["in force", "revoked", "expired", "used up"]
    left: Count | None
    """Calls it still allows; null: any number."""


class GrantList(msgspec.Struct, frozen=True, kw_only=True):
    """Grants: those of definitions by agent, then those that were confirmed."""

    grants: tuple[GrantShown, ...]


class Within(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one argument may be."""

    kind: Literal["equals", "one_of", "range", "under", "domain", "grounded", "any"]
    values: Annotated[tuple[_VALUE, ...], msgspec.Meta(max_length=100)] = ()


class NewGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A permission to be given."""

    agent: Annotated[str, msgspec.Meta(pattern=r"^(\*|[^\W_][\w.\-]{0,98})$")]
    """'*': all agents."""
    verb: Verb
    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,97}(\.\*)?$")]
    """Tool, task or agent; a prefix ends in '.*'."""
    args: Annotated[dict[Annotated[str, msgspec.Meta(max_length=100)], Within], msgspec.Meta(max_length=100)] | None = (
        None
    )
    """null: any arguments. Else every argument must be listed and match."""
    ask: bool = False
    until: datetime.date | None = None
    """To the beginning of this day, UTC."""
    times: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None
    words: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    """What the owner said, to be kept with it."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant says."""

    id: str
    sentence: str


class OfGrant(Takes, frozen=True):
    """A grant."""

    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")]


async def listed(asked: Asked, takes: ListGrants, _: None) -> GrantList:
    """Grants of the owner."""
    found = [
        one
        for one in await _held(asked)
        if (takes.all or one.standing == "in force")
        and (not takes.agent or takes.agent in (one.agent, one.grant.agent))
    ]
    return GrantList(grants=tuple(_shown(one) for one in found))


async def _held(asked: Asked) -> list[Held]:
    seat = asked.seat
    async with reading(seat.home) as reads:
        catalogue = Catalogue(seat.home, reads)
        return await held(reads, catalogue, seat.principal.owner, seat.home.settings.language, seat.now_ns)


def _shown(one: Held) -> GrantShown:
    grant = one.grant
    return GrantShown(
        id=one.id,
        sentence=one.sentence,
        agent=grant.agent,
        verb=grant.verb,
        name=grant.name,
        args=grant.args,
        ask=grant.ask,
        expires=at(grant.expires_ns),
        times=grant.times,
        words=grant.words,
        definition_of=one.agent,
        standing=one.standing,
        left=one.left,
    )


def _grant(body: NewGrant) -> Grant:
    args = None
    if body.args is not None:
        args = {name: Matcher(kind=one.kind, values=one.values) for name, one in body.args.items()}
    return Grant(
        agent=body.agent,
        verb=body.verb,
        name=body.name,
        args=args,
        ask=body.ask,
        expires_ns=None if body.until is None else min(max(ns_of(body.until), 0), 2**63 - 1),
        times=body.times,
        words=body.words,
    )


async def preview(asked: Asked, _: object, body: NewGrant) -> Given:
    """What it would say."""
    grant = _grant(body)
    return Given(id=grant_id(grant), sentence=sentence(grant, asked.seat.home.settings.language, day))


async def confirm(asked: Asked, _: object, body: NewGrant) -> Answered:
    """Give it."""
    grant, who = _grant(body), asked.seat.principal
    await asked.seat.perform(Confirm(owner=who.owner, grant=grant, by=who.name))
    made = Given(id=grant_id(grant), sentence=sentence(grant, asked.seat.home.settings.language, day))
    return Answered(body=made, headers={"location": f"{BASE}/grants/{made.id}"})


async def shown(asked: Asked, takes: OfGrant, _: None) -> GrantShown:
    """One grant."""
    for one in await _held(asked):
        if one.id == takes.id:
            return _shown(one)
    raise UnknownPathError(f"there is no grant {takes.id}", remedy="GET /grants lists them")


async def revoke(asked: Asked, takes: OfGrant, _: None) -> None:
    """Take it back."""
    await shown(asked, takes, None)
    who = asked.seat.principal
    await asked.seat.perform(Revoke(owner=who.owner, grant=takes.id, by=who.name))


_EXAMPLE: Final = {"agent": "watcher", "verb": "act", "name": "files.*", "ask": True, "words": "you may read my files"}
OPERATIONS: Final = (
    Operation(
        id="listGrants", method="GET", path="/grants", tag="grants", run=listed, takes=ListGrants, reply=GrantList,
        summary="List what agents may do, one sentence a grant.",
    ),
    Operation(
        id="previewGrant", method="POST", path="/grants/preview", tag="grants", run=preview, body=NewGrant,
        reply=Given, summary="Say what a grant would mean, without giving it.", example=_EXAMPLE,
    ),
    Operation(
        id="confirmGrant", method="POST", path="/grants", tag="grants", run=confirm, body=NewGrant, reply=Given,
        status=201, role="owner", fresh=True, example=_EXAMPLE,
        summary="Give an agent a permission; it is in force when this returns. Giving the same again changes nothing.",
        links=(
            Link(to="getGrant", parameter="id", pointer="/id"),
            Link(to="revokeGrant", parameter="id", pointer="/id"),
        ),
    ),
    Operation(
        id="getGrant", method="GET", path="/grants/{id}", tag="grants", run=shown, takes=OfGrant, reply=GrantShown,
        refuses=(404,), summary="Show one grant, also one that is not in force any more.",
    ),
    Operation(
        id="revokeGrant", method="DELETE", path="/grants/{id}", tag="grants", run=revoke, takes=OfGrant, status=204,
        role="owner", refuses=(404,), summary="Take a permission back; no call that has not started starts under it.",
        says="It stays in the list, as revoked.",
    ),
)  # fmt: skip
