"""git.status, git.log, git.diff, git.show, git.commit: a repository of the workspace, by the machine's own git.

Git runs in the sandbox and sees the repository alone. A repository can be hostile: its hooks, filters, pagers, editors,
credential helpers, submodules and remotes are things it would have run.

Rules: nothing the repository says is run: no hooks, no filters, no external diff, no signing, no network protocol, no
configuration of the machine or the user. A commit carries the call's key as a trailer, by which it is found again.
There is no push.
"""

from __future__ import annotations

import asyncio
import os
import re
from typing import Annotated, Final

import msgspec

from ergos.base.canonical import Plain, digest
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, ToolFailedError, ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.tools.confined import Room, look, opened, reading
from ergos.drivers.tools.declaring import Arguments, Builtin, unsettled
from ergos.drivers.tools.inside import sandbox_of
from ergos.drivers.tools.paths import Place, file_of, place_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.confinement import Bind, Bounds, Ended, Job, Sandboxes
from ergos.kernel.packages import Absent, Errand

OUTPUT_BYTES_MAX: Final = 256 * 1024  # bytes given back
PATHS_MAX: Final = 500  # paths of one commit or diff
LOG_MAX: Final = 200  # commits of one log
MESSAGE_CHARS_MAX: Final = 20_000
PROBE_COMMITS: Final = 2_000  # commits looked through for a call's own
CONFIG_BYTES_MAX: Final = 64 * 1024  # bytes of a repository's own configuration
WALL_S: Final = 60.0
DEADLINE_S: Final = 90.0
TRAILER: Final = "Ergos-Call"
REPOSITORY: Final = "/repo"

_QUIET: Final = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "core.editor=false", "core.sshCommand=false",
    "core.attributesFile=/dev/null", "core.excludesFile=/dev/null", "core.symlinks=false", "protocol.allow=never",
    "safe.directory=*", "submodule.recurse=false", "diff.external=", "commit.gpgSign=false", "gpg.program=false",
    "tag.gpgSign=false", "credential.helper=", "maintenance.auto=false", "gc.auto=0", "log.showSignature=false",
    "uploadpack.packObjectsHook=", "init.templateDir=", "color.ui=false", "core.quotePath=false",
    "diff.ignoreSubmodules=all",
    "status.submoduleSummary=false", "core.useBuiltinFSMonitor=false", "core.untrackedCache=false",
    "log.mailmap=false", "mailmap.blob=", "mailmap.file=/dev/null", "interactive.diffFilter=",
    "core.alternateRefsCommand=",
)  # fmt: skip
_ENV: Final = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_DIR": f"{REPOSITORY}/.git",
    "GIT_WORK_TREE": REPOSITORY,
    "HOME": "/tmp",  # noqa: S108 - inside the sandbox
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
_DANGER: Final = re.compile(
    r"\[\s*(?:filter|include|includeif)\b"
    r"|\b(?:worktree|worktreeconfig|textconv|process|clean|smudge|sshcommand|hookspath|fsmonitor|attributesfile|external)"
    r"\s*=",
    re.IGNORECASE,
)
_REVISION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/~^@{}-]{0,199}")
_FIELD: Final = "%H%x1f%an%x1f%at%x1f%s%x1e"


class Repository(Arguments, frozen=True):
    """Arguments of git.status."""

    repository: str = "."


class Log(Arguments, frozen=True):
    """Arguments of git.log."""

    repository: str = "."
    revision: str = "HEAD"
    commits: Annotated[int, msgspec.Meta(ge=1, le=LOG_MAX)] = 20
    paths: Annotated[list[str], msgspec.Meta(max_length=PATHS_MAX)] = []


class Diff(Arguments, frozen=True):
    """Arguments of git.diff."""

    repository: str = "."
    revision: str = ""
    other: str = ""
    paths: Annotated[list[str], msgspec.Meta(max_length=PATHS_MAX)] = []


class Show(Arguments, frozen=True):
    """Arguments of git.show."""

    repository: str = "."
    revision: str = "HEAD"
    path: str = ""


