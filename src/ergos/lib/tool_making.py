"""A tool that an agent wrote: from a draft to a call in the sandbox.

    draft = Draft(owner="alice", agent="scribe", source=..., tests=..., why="I need it daily")
    faults = draft_faults(draft)                  # read, not run
    report = await try_draft(draft, sandboxes)    # its tests, in the sandbox
    made = SandboxedTool(draft, sandboxes)        # after its owner approved exactly `draft.digest`

Rules: nothing of a draft ever runs in this process, neither before its approval nor after it. Inside there is no
network, no door, no file but its own, and nothing is left over from one call to the next. A draft's digest covers
everything its owner is shown: another character is another draft.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain, decode, digest_of, encode
from ergos.base.errors import DefinitionError, ErgosError, ToolFailedError
from ergos.base.ids import Digest, Pid
from ergos.kernel.confinement import MIB, Bounds, Ended, Job, Sandboxes
from ergos.kernel.packages import Absent, Errand, Performed, ToolSpec
from ergos.lib import tool_harness
from ergos.lib.tool_source import definition_of, read_source, read_tests
from ergos.lib.visible import is_visible, one_line

WHY_CHARS_MAX: Final = 1_000  # characters of what a draft is for
FAILURE_CHARS: Final = 500  # characters of what a test or a call said when it failed
INTERPRETER: Final = ("python3", "-I", "-B", "run.py")
"""What the sandbox has on its path; isolated, so that no site of the machine takes part."""
GRACE_S: Final = 2.0  # seconds beyond a tool's own deadline until the sandbox ends it
TESTS_S: Final = 120.0  # seconds for all tests of a draft


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as an agent proposed it."""

    owner: str
    agent: str
    source: str
    tests: str
    why: str = ""

    @property
    def digest(self) -> Digest:
        """Of everything its owner is shown."""
        return digest_of(msgspec.to_builtins(self))


class Tried(msgspec.Struct, frozen=True):
    """How one test went."""

    name: str
    why: str = ""
    """Why it failed; '': it passed."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the tests of a draft said, in which sandbox."""

    sandbox: str
    tests: tuple[Tried, ...] = ()
    fault: str = ""
    """Why they did not come to an end."""

    @property
    def passed(self) -> bool:
        """Every test ran and passed."""
        return not self.fault and bool(self.tests) and not any(one.why for one in self.tests)


def draft_faults(draft: Draft) -> tuple[str, ...]:
    """What is wrong with a draft, as far as reading it tells."""
    faults: list[str] = []
    if not is_visible(draft.why) or len(draft.why) > WHY_CHARS_MAX:
        faults.append(f"`why` has at most {WHY_CHARS_MAX:,} characters, all of which show")
    declared, wrong = read_source(draft.source)
    faults += wrong
    if declared is not None:
        faults += read_tests(draft.tests, declared.function)[1]
    return tuple(faults)


def spec_of(draft: Draft) -> ToolSpec:
    """The definition of a draft's tool. Raises: DefinitionError for a draft with faults."""
    declared, faults = read_source(draft.source)
    if declared is None:
        raise DefinitionError(f"this is no tool: {'; '.join(faults)}")
    return definition_of(declared).spec


async def try_draft(draft: Draft, sandboxes: Sandboxes, pid: Pid | None = None) -> Report:
    """Run its tests in the sandbox. Raises: DefinitionError for a draft with faults; SandboxError and its children."""
    faults = draft_faults(draft)
    declared, _ = read_source(draft.source)
    if faults or declared is None:
        raise DefinitionError(f"this is no tool: {'; '.join(faults)}")
    names, _ = read_tests(draft.tests, declared.function)
    job = Job(
        command=(*INTERPRETER, "test"),
        pid=pid,
        files=_files(draft, declared.function, tests=True),
        bounds=_bounds(TESTS_S),
    )
    ended = await sandboxes.run(job, b"{}")
    if ended.status:  # a test may have written a report of its own, and ended who writes the true one
        return Report(sandbox=sandboxes.name, fault=_fault(ended, "the tests"))
    try:
        came = msgspec.json.decode(ended.stdout, type=_Tests).tests
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Report(sandbox=sandboxes.name, fault=_fault(ended, "the tests"))
    if tuple(one.name for one in came) != names:
        return Report(sandbox=sandboxes.name, fault="the tests that were reported are not those that were written")
    shown = tuple(Tried(one.name, one_line(one.why, FAILURE_CHARS)) for one in came)
    return Report(sandbox=sandboxes.name, tests=shown)


