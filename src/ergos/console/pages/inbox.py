"""Inbox: what waits for a person, each with the exact call, what it changes and why it is asked; and their decisions.

    /inbox                  all of it; several can be denied at once, nothing else
    /inbox/N                one item
    /inbox/N/grant          from this call to a grant

Rules: every decision names the seal of what was shown; an answer to what is gone or changed does nothing and says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.routing import Route

from ergos.app.access.authority import allowed, check_fresh
from ergos.app.catalogue import chinese
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, RefusedError, UsageError
from ergos.console.frame.visit import Visit
from ergos.console.inbox.changes import change_of
from ergos.console.inbox.deciding import DOUBTS, Outcome, answer_of, comment_of, decide, found, seal_of
from ergos.console.inbox.exact import choices_of, exact_of, fields_of
from ergos.runtime.control import Answer, Confirm
from ergos.runtime.inquiries import KEY as INQUIRY

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.app.access.seat import Seat
    from ergos.app.inbox import Waiting
    from ergos.kernel.calls import Verdict
    from ergos.kernel.rows import Item

SHOWN: Final = 50  # items of one page
_SAID: Final[dict[Outcome, str]] = {"gone": "inbox.gone", "changed": "inbox.changed", "expired": "inbox.expired"}


async def inbox(request: Request) -> Response:
    """All that waits."""
    visit = Visit.of(request)
    return visit.page("inbox.html", **await _listed(visit))


async def live(request: Request) -> Response:
    """The list, anew."""
    visit = Visit.of(request)
    return visit.part("inbox_list.html", **await _listed(visit))


async def item(request: Request) -> Response:
    """One item."""
    visit = Visit.of(request)
    return await _item_page(visit, request.path_params["number"])


async def still(request: Request) -> Response:
    """Whether an item still stands as it was shown; a live part of its page."""
    visit = Visit.of(request)
    one = await found(visit.seat, request.path_params["number"])
    as_shown = one is not None and seal_of(one.item) == request.query_params.get("seal", "")
    return visit.part("inbox_still.html", stands=as_shown, is_there=one is not None)


async def approve(request: Request) -> Response:
    """Approve exactly the call that was shown."""
    return await _decided(request, "approve")


async def deny(request: Request) -> Response:
    """Deny it, with a reason that the agent is told."""
    return await _decided(request, "deny")


async def answer(request: Request) -> Response:
    """Answer a question."""
    return await _decided(request, "answer")


async def doubt(request: Request) -> Response:
    """Decide about a call in doubt."""
    return await _decided(request, None)


async def deny_all(request: Request) -> Response:
    """Deny the chosen approvals."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        chosen, why = form.many("item"), comment_of(form)
        if not chosen:
            raise UsageError("no item was chosen", remedy="mark those that are denied")
        done = 0
        for one in chosen[:SHOWN]:
            number, _, seal = one.partition(":")
            if number.isascii() and number.isdecimal() and len(number) < 19:
                done += await decide(visit.seat, int(number), seal, "deny", why) == "done"
    except ErgosError as error:
        return visit.refused(error, back="/inbox")
    return visit.done("/inbox", "inbox.denied_all", n=done, of=len(chosen[:SHOWN]))


async def _decided(request: Request, verdict: Verdict | None) -> Response:
    visit, number = Visit.of(request), request.path_params["number"]
    back = f"/inbox/{number}"
    try:
        form = await visit.form()
        one = await found(visit.seat, number)
        if one is None:
            return visit.done("/inbox", "inbox.gone", number=number)
        value: Plain = None
        if verdict is None:
            said = form.text("decision")
            if said not in DOUBTS:
                raise UsageError("a call in doubt happened (done), is repeated (redo), or failed (fail)")
            verdict = cast("Verdict", said)
        elif verdict == "deny":
            value = comment_of(form)
        elif verdict == "answer":
            value = answer_of(one, form, visit.language)
        outcome = await decide(visit.seat, number, form.text("seal"), verdict, value)
    except ErgosError as error:
        return visit.refused(error, back=back)
    if outcome == "changed":
        return visit.done(back, "inbox.changed", number=number)
    if outcome != "done":
        return visit.done("/inbox", _SAID[outcome], number=number)
    return visit.done("/inbox", f"inbox.did_{verdict}", number=number)


