"""A model server on this machine that needs no model: OpenAI's and Anthropic's wire formats over a scripted mind.

`mode="instant"` answers at once; `engine` answers when the simulated engine would, its time scaled; `cloud` likewise
within limits a minute. What reached it is in `calls`.

Rules: it binds to loopback only; it knows nothing of ErgOS's kernel, for it stands for the world outside; equal
requests get equal replies.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote

import msgspec

from ergos.base.clock import Clock
from ergos.drivers.http.message import HttpLimits, Refusal, Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.sim.grid.cloud import Cloud, CloudShape
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.loopback.calls import Call, CallLog
from ergos.sim.loopback.directives import PLAIN, Directive
from ergos.sim.loopback.embeddings import embed
from ergos.sim.loopback.exchange import JSON_TYPE, Exchange, fault_of
from ergos.sim.loopback.metrics import TEXT_TYPE, exposition
from ergos.sim.loopback.pace import Pace
from ergos.sim.loopback.quota import Quota
from ergos.sim.loopback.tokens import TOKEN_BYTES, prompt_of
from ergos.sim.loopback.wire_chat import ChatWire
from ergos.sim.loopback.wire_messages import MessagesWire
from ergos.sim.loopback.wire_responses import ResponsesWire
from ergos.sim.loopback.wires import CREATED_S, JSON, Fault, FaultError, Wire

HOST: Final = "127.0.0.1"
Mode = Literal["instant", "engine", "cloud"]
_HEADERS: Final = {"content-type": JSON_TYPE}
_decode: Final = msgspec.json.Decoder(dict[str, object]).decode


class LoopbackOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of server it is."""

    mode: Mode = "instant"
    scale: float = 1.0
    """How much faster the engine's time passes than ours."""
    models: tuple[str, ...] = ("loopback-1",)
    """Listed; any other is served too unless `strict`."""
    strict: bool = False
    """Refuse a model that is not listed."""
    key: str = ""
    """The one key it takes; '': any, or none."""
    directive: Directive = PLAIN
    """Of the mind, where a conversation says nothing."""
    engine: EngineShape = EngineShape()
    cloud: CloudShape = CloudShape()
    limited: bool = False
    """In instant mode: keep to the cloud's limits a minute."""
    frame_tokens: int = 1
    """Tokens in one frame of a stream."""
    log: Path | None = None
    """A file for the log of calls."""
    context_tokens: int = 131_072
    """As it is listed."""


