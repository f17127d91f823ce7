"""A draft's tests and its calls run in the sandbox and nowhere else; what comes back is a value or a failure."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from ergos.base.errors import DefinitionError, ToolFailedError
from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.sandbox.sandboxes import HostSandboxes, NoSandboxes, open_sandboxes
from ergos.kernel.confinement import Ended, Job
from ergos.kernel.packages import Absent, Errand
from ergos.lib.tool_making import (
    Draft,
    Report,
    SandboxedTool,
    Tried,
    difference_of,
    draft_faults,
    spec_of,
    try_draft,
)

from .test_tool_source import GOOD, TESTS

ERRAND = Errand(pid=Pid(7), owner="alice", agent="scribe", idempotency_key="k", deadline_ns=0, now_ns=0)
DRAFT = Draft(owner="alice", agent="scribe", source=GOOD, tests=TESTS, why="I need it.")


def made(body: str, tests: str = "    assert True\n", result: str = "str") -> Draft:
    source = f'from ergos.lib.tool import tool\n\n@tool(effect="pure", deadline_s=1)\ndef f(a: str) -> {result}:\n    "F."\n{body}'
    return Draft(owner="alice", agent="scribe", source=source, tests=f"from f import f\n\ndef test_f():\n{tests}")


@asynccontextmanager
async def sandboxes(folder: Path) -> AsyncIterator[HostSandboxes | NoSandboxes]:
    found = open_sandboxes(folder)
    if found.name == "none":
        pytest.skip("this machine has no sandbox")
    try:
        yield found
    finally:
        found.close()


class Answering:
    """A sandbox that runs nothing: it keeps the job and answers what it is told."""

    name = "told"

    def __init__(self, stdout: bytes = b"", status: int = 0, why: str = "exit", stderr: bytes = b"") -> None:
        self.ended = Ended(status=status, why=why, stdout=stdout, stderr=stderr)  # type: ignore[arg-type]
        self.jobs: list[tuple[Job, bytes]] = []

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        self.jobs.append((job, stdin))
        return self.ended

    async def open(self, job: Job) -> object:
        raise AssertionError(job)

    def kill(self, pid: Pid | None = None) -> int:
        return 0


def test_the_digest_covers_everything_its_owner_is_shown() -> None:
    seen = {DRAFT.digest}
    for field in DRAFT.__struct_fields__:
        seen.add(msgspec.structs.replace(DRAFT, **{field: getattr(DRAFT, field) + " "}).digest)
    assert len(seen) == 1 + len(DRAFT.__struct_fields__)


def test_a_good_draft_has_no_faults() -> None:
    assert draft_faults(DRAFT) == ()
    assert spec_of(DRAFT).name == "made.slug"


@pytest.mark.parametrize(
    "change",
    [{"source": "x"}, {"tests": "x"}, {"why": "\u202ex"}, {"why": "x" * 2_000}, {"source": GOOD + "print(1)\n"}],
)
def test_a_draft_with_faults_is_never_run(change: dict[str, str]) -> None:
    draft = msgspec.structs.replace(DRAFT, **change)
    box = Answering()
    assert draft_faults(draft) != ()
    with pytest.raises(DefinitionError):
        asyncio.run(try_draft(draft, box))  # type: ignore[arg-type]
    assert box.jobs == []


def test_tests_and_calls_run_in_the_real_sandbox(tmp_path: Path) -> None:
    async def go() -> None:
        async with sandboxes(tmp_path) as box:
            report = await try_draft(DRAFT, box, Pid(7))
            assert report == Report(sandbox=box.name, tests=(Tried("test_stop_words_go"),))
            assert report.passed
            tool = SandboxedTool(DRAFT, box)
            assert (await tool.run({"title": "The big world"}, ERRAND)).value == "big-world"
            with pytest.raises(ToolFailedError, match="there is no title"):
                await tool.run({"title": ""}, ERRAND)

    asyncio.run(go())


def test_a_made_tool_reaches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    body = f"""    import os, socket
    found = []
    for path in ({str(secret)!r}, "/etc/shadow", os.path.expanduser("~/.ssh/id_rsa")):
        try:
            found.append(open(path).read())
        except OSError:
            pass
    for address in (("127.0.0.1", 80), ("1.1.1.1", 53)):
        try:
            socket.create_connection(address, 1).close()
            found.append("connected")
        except OSError:
            pass
    found += [key for key in os.environ if "SECRET" in key or "TOKEN" in key]
    try:
        open("/etc/planted", "w").close()
        found.append("wrote /etc")
    except OSError:
        pass
    return str(found)