async def _listed(visit: Visit) -> dict[str, Any]:
    """The items of a page. `after`: behind this number; `kind`: only these."""
    asked = visit.request.query_params.get("kind", "")
    kind = asked if asked in ("approval", "question", "doubt") else ""
    text = visit.request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    items = await numbered(visit.seat)
    counts = {name: sum(one.kind == name for one in items) for name in ("approval", "question", "doubt")}
    chosen = [one for one in items if one.id > after and kind in ("", one.kind)]
    shown = [one for item in chosen[:SHOWN] if (one := await found(visit.seat, item.id)) is not None]
    more = f"&kind={kind}" if kind else ""
    return {
        "items": [(one, seal_of(one.item), text_of(one, visit)) for one in shown],
        "kind": kind,
        "counts": counts,
        "total": len(items),
        "older": f"/inbox?after={shown[-1].item.id}{more}" if len(chosen) > SHOWN and shown else "",
        "newer": f"/inbox?{more[1:]}" if after else "",
        "can_answer": allowed(visit.seat.principal, Answer),
    }


async def numbered(seat: Seat) -> tuple[Item, ...]:
    """What waits for this person, the oldest first; a delegate finds what they may decide."""
    who = seat.principal
    if who.name != who.owner:
        return tuple(one.item for one in (await seat.inbox(delivered=False)).waiting)
    return await seat.own.items()


async def _item_page(visit: Visit, number: int) -> Response:
    one = await found(visit.seat, number)
    if one is None:
        return visit.page("inbox_gone.html", status=404, number=number)
    exact = await exact_of(visit.seat, one, visit.language)
    change = None
    if exact is not None:
        values = {argument.name: argument.value for argument in exact.arguments}
        owner, agent = one.item.owner, one.case.agent
        change = await asyncio.to_thread(change_of, visit.seat.home, owner, agent, exact.tool, values)
    numbers = [other.id for other in await numbered(visit.seat)]
    at = numbers.index(number) if number in numbers else 0
    return visit.page(
        "inbox_item.html",
        one=one,
        item=one.item,
        seal=seal_of(one.item),
        text=text_of(one, visit),
        exact=exact,
        change=change,
        choices=[choice if isinstance(choice, str) else str(choice) for choice in choices_of(one)],
        fields=fields_of(one),
        is_inquiry=one.item.key.startswith(INQUIRY),
        can_answer=allowed(visit.seat.principal, Answer),
        can_grant=allowed(visit.seat.principal, Confirm) and one.item.kind == "approval" and one.case.agent != "",
        fresh=visit.seat.principal.fresh,
        after=numbers[at + 1] if at + 1 < len(numbers) else 0,
        before=numbers[at - 1] if at else 0,
        place=at + 1,
        total=len(numbers),
    )


def text_of(one: Waiting, visit: Visit) -> str:
    """What an item asks, in the reader's language."""
    call = one.shown["call"]
    if visit.language == "zh" and isinstance(call, dict) and "tool" in call:
        return chinese(one.item, call, one.case.agent)
    return one.item.text


def granting(visit: Visit) -> None:
    """Nothing, if this person may give grants now. Raises: RefusedError, SignInError."""
    if not allowed(visit.seat.principal, Confirm):
        raise RefusedError("giving a grant needs the role owner")
    check_fresh(visit.seat.principal)


ROUTES: Final = (
    Route("/inbox", inbox, methods=["GET"]),
    Route("/inbox/list", live, methods=["GET"]),
    Route("/inbox/deny", deny_all, methods=["POST"]),
    Route("/inbox/{number:int}", item, methods=["GET"]),
    Route("/inbox/{number:int}/still", still, methods=["GET"]),
    Route("/inbox/{number:int}/approve", approve, methods=["POST"]),
    Route("/inbox/{number:int}/deny", deny, methods=["POST"]),
    Route("/inbox/{number:int}/answer", answer, methods=["POST"]),
    Route("/inbox/{number:int}/doubt", doubt, methods=["POST"]),
)
