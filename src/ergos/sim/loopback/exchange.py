"""One model call at the loopback server: read, counted, thought about, paced, answered.

Rules: nothing is answered that was not logged before; whatever happens, the call's end is logged once and its place in
the core is given back.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

import msgspec

from ergos.base.clock import SECOND, Clock
from ergos.base.errors import UsageError
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.kernel.models import Reply
from ergos.sim.loopback import mischief
from ergos.sim.loopback.calls import Call, CallLog, Outcome
from ergos.sim.loopback.directives import PLAIN, Directive
from ergos.sim.loopback.mind import directive_of, think
from ergos.sim.loopback.pace import Pace, Run
from ergos.sim.loopback.quota import Quota
from ergos.sim.loopback.tokens import blocks, prompt_of, written_bytes
from ergos.sim.loopback.wires import Asked, Fault, FaultError, Wire

JSON_TYPE: Final = "application/json"
STREAM_TYPE: Final = "text/event-stream; charset=utf-8"
SESSION_HEADERS: Final = ("x-ergos-session", "x-dynamo-session-id", "x-session-id", "session_id")
HUGE_FRAME_TOKENS: Final = 1_024  # tokens in one frame of an answer that is far too long
LIMITED: Final = Fault(
    status=429, kind="requests", code="rate_limit_exceeded", message="Rate limit reached. Please try again later."
)
TOO_LARGE: Final = Fault(
    status=400,
    code="context_length_exceeded",
    param="messages",
    message="This model's maximum context length is exceeded. Please reduce the length of the messages.",
)
DIED: Final = Fault(status=500, kind="server_error", message="The engine died.")
_KINDS: Final = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", None),
    404: ("invalid_request_error", "model_not_found"),
    408: ("timeout_error", None),
    429: ("requests", "rate_limit_exceeded"),
}
"""OpenAI's type and code of an error by status."""


def fault_of(status: int, message: str = "") -> Fault:
    """An error of this status as OpenAI would name it."""
    kind, code = _KINDS.get(status, ("invalid_request_error" if status < 500 else "server_error", None))
    return Fault(status=status, kind=kind, code=code, message=message or f"Asked to fail with status {status}.")


