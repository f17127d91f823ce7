"""Which endpoints a model call may run on: those that are what was asked for, are priced, and can take it.

Rules: pure; the order of the catalogue is the owner's order of preference; an endpoint of unknown price is never
chosen; when none is left, the answer says why of the nearest one. Which of several replicas takes the call, and
when, is the scheduler's to say.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ergos.kernel.calls import Failure
from ergos.kernel.models import AUTO, EndpointSpec, Outline


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Where a call may run; every price is known."""

    endpoints: tuple[EndpointSpec, ...]
    """Replicas of one model; not empty."""
    degraded: tuple[EndpointSpec, ...] = ()
    """Others that may stand in when there is too much to do, none dearer; only where the choice was left to us."""


def choose(outline: Outline, catalogue: Iterable[EndpointSpec]) -> Choice | Failure:
    """The first endpoint that fits, with its replicas; else a Failure that says why there is none. O(endpoints)."""
    named = [spec for spec in catalogue if _named(spec, outline.model)]
    fitting = [spec for spec in named if not _misfit(spec, outline)]
    if not fitting:
        return _none(outline, named)
    first = fitting[0]
    replicas = [spec for spec in fitting if spec.replica_of == first.replica_of] if first.replica_of else [first]
    if outline.model != AUTO:
        return Choice(endpoints=tuple(replicas))
    most = outline.worst(first).microusd
    others = [spec for spec in fitting if spec not in replicas and outline.worst(spec).microusd <= most]
    return Choice(endpoints=tuple(replicas), degraded=tuple(others))


def _named(spec: EndpointSpec, asked: str) -> bool:
    if asked == AUTO:
        return not spec.by_name_only
    return asked in (spec.name, spec.model) or (asked != "" and asked == spec.replica_of)


def _misfit(spec: EndpointSpec, outline: Outline) -> str:
    """Why this endpoint cannot take the call, or ''."""
    if spec.price is None:
        return f"the price of {spec.name} is unknown"
    missing = set(outline.media) - set(spec.takes)
    if missing:
        return f"{spec.name} takes no {min(missing)}"
    if outline.dialect != "openai.embeddings" and spec.dialect == "openai.embeddings":
        return f"{spec.name} makes nothing but embeddings"
    if outline.dialect == "openai.embeddings" and not spec.dialect.startswith("openai."):
        return f"{spec.name} makes no embeddings"
    if outline.input_tokens // 2 > spec.context_tokens:  # the estimate is an upper one; the endpoint knows exactly
        return f"{spec.name} reads at most {spec.context_tokens:,} tokens"
    return ""


def _none(outline: Outline, named: list[EndpointSpec]) -> Failure:
    if not named:
        what = "there is no model endpoint" if outline.model == AUTO else f"there is no model named {outline.model!r}"
        return Failure("E307", what, "`ergos models` lists what was found; settings.toml adds more")
    why = _misfit(named[0], outline)
    if all(spec.price is None for spec in named):
        return Failure("E303", f"{why}, so it was not called", "set its price in settings.toml; it is never guessed")
    return Failure("E307", f"no endpoint can take this call: {why}", "name another model, or shorten the call")
