"""Commands about peers over A2A: whom agents may ask, whose cards changed, and tokens to call back with.

Nothing is approved by its name alone: a command that shows a card also says the digest to approve it by.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ergos.app.home import Home
    from ergos.app.peers_delegation import Delegations
    from ergos.app.peers_view import PeerRow, PeerShown, PeersView

WAITS_EXIT: Final = 3  # something waits for the owner
WAITING: Final = frozenset({"pending", "changed"})
"""States about which the owner decides."""
TITLE_CHARS: Final = 40  # characters of what a peer calls itself, in the table

_SPAN: Final = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)")
_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}

app: Final = typer.Typer(
    name="peers", help="List peers over A2A; see whose card changed; decide about them.", rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a peer, as `ergos peers` lists it.")]
Digest = Annotated[str, typer.Argument(metavar="DIGEST", help="The first 12 digits, as they were shown.")]


@app.callback(invoke_without_command=True)
def peers(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the peers of settings.toml and how they stand."""
    if context.invoked_subcommand is not None:
        return
    import asyncio

    from ergos.cli.render import emit

    here = home_of(home)
    rows = asyncio.run(_view(here).rows())
    if as_json:
        emit(rows)
        return
    _list(here, rows, _said(here, "no peer is named; `ergos peers add URL`", "还没有伙伴；`ergos peers add URL`"))


