from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergos.base.errors import WorldError
from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxError, SandboxMissingError
from ergos.drivers.sandbox.room import WORK
from ergos.drivers.sandbox.sandboxes import HostSandboxes, NoSandboxes, hindrance, open_sandboxes, survey
from ergos.kernel.confinement import Bind, Bounds, Job


def sh(script: str, **more: object) -> Job:
    return Job(command=("sh", "-c", script), **more)  # type: ignore[arg-type]


def running_with(token: str) -> list[int]:
    """Processes of this machine that have a word among their arguments."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if token.encode() in words:
                found.append(int(entry.name))
    return found


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_over(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def is_warden(pid: int) -> bool:
    return b"warden" in Path(f"/proc/{pid}/cmdline").read_bytes()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(condition, seconds: float = 20.0) -> bool:
    for _ in range(int(seconds / 0.02)):
        if condition():
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory(prefix="ergos-lent-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_job_says_how_it_ended(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        ended = await sandboxes.run(sh("cat; echo out; echo err >&2; exit 3"), b"in\n")
        assert (ended.status, ended.why, ended.stdout, ended.stderr, ended.cut) == (
            3,
            "exit",
            b"in\nout\n",
            b"err\n",
            False,
        )
        ended = await sandboxes.run(
            sh("kill -9 $$" if sandboxes.backend != "landlock-bare" else "ulimit -t 1; while :; do :; done")
        )
        assert (ended.why, ended.status) in {("signal", 137), ("signal", 152)}

    asyncio.run(test())


def test_a_job_is_never_root_and_finds_only_what_it_was_given(
    sandboxes: HostSandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_KERNEL", "x")

    async def test() -> None:
        ended = await sandboxes.run(sh("id -u; id -G; env", env={"GIVEN": "a b\n'c'"}))
        uid, groups, *variables = ended.stdout.decode().splitlines()
        assert int(uid) != 0
        assert "0" not in groups.split()
        assert "GIVEN=a b" in variables
        assert "SECRET_OF_THE_KERNEL" not in ended.stdout.decode()

    asyncio.run(test())


def test_files_go_in_and_come_back(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        files = {
            "run.sh": b"#!/bin/sh\ncat deep/er/in.txt > out/result.txt; echo $((6*7)) > out/sub/n",
            "deep/er/in.txt": b"\x00\xff",
            "out/sub/keep": b"",
        }
        ended = await sandboxes.run(
            Job(command=("./run.sh",), files=files, collect=("out", "missing", "deep/er/in.txt"))
        )
        assert ended.status == 0, ended.stderr
        assert ended.files == {
            "out/result.txt": b"\x00\xff",
            "out/sub/n": b"42\n",
            "out/sub/keep": b"",
            "deep/er/in.txt": b"\x00\xff",
        }
        assert set(ended.left_out) == {"missing"}

    asyncio.run(test())


def test_nothing_of_a_job_is_left_on_a_disk(bare: HostSandboxes) -> None:
    async def test() -> Path:
        ended = await bare.run(sh("mkdir -p a/b; echo x > a/b/c; chmod 0 a; pwd"))
        work = Path(ended.stdout.decode().strip())
        assert work.name == "work"
        return work.parent

    assert not asyncio.run(test()).exists()


def test_two_jobs_share_nothing(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        await sandboxes.run(sh("echo x > left; echo x > /tmp/left; echo x > /dev/shm/left"))
        ended = await sandboxes.run(sh("ls -A . /tmp /dev/shm 2>/dev/null | grep left"))
        assert ended.stdout == b""

    asyncio.run(test())


def test_a_command_that_is_not_there_is_an_end_like_any_other(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        missing = await sandboxes.run(Job(command=("no-such-command-at-all",)))
        assert missing.status == 127
        assert b"No such file" in missing.stderr
        closed = await sandboxes.run(Job(command=("./data",), files={"data": b"x"}))
        assert closed.status == 126

    asyncio.run(test())


@pytest.mark.parametrize(
    "job",
    [
        Job(command=()),
        Job(command=("",)),
        Job(command=("echo", "a\0b")),
        Job(command=("echo", "\ud800")),
        Job(command=("echo", "x" * 200_000)),
        Job(command=("true",), env={f"V{n}": "x" * 100_000 for n in range(20)}),
        Job(command=("true",), env={"A=B": "x"}),
        Job(command=("true",), env={"": "x"}),
        Job(command=("true",), env={"A": "x\0"}),
        Job(command=("true",), folder="work"),
        Job(command=("true",), files={"../x": b""}),
        Job(command=("true",), files={"/x": b""}),
        Job(command=("true",), files={"a/../../x": b""}),
        Job(command=("true",), files={"": b""}),
        Job(command=("true",), files={"a\0": b""}),
        Job(command=("true",), files={"/".join("d" * 100): b""}),
        Job(command=("true",), collect=("../x",)),
        Job(command=("true",), collect=("/etc/passwd",)),
        Job(command=("true",), binds=(Bind("relative", "/data"),)),
        Job(command=("true",), binds=(Bind("/usr", "data"),)),
        Job(command=("true",), binds=(Bind("/usr/../etc", "/data"),)),
        Job(command=("true",), binds=(Bind("/usr", "/"),)),
        Job(command=("true",), binds=(Bind("/usr", "/etc/x"),)),
        Job(command=("true",), binds=(Bind("/usr", "/proc"),)),
        Job(command=("true",), binds=(Bind("/usr", "/a"), Bind("/usr", "/a"))),
        Job(command=("true",), binds=(Bind("/no/such/place", "/no/such/place"),)),
        Job(command=("true",), door="door"),
        Job(command=("true",), door="/no/such/socket"),
        Job(command=("true",), door_port=80),
        Job(command=("true",), bounds=Bounds(wall_s=-1)),
        Job(command=("true",), bounds=Bounds(processes=0)),
        Job(command=("true",), files={"big": bytes(2_000_000)}, bounds=Bounds(disk_bytes=1_000_000, file_bytes=4_000_000)),
        Job(command=("true",), files={f"f{n}": b"" for n in range(20)}, bounds=Bounds(files=10)),
    ],
    ids=lambda job: None,
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(sandboxes: HostSandboxes, job: Job) -> None:
    async def test() -> None:
        with pytest.raises(SandboxError) as refused:
            await sandboxes.run(job)
        assert len(refused.value.what) > 20
        assert (await sandboxes.run(sh("echo well"))).stdout == b"well\n"

    asyncio.run(test())


def test_the_deadline_ends_a_job_and_all_it_started(sandboxes: HostSandboxes) -> None:
    token = f"deadline-{os.getpid()}-{sandboxes.backend}"

    async def test() -> None:
        script = f"(setsid sh -c 'trap \"\" TERM HUP; sleep 300; :' {token} &) ; nohup sh -c 'sleep 300; :' {token} >/dev/null 2>&1 & echo started; sleep 300"
        ended = await sandboxes.run(sh(script, bounds=Bounds(wall_s=0.7)))
        assert (ended.why, ended.status, ended.stdout) == ("deadline", 137, b"started\n")
        assert running_with(token) == []

    asyncio.run(test())


def test_a_kill_ends_the_jobs_of_one_process_or_of_all(sandboxes: HostSandboxes) -> None:
    token = f"kill-{os.getpid()}-{sandboxes.backend}"

    async def test() -> None:
        script = f"setsid sh -c 'sleep 300; :' {token} & sleep 300"
        jobs = [asyncio.create_task(sandboxes.run(sh(script, pid=Pid(number)))) for number in (1, 1, 2)]
        assert await until(lambda: len(running_with(token)) >= 3)
        assert sandboxes.kill(Pid(7)) == 0
        assert sandboxes.kill(Pid(1)) == 2
        assert [(await job).why for job in jobs[:2]] == ["killed", "killed"]
        assert not jobs[2].done()
        assert sandboxes.kill() == 1
        assert (await jobs[2]).why == "killed"
        assert running_with(token) == []
        assert sandboxes.kill() == 0

    asyncio.run(test())


def test_a_cancelled_job_is_gone_before_the_cancelling_is_over(sandboxes: HostSandboxes) -> None:
    token = f"cancel-{os.getpid()}-{sandboxes.backend}"

    async def test() -> None:
        job = asyncio.create_task(sandboxes.run(sh(f"setsid sh -c 'sleep 300; :' {token} & sleep 300")))
        assert await until(lambda: bool(running_with(token)))
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert running_with(token) == []

    asyncio.run(test())


KERNEL = """
import asyncio, sys
from pathlib import Path
from ergos.drivers.sandbox.sandboxes import open_sandboxes
from ergos.kernel.confinement import Job
sandboxes = open_sandboxes(Path(sys.argv[1]), sys.argv[2])
script = f"(setsid sh -c 'trap \\"\\" TERM HUP INT; while :; do sleep 1; done' {sys.argv[3]} &); sleep 300"
asyncio.run(sandboxes.run(Job(command=("sh", "-c", script))))
"""


@pytest.mark.parametrize("victim", ["kernel", "warden", "both"])
def test_nothing_survives_a_kernel_that_is_killed(sandboxes: HostSandboxes, victim: str, tmp_path: Path) -> None:
    token = f"killed-{os.getpid()}-{sandboxes.backend}-{victim}"
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(tmp_path), sandboxes.backend, token], stderr=subprocess.DEVNULL
    )

    def left() -> list[int]:
        return [pid for pid in running_with(token) if pid != kernel.pid]

    async def test() -> None:
        assert await until(lambda: bool(left()))
        wardens = children_of(kernel.pid)
        for pid in {"kernel": [kernel.pid], "warden": wardens, "both": [*wardens, kernel.pid]}[victim]:
            os.kill(pid, signal.SIGKILL)
        assert await until(lambda: not left())

    try:
        asyncio.run(test())
    finally:
        kernel.kill()
        kernel.wait()


def test_a_warden_that_was_killed_is_replaced(tmp_path: Path, sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        before = set(children_of(os.getpid()))
        own = open_sandboxes(tmp_path, sandboxes.backend)
        assert isinstance(own, HostSandboxes)
        try:
            (warden,) = [pid for pid in children_of(os.getpid()) if pid not in before and is_warden(pid)]
            os.kill(warden, signal.SIGKILL)
            assert await until(lambda: is_over(warden))
            assert (await own.run(sh("echo again"))).stdout == b"again\n"
        finally:
            own.close()

    asyncio.run(test())


def test_output_beyond_the_bound_is_dropped_and_said_to_be(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        ended = await sandboxes.run(
            sh("head -c 3000000 /dev/zero; echo; echo done >&2", bounds=Bounds(output_bytes=1000))
        )
        assert (len(ended.stdout), ended.cut, ended.stderr, ended.status) == (1000, True, b"done\n", 0)
        exact = await sandboxes.run(sh("head -c 1000 /dev/zero", bounds=Bounds(output_bytes=1000)))
        assert (len(exact.stdout), exact.cut) == (1000, False)

    asyncio.run(test())


def test_an_open_job_talks_through_its_pipes(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        running = await sandboxes.open(sh("while read line; do echo got $line; done; echo end; echo note >&2"))
        await running.write(b"one\n")
        assert await running.read() == b"got one\n"
        await running.write(b"two\nthree\n")
        heard = b""
        while heard.count(b"\n") < 2:
            heard += await running.read(4)
        assert heard == b"got two\ngot three\n"
        await running.write(b"")
        ended = await running.wait()
        assert (ended.stdout, ended.stderr, ended.why, ended.status) == (b"end\n", b"note\n", "exit", 0)
        with pytest.raises(WorldError):
            await running.write(b"more")
        assert await running.read() == b""

    asyncio.run(test())


def test_an_open_job_that_floods_holds_nobody_up(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        running = await sandboxes.open(sh("head -c 30000000 /dev/zero; exit 5", bounds=Bounds(output_bytes=5000)))
        ended = await running.wait()
        assert (ended.status, ended.cut) == (5, True)
        assert len(ended.stdout) <= 10_000
        big = await sandboxes.open(Job(command=("cat",)))
        writing = asyncio.create_task(big.write(bytes(1_000_000)))
        received = 0
        while received < 1_000_000:
            received += len(await big.read())
        await writing
        big.kill()
        assert (await big.wait()).why == "killed"

    asyncio.run(test())


def test_writing_to_a_job_that_has_gone_is_said(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        running = await sandboxes.open(Job(command=("true",)))
        await asyncio.wait([running.ended])
        with pytest.raises(WorldError):
            await running.write(b"x")
        assert await running.read() == b""
        assert (await running.wait()).status == 0

    asyncio.run(test())


def test_many_jobs_run_at_once(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        ended = await asyncio.gather(
            *(sandboxes.run(sh(f"sleep 0.2; echo {n} > out; cat out", collect=("out",))) for n in range(24))
        )
        assert [job.files["out"] for job in ended] == [f"{n}\n".encode() for n in range(24)]
        assert [job.stdout for job in ended] == [f"{n}\n".encode() for n in range(24)]

    asyncio.run(test())


def test_a_kernel_leaks_no_descriptor(sandboxes: HostSandboxes) -> None:
    async def test() -> None:
        await sandboxes.run(sh("true"))
        before = descriptors()
        for _ in range(3):
            await sandboxes.run(sh("echo x", files={"a": b"x"}, collect=("a",)))
            running = await sandboxes.open(sh("cat"))
            await running.write(b"")
            await running.wait()
            with pytest.raises(SandboxError):
                await sandboxes.run(Job(command=("true",), binds=(Bind("/no/such", "/no/such"),)))
        assert descriptors() == before

    asyncio.run(test())


def test_what_is_lent_is_seen_and_no_more(apart: HostSandboxes, tmp_path: Path) -> None:
    # Closed to every other user, as a home is: the job gets what was lent and nothing beside it.
    tmp_path.chmod(0o700)
    (tmp_path / "read").mkdir(mode=0o700)
    (tmp_path / "read" / "secret").write_text("lent")
    (tmp_path / "read" / "secret").chmod(0o600)
    (tmp_path / "write").mkdir(mode=0o700)
    (tmp_path / "one").write_text("single")
    binds = (
        Bind(f"{tmp_path}/read", "/data/in"),
        Bind(f"{tmp_path}/write", f"{WORK}/out", write=True),
        Bind(f"{tmp_path}/one", "/one"),
    )

    async def test() -> None:
        script = (
            "cat /data/in/secret /one; echo made > out/made; echo x > /data/in/no; echo x > /one; ls /data; ls "
            + str(tmp_path)
        )
        ended = await apart.run(sh(script, binds=binds))
        assert ended.stdout == b"lentsinglein\n", ended.stderr
        made = tmp_path / "write" / "made"
        assert made.read_text() == "made\n"
        assert made.stat().st_uid == os.geteuid()
        assert (tmp_path / "one").read_text() == "single"
        assert [path.name for path in (tmp_path / "read").iterdir()] == ["secret"]

    asyncio.run(test())


def test_a_workspace_can_stand_for_the_work_folder(apart: HostSandboxes, tmp_path: Path) -> None:
    async def test() -> None:
        ended = await apart.run(sh("pwd; echo kept > kept", binds=(Bind(str(tmp_path), "/work", write=True),)))
        assert (ended.stdout, ended.status) == (b"/work\n", 0)
        assert (tmp_path / "kept").read_text() == "kept\n"

    asyncio.run(test())


def test_without_namespaces_things_are_lent_in_their_place_only(bare: HostSandboxes, open_folder: Path) -> None:
    (open_folder / "file").write_text("lent")
    (open_folder / "file").chmod(0o666)

    async def test() -> None:
        lent = (Bind(str(open_folder), str(open_folder)),)
        ended = await bare.run(sh(f"cat {open_folder}/file; echo x > {open_folder}/file", binds=lent))
        assert ended.stdout == b"lent"
        assert (open_folder / "file").read_text() == "lent"
        await bare.run(
            sh(f"echo changed > {open_folder}/file", binds=(Bind(str(open_folder), str(open_folder), write=True),))
        )
        assert (open_folder / "file").read_text() == "changed\n"
        with pytest.raises(SandboxError, match="no namespaces"):
            await bare.run(sh("true", binds=(Bind(str(open_folder), "/elsewhere"),)))
        with pytest.raises(SandboxError, match="no namespaces"):
            await bare.run(sh("true", door="/run/x", door_port=8080))

    asyncio.run(test())


ASK = """
import socket, sys
def ask(family, address):
    with socket.socket(family) as s:
        s.connect(address)
        s.sendall(b"hello " * 20000)
        s.shutdown(socket.SHUT_WR)
        said = b""
        while piece := s.recv(65536):
            said += piece
        return len(said), said[:12]
