"""What `ergos doctor` says of what keeps agents in: sandbox, way out, secrets, servers of tools, prohibitions.

Rules: changes nothing, and starts nothing but the trial of the sandbox; servers are asked through a kernel that runs
already. What runs with all its owner's rights is never called good.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from ergos.app.checkup import Finding
from ergos.app.client import ask
from ergos.app.home import Home
from ergos.app.making import workshop_at
from ergos.app.sandbox_score import sandbox_findings
from ergos.app.server_desk import HomeServers
from ergos.app.server_shop import unruled
from ergos.app.skill_store import SkillStore
from ergos.base.errors import ErgosError
from ergos.drivers.cedar.rules import from_file
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.vault.desktop import real_ring
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.egress import ANY_HOST
from ergos.kernel.mounts import Offer, Pin, ServerSettings
from ergos.lib.visible import one_line
from ergos.runtime.control import Look, Told
from ergos.runtime.settings import FILE

NAMED_MAX: Final = 5  # names in one line; `--json` has as many
WORDS_CHARS: Final = 200  # characters of a reason of somebody else's

Show = Callable[[str], None]


def defences(home: Home, show: Show, *, attack: bool = False) -> list[Finding]:
    """A line for each, in a fixed order. `attack`: the hostile attempts, too, some 15 s."""
    return [
        *_sandbox(show, attack=attack),
        _egress(home),
        _secrets(home),
        *_servers(home, show),
        _made(home),
        _skills(home),
        _prohibitions(home),
    ]


def _sandbox(show: Show, *, attack: bool) -> list[Finding]:
    show("trying the sandboxes …")
    try:
        with tempfile.TemporaryDirectory(prefix="ergos-doctor-") as scratch:
            return sandbox_findings(Path(scratch), HostEntropy(), attack=attack, show=show)
    except OSError as error:
        return [Finding("sandbox", "bad", f"it could not be tried: {error}", "look at the path named")]


def _egress(home: Home) -> Finding:
    rules = home.settings.egress.rules
    if not rules:
        return Finding("egress", "good", "no rule: nothing leaves a sandbox")
    private = [rule.name for rule in rules if rule.private]
    open_ended = [rule.name for rule in rules if rule.host == ANY_HOST]
    said = [f"{len(rules)} rule{_s(len(rules))}"]
    if private:
        said.append(f"{len(private)} into private networks ({_named(private)})")
    if open_ended:
        said.append(f"{len(open_ended)} to every public host ({_named(open_ended)})")
    if not (private or open_ended):
        return Finding("egress", "good", f"{said[0]}: {_named([rule.name for rule in rules])}")
    return Finding("egress", "note", ", ".join(said), f"see that this is meant: [egress] in {home.folder / FILE}")


def _secrets(home: Home) -> Finding:
    named = {each.secret for rule in home.settings.egress.rules for each in rule.inject}
    named |= {hook.secret for hook in home.settings.tools.hooks.values() if hook.secret}
    mail = home.settings.tools.mail
    named |= {mail.secret} if mail is not None and mail.secret else set()
    named |= set(home.settings.tools.notices.secrets)
    place = "the desktop's keyring" if real_ring() is not None else "a sealed file"
    try:
        kept = set(HomeVault(home.folder, FileSigner(home.key), HostEntropy()).names()) if home.key.exists() else set()
    except ErgosError as error:
        return Finding("secrets", "bad", error.what, error.what_to_do)
    missing = sorted(named - kept)
    if missing:
        what = f"the settings name {_named(missing)}, which {'is' if len(missing) == 1 else 'are'} not stored"
        return Finding("secrets", "note", what, f"ergos secret set {missing[0]}")
    return Finding("secrets", "good", f"{len(kept)} stored, in {place}" if kept else f"none; they are kept in {place}")


def _servers(home: Home, show: Show) -> list[Finding]:
    """One line for each server; the loud ones first."""
    servers = home.settings.servers
    if not servers:
        return [Finding("mcp servers", "good", "none is named in the settings")]
    show(f"asking {len(servers)} server{_s(len(servers))} of tools …")
    try:
        found = asyncio.run(_asked(home))
    except ErgosError as error:
        found = [Finding("mcp servers", "bad", error.what, error.what_to_do)]
    bare = [
        Finding(
            f"mcp {name}",
            "bad",
            "RUNS WITHOUT A SANDBOX: it can do whatever you can",
            f"take `sandbox = false` out of [mcp.servers.{name}]",
        )
        for name, said in sorted(servers.items())
        if not said.url and not said.sandbox
    ]
    stuck = [
        Finding(
            f"mcp {name}",
            "note",
            f"it reaches nothing at {_named(missing)}: no rule names that host",
            f"write a rule for {missing[0]} into [egress]",
        )
        for name, said in sorted(servers.items())
        if (missing := list(unruled(said, home.settings.egress)))
    ]
    return [*bare, *found, *stuck]


async def _asked(home: Home) -> list[Finding]:
    desk = HomeServers(home)
    pins, running = await desk.pins(), home.holder() is not None
    listed = sorted(home.settings.servers.items())
    return list(await asyncio.gather(*(_server(home, said, pins.get(name), running=running) for name, said in listed)))


async def _server(home: Home, said: ServerSettings, pin: Pin | None, *, running: bool) -> Finding:
    subject, held = f"mcp {said.name}", 0 if pin is None else len(pin.tools)
    known = f"{held} tool{_s(held)} approved" if pin is not None else "not approved yet"
    how = f"`ergos tools show {said.name}`"
    if not running:
        if pin is None:
            return Finding(subject, "note", known, f"{how} shows what it offers")
        return Finding(subject, "good", f"{known}; not asked, for no kernel runs")
    try:
        reply = await ask(home, Look(server=said.name))
        assert isinstance(reply, Told)
        offer = msgspec.convert(reply.value, Offer)
    except (ErgosError, msgspec.ValidationError) as error:
        what = error.what if isinstance(error, ErgosError) else str(error)
        return Finding(
            subject, "bad", f"does not answer: {one_line(what, WORDS_CHARS)}", f"ergos tools log {said.name}"
        )
    return compared(subject, offer, known, how)


def compared(subject: str, offer: Offer, known: str, how: str) -> Finding:
    """What a server offers beside what was approved."""
    if offer.first:
        return Finding(subject, "note", f"{known}: it offers {len(offer.pin.tools)}", f"{how} shows them")
    if offer.moved:
        return Finding(subject, "bad", "another command or address than the one you approved", f"look at {how}")
    changed = [change.tool for change in offer.changes if change.kind == "changed"]
    added = [change.tool for change in offer.changes if change.kind == "added"]
    gone = [change.tool for change in offer.changes if change.kind == "removed"]
    parts = [
        f"{len(names)} {word} ({_named(names)})"
        for names, word in ((changed, "CHANGED since"), (added, "not approved"), (gone, "no longer offered"))
        if names
    ]
    if not parts:
        return Finding(subject, "good", f"{known}, unchanged")
    return Finding(subject, "bad" if changed else "note", f"{known}; {', '.join(parts)}", f"look at {how}")


def _made(home: Home) -> Finding:
    """Tools that agents made."""
    try:
        found = workshop_at(home.folder).standings()
    except ErgosError as error:
        return Finding("made tools", "bad", error.what, error.what_to_do)
    broken = [one.name for one in found if one.fault]
    waiting = [one.name for one in found if one.pending is not None]
    if broken:
        return Finding("made tools", "bad", f"not as they were approved: {_named(broken)}", "`ergos tools` says why")
    if waiting:
        return Finding("made tools", "note", f"{_named(waiting)} wait for your decision", "`ergos tools pending`")
    return Finding("made tools", "good", f"{len(found)} approved" if found else "none")


def _skills(home: Home) -> Finding:
    try:
        found = SkillStore(home.folder / "skills", HostClock()).all()
    except ErgosError as error:
        return Finding("skills", "bad", error.what, error.what_to_do)
    unusable = [one.name for one in found if not one.usable]
    if unusable:
        return Finding("skills", "note", f"no agent reads {_named(unusable)} as it is", "`ergos skills` says why")
    return Finding("skills", "good", f"{len(found)} installed, as approved" if found else "none is installed")


def _prohibitions(home: Home) -> Finding:
    path = home.settings.forbid
    if path is None:
        return Finding("prohibitions", "good", "no Cedar rules are set: grants alone decide")
    try:
        count = from_file(path).count
    except ErgosError as error:
        return Finding("prohibitions", "bad", error.what, error.what_to_do)
    if not count:
        return Finding("prohibitions", "note", f"{path} holds no rule", "write one, or take [policy] out")
    return Finding("prohibitions", "good", f"{count} Cedar rule{_s(count)} from {path}")


def _named(names: list[str]) -> str:
    shown = ", ".join(one_line(name, WORDS_CHARS) for name in names[:NAMED_MAX])
    return shown if len(names) <= NAMED_MAX else f"{shown} and {len(names) - NAMED_MAX} more"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
