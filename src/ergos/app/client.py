"""Asks a running kernel through its control socket, over HTTP, or, when none runs, writes the request down oneself.

Rules: one connection a request; what the kernel refuses is raised here as the same error. A request made
without a running kernel is applied by a kernel that drives nothing: it is durable, and what it made ready
goes on with `ergos up`, `ergos run` or `ergos wait`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import msgspec

from ergos.app.control_socket import PATH, Address
from ergos.app.home import Home, facts_of, kernel_on, load_with, programs_of
from ergos.base.error_tree import every_error
from ergos.base.errors import (
    ErgosError,
    NotRunningError,
    RefusedError,
    StoreLockedError,
    TooLargeError,
    ValueShapeError,
    WorldError,
)
from ergos.base.limits import CONTROL_BYTES_MAX, STOP_GRACE_S
from ergos.runtime.control import AnyReply, AnyRequest, Refusal, Stop
from ergos.runtime.operations import Operations

_REPLIES: Final = msgspec.json.Decoder(AnyReply)
_BY_CODE: Final = {error.code: error for error in every_error()}

Perform: TypeAlias = Callable[[AnyRequest], Awaitable[AnyReply]]
"""Makes a request. Raises: ErgosErrors."""

ANSWER_BYTES_MAX: Final = 2 * CONTROL_BYTES_MAX  # bytes of an answer that are read
_LENGTH: Final = re.compile(rb"\r\ncontent-length: ?([0-9]{1,9})\r\n", re.IGNORECASE)

ANSWER_S: Final = 60  # seconds a kernel may take to answer anything; a long poll is shorter
GONE_POLL_S: Final = 0.05  # seconds between two looks at the lock of a kernel that is stopping


def raised(refusal: Refusal) -> ErgosError:
    """The exception a refusal stands for."""
    return _BY_CODE.get(refusal.code, ErgosError)(refusal.what, remedy=refusal.remedy)


async def ask(home: Home, request: AnyRequest) -> AnyReply:
    """Ask the running kernel. Raises: NotRunningError; what the kernel raised; ValueShapeError; WorldError."""
    asked = _encoded(request)
    try:
        with Address(home.socket) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=2 * CONTROL_BYTES_MAX)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        raise NotRunningError(f"no kernel is running on {home.folder}") from error
    except PermissionError as error:
        raise RefusedError(f"{home.socket} belongs to another user", remedy="name your own --home") from error
    except OSError as error:
        raise WorldError(f"{home.socket} cannot be reached: {error.strerror or error}") from error
    try:
        writer.write(asked)
        await writer.drain()
        async with asyncio.timeout(ANSWER_S):
            answer = await _answer(reader)
    except TimeoutError as error:
        raise WorldError(f"the kernel gave no answer within {ANSWER_S} seconds") from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise NotRunningError(
            "the kernel stopped before it answered", remedy="read its log; then `ergos up`"
        ) from error
    finally:
        writer.close()
    try:
        reply = _REPLIES.decode(answer)
    except msgspec.MsgspecError as error:
        raise WorldError(
            f"the running kernel speaks another version: {error}", remedy="`ergos down`, then up"
        ) from error
    if isinstance(reply, Refusal):
        raise raised(reply)
    return reply


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The body of a response. Raises: WorldError for what is none; IncompleteReadError where it ends early."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise WorldError("the running kernel gave an answer without an end", remedy="`ergos down`, then up") from error
    found = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 ") or found is None or int(found[1]) > ANSWER_BYTES_MAX:
        raise WorldError("the running kernel speaks another version", remedy="`ergos down`, then up")
    return await reader.readexactly(int(found[1]))


def _encoded(request: AnyRequest) -> bytes:
    try:
        body = msgspec.json.encode(request)
    except (UnicodeEncodeError, TypeError, OverflowError, RecursionError) as error:
        raise ValueShapeError(f"the request cannot be written as JSON: {error}") from error
    if len(body) >= CONTROL_BYTES_MAX:
        raise TooLargeError(f"the request has {len(body):,} bytes; a kernel takes {CONTROL_BYTES_MAX:,}")
    head = f"POST {PATH} HTTP/1.1\r\nHost: ergos\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


async def order(home: Home, request: AnyRequest) -> tuple[AnyReply, bool]:
    """Ask the running kernel, else apply the request to the store; the answer, and whether a kernel runs.

    Raises: ErgosErrors.
    """
    try:
        return await ask(home, request), True
    except NotRunningError:
        if home.holder() is not None:
            raise StoreLockedError(
                f"{home.folder} is in use by {home.holder()}, which does not listen to commands",
                remedy="wait until it has ended, or stop it",
            ) from None
    async with _applying(home) as perform:
        return await perform(request), False


@asynccontextmanager
async def answering(home: Home) -> AsyncGenerator[Perform, None]:
    """Whoever answers several requests, also at once: the running kernel, else one kernel that applies them all."""
    if home.holder() is None:
        async with _applying(home) as perform:
            yield perform
        return

    async def ordered(request: AnyRequest) -> AnyReply:
        return (await order(home, request))[0]

    yield ordered


@asynccontextmanager
async def _applying(home: Home) -> AsyncGenerator[Perform, None]:
    """A kernel that drives nothing. Raises: StoreError."""
    programs = programs_of(home)
    async with kernel_on(home, programs, drive=False) as kernel:
        operations = Operations(
            kernel, load_with(programs), facts_of(kernel), lambda: None, language=home.settings.language
        )
        yield operations.perform


async def bring_down(home: Home) -> None:
    """Stop the running kernel and wait until it is gone. Raises: NotRunningError, WorldError."""
    await ask(home, Stop())
    for _ in range(int((STOP_GRACE_S + ANSWER_S) / GONE_POLL_S)):
        if home.holder() is None:
            return
        await asyncio.sleep(GONE_POLL_S)
    raise WorldError(f"{home.holder()} does not stop", remedy="look into its log; `kill -9` loses nothing durable")
