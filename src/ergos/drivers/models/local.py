"""A model file on this machine, through llama-cpp-python: the weights in this process, no server, no network.

Rules: the library is the extra `local` and is imported when a file is opened; it blocks, so it works in one thread of
its own and takes one call at a time; a call that is called off ends at its next token. A schema and a required tool
become a grammar, so that the answer fits whatever the model is; a tool it may call is described by the file's own chat
template, if that knows tools.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Final, Protocol, cast

import msgspec

from ergos.base.clock import SECOND, Clock
from ergos.base.errors import DeadlineError, PortMissingError
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError
from ergos.drivers.models.replies import deltas_of
from ergos.drivers.models.tagged import Splitter
from ergos.kernel.models import (
    Delta,
    EndpointSpec,
    Hints,
    Media,
    Message,
    ModelRequest,
    OnDelta,
    Part,
    Reply,
    StopReason,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

THREADS: Final = max(1, (os.cpu_count() or 2) // 2)
"""Of the machine's, half: those of one library call wait for each other in a loop, and who has to share a core with
another program's thread is waited for by all."""
OUTPUT_TOKENS_LEAST: Final = 1  # tokens; llama.cpp takes 0 for "until the context is full"


class _Weights(Protocol):
    """What is used of the library's model."""

    generate: Callable[..., Iterator[int]]

    def create_chat_completion(self, **wanted: object) -> Iterator[dict[str, object]]: ...

    def close(self) -> None: ...


class _Counts(msgspec.Struct):
    """Tokens of one call, counted where they are made."""

    read: int = 0
    written: int = 0


class LocalModel:
    """A GGUF file as a `Model`."""

    def __init__(self, spec: EndpointSpec, file: Path, *, clock: Clock) -> None:
        self._spec = spec
        self._file = file
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "ergos-gguf")
        self._weights: _Weights | None = None

    @property
    def spec(self) -> EndpointSpec:
        """Which one."""
        return self._spec

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """One call. Raises: PortMissingError, ModelError, ModelRequestError, ModelReplyError, DeadlineError."""
        del hints  # one file, one place
        wanted = _wanted(request, self._spec)
        loop = asyncio.get_running_loop()
        stopped = Event()

        def tell(delta: Delta) -> None:
            if on_delta is not None and not stopped.is_set():
                with contextlib.suppress(RuntimeError):  # the loop was closed: nobody listens any more
                    loop.call_soon_threadsafe(on_delta, delta)

        left_s = (deadline_ns - self._clock.now_ns()) / SECOND
        try:
            async with asyncio.timeout(left_s):
                return await loop.run_in_executor(self._thread, self._answer, request, wanted, tell, stopped)
        except TimeoutError as error:
            raise DeadlineError(f"{self._spec.name} was not done within the deadline") from error
        finally:
            stopped.set()

    async def close(self) -> None:
        """Let go of the weights."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown(wait=False)

    def _drop(self) -> None:
        if self._weights is not None:
            self._weights.close()
            self._weights = None

    def _answer(
        self, request: ModelRequest, wanted: dict[str, object], tell: Callable[[Delta], None], stopped: Event
    ) -> Reply:
        """In the thread of the file: load it if need be, and write the answer."""
        if stopped.is_set():
            raise ModelError(f"{self._spec.name}: the call was called off before it began")
        weights = self._weights = self._weights or _load(self._file, self._spec)
        counts = _Counts()
        splitter = Splitter()
        written: list[str] = []
        finish = ""
        with _counting(weights, counts, stopped):
            try:
                for chunk in weights.create_chat_completion(**wanted, stream=True):
                    piece, ended = _piece(chunk)
                    finish = ended or finish
                    written.append(piece)
                    for delta in () if _constrained(request) else splitter.feed(piece):
                        tell(delta)
            except ValueError as error:
                raise ModelRequestError(f"{self._spec.name} cannot take this request: {error}") from error
            except (RuntimeError, AssertionError, LookupError, TypeError, MemoryError, OSError) as error:
                raise ModelError(f"{self._spec.name} failed: {type(error).__name__}: {error}") from error
        for delta in splitter.end():
            tell(delta)
        parts = tuple(splitter.parts)
        if _constrained(request):
            parts = _fitted(request, "".join(written), self._spec.name)
            for delta in deltas_of(Reply(parts=parts)):
                tell(delta)
        return Reply(
            parts=parts,
            stop=_stop(finish, parts),
            usage=Usage(input_tokens=counts.read, output_tokens=min(counts.written, cast("int", wanted["max_tokens"]))),
            model=self._spec.model,
        )


def _load(file: Path, spec: EndpointSpec) -> _Weights:
    try:
        from llama_cpp import Llama  # pyright: ignore[reportMissingImports] - the extra `local`: compiled, and heavy
    except (ImportError, RuntimeError, OSError) as error:
        raise PortMissingError(
            f"a model file needs llama-cpp-python, which is not here ({error})",
            remedy="install it with `pip install 'ergos[local]'`; it is compiled, which takes some minutes",
        ) from error
    try:
        made = Llama(str(file), n_ctx=spec.context_tokens, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
    except (ValueError, RuntimeError, OSError, AssertionError) as error:
        raise ModelError(
            f"{file} cannot be loaded as a model: {error}", remedy="check that it is a whole GGUF file of a chat model"
        ) from error
    return cast("_Weights", made)


@contextlib.contextmanager
def _counting(weights: _Weights, counts: _Counts, stopped: Event) -> Generator[None, None, None]:
    """Count the tokens of one call where the library makes them, and end it at the next one when it is called off."""
    plain = weights.generate

    def generate(tokens: Sequence[int], *args: object, **wanted: object) -> Iterator[int]:
        counts.read = len(tokens)
        for token in plain(tokens, *args, **wanted):
            counts.written += 1
            if stopped.is_set():
                return
            yield token

    weights.generate = generate
    try:
        yield
    finally:
        weights.generate = plain


def _wanted(request: ModelRequest, spec: EndpointSpec) -> dict[str, object]:
    """The library's arguments. Raises: ModelRequestError."""
    most = spec.output_tokens_max
    if request.output_tokens_max is not None:
        most = max(OUTPUT_TOKENS_LEAST, min(most, request.output_tokens_max))
    wanted: dict[str, object] = {"messages": [said for message in request.messages for said in _said(message)]}
    wanted["max_tokens"] = most
    sampled = {"temperature": request.temperature, "top_p": request.top_p, "seed": request.seed}
    wanted |= {name: value for name, value in sampled.items() if value is not None}
    if request.stop:
        wanted["stop"] = list(request.stop)
    if request.tools and request.tool_choice != "none":
        wanted["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.summary, "parameters": tool.parameters},
            }
            for tool in request.tools
        ]
    schema = _call_schema(request) if _forced(request) else request.output_schema
    if schema is not None:
        wanted["response_format"] = {"type": "json_object", "schema": schema}
    return wanted


