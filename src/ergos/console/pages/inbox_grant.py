"""From one call in the inbox to a grant: choose how wide, read the sentence, confirm it.

Rules: nothing is in force before its sentence was shown and confirmed; what is confirmed is what was shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from ergos.app.grants import day
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, UsageError
from ergos.console.frame.visit import Visit
from ergos.console.inbox.deciding import found, seal_of
from ergos.console.inbox.narrowing import Offered, narrowed, offered
from ergos.console.pages.inbox import granting, text_of
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.kernel.permission.sentences import matched, sentence
from ergos.lib.agent_file import instant
from ergos.runtime.control import Confirm

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ergos.app.inbox import Waiting
    from ergos.console.frame.forms import Form


async def choose(request: Request) -> Response:
    """The choices."""
    visit = Visit.of(request)
    number = request.path_params["number"]
    one = await found(visit.seat, number)
    if one is None or one.item.kind != "approval":
        return visit.page("inbox_gone.html", status=404, number=number)
    return visit.page("inbox_grant.html", **_shown(visit, one))


async def grant(request: Request) -> Response:
    """Show the sentence; or, if it was shown, confirm it."""
    visit, number = Visit.of(request), request.path_params["number"]
    back = f"/inbox/{number}/grant"
    try:
        form = await visit.form()
        one = await found(visit.seat, number)
        if one is None or one.item.kind != "approval":
            return visit.done("/inbox", "inbox.gone", number=number)
        if seal_of(one.item) != form.text("seal"):
            return visit.done(f"/inbox/{number}", "inbox.changed", number=number)
        made = _made(one, form)
        if form.text("grant") != grant_id(made):
            said = sentence(made, visit.language, day)
            chosen = {key.name: form.text(f"arg.{key.name}") for key in offered(_arguments(one))}
            data = _shown(visit, one, chosen, form)
            data.update(sentence=said, id=grant_id(made))
            return visit.page("inbox_grant.html", **data)
        granting(visit)
        owner = visit.seat.principal.owner
        await visit.seat.perform(Confirm(owner=owner, grant=made, by=visit.seat.principal.name))
    except ErgosError as error:
        return visit.refused(error, back=back)
    return visit.done(f"/inbox/{number}", "inbox.granted", id=grant_id(made))


def _made(one: Waiting, form: Form) -> Grant:
    """The grant a form describes. Raises: UsageError."""
    arguments = offered(_arguments(one))
    chosen = {key.name: form.text(f"arg.{key.name}") for key in arguments if form.text(f"arg.{key.name}")}
    until, times = form.text("until").strip(), form.text("times").strip()
    if times and form.number("times") is None:
        raise UsageError("how often is a whole number, or nothing for any number")
    try:
        expires_ns = instant(until) if until else None
    except ValueError as error:
        raise UsageError(f"{until[:40]!r} is no date", remedy="write a date such as 2027-01-31") from error
    verb = one.item.key.partition(":")[0]
    return narrowed(
        one.case.agent,
        verb,
        one.case.tool,
        arguments,
        chosen,
        ask=form.has("ask"),
        times=form.number("times") if times else None,
        expires_ns=expires_ns,
    )


def _arguments(one: Waiting) -> Plain:
    call = one.shown["call"]
    return call.get("arguments") if isinstance(call, dict) else None


def _shown(
    visit: Visit, one: Waiting, chosen: dict[str, str] | None = None, form: Form | None = None
) -> dict[str, Any]:
    rows: list[tuple[Offered, list[tuple[str, str]], str]] = []
    for argument in offered(_arguments(one)):
        words = [(name, matched(matcher, visit.language)) for name, matcher in argument.choices]
        rows.append((argument, words, (chosen or {}).get(argument.name, "") or argument.choices[0][0]))
    return {
        "one": one,
        "number": one.item.id,
        "seal": seal_of(one.item),
        "text": text_of(one, visit),
        "rows": rows,
        "ask": form.has("ask") if form is not None else False,
        "times": form.text("times")[:20] if form is not None else "",
        "until": form.text("until")[:20] if form is not None else "",
        "sentence": "",
        "id": "",
    }


ROUTES: Final = (
    Route("/inbox/{number:int}/grant", choose, methods=["GET"]),
    Route("/inbox/{number:int}/grant", grant, methods=["POST"]),
)
