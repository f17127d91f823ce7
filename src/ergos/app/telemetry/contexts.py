"""Which traces of others asked for a process: what came in as `traceparent`, by HTTP or in `_meta` of MCP.

A face that starts a process for a request notes it here; the span of the process then links to the trace of whoever
asked. Rules: in memory and bounded; what does not parse is nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ergos.app.telemetry.spans import parsed_traceparent
from ergos.base.ids import Pid

CONTEXTS_MAX: Final = 10_000  # processes remembered; the oldest are forgotten


class Contexts:
    """Of one kernel."""

    def __init__(self) -> None:
        self._found: Final[OrderedDict[Pid, tuple[bytes, bytes]]] = OrderedDict()

    def note(self, pid: Pid, traceparent: str) -> None:
        """This process was asked for within that trace."""
        found = parsed_traceparent(traceparent)
        if found is None:
            return
        self._found[pid] = found
        while len(self._found) > CONTEXTS_MAX:
            self._found.popitem(last=False)

    def links(self, pid: Pid) -> tuple[tuple[bytes, bytes], ...]:
        """Trace and span of whoever asked for it."""
        found = self._found.get(pid)
        return () if found is None else (found,)