def _said(message: Message) -> Iterator[dict[str, object]]:
    """A message as chat templates know it."""
    if any(isinstance(part, Media) for part in message.parts):
        raise ModelRequestError("a model file reads text only; this message has an image, a sound or a file")
    text = "".join(part.text for part in message.parts if isinstance(part, Text))
    calls = [_told(part) for part in message.parts if isinstance(part, ToolCall)]
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    if text or calls or not results:
        said: dict[str, object] = {"role": message.role, "content": text}
        yield said | {"tool_calls": calls} if calls else said
    for result in results:
        yield {"role": "tool", "content": result.text, "tool_call_id": result.id, "name": result.name}


def _told(call: ToolCall) -> dict[str, object]:
    """A call the model made earlier. Templates want its arguments as an object."""
    try:
        arguments = msgspec.json.decode(call.arguments)
    except (msgspec.DecodeError, ValueError, RecursionError):
        arguments = call.arguments
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _forced(request: ModelRequest) -> bool:
    """Whether a tool must be called."""
    return bool(request.tools) and request.tool_choice not in {"auto", "none"}


def _constrained(request: ModelRequest) -> bool:
    """Whether a grammar rules the answer."""
    return _forced(request) or request.output_schema is not None


def _call_schema(request: ModelRequest) -> dict[str, object]:
    """The schema of a call of one of the tools it must call. Raises: ModelRequestError."""
    tools = [tool for tool in request.tools if request.tool_choice in {"required", tool.name}]
    if not tools:
        raise ModelRequestError(f"there is no tool {request.tool_choice!r} among those of this request")
    calls: list[object] = [
        {
            "type": "object",
            "properties": {"name": {"const": tool.name}, "arguments": tool.parameters},
            "required": ["name", "arguments"],
        }
        for tool in tools
    ]
    return cast("dict[str, object]", calls[0]) if len(calls) == 1 else {"anyOf": calls}


class _Called(msgspec.Struct):
    name: str
    arguments: msgspec.Raw


def _fitted(request: ModelRequest, text: str, name: str) -> tuple[Part, ...]:
    """What a grammar produced; cut off where the output limit ended it. Raises: ModelReplyError for a cut call."""
    if not _forced(request):
        return (Text(text.strip()),)
    try:
        read = msgspec.json.decode(text, type=_Called)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ModelReplyError(
            f"{name} did not finish its tool call within the output limit: {text[:200]!r}",
            remedy="allow more output tokens",
        ) from error
    return (ToolCall("call_0", read.name, bytes(read.arguments).decode().strip()),)


def _piece(chunk: dict[str, object]) -> tuple[str, str]:
    """Text of a chunk, and why it ended."""
    choices = cast("list[dict[str, object]]", chunk["choices"])
    delta = cast("dict[str, object]", choices[0].get("delta") or {})
    return str(delta.get("content") or ""), str(choices[0].get("finish_reason") or "")


def _stop(finish: str, parts: tuple[Part, ...]) -> StopReason:
    if any(isinstance(part, ToolCall) for part in parts):
        return "tools"
    return "length" if finish == "length" else "stop"
