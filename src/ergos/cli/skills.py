"""Commands about skills: which are installed, what one asks for, installing and removing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.skill_store import Offer, SkillStore
    from ergos.lib.skills import Skill

DESCRIPTION_CHARS: Final = 200  # characters of a description in the list
WAITS_EXIT: Final = 3  # something waits for the owner

app: Final = typer.Typer(
    name="skills", help="List the installed skills; install, look at or remove one.", rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a skill, as `ergos skills list` shows it.")]


@app.callback(invoke_without_command=True)
def skills(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the installed skills."""
    if context.invoked_subcommand is None:
        listed(home, as_json=as_json)


@app.command(name="list")
def listed(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the installed skills, and whether each is as you approved it."""
    from ergos.cli.render import emit, note, table
    from ergos.lib.visible import one_line

    found = _store(home).all()
    if as_json:
        emit([_described(one) for one in found])
        return
    if not found:
        note("no skill is installed: `ergos skills add FOLDER`")
        return
    rows = [(one.name, "ready" if one.usable else one.state, one_line(_about(one), DESCRIPTION_CHARS)) for one in found]
    table(("SKILL", "STATE", "WHAT IT IS FOR"), rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="An installed skill, or a folder with SKILL.md.")],
    agent: Annotated[str, typer.Option("--agent", help="Say what it asks for on behalf of this agent.")] = "*",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one skill: what it says, what it asks for, its files."""
    from ergos.cli.render import emit, note, say
    from ergos.lib.bundle import take
    from ergos.lib.skill_wants import sentences_of
    from ergos.lib.skills import skill_of

    store = _store(home)
    if "/" in name or (Path(name).is_dir() and not any(one.name == name for one in store.all())):
        _say_offer(store.look(Path(name)), as_json=as_json)
        return
    skill = store.one(name)
    if skill.file is None:
        raise UsageError(f"the skill {name} cannot be read: {skill.why}", remedy=f"`ergos skills remove {name}`")
    file = skill_of(take(skill.folder))
    asked = store.wants(file, agent)
    if as_json:
        emit({**_described(skill), "asks": asked, "instructions": file.body, "files": _files(skill)})
        return
    say(f"{skill.name}  {'ready' if skill.usable else skill.state}{f': {skill.why}' if skill.why else ''}")
    say(f"  {file.description}")
    for label, text in (("license", file.license), ("needs", file.compatibility), ("digest", skill.digest[:12])):
        if text:
            say(f"  {label}: {text}")
    asks = sentences_of(asked, home_of(home).settings.language)
    say("It asks for this; installing it gave none of it:" if asks else "It asks for nothing.")
    for line in asks:
        say(f"  {line}")
    for path, size in _files(skill).items():
        say(f"  {size:>9,} bytes  {path}")
    _mend(skill)
    if asked.grants:
        note("a grant is given in AGENT.md or with `ergos grant`")


@app.command()
def add(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder with SKILL.md.")],
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="DIGEST", help="You saw what it asks for: the digits shown.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Install a skill or its update. One that asks for more than before waits until you approve its digest."""
    from ergos.app.skill_store import DIGEST_DIGITS
    from ergos.cli.render import note

    store = _store(home)
    offer = store.look(path)
    if approve is not None and len(approve) < DIGEST_DIGITS:
        raise UsageError(f"{approve!r} is too short a digest", remedy=f"its first {DIGEST_DIGITS} digits, as shown")
    if approve is not None and not offer.bundle.digest.startswith(approve):
        raise UsageError(f"this is {offer.short}, not {approve[:DIGEST_DIGITS]}: it changed", remedy="look at it again")
    _say_offer(offer, as_json=as_json)
    if offer.more and approve is None:
        sys.stdout.flush()
        note(f"not installed yet: ergos skills add {path} --approve {offer.short}")
        raise typer.Exit(WAITS_EXIT)
    store.install(offer, home_of(home).settings.owner)
    note(f"{'updated' if offer.is_update else 'installed'}: {offer.file.name} {offer.short}")
    note("an agent reads it once it has the grant: ergos grant AGENT act skills.read")


@app.command()
def remove(name: Name, home: HomeOption = None) -> None:
    """Remove an installed skill."""
    from ergos.cli.render import note

    _store(home).remove(name)
    note(f"removed: {name}")


def _store(home: Path | None) -> SkillStore:
    from ergos.app.skill_store import SkillStore
    from ergos.app.tool_shops import built_in
    from ergos.drivers.host import HostClock

    here = home_of(home)
    known = {spec.name: spec for spec in built_in(here.folder, here.settings.owner)}
    return SkillStore(here.folder / "skills", HostClock(), language=here.settings.language, known=known)


def _say_offer(offer: Offer, *, as_json: bool) -> None:
    from ergos.cli.render import emit, say

    if as_json:
        emit(
            {
                "name": offer.file.name,
                "digest": offer.bundle.digest,
                "description": offer.file.description,
                "is_update": offer.is_update,
                "asks": offer.asks,
                "asks_more": offer.more,
                "grants": offer.wants.grants,
                "secrets": offer.wants.secrets,
                "files": {path: len(content) for path, content in offer.bundle.files.items()},
                "changes": offer.changes,
                "hidden": offer.hidden,
            }
        )
        return
    say(f"{offer.file.name}  {offer.short}")
    say(f"  {offer.file.description}")
    say("It asks for this; installing it gives none of it:" if offer.asks else "It asks for nothing.")
    for line in offer.asks:
        say(f"  {line}{'  (more than before)' if offer.is_update and line in offer.more else ''}")
    for path in offer.hidden:
        say(f"  {path} holds characters that do not show; they are left out when it is read")
    for line in offer.changes:
        say(line)


def _mend(skill: Skill) -> None:
    """What to do about a skill that is not as it was approved."""
    from ergos.cli.render import note

    if not skill.usable:
        note(f"no agent reads it as it is: add it again from its folder, or `ergos skills remove {skill.name}`")


def _about(skill: Skill) -> str:
    return skill.why or (skill.file.description if skill.file is not None else "")


def _files(skill: Skill) -> dict[str, int]:
    from ergos.lib.bundle import take

    return {path: len(content) for path, content in take(skill.folder).files.items()}


def _described(skill: Skill) -> dict[str, object]:
    """A skill for programs."""
    return {
        "name": skill.name,
        "state": "ready" if skill.usable else skill.state,
        "why": skill.why,
        "digest": skill.digest,
        "description": skill.file.description if skill.file is not None else "",
        "folder": str(skill.folder),
    }