class LoopbackServer:
    """The server. `start`, use `url`, `stop`."""

    def __init__(self, options: LoopbackOptions | None = None, *, clock: Clock | None = None) -> None:
        """`clock`: for headers that tell the date."""
        self.options: Final = options or LoopbackOptions()
        self.calls: Final = CallLog(self.options.log)
        self.port = 0
        self.exchange: Exchange
        self.pace: Pace | None = None
        self._clock: Final = clock
        self._messages: Final = MessagesWire()
        self._wires: Final[dict[str, Wire]] = {
            "/v1/chat/completions": ChatWire(),
            "/v1/responses": ResponsesWire(),
            "/v1/messages": self._messages,
        }
        self._http: Final = HttpServer(self._handle, HttpLimits(), clock=clock, worder=self._worded)

    @property
    def url(self) -> str:
        """Where it is, without a path: `{url}/v1` for OpenAI's clients, `{url}` for Anthropic's."""
        return f"http://{HOST}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen. Raises: WorldError."""
        loop, options = asyncio.get_running_loop(), self.options
        quota = Quota(options.cloud, options.scale) if options.limited else None
        if options.mode == "engine":
            self.pace = Pace(Engine(options.engine), options.scale, loop)
        elif options.mode == "cloud":
            cloud = Cloud(options.cloud)
            self.pace = Pace(cloud, options.scale, loop)
            quota = Quota(options.cloud, options.scale, cloud.buckets)
        self.exchange = Exchange(
            self.calls, loop=loop, pace=self.pace, quota=quota,
            directive=options.directive, frame_tokens=options.frame_tokens, clock=self._clock,
        )  # fmt: skip
        self.port = await self._http.start(HOST, port)

    async def stop(self) -> None:
        """Close it and its log."""
        if self.pace is not None:
            self.pace.stop()
        await self._http.stop()
        self.calls.close()

    async def _handle(self, request: Request, out: Responder) -> None:
        wire = self._wires.get(request.path)
        try:
            self._check_key(request)
            if wire is not None and request.method == "POST":
                await self.exchange.answer(wire, request, self._body(request), out)
            elif request.method == "POST":
                self._post(request, out)
            else:
                self._get(request, out)
        except FaultError as error:
            out.send(error.fault.status, _HEADERS, self._wire_of(request.path).refusal(error.fault))

    def _body(self, request: Request) -> dict[str, object]:
        """The body as data. Raises: FaultError."""
        try:
            body = _decode(request.body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            what = "We could not parse the JSON body of your request."
            raise FaultError(Fault(status=400, message=f"{what} ({error})")) from error
        model = body.get("model")
        if self.options.strict and isinstance(model, str) and model not in self.options.models:
            raise FaultError(fault_of(404, f"The model `{model}` does not exist or you do not have access to it."))
        return body

    def _post(self, request: Request, out: Responder) -> None:
        """What is asked of no model. Raises: FaultError."""
        if request.path == "/v1/embeddings":
            body = self._body(request)
            call = self.calls.came(request.path, body)
            out.send(200, _HEADERS, embed(body))
            self.calls.ended(call, "answered", 200)
        elif request.path == "/v1/messages/count_tokens":
            asked = self._messages.read(self._body(request), counting=True)
            out.send(200, _HEADERS, JSON({"input_tokens": len(prompt_of(asked.request)) // TOKEN_BYTES}))
        else:
            self._unknown(request)

    def _get(self, request: Request, out: Responder) -> None:
        """What can be looked at. Raises: FaultError."""
        path = unquote(request.path)
        if request.method not in {"GET", "HEAD"}:
            self._unknown(request)
        elif path == "/v1/models":
            out.send(200, _HEADERS, self._models(anthropic="anthropic-version" in request.headers))
        elif path.startswith("/v1/models/"):
            self._model(path.removeprefix("/v1/models/"), out, anthropic="anthropic-version" in request.headers)
        elif path in {"/health", "/ping"}:
            out.send(200, {})
        elif path == "/metrics":
            core = self.pace.core if self.pace is not None else None
            engine = core if isinstance(core, Engine) else None
            told = exposition(self.options.models[0], self.calls, self.exchange.running, engine)
            out.send(200, {"content-type": TEXT_TYPE}, told)
        elif path == "/calls":
            out.send(200, _HEADERS, JSON(list(self.calls.calls)))
        else:
            self._unknown(request)

    def _model(self, name: str, out: Responder, *, anthropic: bool) -> None:
        if name not in self.options.models:
            raise FaultError(fault_of(404, f"The model '{name}' does not exist"))
        out.send(200, _HEADERS, JSON(self._card(name, anthropic=anthropic)))

    def _models(self, *, anthropic: bool) -> bytes:
        cards = [self._card(name, anthropic=anthropic) for name in self.options.models]
        if not anthropic:
            return JSON({"object": "list", "data": cards})
        first, last = self.options.models[0], self.options.models[-1]
        return JSON({"data": cards, "has_more": False, "first_id": first, "last_id": last})

    def _card(self, name: str, *, anthropic: bool) -> dict[str, object]:
        if anthropic:
            return {"type": "model", "id": name, "display_name": name, "created_at": "2023-11-14T22:13:20Z"}
        return {
            "id": name,
            "object": "model",
            "created": CREATED_S,
            "owned_by": "loopback",
            "root": name,
            "parent": None,
            "max_model_len": self.options.context_tokens,
        }

    def _check_key(self, request: Request) -> None:
        """Raises: FaultError."""
        if not self.options.key or request.path in {"/health", "/ping", "/metrics"}:
            return
        given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if given != self.options.key:
            raise FaultError(fault_of(401, "Incorrect API key provided."))

    def _unknown(self, request: Request) -> None:
        known = request.path in self._wires or request.path in {"/v1/models", "/v1/embeddings"}
        status = 405 if known else 404
        message = f"Invalid URL ({request.method} {request.path})"
        raise FaultError(Fault(status=status, message=message))

    def _wire_of(self, path: str) -> Wire:
        return self._messages if path.startswith("/v1/messages") else self._wires["/v1/chat/completions"]

    def _worded(self, refusal: Refusal) -> tuple[dict[str, str], bytes]:
        return _HEADERS, self._wire_of(refusal.path).refusal(fault_of(refusal.status, refusal.what))


def answered(calls: CallLog) -> list[Call]:
    """The calls that were answered in full, in the order they came."""
    return [call for call in calls.calls if call.outcome == "answered"]
