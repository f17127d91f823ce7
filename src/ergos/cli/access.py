"""Commands for who may come in at the server: `ergos access list|make|revoke`, and `ergos open`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.access.credentials import Purpose
    from ergos.app.access.register import Listed, Register
    from ergos.app.access.roles import Principal
    from ergos.app.home import Home

app: Final = typer.Typer(
    name="access",
    help="Say who may come in at the server: tokens for programs, browsers that are signed in.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Label = Annotated[str, typer.Argument(metavar="LABEL", help="What it is for, such as backup-script.")]
OwnerOption = Annotated[
    str | None, typer.Option("--owner", metavar="NAME", help="Whose things it sees. Default: the owner of this home.")
]
RoleOption = Annotated[
    str, typer.Option("--role", metavar="ROLE", help="viewer reads, operator also starts and stops, owner decides.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="The person who uses it. Default: the owner.")
]

_WORDS: Final = {
    "en": {
        "shown": "the token {label}, shown this once; send it as `Authorization: Bearer`",
        "ends": "good until {day}",
        "decides": "it answers the inbox and confirms grants without a further sign-in: keep it as you would a key",
        "revoked": "revoked: {label}",
        "none": "nobody may come in yet; `ergos open` signs you in, `ergos access make LABEL` makes a token",
        "once": "good once, within {minutes} minutes, for whoever opens it",
        "browser": "opening a browser",
        "columns": ("label", "kind", "who", "good until", "last used"),
        "own": "{name}, {role}",
        "who": "{name}, {role} of {owner}",
        "never": "never",
        "and decides": ", decides",
    },
    "zh": {
        "shown": "令牌 {label}，仅显示这一次；请以 `Authorization: Bearer` 发送",
        "ends": "有效期至 {day}",
        "decides": "它无需再次登录即可答复收件箱并确认授权：请像保管钥匙一样保管它",
        "revoked": "已撤销：{label}",
        "none": "尚无人可以进入；`ergos open` 让您登录，`ergos access make LABEL` 制作令牌",
        "once": "仅可使用一次，{minutes} 分钟内有效，谁打开它谁就登录",
        "browser": "正在打开浏览器",
        "columns": ("标签", "种类", "使用者", "有效期至", "最近使用"),
        "own": "{name}，{role}",
        "who": "{name}，{owner} 的 {role}",
        "never": "从未",
        "and decides": "，可裁定",
    },
}


@app.command(name="list")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the tokens and the browsers that are signed in. The secrets themselves are kept nowhere."""
    import msgspec

    from ergos.cli.render import emit, note, table

    here = home_of(home)
    listed = _register(here).listed()
    if as_json:
        emit(msgspec.to_builtins(listed))
        return
    words = _words(here)
    if not listed:
        note(str(words["none"]))
        return
    table(
        words["columns"],
        [
            (one.label, one.kind, _shown(one, words), _minute(one.ends_ns), _minute(one.used_ns) or str(words["never"]))
            for one in listed
        ],
    )


