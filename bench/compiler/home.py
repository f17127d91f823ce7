"""The home in which the corpus is compiled, and the compiler as it is called there."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bench.compiler.flat import flat
from bench.compiler.requests import Request
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.pipeline import Compiled, compile_prose
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.tools.catalogue import BuiltinParts, builtins, workspaces_of
from ergos.kernel.tool_settings import ToolSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ergos.kernel.packages import ToolSpec

AGENTS: Final = frozenset({"nightly-backup", "invoices", "newsroom", "crawler", "payroll", "build"})
COMPILE_S_MAX: Final = 5.0  # seconds of CPU for one request, hundreds of times what it should take
_CHANNEL: Final = re.compile(r"#([\w-]+)")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What one request became."""

    fields: dict[str, Any]
    diagnostics: tuple[Diagnostic, ...]
    written: bool
    """A program was written: nothing was wrong, and nothing had to be asked."""
    cpu_ns: int
    raised: str = ""
    """What it raised instead of an answer; always a bug."""


class Home:
    """Compiles requests with System 1 alone."""

    def __init__(self) -> None:
        self._calendar: Final = HostCalendar()
        self._tools: Final = _specs()

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of all tools there are."""
        return tuple(sorted(self._tools))

    def circumstances(self, request: Request) -> Circumstances:
        """Where and when a request was typed."""
        local = datetime.fromisoformat(request.now).replace(tzinfo=ZoneInfo(request.timezone))
        return Circumstances(
            now_ns=int(local.timestamp()) * 1_000_000_000,
            timezone=request.timezone,
            calendar=self._calendar,
            folder=request.folder,
            user_folder="/srv/ada",
            tools=self._tools,
            secrets=frozenset({"hook"}),
            accounts=frozenset({"post"}),
            brokers=frozenset({"house"}),
            hooks=frozenset(_CHANNEL.findall(request.text)),
            agents=AGENTS,
        )

    def compiled(self, request: Request) -> Compiled:
        """Compile one."""
        return compile_prose(request.text, self.circumstances(request))

    def made(self, request: Request) -> Made:
        """Compile one, and lay its program out flat; a compiler that raises or hangs has made nothing."""
        begun = time.process_time_ns()
        try:
            with _bounded(COMPILE_S_MAX):
                made = self.compiled(request)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, it is counted and named
            cpu_ns = time.process_time_ns() - begun
            return Made(
                fields={}, diagnostics=(), written=False, cpu_ns=cpu_ns, raised=f"{type(wrong).__name__}: {wrong}"
            )
        cpu_ns = time.process_time_ns() - begun
        fields = flat(made.intent, made.file, made.diagnostics, request.timezone)
        return Made(fields=fields, diagnostics=made.diagnostics, written=made.ready, cpu_ns=cpu_ns)


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what uses more CPU time than this."""

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _specs() -> Mapping[str, ToolSpec]:
    """Every built-in tool; none of them runs here, so their home is a folder that is gone again."""
    with TemporaryDirectory() as folder:
        parts = BuiltinParts(workspaces=workspaces_of(Path(folder), "ada", ToolSettings()))
        return {name: tool.spec for name, tool in builtins(parts).items()}
