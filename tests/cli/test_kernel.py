"""The background kernel: up, status, work, kill, up again, down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .conftest import HELLO, LISTENER, SHOOTER, Shell


def until(shell: Shell, *arguments: str, shows: str) -> str:
    """Repeat a command until its output shows something; a second is plenty, thirty are the bound."""
    shown = ""
    for _ in range(300):
        shown = shell(*arguments)
        if shows in shown:
            return shown
        time.sleep(0.1)
    raise AssertionError((arguments, shows, shown))


def kernel_pid(shell: Shell) -> int:
    return shell.json("status")["status"]["os_pid"]  # type: ignore[index,call-overload,return-value]


def test_a_kernel_goes_up_works_and_comes_down(shell: Shell):
    shell("up")
    status = shell.json("status")["status"]  # type: ignore[index,call-overload]
    assert status["halted"] is False
    assert len(status["public_key"]) == 64
    assert shell("run", shell.agent("hello", HELLO)) == "HELLO ME\n"
    assert shell("run", "--detach", shell.agent("listener", LISTENER)) == "2\n"
    assert "1 done, 1 waiting" in until(shell, "status", shows="1 waiting")
    shell("send", "2", "hi")
    assert shell.err == "sent to process 2\n"
    assert "hi" in shell("wait", "2")
    shell("down")
    assert not (shell.home / "kernel.sock").exists()
    shell("status", code=2)
    log = (shell.home / "ergos.log").read_text()
    assert " up: " in log
    assert " down" in log


def test_a_second_kernel_is_refused_and_told_who_runs(shell: Shell):
    shell("up")
    pid = kernel_pid(shell)
    shell("up", code=6)
    assert shell.err.startswith("[E601]")
    assert f"process {pid} " in shell.err
    done = shell.outside("up", "--foreground", code=6)
    assert f"process {pid} " in done.stderr
    assert kernel_pid(shell) == pid


def test_killed_in_the_middle_of_an_irreversible_call_it_asks_and_never_repeats(shell: Shell):
    path = shell.agent("shooter", SHOOTER)
    shell("run", "--detach", path)
    until(shell, "ps", shows="act fire")
    for _ in range(300):
        if Path(path + ".log").exists():
            break
        time.sleep(0.05)
    os.kill(kernel_pid(shell), signal.SIGKILL)
    for _ in range(100):
        if "no kernel is running" in (shell("ps"), shell.err)[1]:
            break
        time.sleep(0.05)
    shell("status", code=2)
    shell("up")
    assert "parked" in until(shell, "ps", shows="parked")
    (item,) = shell.json("inbox")  # type: ignore[misc]
    assert item["kind"] == "doubt"
    shell("answer", "1", "perhaps", code=2)
    shell("answer", "1", "fail", "--value", "1", code=2)
    shell("answer", "1", "done", "--value", '"it was out"')
    assert shell("wait", "1") == "it was out\n"
    assert Path(path + ".log").read_text() == "fired\n"


def test_sigterm_ends_a_foreground_kernel_gracefully(shell: Shell):
    command = [sys.executable, "-m", "ergos.cli.main", "up", "--foreground"]
    with subprocess.Popen(command, env=shell.env, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        assert " up: " in child.stderr.readline()
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
        assert "down" in child.stderr.read()
    assert '"k":"checkpoint"' in shell("receipt")


def test_why_a_kernel_did_not_start_reaches_whoever_started_it(shell: Shell):
    shell.home.mkdir()
    (shell.home / "ergos.db").write_text("this is no store, it is a diary")
    shell("up", code=5)
    assert "not an ErgOS store" in shell.err
    assert (shell.home / "ergos.db").read_text().startswith("this is no store")


def test_stop_holds_everything_until_it_is_lifted_even_over_a_restart(shell: Shell):
    shell("up")
    shell("stop", "--all")
    shell("run", shell.agent("hello", HELLO), code=3)
    assert "--lift" in shell.err
    shell("down")
    shell("up")
    assert "STOP is in force" in shell("status")
    shell("stop", "--all", "--lift")
    assert shell("wait", "1") == "HELLO ME\n"


def test_the_doctor_finds_a_healthy_machine_and_leaves_nothing_behind(shell: Shell):
    assert "WAL" in shell("doctor")
    assert not shell.home.exists()
    shell("up")
    before = sorted(path.name for path in shell.home.iterdir())
    findings = shell.json("doctor")
    assert {finding["verdict"] for finding in findings} <= {"good", "note"}  # type: ignore[attr-defined,index]
    assert sorted(path.name for path in shell.home.iterdir()) == before


def test_the_doctor_complains_about_what_others_can_read(shell: Shell):
    shell("run", shell.agent("hello", HELLO))
    (shell.home / "key").chmod(0o644)
    shown = shell("doctor", code=5)
    assert "BAD" in shown
    assert "chmod 600" in " ".join(shown.split())
