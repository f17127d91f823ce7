"""Signals and STOP, with and without a running kernel."""

from __future__ import annotations

from .conftest import HELLO, LISTENER, Shell


def test_a_paused_process_keeps_its_mail_until_it_is_resumed(shell: Shell):
    shell("run", shell.agent("listener", LISTENER), code=3)
    shell("signal", "pause", "1")
    assert shell.err == "process 1 is paused\n"
    shell("send", "1", "x")
    shell("wait", "1", code=3)
    assert "ergos signal resume 1" in shell.err
    shell("signal", "resume", "1")
    assert "x" in shell("wait", "1")


def test_a_killed_process_never_moves_again(shell: Shell):
    shell("run", shell.agent("listener", LISTENER), code=3)
    shell("signal", "kill", "1")
    assert shell.err == "process 1 is killed\n"
    shell("wait", "1", code=4)
    assert "kill by me" in shell.err
    shell("signal", "resume", "1", code=2)
    assert shell.err.startswith("[E103]")


def test_stop_is_pressed_without_a_kernel_too(shell: Shell):
    shell("run", shell.agent("listener", LISTENER), code=3)
    shell("stop", "--all")
    shell("run", shell.agent("hello", HELLO), code=3)
    assert "STOP is in force" in shell.err
    shell("stop", "--all", "--lift")
    assert shell("wait", "2") == "HELLO ME\n"
