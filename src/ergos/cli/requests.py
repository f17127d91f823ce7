"""What commands that change something share: values from the command line, a look before, a word after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ergos.base.errors import UsageError

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.base.canonical import Plain
    from ergos.base.ids import Pid


def later(pid: int) -> str:
    """What to say when something was written down and no kernel runs."""
    return f"; no kernel is running: `ergos up` or `ergos wait {pid}` goes on with it"


async def known(here: Home, pid: Pid) -> None:
    """Look before a kernel is asked or started.

    Raises: UnknownProcessError; NotRunningError where nothing was ever run.
    """
    from ergos.app.home import reading
    from ergos.base.errors import UnknownProcessError

    async with reading(here) as reads:
        if not (0 < pid < 2**63 and await reads.load((pid,))):
            raise UnknownProcessError(f"there is no process {pid}")


def json_value(text: str) -> Plain:
    """JSON from the command line. Raises: UsageError."""
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise UsageError(
            f"{text[:40]!r} is not JSON: {error}", remedy="quote it for the shell: '\"text\"', '{\"a\": 1}'"
        ) from error
