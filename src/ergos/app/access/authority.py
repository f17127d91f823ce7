"""What a principal may ask of a kernel: one table of requests, and one judgement for every face.

`judged` returns the request as it is carried out: in the principal's name, for the principal's owner. What concerns an
object of another owner is answered as if there were no such object, so that nobody learns what others have. What an
operator writes to a process is not its owner's word: it grounds nothing.

Rules: what is not in the table is refused; the door behind it decides again what it always decides (rights of
delegates, digests, states). This file reads whose an object is, and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import msgspec

from ergos.app.access.roles import Principal, Role
from ergos.base.errors import RefusedError, SignInError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.rights import Rights
from ergos.kernel.rows import Item
from ergos.runtime.control import (
    Answer,
    AnyRequest,
    Confirm,
    EndOf,
    Enter,
    Halt,
    Leave,
    LogOf,
    Look,
    Pin,
    Processes,
    Report,
    Request,
    Revoke,
    Scheduling,
    Seen,
    Send,
    Sign,
    Signal,
    Spawn,
    StatusOf,
    Stop,
)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of request needs."""

    role: Role
    keeper: bool = False
    fresh: bool = False


RULES: Final[dict[type[Request], Rule]] = {
    StatusOf: Rule(role="viewer"),
    Processes: Rule(role="viewer"),
    Scheduling: Rule(role="viewer"),
    EndOf: Rule(role="viewer"),
    Spawn: Rule(role="operator"),
    Signal: Rule(role="operator"),
    Send: Rule(role="operator"),
    Seen: Rule(role="operator"),
    Answer: Rule(role="operator"),  # an owner's word, or a delegate's as far as it goes: the kernel knows how far
    Revoke: Rule(role="owner"),
    Confirm: Rule(role="owner", fresh=True),
    Enter: Rule(role="owner", fresh=True),
    Leave: Rule(role="owner"),
    Report: Rule(role="owner", keeper=True),
    Halt: Rule(role="operator", keeper=True),
    Look: Rule(role="operator", keeper=True),
    LogOf: Rule(role="operator", keeper=True),
    Sign: Rule(role="operator", keeper=True),
    Pin: Rule(role="owner", keeper=True, fresh=True),
    Stop: Rule(role="owner", keeper=True, fresh=True),
}


class Whose(Protocol):
    """Tells whose things are."""

    async def owner_of(self, pid: Pid) -> str | None:
        """Owner of a process; None: there is none of this number."""
        ...

    async def item(self, number: int) -> Item | None:
        """One open inbox item."""
        ...


def allowed(principal: Principal, kind: type[Request]) -> bool:
    """Whether the principal's role goes as far as this kind of request, fresh or not; for what a page offers."""
    rule = RULES.get(kind)
    return rule is not None and principal.at_least(rule.role) and (principal.keeper or not rule.keeper)


async def judged(
    principal: Principal, request: AnyRequest, whose: Whose, *, agents: Path, rights: Rights
) -> AnyRequest:
    """The request in this principal's name. `agents`: folder of the home whose agents every owner may start; `rights`:
    who decides besides owners.

    Raises: RefusedError; SignInError for what wants a fresh sign-in; UnknownProcessError and UsageError for what is
    another owner's, as for what does not exist.
    """
    _check_role(principal, type(request))
    match request:
        case EndOf(pid=pid) | Leave(pid=pid) | Report(pid=pid):
            await check_process(principal, pid, whose)
            return request
        case Send(pid=pid):
            await check_process(principal, pid, whose)
            return msgspec.structs.replace(request, owners_word=principal.at_least("owner"))
        case Signal(pid=pid):
            await check_process(principal, pid, whose)
            return msgspec.structs.replace(request, by=principal.name)
        case Answer():
            return await _answer(principal, request, whose, rights)
        case Spawn(path=path, settings=settings):
            _check_path(principal, path, agents)
            owners = principal.at_least("owner")
            if settings and not owners:
                raise RefusedError("an agent's settings are its owner's to give", remedy="start it without settings")
            return msgspec.structs.replace(request, owner=principal.owner, owners_word=owners)
        case Enter(pid=pid):
            if pid is not None:
                await check_process(principal, pid, whose)
            return msgspec.structs.replace(request, owner=principal.owner)
        case Seen():
            return msgspec.structs.replace(request, owner=principal.owner)
        case Confirm() | Revoke():
            return msgspec.structs.replace(request, owner=principal.owner, by=principal.name)
        case Halt() | Pin():
            return msgspec.structs.replace(request, by=principal.name)
        case StatusOf() | Processes() | Scheduling() | Look() | LogOf() | Sign() | Stop():
            return request


async def check_process(principal: Principal, pid: Pid, whose: Whose) -> None:
    """Nothing, if the process is this principal's to see. Raises: UnknownProcessError."""
    if principal.role == "agent" and pid != principal.pid:
        raise UnknownProcessError(f"there is no process {pid}")
    if await whose.owner_of(pid) != principal.owner:
        raise UnknownProcessError(f"there is no process {pid}")


def _check_role(principal: Principal, kind: type[Request]) -> None:
    rule = RULES.get(kind)
    if rule is None:
        raise RefusedError(f"{kind.__name__} is not asked from outside")
    if not principal.at_least(rule.role):
        raise RefusedError(f"this needs the role {rule.role}; you came in as {principal.role}")
    if rule.keeper and not principal.keeper:
        raise RefusedError("this concerns the whole home, which belongs to another owner")
    if rule.fresh:
        check_fresh(principal)


def check_fresh(principal: Principal) -> None:
    """Nothing, if this principal may decide now. Raises: SignInError."""
    if not principal.fresh:
        raise SignInError(
            "this decision wants a sign-in of the last minutes",
            remedy="sign in again with `ergos open`, or use a token made with `--decides`",
        )


async def _answer(principal: Principal, request: Answer, whose: Whose, rights: Rights) -> Answer:
    item = await whose.item(request.number)
    if item is None or item.owner != principal.owner:
        raise UsageError(
            f"nothing open has the number {request.number}", remedy="`ergos inbox` lists what waits for you"
        )
    delegated = any(
        one.delegate == principal.name and one.owner == principal.owner != one.delegate for one in rights.delegations
    )
    if not principal.at_least("owner") and not delegated:
        raise RefusedError(f"this needs the role owner; you came in as {principal.role}")
    if item.kind != "question" and request.verdict != "deny":
        check_fresh(principal)
    return msgspec.structs.replace(request, by=principal.name)


def _check_path(principal: Principal, path: str, agents: Path) -> None:
    """An agent's folder may hold code that runs in the kernel: only the keeper names folders of the machine."""
    if principal.keeper:
        return
    try:
        inside = Path(path).is_absolute() and Path(path).resolve().is_relative_to(agents.resolve())
    except (OSError, ValueError, RuntimeError):
        inside = False
    if not inside:
        raise RefusedError(
            f"{path[:200]!r} is not among the agents of this home",
            remedy=f"ask its owner to put it into {agents.name}/",
        )
