"""Operations on what a home has: tools, skills, models, secrets, and who may come in. All of it is the keeper's.

Rules: nothing is approved by its name alone; a secret is set and forgotten, and never read back; a token is shown once.

Not reachable here on purpose: installing a skill, and a model in a file, which name a folder or file of the machine; an
agent that could make a token do that could bring its own instructions in.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec

from ergos.app.access.register import DAYS, DAYS_MAX
from ergos.app.access.register import Listed as ListedAccess
from ergos.app.access.roles import Role, person
from ergos.app.catalogue import moment, plain
from ergos.base.errors import UnknownPathError, UsageError
from ergos.base.ids import name as checked_name
from ergos.server.api.operation import BASE, Answered, Asked, Operation, Takes
from ergos.server.api.shapes import AnyName, Count, Micro, Moment

if TYPE_CHECKING:
    from ergos.app.skill_store import SkillStore
    from ergos.drivers.vault.home_vault import HomeVault
    from ergos.lib.skills import Skill

PersonRole: TypeAlias = Literal["viewer", "operator", "owner"]
NAMED: Final = "^[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}$"
SECRET_CHARS_MAX: Final = 2_000  # characters of a secret; of four bytes each they still fit


class OfSkill(Takes, frozen=True):
    """A skill."""

    name: AnyName


class SkillShown(msgspec.Struct, frozen=True, kw_only=True):
    """An installed skill."""

    name: str
    state: str
    why: str
    digest: str
    description: str


class SkillList(msgspec.Struct, frozen=True, kw_only=True):
    """Installed skills."""

    skills: tuple[SkillShown, ...]


class SkillInFull(SkillShown, frozen=True):
    """An installed skill in full."""

    asks: tuple[str, ...]
    """What it asks for, in sentences; installing it gave none of it."""
    instructions: str


class ModelShown(msgspec.Struct, frozen=True, kw_only=True):
    """A model endpoint that was found."""

    name: str
    model: str
    where: str
    local: bool
    price: dict[str, Any] | None
    """Microdollars per million tokens; null: unknown, and so it is not used."""
    context_tokens: Count
    by_name_only: bool
    health: str
    how: str


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """Model endpoints, the one that would be asked first first."""

    models: tuple[ModelShown, ...]
    remarks: tuple[str, ...]


class TryModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to try."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    prompt: Annotated[str, msgspec.Meta(max_length=10_000)] | None = None
    tools: bool = False
    """A tool call and a typed answer, too."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    endpoint: str
    model: str
    good: bool
    said: str
    milliseconds: Count
    microusd: Micro
    checks: tuple[dict[str, Any], ...]


class OfSecret(Takes, frozen=True):
    """A secret."""

    name: Annotated[str, msgspec.Meta(pattern=NAMED)]


class SecretNames(msgspec.Struct, frozen=True, kw_only=True):
    """Names of what is kept."""

    names: tuple[str, ...]


class NewSecret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to keep."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=SECRET_CHARS_MAX, pattern="^[^\\u0000]*$")]


class OfAccess(Takes, frozen=True):
    """A token or a session."""

    label: AnyName


class AccessShown(msgspec.Struct, frozen=True, kw_only=True):
    """A token or a session."""

    label: str
    kind: str
    name: str
    role: Role
    owner: str
    decides: bool
    made: Moment
    ends: Moment
    used: Moment | None


