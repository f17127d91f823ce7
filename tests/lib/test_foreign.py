"""Whatever an author's code raises becomes one of our errors and ends nothing else."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from ergos.base.errors import BoundError, DefinitionError, DeniedError, ProgramError, ToolFailedError
from ergos.lib.foreign import Acting, Body, Loading, Running, Threads


class Unheard(BaseException):
    """An exception that no `except Exception` catches."""


ODD = [SystemExit(3), Unheard("x"), asyncio.CancelledError("me")]


@pytest.mark.parametrize("error", [*ODD, ValueError("x"), StopIteration(1), type("Own", (Exception,), {})("x")])
def test_everything_a_file_raises_while_it_is_loaded_is_a_fault_of_the_file(error: BaseException) -> None:
    with pytest.raises(DefinitionError, match="cannot be loaded"), Loading("x.py"):
        raise error


def test_the_line_of_the_file_is_named_and_not_one_of_a_library(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    with pytest.raises(DefinitionError, match=r"x\.py, line 3 cannot be loaded: JSONDecodeError"), Loading(str(path)):
        exec(compile("import json\n\njson.loads('{')\n", str(path), "exec"), {})


@pytest.mark.parametrize("error", [DeniedError("no"), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("guard", [Loading, Running, Acting])
def test_our_errors_and_the_person_at_the_keyboard_pass(guard: type[Loading], error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, guard("x"):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("error", ODD)
def test_a_program_ends_nobody_but_itself(error: BaseException) -> None:
    with pytest.raises(ProgramError, match=type(error).__name__), Running("x"):
        raise error


def test_an_ordinary_exception_of_a_program_is_left_to_supervision() -> None:
    with pytest.raises(ZeroDivisionError), Running("x"):
        raise ZeroDivisionError


@pytest.mark.parametrize("error", [SystemExit(3), Unheard("x"), StopIteration(1)])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_tool_ends_nobody_but_its_call(error: BaseException, is_async: bool) -> None:
    def plain() -> None:
        raise error

    async def coroutine() -> None:
        raise error

    with pytest.raises((ToolFailedError, RuntimeError)):
        asyncio.run(asyncio.wait_for(Body(coroutine if is_async else plain, "x")(), 5))


def test_a_function_that_is_not_async_leaves_the_loop_alone() -> None:
    async def scenario() -> tuple[object, object]:
        return await Body(lambda: threading.get_ident(), "x")(), threading.get_ident()  # noqa: PLW0108

    there, here = asyncio.run(scenario())
    assert there != here


def test_what_a_function_promises_is_awaited() -> None:
    async def later() -> int:
        return 7

    assert asyncio.run(Body(lambda: later(), "x")()) == 7  # type: ignore[arg-type] # noqa: PLW0108


def test_a_call_that_is_cut_off_is_cut_off() -> None:
    async def scenario() -> None:
        task = asyncio.create_task(Body(asyncio.Event().wait, "x")())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_functions_that_block_keep_no_other_from_starting_and_hold_up_no_end() -> None:
    """More than any pool has threads; they are never released."""
    started = threading.Semaphore(0)
    blocked = threading.Event()

    def block() -> None:
        started.release()
        blocked.wait()

    async def scenario() -> None:
        tasks = [asyncio.create_task(Body(block, "x")()) for _ in range(64)]
        assert await asyncio.to_thread(lambda: all(started.acquire(timeout=10) for _ in tasks))
        for task in tasks:
            task.cancel()

    try:
        asyncio.run(asyncio.wait_for(scenario(), 15))
    finally:
        blocked.set()


def test_a_function_sees_the_context_of_its_caller() -> None:
    word = contextvars.ContextVar("word", default="")

    async def scenario() -> object:
        word.set("here")
        return await Body(lambda: word.get(), "x")()  # noqa: PLW0108

    assert asyncio.run(scenario()) == "here"


def test_threads_are_used_again_and_are_not_without_number() -> None:
    threads, blocked = Threads(most=2), threading.Event()

    def submit(function: Callable[[], object]) -> Future[object]:
        """A thread rests a moment after its answer is there."""
        for _ in range(5000):
            try:
                return threads.submit(function)
            except BoundError:
                time.sleep(0.001)
        raise AssertionError("no thread was used again")

    wait = submit(blocked.wait)
    assert len({submit(threading.get_ident).result(5) for _ in range(100)}) == 1
    hung = submit(blocked.wait)
    with pytest.raises(BoundError, match="2 functions have not come back"):
        threads.submit(threading.get_ident)
    blocked.set()
    assert wait.result(5)
    assert hung.result(5)