class SandboxedTool:
    """A made tool whose owner approved it: every call is a job of its own."""

    def __init__(self, draft: Draft, sandboxes: Sandboxes) -> None:
        """Raises: DefinitionError for a draft with faults."""
        declared, faults = read_source(draft.source)
        if declared is None:
            raise DefinitionError(f"this is no tool: {'; '.join(faults)}")
        self._definition: Final = definition_of(declared)
        self._function: Final = declared.function
        self._files: Final = _files(draft, declared.function, tests=False)
        self._sandboxes: Final = sandboxes
        self._digest: Final = digest_of([draft.digest, self._definition.digest])

    @property
    def spec(self) -> ToolSpec:
        """Its definition."""
        return self._definition.spec

    @property
    def digest(self) -> Digest:
        """Of definition, source and tests."""
        return self._digest

    def misfit(self, args: dict[str, Plain]) -> str:
        """What is wrong with the arguments, or ''."""
        return self._definition.misfit(args)

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Call it in the sandbox. Raises: ToolFailedError; SandboxMissingError, SandboxError."""
        asked: dict[str, Plain] = {"module": self._function, "function": self._function, "args": args}
        job = Job(
            command=(*INTERPRETER, "call"),
            pid=errand.pid,
            files=self._files,
            bounds=_bounds(self.spec.deadline_s + GRACE_S),
        )
        ended = await self._sandboxes.run(job, encode(asked, what="the arguments"))
        try:
            came = decode(ended.stdout)
        except ErgosError as error:
            raise ToolFailedError(f"{self.spec.name}: {_fault(ended, 'it')}") from error
        if not isinstance(came, dict) or ended.status or not {"value", "failed"} & set(came):
            raise ToolFailedError(f"{self.spec.name}: {_fault(ended, 'it')}")
        if "failed" in came:
            raise ToolFailedError(f"{self.spec.name}: {one_line(str(came['failed']), FAILURE_CHARS)}")
        encode(came["value"], what="the result")
        return Performed(value=came["value"])

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """It reaches nothing, so nothing of it can have happened."""
        del args, errand
        return Absent()


class _Tests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tests: tuple[Tried, ...]


def _files(draft: Draft, function: str, *, tests: bool) -> dict[str, bytes]:
    assert tool_harness.__file__ is not None
    files = {
        "run.py": Path(tool_harness.__file__).read_bytes(),
        f"{function}.py": draft.source.encode(),
    }
    return {**files, "tests.py": draft.tests.encode()} if tests else files


def _bounds(wall_s: float) -> Bounds:
    return Bounds(
        wall_s=wall_s,
        cpu_s=max(1, int(wall_s)),
        memory_bytes=256 * MIB,
        processes=16,
        file_bytes=8 * MIB,
        disk_bytes=16 * MIB,
        files=256,
        output_bytes=2 * MIB,
    )


def _fault(ended: Ended, what: str) -> str:
    """Why there is no answer, for people and models."""
    if ended.why == "deadline":
        return f"{what} took too long"
    if ended.status == 127:  # as shells say it
        return "there is no python3 in the sandbox"
    said = one_line(ended.stderr[-4 * FAILURE_CHARS :].decode("utf-8", "replace"), 4 * FAILURE_CHARS)[-FAILURE_CHARS:]
    return f"{what} ended with {ended.why} {ended.status} and gave no answer{': ' if said else ''}{said}"


def difference_of(before: str, after: str, name: str, lines_max: int = 400) -> tuple[str, ...]:
    """Two texts as a unified diff, of bounded length."""
    import difflib

    told = difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} before", f"{name} after", lineterm="")
    lines = [line for line, _ in zip(told, range(lines_max + 1), strict=False)]
    return (*lines[:lines_max], "… and more") if len(lines) > lines_max else tuple(lines)


def plain(report: Report) -> dict[str, Plain]:
    """A report as plain data."""
    return cast("dict[str, Plain]", msgspec.to_builtins(report))