class AccessList(msgspec.Struct, frozen=True, kw_only=True):
    """Who may come in."""

    access: tuple[AccessShown, ...]


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made."""

    label: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.\\-]{0,99}$")]
    """What it is called in lists; one of this label is replaced."""
    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.\\-]{0,99}$")] | None = None
    """Whose it is; null: the owner's own."""
    owner: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.\\-]{0,99}$")] | None = None
    """Whose things it sees; null: those of whoever makes it."""
    role: PersonRole = "viewer"
    decides: bool = False
    """It may approve and grant without signing in again; only for the role owner."""
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = DAYS


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A token. It is shown once."""

    label: str
    token: str


async def skills(asked: Asked, _: object, __: None) -> SkillList:
    """Installed skills."""
    return SkillList(skills=tuple(_skill(one) for one in await asyncio.to_thread(_store(asked).all)))


def _store(asked: Asked) -> SkillStore:
    from ergos.app.skill_store import SkillStore
    from ergos.app.tool_shops import built_in

    home = asked.seat.home
    known = {spec.name: spec for spec in built_in(home.folder, home.settings.owner)}
    return SkillStore(home.folder / "skills", asked.parts.clock, language=home.settings.language, known=known)


def _skill(one: Skill) -> SkillShown:
    return SkillShown(
        name=one.name,
        state="ready" if one.usable else one.state,
        why=one.why,
        digest=one.digest,
        description=one.file.description if one.file is not None else "",
    )


async def skill(asked: Asked, takes: OfSkill, _: None) -> SkillInFull:
    """One skill."""
    from ergos.lib.skill_wants import sentences_of

    store = _store(asked)
    try:
        found = await asyncio.to_thread(store.one, takes.name)
    except UsageError as error:
        raise UnknownPathError(error.what) from error
    shown = _skill(found)
    language = asked.seat.home.settings.language
    asks = sentences_of(store.wants(found.file), language) if found.file is not None else ()
    return SkillInFull(
        **msgspec.structs.asdict(shown), asks=asks, instructions=found.file.body if found.file is not None else ""
    )


async def remove_skill(asked: Asked, takes: OfSkill, _: None) -> None:
    """Remove it."""
    try:
        await asyncio.to_thread(_store(asked).remove, takes.name)
    except UsageError as error:
        raise UnknownPathError(error.what) from error


async def models(asked: Asked, _: object, __: None) -> ModelList:
    """Models that were found."""
    from ergos.drivers.models.discovery import discover

    found = await discover(asked.seat.home.settings.models, os.environ)
    shown = tuple(
        ModelShown(
            name=one.spec.name,
            model=one.spec.model,
            where=one.where,
            local=one.spec.local,
            price=cast("dict[str, Any]", plain(one.spec.price)) if one.spec.price is not None else None,
            context_tokens=one.spec.context_tokens,
            by_name_only=one.spec.by_name_only,
            health=one.health,
            how=one.how,
        )
        for one in found.endpoints
    )
    return ModelList(models=shown, remarks=tuple(found.remarks))


async def try_model(asked: Asked, _: object, body: TryModel) -> Tried:
    """One small real call."""
    from ergos.app.trial import PROMPT, try_endpoint
    from ergos.drivers.models.catalogue import open_catalogue

    catalogue = await open_catalogue(asked.seat.home.settings.models, os.environ, asked.parts.clock)
    try:
        prompt = PROMPT if body.prompt is None else body.prompt
        made = await try_endpoint(catalogue, body.name, asked.parts.clock, prompt=prompt, tools=body.tools)
    finally:
        await catalogue.close()
    return Tried(
        endpoint=made.endpoint,
        model=made.model,
        good=made.good,
        said=made.calls[0].said,
        milliseconds=made.calls[0].total_ms,
        microusd=sum(call.microusd for call in made.calls),
        checks=tuple(cast("dict[str, Any]", plain(check)) for check in made.checks),
    )


def _vault(asked: Asked) -> HomeVault:
    from ergos.drivers.host import FileSigner
    from ergos.drivers.vault.home_vault import HomeVault

    home = asked.seat.home
    return HomeVault(home.folder, FileSigner(home.key), asked.parts.entropy)


async def secrets(asked: Asked, _: object, __: None) -> SecretNames:
    """Names of what is kept."""
    return SecretNames(names=await asyncio.to_thread(_vault(asked).names))


async def set_secret(asked: Asked, takes: OfSecret, body: NewSecret) -> None:
    """Keep one."""
    await asyncio.to_thread(_vault(asked).set, takes.name, body.value)


async def forget_secret(asked: Asked, takes: OfSecret, _: None) -> None:
    """Remove one."""
    if not await asyncio.to_thread(_vault(asked).forget, takes.name):
        raise UnknownPathError(f"there is no secret {takes.name}", remedy="GET /secrets names them")


async def access(asked: Asked, _: object, __: None) -> AccessList:
    """Who may come in."""
    return AccessList(access=tuple(_access(one) for one in asked.parts.register.listed()))


def _access(one: ListedAccess) -> AccessShown:
    return AccessShown(
        label=one.label,
        kind=one.kind,
        name=one.name,
        role=cast("Role", one.role),
        owner=one.owner,
        decides=one.decides,
        made=moment(one.made_ns),
        ends=moment(one.ends_ns),
        used=moment(one.used_ns) if one.used_ns else None,
    )


async def make_token(asked: Asked, _: object, body: NewToken) -> Answered:
    """Make one."""
    who = asked.seat.principal
    owner = body.owner or who.owner
    name = checked_name(body.name or owner, what="a person")
    made = person(name, body.role, owner, keeper_of=who.owner)
    _spare(asked, body.label)
    token = asked.parts.register.issue(label=body.label, who=made, decides=body.decides, days=body.days)
    return Answered(body=TokenMade(label=body.label, token=token), headers={"location": f"{BASE}/access/{body.label}"})


def _spare(asked: Asked, label: str) -> None:
    """Nobody saws off the branch they sit on. Raises: UsageError."""
    own = asked.seat.principal.credential
    if own in {label, f"token:{label}"}:
        raise UsageError(
            f"you came in with {label} yourself", remedy="use another credential, or `ergos access revoke`"
        )


async def one_access(asked: Asked, takes: OfAccess, _: None) -> AccessShown:
    """One of them."""
    for one in asked.parts.register.listed():
        if one.label == takes.label:
            return _access(one)
    raise UnknownPathError("there is no token or session of this label", remedy="GET /access lists them")


async def revoke_access(asked: Asked, takes: OfAccess, _: None) -> None:
    """Take it back."""
    _spare(asked, takes.label)
    if not asked.parts.register.revoke(takes.label):
        raise UnknownPathError("there is no token or session of this label", remedy="GET /access lists them")


OPERATIONS: Final = (
    Operation(
        id="listSkills", method="GET", path="/skills", tag="skills", run=skills, reply=SkillList, keeper=True,
        summary="List the installed skills, and whether each is as it was approved.",
    ),
    Operation(
        id="getSkill", method="GET", path="/skills/{name}", tag="skills", run=skill, takes=OfSkill,
        reply=SkillInFull, keeper=True, refuses=(404, 409), summary="Show one skill: what it says and asks for.",
    ),
    Operation(
        id="removeSkill", method="DELETE", path="/skills/{name}", tag="skills", run=remove_skill, takes=OfSkill,
        status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409), summary="Remove an installed skill.",
    ),
    Operation(
        id="listModels", method="GET", path="/models", tag="models", run=models, reply=ModelList, keeper=True,
        summary="List the models that were found, with prices and health.",
    ),
    Operation(
        id="tryModel", method="POST", path="/models/test", tag="models", run=try_model, body=TryModel, reply=Tried,
        role="owner", keeper=True, refuses=(404, 409, 501, 502, 504), example={"name": "openai/gpt-x"},
        summary="Make one small real call and say how long it took, what it cost and what came back.",
    ),
    Operation(
        id="listSecrets", method="GET", path="/secrets", tag="secrets", run=secrets, reply=SecretNames, keeper=True,
        role="owner", fresh=True, summary="List the names of the secrets that are kept. No secret is ever read back.",
    ),
    Operation(
        id="setSecret", method="PUT", path="/secrets/{name}", tag="secrets", run=set_secret, takes=OfSecret,
        body=NewSecret, status=204, role="owner", keeper=True, fresh=True, refuses=(409,),
        summary="Keep a secret, in place of what was kept under this name.", example={"value": "…"},
    ),
    Operation(
        id="forgetSecret", method="DELETE", path="/secrets/{name}", tag="secrets", run=forget_secret,
        takes=OfSecret, status=204, role="owner", keeper=True, fresh=True, refuses=(404, 409),
        summary="Remove a secret.",
    ),
    Operation(
        id="listAccess", method="GET", path="/access", tag="access", run=access, reply=AccessList, role="owner",
        keeper=True, summary="List tokens and sessions.",
    ),
    Operation(
        id="makeToken", method="POST", path="/access", tag="access", run=make_token, body=NewToken, reply=TokenMade,
        status=201, role="owner", keeper=True, fresh=True, refuses=(409,), example={"label": "phone", "role": "viewer"},
        summary="Make a token for the API. It is shown once.",
    ),
    Operation(
        id="getAccess", method="GET", path="/access/{label}", tag="access", run=one_access, takes=OfAccess,
        reply=AccessShown, role="owner", keeper=True, refuses=(404,), summary="Show one token or session.",
    ),
    Operation(
        id="revokeAccess", method="DELETE", path="/access/{label}", tag="access", run=revoke_access, takes=OfAccess,
        status=204, role="owner", keeper=True, refuses=(404, 409),
        summary="Take a token back with all that was signed in with it, or end a session.",
    ),
)  # fmt: skip
