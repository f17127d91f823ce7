"""Commands that prove: replay, verify, receipt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.rehearsal import Step
    from ergos.kernel.own_events import Checkpoint
    from ergos.runtime.audit import Audit

RECEIPT_BYTES_MAX = 64 * 1024  # bytes of a receipt that is read; one is about 400


def replay(
    pid: Annotated[int, typer.Argument(metavar="PID", help="The process, as `ergos ps` shows it.")],
    until: Annotated[int | None, typer.Option("--until", min=1, metavar="N", help="Only up to record N.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Drive the program on disk with the answers of the journal; perform nothing; show calls and answers."""
    import asyncio

    from ergos.cli.render import emit, note, say

    steps: list[Step] = []

    def took(step: Step) -> None:
        steps.append(step)
        if not as_json:
            say(_line(step))

    changed = asyncio.run(_replayed(home_of(home), pid, until, took))
    if as_json:
        emit({"pid": pid, "until": until, "changed": changed, "steps": steps})
    elif changed:
        note("the source has changed since; the replay used what is on disk, and it fits")
    else:
        note(f"{len(steps)} steps replayed; the program does what the journal says")


async def _replayed(here: Home, pid: int, until: int | None, took: Callable[[Step], None]) -> bool:
    """Hand over the steps; whether the source on disk is another version."""
    from ergos.app.catalogue import Catalogue
    from ergos.app.home import programs_of, reading
    from ergos.app.rehearsal import Rehearsal
    from ergos.base.ids import Pid

    async with reading(here) as reads:
        rehearsal = Rehearsal(Catalogue(here, reads), reads, programs_of(here), Pid(pid))
        async for step in rehearsal.steps(until):
            took(step)
        return rehearsal.changed


def _line(step: Step) -> str:
    """A step on two lines: what was asked, what was answered."""
    from ergos.cli.render import short

    asked = f"{step.turn:>3}  {step.what} {short(step.args) if step.args else ''}".rstrip()
    if not step.answered:
        return f"{asked}\n     … the journal holds no answer"
    if step.failure is not None:
        return f"{asked}\n     → [{step.failure.code}] {step.failure.what}"
    return f"{asked}\n     → {short(step.came)}"


def verify(
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help="A receipt that was kept elsewhere.")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option("--public-key", metavar="HEX", help="The only key that may have signed.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the whole journal: chain, signatures, ledger, processes, and a receipt kept elsewhere."""
    import asyncio

    import msgspec

    from ergos.app.home import reading
    from ergos.base.errors import VerificationError
    from ergos.cli.render import emit, progress
    from ergos.runtime.audit import audit

    here = home_of(home)
    kept = _kept(checkpoint) if checkpoint is not None else None

    with progress(quiet=as_json) as shown:

        async def audited() -> Audit:
            async with reading(here) as reads:
                reads.freeze()
                return await audit(
                    reads,
                    kept=kept,
                    public_key=public_key,
                    on_progress=lambda records: shown.show(f"{records:,} records verified …"),
                )

        shown.show("reading the journal …")
        found = asyncio.run(audited())
    if as_json:
        emit({"sound": found.sound, **msgspec.structs.asdict(found)})
    else:
        _report(found)
    if found.problem is not None:
        raise VerificationError(str(found.problem))


def _report(found: Audit) -> None:
    """What was proven, a line each."""
    from ergos.cli.render import say

    say(f"records      {found.records:,}, chained without a gap")
    say(f"head         {found.head}")
    say(f"signed up to record {found.signed_seq:,}, by {found.checkpoints:,} checkpoints")
    for key in found.public_keys:
        say(f"signed by    {key}")
    say(f"processes    {found.processes:,}")
    say(f"values       {found.blobs:,} blobs")
    say(f"holds open   {found.holds_open:,}")
    say("sound" if found.sound else "NOT SOUND")


def _kept(path: Path) -> Checkpoint:
    """The checkpoint of a receipt. Raises: UsageError."""
    import msgspec

    from ergos.kernel.own_events import Checkpoint as Kept

    try:
        if path.stat().st_size > RECEIPT_BYTES_MAX:
            raise UsageError(f"{path} is no receipt: it is larger than {RECEIPT_BYTES_MAX:,} bytes")
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no receipt: {error}", remedy="`ergos receipt -o FILE` writes one") from error


def receipt(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it there; else print it.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Sign what is new and write the newest checkpoint: keep it elsewhere, `ergos verify --checkpoint` compares."""
    import asyncio

    from ergos.app.home import reading
    from ergos.app.receipt import encoded, receipt_of
    from ergos.cli.render import note

    here = home_of(home)

    async def made() -> bytes:
        async with reading(here) as reads:
            return encoded(await receipt_of(here, reads))

    found = asyncio.run(made())
    if out is None:
        print(found.decode(), end="")
        return
    try:
        out.write_bytes(found)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    note(f"receipt written to {out}")
