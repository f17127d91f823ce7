"""The command `ergos`: its commands, its exit codes, its last line of defence.

Rules: importing this costs what `--help` costs; every command imports what it needs when it runs. The only
broad `except` of the command line is here: whatever comes up ends as one line on stderr and an exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from ergos import __version__
from ergos.base.error_tree import exit_code
from ergos.base.errors import ErgosError, UsageError
from ergos.cli import (
    access,
    acp,
    backup,
    compose,
    emit,
    exchange,
    foreign,
    goals,
    grants,
    inbox,
    init,
    kernel,
    look,
    mcp,
    models,
    newsroom,
    peers,
    proof,
    propose,
    secret,
    signals,
    skills,
    tools,
)
from ergos.cli import run as running
from ergos.cli.options import HomeOption

EXIT_CODES: Final = """
Exit codes:

\b
  0  done
  1  the agent's program failed
  2  the command or a file you wrote is wrong
  3  something waits for you: `ergos inbox`
  4  refused by policy, budget or a limit
  5  the outside world failed
  6  the store is in use, foreign, damaged or forged
  70 a bug in ergos
  130 interrupted
"""
BUG_EXIT: Final = 70  # as EX_SOFTWARE of sysexits(3)
INTERRUPTED_EXIT: Final = 130  # as shells count: 128 + SIGINT
PIPE_EXIT: Final = 141  # as shells count: 128 + SIGPIPE
REPORT: Final = "run it again with ERGOS_DEBUG=1 and report what it prints"

_CLICK_ERROR: Final = next(found for found in typer.BadParameter.__mro__ if found.__name__ == "ClickException")

app: Final = typer.Typer(
    name="ergos",
    help="An operating system for AI agents: it turns metered tokens into verified work.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def _version(value: bool) -> None:
    if value:
        print(__version__)
        raise typer.Exit


@app.callback()
def ergos(
    home: HomeOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """An operating system for AI agents: it turns metered tokens into verified work."""
    del home, version  # read by the commands' own --home, and by its callback


app.command()(init.init)
app.command()(compose.new)
app.command()(compose.check)
app.command()(compose.preview)
app.command()(running.run)
app.command()(running.wait)
app.command()(running.send)


app.command(name="exec", context_settings={"allow_interspersed_args": False})(foreign.run_command)
app.command()(foreign.serve)
app.command()(foreign.token)
app.command()(mcp.mcp)
app.command()(newsroom.demo)
app.command(name="import")(exchange.import_agent)
app.command(name="export")(exchange.export_agent)
app.command()(propose.propose)
app.command()(emit.emit)
app.command()(look.ps)
app.command()(goals.goals)
app.command()(goals.report)
app.command()(look.journal)
app.command()(proof.replay)
app.command()(inbox.inbox)
app.command()(inbox.approve)
app.command()(inbox.deny)
app.command()(inbox.answer)
app.command(name="grants")(grants.grants)
app.command(name="grant")(grants.grant)
app.command()(grants.revoke)
app.command(name="signal")(signals.send_signal)
app.command()(signals.stop)
app.command()(look.ledger)
app.command()(proof.verify)
app.command()(proof.receipt)
app.command()(look.ls)
app.command()(look.cat)
app.command()(acp.acp)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(backup.upgrade)
app.command()(kernel.up)
app.command(name="open")(access.open_console)
app.command()(kernel.down)
app.command()(kernel.status)
app.command()(kernel.doctor)
app.add_typer(access.app, name="access")
app.add_typer(models.app, name="models")
app.add_typer(peers.app, name="peers")
app.add_typer(secret.app, name="secret")
app.add_typer(tools.app, name="tools")
app.add_typer(skills.app, name="skills")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = app(list(arguments), prog_name="ergos", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # The reader has gone (`ergos journal | head`); nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE_EXIT
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED_EXIT
    except Exception as error:  # noqa: BLE001 - the last line of defence: one line and a code for everything
        return _failed(error)


def _failed(error: Exception) -> int:
    """One line on stderr for whatever came up; its exit code."""
    if os.environ.get("ERGOS_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, _CLICK_ERROR):
        message = getattr(error, "format_message", lambda: str(error))()
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "ergos"
        if type(error).__name__ == "NoArgsIsHelpError":
            print(message)
            return 2
        error = UsageError(message.rstrip("."), remedy=f"`{command} --help` lists what can be said")
    if isinstance(error, ErgosError):
        from ergos.cli.render import fail

        fail(error)
        return exit_code(error)
    print(f"[E000] a bug in ergos: {type(error).__name__}: {error} — {REPORT}", file=sys.stderr)
    return BUG_EXIT


def run() -> None:
    """The entry point of the command."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