class Commit(Arguments, frozen=True):
    """Arguments of git.commit."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=MESSAGE_CHARS_MAX)]
    repository: str = "."
    paths: Annotated[list[str], msgspec.Meta(max_length=PATHS_MAX)] = []


class GitTools:
    """The tools of git."""

    def __init__(self, workspaces: Workspaces, sandboxes: Sandboxes | None) -> None:
        self._workspaces: Final = workspaces
        self._sandboxes: Final = sandboxes

    def tools(self) -> tuple[Builtin[Repository], Builtin[Log], Builtin[Diff], Builtin[Show], Builtin[Commit]]:
        """git.status, git.log, git.diff, git.show, git.commit."""
        return (
            Builtin(
                "git.status", Repository, self._status, effect="pure", reach="read", deadline_s=DEADLINE_S,
                check=lambda a: _checked(a.repository),
            ),
            Builtin(
                "git.log", Log, self._log, effect="pure", reach="read", deadline_s=DEADLINE_S,
                check=lambda a: _checked(a.repository, a.revision, paths=a.paths),
            ),
            Builtin(
                "git.diff", Diff, self._diff, effect="pure", reach="read", deadline_s=DEADLINE_S,
                check=lambda a: _checked(a.repository, a.revision, a.other, paths=a.paths),
            ),
            Builtin(
                "git.show", Show, self._show, effect="pure", reach="read", deadline_s=DEADLINE_S,
                check=lambda a: _checked(a.repository, a.revision, paths=[a.path] if a.path else []),
            ),
            Builtin(
                "git.commit", Commit, self._commit, effect="reconcilable", reach="own", deadline_s=DEADLINE_S,
                probe=self._committed, check=lambda a: _checked(a.repository, paths=a.paths),
                roles={"repository": "target", "message": "text", "paths": "target"},
            ),
        )  # fmt: skip

    async def _status(self, asked: Repository, errand: Errand) -> dict[str, Plain]:
        """What is changed, added and not tracked in a Git repository of the workspace."""
        said = await self._git(
            asked.repository, errand, "status", "--porcelain=v1", "--branch", "--untracked-files=all"
        )
        return _text(said)

    async def _log(self, asked: Log, errand: Errand) -> dict[str, Plain]:
        """The last commits of a Git repository: identity, author, time, first line."""
        said = await self._git(
            asked.repository, errand, "log", f"--max-count={asked.commits}", f"--format={_FIELD}",
            "--no-show-signature", "--end-of-options", asked.revision, "--", *asked.paths,
        )  # fmt: skip
        commits: list[Plain] = []
        for record in said.stdout.decode("utf-8", "replace").split("\x1e"):
            fields = record.strip("\n").split("\x1f")
            if len(fields) == 4:
                when = int(fields[2]) if fields[2].isdigit() else 0
                commits.append({"commit": fields[0], "author": fields[1], "at_s": when, "subject": fields[3]})
        return {"commits": commits, "cut": said.cut}

    async def _diff(self, asked: Diff, errand: Errand) -> dict[str, Plain]:
        """The difference between the working tree and a revision (default: what is staged), or between two."""
        revisions = [one for one in (asked.revision, asked.other) if one]
        return _text(
            await self._git(
                asked.repository, errand, "diff", "--no-ext-diff", "--no-textconv", "--stat", "--patch",
                "--end-of-options", *revisions, "--", *asked.paths,
            )
        )  # fmt: skip

    async def _show(self, asked: Show, errand: Errand) -> dict[str, Plain]:
        """A commit with its changes, or with `path` a file as it was in that revision."""
        if asked.path:
            place = file_of(asked.path)
            wanted = f"{asked.revision}:{'/'.join(place.parts)}"
            return _text(await self._git(asked.repository, errand, "cat-file", "blob", wanted))
        return _text(
            await self._git(
                asked.repository, errand, "show", "--no-ext-diff", "--no-textconv", "--no-show-signature",
                "--end-of-options", asked.revision, "--",
            )
        )  # fmt: skip

    async def _commit(self, asked: Commit, errand: Errand) -> dict[str, Plain]:
        """Commit files of a Git repository of the workspace (`paths`; default: everything that changed)."""
        paths = asked.paths or ["."]
        await self._git(asked.repository, errand, "add", "--all", "--", *paths, write=True)
        message = f"{asked.message.strip()}\n\n{TRAILER}: {_mark(errand)}\n"
        author = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (
                ("NAME", errand.agent),
                ("EMAIL", f"{errand.agent.encode().hex()[:40]}@agents.invalid"),
                ("DATE", f"{errand.now_ns // SECOND} +0000"),
            )
        }
        scope = ["--only", "--", *paths] if asked.paths else []
        try:
            said = await self._git(
                asked.repository, errand, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--cleanup=verbatim",
                "--file=-", *scope, write=True, stdin=message.encode(), env=author, may_fail=True,
            )  # fmt: skip
        except ToolFailedError:  # it was ended, maybe after the commit stood
            found = await self._settled(asked, errand)
            if isinstance(found, Absent):
                raise
            return found
        if said.status != 0:
            told = (said.stdout + said.stderr).decode("utf-8", "replace").strip()[:400]
            raise ToolFailedError(f"nothing was committed: {told}", remedy="git.status shows what there is to commit")
        found = await self._settled(asked, errand)
        if isinstance(found, Absent):
            raise ToolFailedError("git said it committed, but the commit is not there", remedy="look at git.log")
        return found

    async def _settled(self, asked: Commit, errand: Errand) -> dict[str, Plain] | Absent:
        """What became of a commit that was begun. Raises: InDoubtError where that cannot be seen."""
        try:
            return await self._committed(asked, errand)
        except ErgosError as error:
            unsettled(f"whether the commit was made cannot be seen: {error.what}")

    async def _committed(self, asked: Commit, errand: Errand) -> dict[str, Plain] | Absent:
        """Look for the commit that carries this call's key."""
        said = await self._git(
            asked.repository, errand, "log", f"--max-count={PROBE_COMMITS}", "--all", "--format=%H", "--fixed-strings",
            f"--grep={TRAILER}: {_mark(errand)}", may_fail=True,
        )  # fmt: skip
        if said.why != "exit":  # it was ended before it could say
            raise ToolFailedError(f"git could not be asked for the commit: it was ended ({said.why})")
        found = said.stdout.decode("ascii", "replace").split()
        return {"commit": found[0]} if said.status == 0 and found else Absent()

    async def _git(
        self,
        repository: str,
        errand: Errand,
        *words: str,
        write: bool = False,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        may_fail: bool = False,
    ) -> Ended:
        """Run git. Raises: ToolFailedError with what it said."""
        sandboxes = sandbox_of(self._sandboxes)
        bind = await asyncio.to_thread(self._bind, repository, errand, write)
        job = Job(
            command=("git", "--no-pager", *(part for one in _QUIET for part in ("-c", one)), *words),
            pid=errand.pid,
            binds=(bind,),
            env={**_ENV, **(env or {})},
            folder=REPOSITORY,
            bounds=Bounds(wall_s=WALL_S, memory_bytes=2_048 * MIB, output_bytes=OUTPUT_BYTES_MAX, file_bytes=256 * MIB),
        )
        ended = await sandboxes.run(job, stdin)
        if ended.why != "exit":
            raise ToolFailedError(f"git was ended ({ended.why})", remedy="ask for less at once")
        if ended.status != 0 and not may_fail:
            raise ToolFailedError(f"git: {ended.stderr.decode('utf-8', 'replace').strip()[:500]}")
        return ended

    def _bind(self, repository: str, errand: Errand, write: bool) -> Bind:  # noqa: FBT001
        """The repository as the job sees it. Raises: ToolFailedError where it is none, or says what it would run."""
        place = place_of(repository)
        room = self._workspaces.room(place, errand, write=write)
        inside = place.child(".git")
        with opened(room, inside.parts) as folder:
            for name in ("commondir", "gitdir"):
                if look(folder, name) is not None:
                    raise ToolFailedError(f"{place.text} shares its store with another repository; that is not opened")
            with reading(folder, "config", f"{inside.text}/config") as handle:
                config = _read(handle)
        _no_alternates(room, inside.child("objects").child("info"))
        if harmful := _DANGER.search(config):
            raise ToolFailedError(
                f"the configuration of {place.text} would run or read something else: {harmful[0][:60]!r}",
                remedy="its owner can remove that from .git/config",
            )
        return Bind(str(room.folder.resolve().joinpath(*place.parts)), REPOSITORY, write)