"""

    async def go() -> str:
        async with sandboxes(tmp_path / "scratch") as box:
            return str((await SandboxedTool(made(body), box).run({"a": "x"}, ERRAND)).value)

    (tmp_path / "scratch").mkdir()
    assert asyncio.run(go()) == "[]"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("    while True:\n        pass\n", "took too long|ended with|ended its process"),
        ("    import os\n    os._exit(0)\n", "ended its process"),
        ("    return 'x' * (1 << 34)\n", "MemoryError|ended"),
        ("    return 'x' * (1 << 23)\n", "more than"),
        ("    import sys\n    sys.exit(3)\n", "SystemExit"),
        ("    return open('gone').read()\n", "FileNotFoundError"),
        ("    import os, signal\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 'x'\n", "ended with"),
    ],
)
def test_a_call_that_goes_wrong_is_a_failure_that_says_why(tmp_path: Path, body: str, why: str) -> None:
    async def go() -> None:
        async with sandboxes(tmp_path) as box:
            with pytest.raises(ToolFailedError, match=why):
                await SandboxedTool(made(body), box).run({"a": "x"}, ERRAND)

    asyncio.run(go())


def test_nothing_is_left_over_from_one_call_to_the_next(tmp_path: Path) -> None:
    body = "    from pathlib import Path\n    seen = Path('kept').exists()\n    Path('kept').write_text(a)\n    return str(seen)\n"

    async def go() -> list[object]:
        async with sandboxes(tmp_path) as box:
            tool = SandboxedTool(made(body), box)
            return [(await tool.run({"a": "x"}, ERRAND)).value for _ in range(2)]

    assert asyncio.run(go()) == ["False", "False"]


@pytest.mark.parametrize("tests", ["    assert f('x') == 'y'\n", "    import os\n    assert True\n    os._exit(0)\n"])
def test_a_draft_whose_tests_fail_has_not_passed(tmp_path: Path, tests: str) -> None:
    async def go() -> Report:
        async with sandboxes(tmp_path) as box:
            return await try_draft(made("    return a\n", tests), box)

    report = asyncio.run(go())
    assert not report.passed
    assert report.tests[0].why != ""


def test_tests_that_write_the_report_themselves_and_end_whoever_would_have_have_not_passed(tmp_path: Path) -> None:
    forging = """    import json, os, signal
    for number in range(3, 16):
        try:
            os.write(number, json.dumps({"tests": [{"name": "test_f", "why": ""}]}).encode())
        except OSError:
            continue
    os.kill(os.getppid(), signal.SIGKILL)
    assert False
