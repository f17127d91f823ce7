"""A program that computes without end is stopped; one that computes for a while, and the kernel itself, are not."""

from __future__ import annotations

import signal
import threading

import pytest

from ergos.base.errors import StalledError
from ergos.kernel.process import State
from ergos.kernel.supervisor import Supervision
from ergos.lib.agent import Context
from ergos.runtime.watchdog import Watchdog

from .kernels import Rig, an_agent, play


async def endless(ctx: Context) -> object:
    number = 0
    while True:
        number += 1


async def listener(ctx: Context) -> object:
    message = await ctx.receive()
    return message.body if message is not None else None


def test_a_program_that_computes_without_end_is_stopped_and_the_others_go_on():
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot(watchdog=True)
        other = await kernel.desk.spawn(rig.put(an_agent(listener)), "alice")
        bad = await kernel.desk.spawn(rig.put(an_agent(endless, supervision=Supervision(watchdog_s=0.5))), "alice")
        ended = await kernel.desk.end_of(bad)
        assert ended.process.state is State.FAILED
        assert ended.process.failure is not None
        assert ended.process.failure.code == "E404"
        await kernel.desk.send(other, "hello")
        assert (await kernel.desk.end_of(other)).outcome == "hello"
        await kernel.stop()

    play(scenario)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_alarm_raises_only_while_a_program_is_driven_and_only_past_its_limit():
    watchdog = Watchdog()
    watchdog._alarm(0, None)
    watchdog.enter(2.0)
    watchdog._alarm(0, None)
    for _ in range(3):  # a program may swallow it once, but not for ever
        with pytest.raises(StalledError, match="2 seconds"):
            watchdog._alarm(0, None)
    watchdog.enter(1.0)
    watchdog.leave()
    watchdog._alarm(0, None)


def test_the_count_begins_anew_with_every_call():
    watchdog = Watchdog()
    for _ in range(5):
        watchdog.enter(2.0)
        watchdog._alarm(0, None)
        watchdog.leave()


def test_disarming_puts_the_previous_handler_back():
    before = signal.getsignal(signal.SIGALRM)
    watchdog = Watchdog()
    watchdog.arm()
    assert signal.getsignal(signal.SIGALRM) == watchdog._alarm
    watchdog.begin_pass()
    watchdog.disarm()
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_outside_the_main_thread_it_is_off():
    before = signal.getsignal(signal.SIGALRM)
    watchdog = Watchdog()
    thread = threading.Thread(target=watchdog.arm)
    thread.start()
    thread.join()
    watchdog.begin_pass()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before