@app.command()
def make(
    label: Label,
    role: RoleOption = "viewer",
    owner: OwnerOption = None,
    name: NameOption = None,
    purpose: Annotated[
        str, typer.Option("--for", metavar="PURPOSE", help="api or metrics: a token is good for one of them.")
    ] = "api",
    decides: Annotated[
        bool, typer.Option("--decides", help="Let it answer the inbox and confirm grants. Needs --role owner.")
    ] = False,
    days: Annotated[int, typer.Option("--days", metavar="N", help="Days it is good.")] = 90,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token for a program, in place of the one of this label; it is printed once."""
    from ergos.app.catalogue import moment
    from ergos.cli.render import emit, note, say

    here = home_of(home)
    if purpose not in {"api", "metrics"}:
        raise UsageError(f"a token is for api or metrics, not for {purpose!r}")
    found: Purpose = "api" if purpose == "api" else "metrics"
    who = _person(here, role, owner, name)
    here.make()
    register = _register(here)
    token = register.issue(label=label, who=who, purpose=found, decides=decides, days=days)
    ends_ns = next(one.ends_ns for one in register.listed() if one.label == label)
    if as_json:
        emit({"label": label, "token": token, "for": found, "role": who.role, "owner": who.owner, "ends_ns": ends_ns})
        return
    words = _words(here)
    note(str(words["shown"]).format(label=label))
    note(str(words["ends"]).format(day=moment(ends_ns)))
    if decides:
        note(str(words["decides"]))
    say(token)


@app.command()
def revoke(label: Label, home: HomeOption = None) -> None:
    """Take a token back, with every browser that was signed in with it; or end a session: session:…"""
    from ergos.cli.render import note

    here = home_of(home)
    if not _register(here).revoke(label):
        raise UsageError(f"nothing is called {label}", remedy="`ergos access list` names what there is")
    note(str(_words(here)["revoked"]).format(label=label))


def open_console(
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser, too.")] = True,
    role: RoleOption = "owner",
    owner: OwnerOption = None,
    name: NameOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print an address that signs you in to the console of the running kernel, once."""
    from ergos.app.access.register import CODE_S
    from ergos.cli.render import emit, note, say

    here = home_of(home)
    address = sign_in_address(here, _person(here, role, owner, name))
    if as_json:
        emit({"url": address, "code": address.rpartition("#")[2], "good_s": CODE_S})
        return
    words = _words(here)
    note(str(words["once"]).format(minutes=CODE_S // 60))
    say(address)
    if browser and _opened(address):
        note(str(words["browser"]))


def sign_in_address(here: Home, who: Principal | None = None) -> str:
    """An address that signs somebody in once, its owner unless it is said who. Raises: NotRunningError."""
    url = _address(here)
    return f"{url}/enter#{_register(here).code(who or _person(here, 'owner', None, None))}"


def _address(here: Home) -> str:
    """Where the running kernel's console is. Raises: NotRunningError."""
    import asyncio
    from typing import cast

    from ergos.app.client import ask
    from ergos.base.errors import NotRunningError
    from ergos.runtime.control import Status, StatusOf

    status = cast("Status", asyncio.run(ask(here, StatusOf())))
    if not status.door:
        raise NotRunningError("the running kernel shows no console", remedy="start it with `ergos up --port PORT`")
    return status.door


def _opened(address: str) -> bool:
    """Whether a browser was found. Nothing is opened where nobody looks: over ssh, in a container, in a pipe."""
    import os
    import sys
    import webbrowser

    looks = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return looks and sys.stdout.isatty() and webbrowser.open(address)


def _person(here: Home, role: str, owner: str | None, name: str | None) -> Principal:
    """Whom it is for. Raises: UsageError."""
    from ergos.app.access.roles import person

    if role not in {"viewer", "operator", "owner"}:
        raise UsageError(f"{role!r} is no role of a person; there are viewer, operator and owner")
    keeper = here.settings.owner
    whose = owner or keeper
    checked = "viewer" if role == "viewer" else "operator" if role == "operator" else "owner"
    return person(name or whose, checked, whose, keeper_of=keeper)


def _shown(one: Listed, words: dict[str, str | tuple[str, ...]]) -> str:
    """Whom it stands for, within a row."""
    who = str(words["own" if one.name == one.owner else "who"]).format(name=one.name, role=one.role, owner=one.owner)
    return who + (str(words["and decides"]) if one.decides and one.kind != "session" else "")


def _minute(at_ns: int) -> str:
    """UTC to the minute; '' for never."""
    from ergos.app.catalogue import moment

    return moment(at_ns)[:16].replace("T", " ") if at_ns else ""


def _register(here: Home) -> Register:
    from ergos.app.access.register import Register
    from ergos.drivers.host import HostClock, HostEntropy

    return Register(here.folder, HostClock(), HostEntropy(), keeper=here.settings.owner)


def _words(here: Home) -> dict[str, str | tuple[str, ...]]:
    return _WORDS[here.settings.language]