"""

    async def go() -> Report:
        async with sandboxes(tmp_path) as box:
            return await try_draft(made("    return a\n", forging), box)

    assert not asyncio.run(go()).passed


def test_a_report_of_other_tests_than_were_written_has_not_passed() -> None:
    for reported in ([], [{"name": "test_other", "why": ""}], [{"name": "test_stop_words_go", "why": ""}] * 2):
        box = Answering(json.dumps({"tests": reported}).encode())
        report = asyncio.run(try_draft(DRAFT, box))  # type: ignore[arg-type]
        assert not report.passed


@pytest.mark.parametrize(
    "stdout", [b"", b"{", b"[]", b'{"tests": 1}', b'{"tests": [], "more": 1}', b"\xff", b"[" * 100_000]
)
def test_a_report_that_is_none_has_not_passed(stdout: bytes) -> None:
    report = asyncio.run(try_draft(DRAFT, Answering(stdout, 1, stderr=b"oh\x1b[2J no")))  # type: ignore[arg-type]
    assert not report.passed
    assert "\x1b" not in report.fault


@pytest.mark.parametrize("stdout", [b"", b"{", b"[]", b"{}", b'{"other": 1}', b"\xff", b"[" * 100_000, b'"value"'])
def test_an_answer_that_is_none_is_a_failure(stdout: bytes) -> None:
    tool = SandboxedTool(DRAFT, Answering(stdout))  # type: ignore[arg-type]
    with pytest.raises(ToolFailedError):
        asyncio.run(tool.run({"title": "x"}, ERRAND))


@pytest.mark.parametrize(
    ("ended", "why"),
    [
        (Answering(status=127), "no python3"),
        (Answering(status=137, why="deadline"), "took too long"),
        (Answering(status=137, why="killed"), "killed 137"),
    ],
)
def test_how_a_job_ended_is_said(ended: Answering, why: str) -> None:
    with pytest.raises(ToolFailedError, match=why):
        asyncio.run(SandboxedTool(DRAFT, ended).run({"title": "x"}, ERRAND))  # type: ignore[arg-type]


def test_a_job_sees_its_own_files_and_nothing_else() -> None:
    box = Answering(b'{"value": 1}')
    asyncio.run(SandboxedTool(DRAFT, box).run({"title": "x"}, ERRAND))  # type: ignore[arg-type]
    ((job, stdin),) = box.jobs
    assert set(job.files) == {"run.py", "slug.py"}
    assert (job.binds, job.env, job.door, job.door_port, job.pid) == ((), {}, None, 0, Pid(7))
    assert job.bounds.wall_s <= 62
    assert json.loads(stdin) == {"module": "slug", "function": "slug", "args": {"title": "x"}}


def test_where_there_is_no_sandbox_nothing_runs() -> None:
    with pytest.raises(SandboxMissingError):
        asyncio.run(SandboxedTool(DRAFT, NoSandboxes("tests")).run({"title": "x"}, ERRAND))
    with pytest.raises(SandboxMissingError):
        asyncio.run(try_draft(DRAFT, NoSandboxes("tests")))


def test_nothing_of_a_draft_is_imported_here(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    draft = made(f"    open({str(witness)!r}, 'w').close()\n    return a\n")
    before = set(sys.modules)
    assert draft_faults(draft) == ()
    spec_of(draft)
    tool = SandboxedTool(draft, Answering(b'{"value": "x"}'))  # type: ignore[arg-type]
    asyncio.run(tool.run({"a": "x"}, ERRAND))
    assert not witness.exists()
    assert "f" not in set(sys.modules) - before


def test_a_probe_finds_nothing_because_nothing_is_reached() -> None:
    assert asyncio.run(SandboxedTool(DRAFT, Answering()).probe({}, ERRAND)) == Absent()  # type: ignore[arg-type]


def test_another_draft_is_another_tool() -> None:
    make: Callable[[Draft], str] = lambda draft: SandboxedTool(draft, Answering()).digest  # type: ignore[arg-type] # noqa: E731
    assert make(DRAFT) != make(msgspec.structs.replace(DRAFT, source=GOOD + "# more\n"))
    assert make(DRAFT) == make(msgspec.json.decode(msgspec.json.encode(DRAFT), type=Draft))


def test_a_diff_is_bounded() -> None:
    assert difference_of("a\nb", "a\nc", "x")[-2:] == ("-b", "+c")
    long = difference_of("", "\n".join(map(str, range(9_000))), "x", 50)
    assert len(long) == 51
    assert difference_of("a", "a", "x") == ()
