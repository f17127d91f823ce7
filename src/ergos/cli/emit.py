"""`ergos emit`: put a message into a queue of this home, for whoever attends to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, home_of

if TYPE_CHECKING:
    from ergos.base.canonical import Plain


def emit(
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="Name of the queue, as in `topic: NAME`.")],
    message: Annotated[
        str, typer.Argument(metavar="[MESSAGE|-]", help="JSON, or a text; - reads it from stdin. Default: null.")
    ] = "null",
    home: HomeOption = None,
) -> None:
    """Put a message into a queue; agents that attend to it are told, now or when they run."""
    from ergos.cli.render import note
    from ergos.drivers.host import HostClock, HostEntropy
    from ergos.drivers.watchers.queues import emit as put

    here = home_of(home)
    here.make()
    value = _value(_read() if message == "-" else message.encode("utf-8", "surrogateescape"))
    key = put(here.folder, queue, value, HostClock(), HostEntropy())
    note(f"in the queue {queue}: {key}")


def _read() -> bytes:
    from ergos.base.errors import TooLargeError
    from ergos.drivers.watchers.queues import MESSAGE_BYTES_MAX

    raw = sys.stdin.buffer.read(MESSAGE_BYTES_MAX + 1)
    if len(raw) > MESSAGE_BYTES_MAX:
        raise TooLargeError(f"the message has more than {MESSAGE_BYTES_MAX:,} bytes")
    return raw


def _value(raw: bytes) -> Plain:
    """JSON as it is; anything else as a text, without its last line end. Raises: UsageError."""
    from ergos.base.canonical import decode
    from ergos.base.errors import ValueShapeError

    try:
        return decode(raw)
    except ValueShapeError:
        pass
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("the message is neither JSON nor text", remedy="encode it, for instance in base64") from None
