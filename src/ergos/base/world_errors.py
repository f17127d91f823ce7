"""Failures of models, exchanges, sandboxes, buses and secrets: E506 and on, below `WorldError`.

Rules: as in `errors`.
"""

from __future__ import annotations

from ergos.base.errors import WorldError


class ModelError(WorldError):
    """A model endpoint failed."""

    code = "E506"
    remedy = "try again; `ergos models` shows which endpoints are healthy"

    def __init__(
        self,
        what: str | None = None,
        *,
        remedy: str | None = None,
        status: int = 0,
        retry_after_s: float = 0.0,
        body: str = "",
    ) -> None:
        """`body`: what the endpoint itself answered, in its own format, for a caller who speaks it; '' if unknown."""
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body
        super().__init__(what, remedy=remedy)


class RateLimitedError(ModelError):
    """A model endpoint takes no more calls for now."""

    code = "E507"
    remedy = "wait; the scheduler learns the endpoint's limits, and settings.toml can state them"


class ModelRequestError(ModelError):
    """A model endpoint refused this request as wrong."""

    code = "E508"
    remedy = "read the endpoint's message; the same request will be refused again"


class ModelReplyError(ModelError):
    """A model endpoint's answer cannot be read."""

    code = "E509"
    remedy = "try again; if it stays so, the endpoint does not speak the format it is said to speak"


class HttpError(WorldError):
    """An exchange over HTTP failed."""

    code = "E510"
    remedy = "see that the address is right and that a server answers there, then try again"

    def __init__(self, what: str | None = None, *, remedy: str | None = None, kind: str = "closed") -> None:
        """`kind`: connect, tls, closed, stalled, malformed or too-large."""
        self.kind = kind
        super().__init__(what, remedy=remedy)


class SandboxError(WorldError):
    """The sandbox could not be started."""

    code = "E511"
    remedy = "`ergos doctor` says what is missing"


class SandboxMissingError(SandboxError):
    """This machine has no sandbox, so nothing was run."""

    code = "E512"
    remedy = "install bubblewrap, or use a Linux kernel from 5.13 with Landlock; `ergos doctor` says what is missing"


class BusError(WorldError):
    """A server on a bus failed, hung or spoke nonsense."""

    code = "E513"
    remedy = "look at the server's own output with `ergos tools log NAME`; the other servers were not affected"


class SecretError(WorldError):
    """A secret is not there, or cannot be read."""

    code = "E514"
    remedy = "`ergos secret set NAME` stores one"


class InDoubtError(WorldError):
    """A call was sent, and nobody knows whether it happened."""

    code = "E515"
    remedy = "look at the other side whether it happened, before the call is made again"
