"""Commands for secrets: set, list, forget. A secret comes from a prompt or from stdin, and is never shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.drivers.vault.home_vault import HomeVault

app: Final = typer.Typer(
    name="secret",
    help="Keep the keys and passwords that rules of [egress] send along; no program inside sees them.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the secret, as in secret:NAME.")]


@app.command(name="set")
def keep(name: Name, home: HomeOption = None) -> None:
    """Store a secret, read from a prompt, or from stdin without its last line end."""
    from ergos.cli.render import note
    from ergos.drivers.vault.references import secret_name

    secret_name(name)
    here = home_of(home)
    here.make()
    vault = _vault(here)
    vault.set(name, _asked(name) if sys.stdin.isatty() else _stdin())
    note(f"stored: {name}; settings name it as secret:{name}")


@app.command(name="list")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the names of the secrets that are stored."""
    from ergos.cli.render import emit, note, say

    here = home_of(home)
    names = _vault(here).names() if here.key.exists() else ()
    if as_json:
        emit(list(names))
        return
    for name in names:
        say(name)
    if not names:
        note("no secret is stored; `ergos secret set NAME` stores one")


@app.command()
def forget(name: Name, home: HomeOption = None) -> None:
    """Remove a secret."""
    from ergos.cli.render import note

    here = home_of(home)
    if not here.key.exists() or not _vault(here).forget(name):
        raise UsageError(f"there is no secret {name}", remedy="`ergos secret list` names them")
    note(f"forgotten: {name}")


def _vault(here: Home) -> HomeVault:
    from ergos.drivers.host import FileSigner, HostEntropy
    from ergos.drivers.vault.home_vault import HomeVault

    return HomeVault(here.folder, FileSigner(here.key), HostEntropy())


def _asked(name: str) -> str:
    import getpass

    first = getpass.getpass(f"secret {name}: ")
    if first != getpass.getpass("once more: "):
        raise UsageError("the two are not the same", remedy="try again")
    return first


def _stdin() -> str:
    from ergos.drivers.vault.home_vault import SECRET_BYTES_MAX

    raw = sys.stdin.buffer.read(SECRET_BYTES_MAX + 3)
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("what came on stdin is no text", remedy="encode it, for instance in base64") from None