@app.command()
def pending(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List what waits for your decision: cards that are new, and cards that changed."""
    import asyncio

    from ergos.cli.render import emit, note

    here = home_of(home)
    rows = [row for row in asyncio.run(_view(here).rows()) if row.state in WAITING]
    if as_json:
        emit(rows)
        return
    _list(here, rows, _said(here, "nothing waits for you", "没有等您决定的"))
    if rows:
        note(
            _said(
                here,
                "`ergos peers show NAME` shows the card and how to decide",
                "`ergos peers show NAME` 显示名片，并说明如何决定",
            )
        )


@app.command()
def show(name: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a peer: what its card says, what approving it means, what waits."""
    import asyncio

    from ergos.cli.render import emit

    here = home_of(home)
    shown = asyncio.run(_view(here).show(name))
    if as_json:
        emit(shown)
        return
    _shown(here, shown)


@app.command()
def diff(name: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show what is different from the card you approved."""
    import asyncio

    from ergos.cli.render import emit, note, say

    here = home_of(home)
    shown = asyncio.run(_view(here).show(name))
    if as_json:
        emit({"name": name, "state": shown.row.state, "digest": shown.row.digest, "difference": shown.difference})
        return
    for line in shown.difference:
        say(line)
    if not shown.difference:
        same = _said(here, f"{name} is as it was approved", f"{name} 和批准时一样")
        other = _said(here, "there is nothing to compare", "没有可比较的")
        note(same if shown.row.state == "ready" else other)
    _how(here, shown.row)


@app.command()
def approve(
    name: Name,
    digest: Annotated[
        str | None, typer.Argument(metavar="DIGEST", help="The first 12 digits, as they were shown.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Accept a peer's card exactly as it was shown. Without DIGEST it shows what you would accept."""
    import asyncio

    from ergos.cli.render import note

    here = home_of(home)
    if digest is None:
        _shown(here, asyncio.run(_view(here).show(name)))
        sys.stdout.flush()
        raise typer.Exit(WAITS_EXIT)
    asyncio.run(_view(here).approve(name, digest, here.settings.owner))
    note(_said(here, f"approved: {name} {digest[:12]}", f"已批准：{name} {digest[:12]}"))
    note(
        _said(
            here,
            f"an agent may ask it once you give a grant: ergos grant AGENT act peers.{name}.ask",
            f"给出授权后，智能体就可以请求它：ergos grant AGENT act peers.{name}.ask",
        )
    )


@app.command()
def reject(name: Name, digest: Digest, home: HomeOption = None) -> None:
    """Do not accept what was shown; a card that you approved before is not used any more, either."""
    import asyncio

    from ergos.cli.render import note

    here = home_of(home)
    asyncio.run(_view(here).reject(name, digest, here.settings.owner))
    note(_said(here, f"rejected: {name}; nobody asks it", f"已拒绝：{name}；没有人会请求它"))


@app.command()
def withdraw(name: Name, home: HomeOption = None) -> None:
    """Take your approval back: nobody asks the peer any more."""
    import asyncio

    from ergos.cli.render import note

    here = home_of(home)
    if not asyncio.run(_view(here).withdraw(name, here.settings.owner)):
        raise UsageError(f"{name} is not approved", remedy="`ergos peers` shows how it stands")
    note(_said(here, f"withdrawn: {name}", f"已收回：{name}"))


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where its Agent Card is.")],
    name: Annotated[str, typer.Option("--name", help="What it is called here. Default: from its card.")] = "",
    token: Annotated[str, typer.Option("--token", metavar="SECRET", help="Name of the secret it is shown.")] = "",
    addresses: Annotated[
        list[str] | None, typer.Option("--address", help="Private address its host may have; may be repeated.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Read a peer's card and put the peer into settings.toml. Nothing is approved by that."""
    import asyncio

    from ergos.app.peers_adding import added, card_at, name_for, settings_for
    from ergos.cli.render import note
    from ergos.drivers.host import HostClock

    here = home_of(home)
    private = tuple(addresses or ())
    taken = tuple(here.settings.a2a.peers)
    draft = settings_for(here.folder, name or name_for(url, "", taken), url, token, private)
    card = asyncio.run(card_at(draft, HostClock()))
    called = name or name_for(url, card.title, taken)
    here.make()
    path = added(here.folder, called, url, token, private)
    note(_said(here, f"added: {called}, in {path}", f"已添加：{called}，写在 {path}"))
    if here.holder() is not None:
        note(
            _said(
                here,
                "the running kernel knows it after `ergos down` and `ergos up`",
                "正在运行的内核在 `ergos down` 再 `ergos up` 之后才认得它",
            )
        )
    note(
        _said(
            here,
            f"`ergos peers show {called}` shows its card and how to approve it",
            f"`ergos peers show {called}` 显示它的名片，并说明如何批准",
        )
    )


@app.command()
def delegate(
    name: Name,
    agents: Annotated[list[str], typer.Option("--agent", help="Published agent it may ask; may be repeated.")],
    tools: Annotated[
        list[str] | None, typer.Option("--tool", help="Tool its tasks may use; may be repeated. Default: the agent's.")
    ] = None,
    money: Annotated[str, typer.Option("--money", help="What all its tasks may cost, such as 0.50usd.")] = "",
    tokens: Annotated[int | None, typer.Option("--tokens", min=1, help="Tokens all its tasks may use.")] = None,
    tasks: Annotated[int, typer.Option("--tasks", min=1, max=1_000, help="Tasks it may begin.")] = 1,
    lasts: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long it is good, such as 30min or 2h.")
    ] = "1h",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a token with which a peer may call us for this and no more. It is shown once and kept nowhere."""
    from ergos.base.clock import SECOND
    from ergos.base.money import Amount, parse_money
    from ergos.cli.render import emit, note, say
    from ergos.drivers.host import HostClock, HostEntropy
    from ergos.kernel.delegation import Narrowing
    from ergos.kernel.peers import NO_CEILING

    here = home_of(home)
    span = _SPAN.fullmatch(lasts.strip())
    if span is None:
        raise UsageError(f"{lasts[:40]!r} is no time", remedy="write it as 30min, 2h or 1d")
    expires_ns = HostClock().now_ns() + int(span[1]) * _UNITS[span[2]] * SECOND
    entropy = HostEntropy()
    id_ = "".join(f"{entropy.below(256, stream='delegation'):02x}" for _ in range(12))
    bounds = Narrowing(
        audience=name,
        agents=tuple(agents),
        tools=tuple(tools) if tools is not None else None,
        budget=Amount(parse_money(money) if money else NO_CEILING, tokens if tokens is not None else NO_CEILING),
        tasks=tasks,
        expires_ns=expires_ns,
        depth=0,
    )
    token = _delegations(here).issue(bounds, id_=id_)
    if as_json:
        emit({"id": id_, "token": token, "expires_ns": expires_ns})
        return
    say(token)
    note(_said(here, f"to take it back: ergos peers revoke {id_}", f"要收回它：ergos peers revoke {id_}"))


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="Of the token; '-' reads the token itself from stdin.")],
    home: HomeOption = None,
) -> None:
    """Take a token back that a peer was given to call us."""
    from ergos.cli.render import note

    here = home_of(home)
    shown = sys.stdin.read() if token == "-" else token  # noqa: S105 - a dash is no token
    id_ = _delegations(here).revoke(shown)
    note(_said(here, f"revoked: {id_}", f"已收回：{id_}"))


def _view(here: Home) -> PeersView:
    from ergos.app.peers_desk import HomePeers
    from ergos.app.peers_view import PeersView

    return PeersView(HomePeers(here), here.settings.language)


def _delegations(here: Home) -> Delegations:
    from ergos.app.peers_called import delegations_of
    from ergos.drivers.host import FileSigner, HostClock

    here.make()
    return delegations_of(here.settings, FileSigner(here.key), HostClock())


def _said(here: Home, english: str, chinese: str) -> str:
    return chinese if here.settings.language == "zh" else english


def _list(here: Home, rows: Sequence[PeerRow], nothing: str) -> None:
    from ergos.cli.render import note, table
    from ergos.lib.visible import one_line

    if not rows:
        note(nothing)
        return
    yes = _said(here, "yes", "是")
    cells = [
        (row.name, row.state, yes if row.calls_us else "", one_line(row.title, TITLE_CHARS), row.url) for row in rows
    ]
    table(("PEER", "STATE", "CALLS US", "SAYS IT IS", "URL"), cells)
    sys.stdout.flush()
    for row in rows:
        if row.why:
            note(f"{row.name}: {row.why}" + (f" — ergos peers show {row.name}" if row.state in WAITING else ""))


def _shown(here: Home, shown: PeerShown) -> None:
    from ergos.cli.render import pretty, say

    row = shown.row
    say(f"{row.name}  {row.state}{f': {row.why}' if row.why else ''}")
    if row.url:
        say(f"  {row.url}")
    for line in (*shown.sentences, *shown.warnings):
        say(f"  {line}")
    if shown.card is not None:
        say("\n" + _said(here, f"card {row.digest[:12]}", f"名片 {row.digest[:12]}"))
        say(pretty(shown.card))
    if shown.difference:
        say("\n" + _said(here, "what would change", "会有这些变化"))
        for line in shown.difference:
            say(line)
    _how(here, row)


def _how(here: Home, row: PeerRow) -> None:
    """The two commands."""
    from ergos.cli.render import note

    del here
    if row.state in WAITING:
        digest = row.digest[:12]
        note(f"ergos peers approve {row.name} {digest}  |  ergos peers reject {row.name} {digest}")
