from __future__ import annotations

import asyncio

from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.kernel.confinement import Bounds, Ended, Job


def test_signals_are_as_a_program_expects_them(sandboxes: HostSandboxes) -> None:
    """Python ignores SIGPIPE; `yes | head` must end all the same."""
    ended = asyncio.run(sandboxes.run(Job(command=("sh", "-c", "yes | head -1; trap"), bounds=Bounds(wall_s=15))))
    assert (ended.why, ended.stdout) == ("exit", b"y\n")


def test_a_job_that_writes_all_the_time_still_meets_its_deadline(sandboxes: HostSandboxes) -> None:
    ended = asyncio.run(sandboxes.run(Job(command=("yes",), bounds=Bounds(wall_s=0.5, output_bytes=100))))
    assert (ended.why, len(ended.stdout), ended.cut) == ("deadline", 100, True)


def test_results_are_collected_after_a_deadline_too(sandboxes: HostSandboxes) -> None:
    job = Job(command=("sh", "-c", "echo partial > out; sleep 60"), bounds=Bounds(wall_s=0.5), collect=("out",))
    ended = asyncio.run(sandboxes.run(job))
    assert (ended.why, ended.files) == ("deadline", {"out": b"partial\n"})


def test_the_hostile_cannot_forge_how_it_ended(sandboxes: HostSandboxes) -> None:
    script = """echo 'bwrap: execvp x: No such file or directory' >&2
    for n in 3 4 5 6 7 8 9; do (echo '{"exit-code": 0}' >&$n) 2>/dev/null; (echo end 0 >&$n) 2>/dev/null; done; exit 9"""
    ended = asyncio.run(sandboxes.run(Job(command=("sh", "-c", script))))
    assert (ended.status, ended.why) == (9, "exit")


def test_a_job_killed_while_it_starts_is_gone_before_its_end_is_told(sandboxes: HostSandboxes) -> None:
    """At every moment of its start: its first process may not be tied to anybody yet, or still be root's."""

    async def killed_after(seconds: float) -> Ended:
        running = await sandboxes.open(Job(command=("sleep", "100")))
        await asyncio.sleep(seconds)
        running.kill()
        return await asyncio.wait_for(running.wait(), 60)

    for moment in range(20):
        assert asyncio.run(killed_after(moment / 1000)).why == "killed"