class Exchange:
    """Answers model calls."""

    def __init__(
        self, calls: CallLog, *, loop: asyncio.AbstractEventLoop, pace: Pace | None, quota: Quota | None,
        directive: Directive = PLAIN, frame_tokens: int = 1, clock: Clock | None = None,
    ) -> None:  # fmt: skip
        """Without `pace` answers come at once; `directive` holds where a conversation says nothing."""
        self._clock: Final = clock
        self.calls: Final = calls
        self.quota: Final = quota
        self.running = 0
        self._loop: Final = loop
        self._pace: Final = pace
        self._directive: Final = directive
        self._frame_tokens: Final = frame_tokens
        self._start_s: Final = loop.time()

    async def answer(self, wire: Wire, request: Request, body: dict[str, object], out: Responder) -> None:
        """Answer one request."""
        session = next((request.headers[name] for name in SESSION_HEADERS if name in request.headers), "")
        call = self.calls.came(request.path, body, session=session, now_ns=self._now_ns())
        self.running += 1
        outcome: Outcome = "broken"
        try:
            outcome = await self._answered(wire, body, call, out)
        except FaultError as error:
            out.send(error.fault.status, self._headers(call) | error.headers, wire.refusal(error.fault))
            outcome = "refused"
        finally:
            self.running -= 1
            if outcome == "answered" and out.disconnected:
                outcome = "left"
            self.calls.ended(call, outcome, out.status, self._now_ns())

    async def _answered(self, wire: Wire, body: dict[str, object], call: Call, out: Responder) -> Outcome:
        asked = wire.read(body)
        call.priority = asked.priority
        try:
            directive = directive_of(asked.request, self._directive)
        except UsageError as error:
            raise FaultError(Fault(status=400, message=error.what)) from error
        if directive.times and call.occurrence > directive.times:
            directive = directive.behaving()
        if directive.pause:
            await asyncio.sleep(directive.pause)
        if directive.drop:
            out.abort()
            return "broken"
        if directive.fail:
            headers = self._headers(call)
            if directive.retry is not None:
                headers |= {"retry-after": f"{directive.retry:g}", "retry-after-ms": str(int(directive.retry * 1_000))}
            out.send(directive.fail, headers, wire.refusal(fault_of(directive.fail)))
            return "refused"
        reply = think(asked.request, call.digest, directive, exact_tokens=asked.exact_tokens)
        call.input_tokens, call.output_tokens = reply.usage.input_tokens, reply.usage.output_tokens
        call.cached_tokens = reply.usage.cached_tokens
        if self._pace is None or not self._pace.limits:
            self._take(reply)
        if self._pace is not None:
            return await self._paced(wire, asked, reply, call, directive, out)
        return await self._at_once(wire, asked, reply, call, directive, out)

    async def _at_once(
        self, wire: Wire, asked: Asked, reply: Reply, call: Call, directive: Directive, out: Responder
    ) -> Outcome:
        headers = self._headers(call, STREAM_TYPE if asked.stream else JSON_TYPE)
        if not directive.is_plain:
            headers["content-type"] = directive.type or headers["content-type"]
            told = mischief.lied(reply, directive)
            if not asked.stream:
                return await mischief.send_whole(out, headers, wire.whole(asked, told), directive)
            out.start(200, headers)
            tokens = HUGE_FRAME_TOKENS if directive.huge else self._frame_tokens
            frames = [frame.content for frame in wire.frames(asked, told, tokens)]
            return await mischief.send_stream(out, frames, wire, directive)
        if asked.stream:
            out.start(200, headers)
            for frame in wire.frames(asked, reply, self._frame_tokens):
                out.write(frame.content)
                if not out.writable:
                    await out.drain()
            out.end()
        else:
            out.send(200, headers, wire.whole(asked, reply))
        return "answered"

    async def _paced(
        self, wire: Wire, asked: Asked, reply: Reply, call: Call, directive: Directive, out: Responder
    ) -> Outcome:
        assert self._pace is not None
        prompt = prompt_of(asked.request)
        names = blocks(prompt + written_bytes(reply), self._pace.block_tokens)
        run = self._pace.admit(reply.usage.input_tokens, reply.usage.output_tokens, names, asked.priority)
        out.on_disconnect(run.leave)
        try:
            self._check(run)
            if asked.stream and directive.is_plain:
                return await self._stream(wire, asked, reply, call, run, out)
            await run.reach(run.job.output_tokens // 2 if directive.stall else run.job.output_tokens)
            if directive.stall:
                run.freeze()
            reply = self._told(reply, call, run)
            if run.failure == "left":
                return "left"
            self._check(run)
            return await self._at_once(wire, asked, reply, call, directive, out)
        finally:
            call.done_ns = run.done_ns
            run.leave()

    async def _stream(self, wire: Wire, asked: Asked, reply: Reply, call: Call, run: Run, out: Responder) -> Outcome:
        """Frame by frame, as its tokens are written."""
        out.start(200, self._headers(call, STREAM_TYPE))
        written = await run.reach(1)
        reply = self._told(reply, call, run)
        for frame in wire.frames(asked, reply, self._frame_tokens):
            needed = min(frame.tokens, run.job.output_tokens)
            if needed > written and not run.failure:
                written = await run.reach(needed)
            if run.failure:
                out.abort()
                return "left" if run.failure == "left" else "broken"
            out.write(frame.content)
            if not out.writable:
                await out.drain()
        out.end()
        return "answered"

    def _told(self, reply: Reply, call: Call, run: Run) -> Reply:
        """With the cache's hits as the core had them, and its times in the log."""
        call.came_ns, call.first_ns = run.came_ns, run.first_ns
        call.cached_tokens = run.cached_tokens
        return msgspec.structs.replace(
            reply, usage=msgspec.structs.replace(reply.usage, cached_tokens=run.cached_tokens)
        )

    def _check(self, run: Run) -> None:
        """Raises: FaultError where the core will not answer."""
        match run.failure:
            case "refused":
                raise FaultError(TOO_LARGE)
            case "failed":
                raise FaultError(DIED)
            case "limited":
                assert self.quota is not None
                self.quota.refused += 1
                raise FaultError(LIMITED, self.quota.waiting(run.retry_after_ns))
            case _:
                return

    def _take(self, reply: Reply) -> None:
        """Pay from the quota. Raises: FaultError."""
        if self.quota is None:
            return
        now_ns = self._quota_ns()
        if wait_ns := self.quota.ask(reply.usage.input_tokens, now_ns):
            raise FaultError(LIMITED, self.quota.waiting(wait_ns))
        self.quota.wrote(reply.usage.output_tokens, now_ns)

    def _headers(self, call: Call, kind: str = JSON_TYPE) -> dict[str, str]:
        name = f"req_{call.digest}{call.occurrence}"
        headers = {"content-type": kind, "x-request-id": name, "request-id": name}
        if self.quota is None:
            return headers
        utc = "" if self._clock is None else datetime.fromtimestamp(self._clock.now_ns() // SECOND, tz=UTC).isoformat()
        return headers | self.quota.headers(self._quota_ns(), utc.replace("+00:00", "Z"))

    def _quota_ns(self) -> int:
        assert self.quota is not None
        return self._now_ns() if self._pace is not None else int(self._now_ns() * self.quota.scale)

    def _now_ns(self) -> int:
        """The core's time, or ours where there is none."""
        return self._pace.now_ns if self._pace is not None else int((self._loop.time() - self._start_s) * SECOND)