print(ask(socket.AF_UNIX, "/run/door"))
print(ask(socket.AF_INET, ("127.0.0.1", 8123)))
for port in (8124, int(sys.argv[1])):
    try:
        print(ask(socket.AF_INET, ("127.0.0.1", port)))
    except OSError as error:
        print(type(error).__name__)
"""


def close(folder: Path, door: Path) -> None:
    """As a home is: for its owner alone."""
    door.chmod(0o600)
    folder.chmod(0o700)


def test_the_door_is_reached_by_its_socket_and_by_its_port_and_nothing_else(
    apart: HostSandboxes, tmp_path: Path
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.read(-1)
        writer.write(said.upper())
        await writer.drain()
        writer.close()

    async def test() -> None:
        door = str(tmp_path / "door.sock")
        server = await asyncio.start_unix_server(serve, door)
        outside = await asyncio.start_server(serve, "127.0.0.1", 0)
        close(tmp_path, Path(door))
        try:
            port = outside.sockets[0].getsockname()[1]
            job = Job(command=("/usr/bin/python3", "-c", ASK, str(port)), door=door, door_port=8123)
            jobs = await asyncio.gather(*(apart.run(job) for _ in range(4)))
            for ended in jobs:
                expected = "(120000, b'HELLO HELLO ')"
                assert ended.stdout.decode().splitlines() == [
                    expected,
                    expected,
                    "ConnectionRefusedError",
                    "ConnectionRefusedError",
                ], ended
        finally:
            server.close()
            outside.close()

    asyncio.run(test())


def test_a_door_that_is_closed_refuses_and_the_job_goes_on(apart: HostSandboxes, tmp_path: Path) -> None:
    async def test() -> None:
        path = str(tmp_path / "door.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        text = "import socket\ns = socket.create_connection(('127.0.0.1', 8123), 5)\nprint(s.recv(10))"
        ended = await apart.run(
            Job(command=("/usr/bin/python3", "-c", text), door=path, door_port=8123, bounds=Bounds(wall_s=20))
        )
        assert ended.why == "exit"
        assert ended.stdout == b"b''\n" or b"reset" in ended.stderr

    asyncio.run(test())


def test_a_machine_without_a_sandbox_runs_nothing(tmp_path: Path) -> None:
    none = NoSandboxes("bubblewrap: not installed")

    async def test() -> None:
        with pytest.raises(SandboxMissingError, match="not installed"):
            await none.run(sh("true"))
        with pytest.raises(SandboxMissingError):
            await none.open(sh("true"))
        assert none.kill() == 0
        assert none.name == "none"

    asyncio.run(test())


def test_the_best_back_end_that_works_is_chosen(tmp_path: Path) -> None:
    findings = survey(tmp_path)
    working = [finding.backend for finding in findings if finding.works]
    chosen = open_sandboxes(tmp_path)
    if not working:
        assert isinstance(chosen, NoSandboxes)
        return
    assert isinstance(chosen, HostSandboxes)
    assert chosen.backend == working[0]
    chosen.close()


def test_a_machine_whose_system_calls_are_unknown_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ergos.drivers.sandbox.linux_calls.machine_of", lambda _: None)
    assert "no table" in hindrance("bubblewrap")
    chosen = open_sandboxes(tmp_path)
    assert isinstance(chosen, NoSandboxes)
    assert "no table" in chosen.why
