"""Code that others wrote: whatever it raises becomes one of our errors, and ends nothing else.

A tool that calls `sys.exit`, or a program that cancels itself, would otherwise end the whole kernel: the event
loop lets such exceptions through.

Rules: an ErgosError is passed on; the interrupt of the person at the keyboard and the end of a coroutine are not
failures of anybody's code; every other exception is.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from types import TracebackType
from typing import Final, ParamSpec, TypeVar

from ergos.base.errors import BoundError, DefinitionError, ErgosError, ProgramError, ToolFailedError

THREADS_MAX: Final = 1_000  # threads for functions that are not async; those beyond it have hung, and each keeps memory

P = ParamSpec("P")
T = TypeVar("T")

_OURS: Final = (ErgosError, KeyboardInterrupt, GeneratorExit)


class _Guard:
    """Turns what leaves a `with` block into one of our errors."""

    def __init__(self, what: str) -> None:
        self._what: Final = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, _OURS):
            self.turn(error)

    def turn(self, error: BaseException) -> None:
        """Raise what the error stands for, or return to let it through."""


class Loading(_Guard):
    """An owner's file is being run. Raises: DefinitionError with file and line."""

    def turn(self, error: BaseException) -> None:
        """Every exception is a fault of the file."""
        if isinstance(error, SyntaxError):
            line = f", line {error.lineno}" if error.lineno else ""
            raise DefinitionError(f"{error.filename or self._what}{line}: {error.msg}") from error
        place = f", line {line}" if (line := _line(error, self._what)) else ""
        raise DefinitionError(f"{self._what}{place} cannot be loaded: {type(error).__name__}: {error}") from error


class Running(_Guard):
    """A program is being driven. Raises: ProgramError for what would end more than this program."""

    def turn(self, error: BaseException) -> None:
        """Ordinary exceptions are let through: they are a crash, and supervision decides."""
        if not isinstance(error, Exception):
            raise ProgramError(f"the program raised {type(error).__name__}: {error}") from error


class Acting(_Guard):
    """A tool, solver or check is at work. Raises: ToolFailedError for what would end more than this call."""

    def turn(self, error: BaseException) -> None:
        """Ordinary exceptions are let through; `StopIteration` cannot cross a thread, the others would end the loop."""
        if isinstance(error, asyncio.CancelledError):  # the kernel's own way to cut a call off
            return
        if isinstance(error, StopIteration) or not isinstance(error, Exception):
            raise ToolFailedError(f"{self._what} raised {type(error).__name__}: {error}") from error


class _Handing:
    """Hands what leaves a `with` block to whoever waits for the future."""

    def __init__(self, future: Future[T]) -> None:
        self._future: Final = future

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True


class Threads(Executor):
    """A thread for every function that is not async, as many as the scheduler lets through; idle ones are used again.

    In a pool of fixed size, calls that block would keep others from starting while their deadlines pass, and would
    hold up the end of the kernel until the last of them has come back. These are left behind.
    """

    def __init__(self, most: int = THREADS_MAX) -> None:
        self._most: Final = most
        self._begun = 0
        self._jobs: Final[SimpleQueue[Callable[[], None]]] = SimpleQueue()
        self._idle: Final = threading.Semaphore(0)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin now. Raises: BoundError while as many functions as there may be threads have not come back."""
        rested = self._idle.acquire(blocking=False)
        if not rested and self._begun >= self._most:
            raise BoundError(
                f"{self._most:,} functions have not come back", remedy="make tools that block come to an end"
            )
        future: Future[T] = Future()

        def job() -> None:
            if future.set_running_or_notify_cancel():
                with _Handing(future):
                    future.set_result(fn(*args, **kwargs))

        self._jobs.put(job)
        if not rested:
            self._begun += 1
            threading.Thread(target=self._work, name="ergos-tool", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            self._jobs.get()()
            self._idle.release()


_THREADS: Final = Threads()


class Body:
    """A function of an author and what is asked about it at every call."""

    __slots__ = ("_is_async", "_name", "function", "wants_errand")

    def __init__(self, function: Callable[..., object], name: str) -> None:
        self.function = function
        self.wants_errand = "errand" in inspect.signature(function).parameters
        self._is_async = inspect.iscoroutinefunction(function)
        self._name = name

    async def __call__(self, /, *args: object, **kwargs: object) -> object:
        """What the function returns; one that is not async runs in a thread."""
        with Acting(self._name):
            if self._is_async:
                came = self.function(*args, **kwargs)
            else:
                context = contextvars.copy_context()
                work = asyncio.get_running_loop().run_in_executor
                came = await work(_THREADS, lambda: context.run(self._apply, args, kwargs))
            return await came if isinstance(came, Awaitable) else came

    def _apply(self, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        with Acting(self._name):
            return self.function(*args, **kwargs)


def _line(error: BaseException, path: str) -> int | None:
    """The last line of this file that the error passed."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