def _no_alternates(room: Room, info: Place) -> None:
    """Raises: ToolFailedError where the objects of another repository are borrowed."""
    try:
        with opened(room, info.parts) as folder:
            borrowed = any(look(folder, name) is not None for name in ("alternates", "http-alternates"))
    except ToolFailedError:  # no such folder
        return
    if borrowed:
        raise ToolFailedError("the repository borrows objects from another place; that is not opened")


def _read(handle: int) -> str:
    body = os.read(handle, CONFIG_BYTES_MAX + 1)
    if len(body) > CONFIG_BYTES_MAX:
        raise ToolFailedError(f"the repository's configuration has more than {CONFIG_BYTES_MAX:,} bytes")
    return body.decode("utf-8", "replace").replace("\\\n", "")


def _checked(repository: str, *revisions: str, paths: list[str] | None = None) -> None:
    place_of(repository)
    for revision in revisions:
        if revision and (not _REVISION.fullmatch(revision) or ".." in revision):
            raise ValueShapeError(f"{revision[:80]!r} is no revision such as HEAD~2 or a commit's identity")
    for path in paths or []:
        if place_of(path).room:
            raise ValueShapeError(f"{path[:80]!r} is not a path in the repository")


def _mark(errand: Errand) -> str:
    return digest(errand.idempotency_key.encode())[:40]


def _text(ended: Ended) -> dict[str, Plain]:
    return {"text": ended.stdout.decode("utf-8", "replace"), "cut": ended.cut}
