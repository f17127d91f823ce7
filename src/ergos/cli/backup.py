"""Commands about keeping a home: backup, restore, upgrade."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.backup import Made
    from ergos.app.backup_restore import Restored
    from ergos.app.home import Home

PASSPHRASE_BYTES_MAX = 4_096  # bytes of a passphrase; more is not one

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file of the backup.")]
SecretsOption = Annotated[
    bool,
    typer.Option("--with-secrets", help="Key and secrets, too, under a passphrase (asked for, or $ERGOS_PASSPHRASE)."),
]


def backup(
    file: FileArgument,
    with_secrets: SecretsOption = False,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a file that is there.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write everything of this home into one file, while its kernel goes on. Without --with-secrets no key is in it."""
    import asyncio

    from ergos.app.backup import make_backup
    from ergos.cli.render import emit, progress
    from ergos.drivers.host import HostClock, HostEntropy

    here = home_of(home)
    passphrase = _passphrase(twice=True) if with_secrets else None

    with progress(quiet=as_json) as shown:

        async def made() -> Made:
            await _sign(here)
            return await make_backup(
                here, file, HostClock(), HostEntropy(), replace=replace, passphrase=passphrase, told=shown.show
            )

        found = asyncio.run(made())
    if as_json:
        emit(found)
    else:
        _tell_made(found)


async def _sign(here: Home) -> None:
    """Have a running kernel sign what is new, so that the backup ends under a signature."""
    from ergos.app.client import ask
    from ergos.base.errors import ErgosError
    from ergos.runtime.control import Sign

    if here.holder() is None:
        return
    try:
        await ask(here, Sign())
    except ErgosError:
        return  # a backup of a kernel that does not answer is wanted all the more


def _tell_made(found: Made) -> None:
    from ergos.app.catalogue import moment
    from ergos.cli.render import note, say

    about = found.manifest
    signed = about.checkpoint.seq if about.checkpoint is not None else 0
    say(f"written     {found.file}, {found.bytes:,} bytes")
    say(f"journal     {about.seq:,} records up to {moment(about.at_ns)}, signed up to record {signed:,}")
    say(f"files       {len(about.parts):,}")
    if found.secrets:
        say("secrets     in it, under your passphrase: without it they are lost")
    else:
        note("key and secrets are not in it; `--with-secrets` takes them along")
    if found.elsewhere:
        note(f"in the desktop's keyring, and in no backup: {', '.join(found.elsewhere)}")
    for name in about.left_out[:10]:
        note(f"left out, no plain file or not to be read: {name}")
    if len(about.left_out) > 10:
        note(f"… and {len(about.left_out) - 10:,} more; --json has them all")


def restore(
    file: FileArgument,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="HOME", help="The home to restore into. Default: that of --home.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of what is there, which is kept aside.")
    ] = False,
    with_secrets: SecretsOption = False,
    public_key: Annotated[
        str | None, typer.Option("--public-key", metavar="HEX", help="The only key that may have signed its journal.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a backup and put it in place of a home. STOP is in force then and every process is paused."""
    import asyncio

    from ergos.app.backup_restore import restore as restored
    from ergos.cli.render import emit, progress
    from ergos.drivers.host import HostClock, HostEntropy

    here = _target(into if into is not None else home)
    passphrase = _passphrase(twice=False) if with_secrets else None
    with progress(quiet=as_json) as shown:
        found = asyncio.run(
            restored(
                file,
                here,
                HostClock(),
                HostEntropy(),
                replace=replace,
                passphrase=passphrase,
                public_key=public_key,
                told=shown.show,
            )
        )
    if as_json:
        emit(found)
    else:
        _tell_restored(found)


def _target(folder: Path | None) -> Home:
    """A home whose settings are not read: what is there may be what is wrong."""
    from ergos.app.home import Home
    from ergos.runtime.settings import Settings
    from ergos.runtime.settings import home_of as named

    place = folder.expanduser().absolute() if folder is not None else named(os.environ)
    return Home(Settings(home=place, owner="owner"))


def _tell_restored(found: Restored) -> None:
    from ergos.app.catalogue import moment
    from ergos.cli.render import say

    about, since = found.manifest, found.since
    say(f"restored    {found.home}: {about.seq:,} records up to {moment(about.at_ns)}, every one verified")
    if found.aside:
        say(f"kept        what was there lies in {found.aside}")
    said = {"backup": "from the backup", "home": "those of the home that was there", "": "none: a new key is made"}
    say(f"secrets     {said[found.secrets]}")
    say("")
    say(f"Time went back to {moment(about.at_ns)}. This home knows nothing of what was done after that:")
    if since.known:
        say(f"  {since.records:,} records, {since.calls:,} of them calls with effects, are in the home kept aside only")
        for call in since.shown[:10]:
            state = "done" if call.answered else "under way"
            say(f"    process {call.pid}  {call.call}  {call.effect}, {state}, {moment(call.at_ns)}")
        if since.calls > len(since.shown[:10]):
            say(f"    … {since.calls - len(since.shown[:10]):,} more; --json has them")
        if since.revoked:
            say(f"  {since.revoked:,} grants were revoked since; they are in force again: `ergos grants`")
    say("  money spent since does not count against caps; what was approved, answered or revoked since is open again")
    say("")
    say(f"So STOP is in force and {len(found.rewound.paused):,} of {found.rewound.processes:,} processes are paused.")
    say("  Of calls that were under way, irreversible ones will be in doubt and park; others are probed or done again")
    say("  under their old key. New calls may repeat what was done since: decide process by process.")
    say(
        "Next: `ergos up`; `ergos ps`; `ergos signal resume PID` or `ergos signal kill PID`; `ergos stop --all --lift`."
    )
    for left in found.unfinished:
        say(f"An earlier restore left {left}: the home it replaced, or one that never came in place.")


def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether this version can go on with the home.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say, without changing anything, whether this version of ErgOS can go on with this home: exit code 0 or 2."""
    import asyncio

    from ergos.app.upgrade import hurdles
    from ergos.cli.render import emit, progress, table

    if not check:
        raise UsageError(
            "ergos is upgraded by the tool that installed it", remedy="`ergos upgrade --check` looks before"
        )
    here = _target(home)
    with progress(quiet=as_json) as shown:
        found = asyncio.run(hurdles(here.folder, os.environ, shown.show))
    fits = all(finding.verdict != "bad" for finding in found)
    if as_json:
        emit({"fits": fits, "findings": found})
    else:
        marks = {"good": "ok", "note": "note", "bad": "BAD"}
        rows = [
            (marks[one.verdict], one.subject, one.found + (f" — {one.remedy}" if one.remedy else "")) for one in found
        ]
        table(("", "what", "found"), rows)
    if not fits:
        sys.stdout.flush()
        raise typer.Exit(2)


def _passphrase(*, twice: bool) -> str:
    """From $ERGOS_PASSPHRASE, a prompt, or the first line of stdin. Raises: UsageError."""
    named = os.environ.get("ERGOS_PASSPHRASE")
    if named:
        return named
    if sys.stdin.isatty():
        return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))
    line = sys.stdin.readline(PASSPHRASE_BYTES_MAX).rstrip("\r\n")
    if not line:
        raise UsageError("a passphrase is needed", remedy="set ERGOS_PASSPHRASE, or give it on stdin")
    return line
