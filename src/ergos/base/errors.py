"""Every error of ErgOS: one tree, stable codes, what happened and what to do next.

The first branch says whose fault it is, because that decides what to do:

    ErgosError
    ├── UsageError        E1xx  the command or call was wrong; change it
    ├── DefinitionError   E2xx  a file the owner wrote (AGENT.md, settings) is wrong; edit it
    ├── RefusedError      E3xx  policy, ledger or a limit said no; grant, fund or ask
    ├── ProgramError      E4xx  an agent's program misbehaved; fix the program
    ├── WorldError        E5xx  a source, tool, disk or network failed; try again
    └── StoreError        E6xx  the store is locked, foreign, damaged or forged; read the message first

Rules: expected outcomes (a refusal inside the door, a settled call) are values, not exceptions;
bugs are assertions; only failures of the world and misuse live here. A class's docstring is its
default message. `world_errors` holds the failures of models, sandboxes and buses; `error_tree` sees all of them.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class ErgosError(Exception):
    """ErgOS could not go on."""

    code: ClassVar[str] = "E000"
    remedy: ClassVar[str] = "read the message above; if it does not help, run `ergos doctor`"

    def __init__(self, what: str | None = None, *, remedy: str | None = None) -> None:
        self.what = what or inspect.cleandoc(type(self).__doc__ or "")
        self.what_to_do = remedy or type(self).remedy
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"[{self.code}] {self.what} — {self.what_to_do}"


class UsageError(ErgosError):
    """The request does not fit what it was made to."""

    code = "E100"
    remedy = "check the name and the arguments; `ergos COMMAND --help` lists them"


class UnknownPathError(UsageError):
    """Nothing stands at this path of the namespace."""

    code = "E101"
    remedy = "list the folder above it with `ergos ls`"


class UnknownProcessError(UsageError):
    """There is no process with this pid."""

    code = "E102"
    remedy = "`ergos ps --all` lists every process"


class IllegalTransitionError(UsageError):
    """This process cannot do that in its present state."""

    code = "E103"
    remedy = "`ergos ps` shows the state; the table of transitions is in docs/reference/transitions.md"


class NotRunningError(UsageError):
    """No kernel is running on this home."""

    code = "E104"
    remedy = "start one with `ergos up`"


class ValueShapeError(UsageError):
    """A value does not have the shape that was declared for it."""

    code = "E105"
    remedy = "compare the value with the declared type"


class TooLargeError(UsageError):
    """A value is larger than its limit."""

    code = "E106"
    remedy = "pass less, or pass a reference; the limits are in docs/reference/limits.md"


class DefinitionError(ErgosError):
    """A definition written by the owner could not be read."""

    code = "E200"
    remedy = "edit the file at the place named"


class AgentFileError(DefinitionError):
    """AGENT.md is malformed."""

    code = "E201"


class SettingsError(DefinitionError):
    """The settings are malformed."""

    code = "E202"
    remedy = "edit settings.toml in the home, or the environment variable named"


class ToolDefinitionError(DefinitionError):
    """A tool is declared in a way the kernel cannot use."""

    code = "E203"
    remedy = "give every parameter a type, name one effect class, and return plain data"


class RefusedError(ErgosError):
    """The kernel refused this call."""

    code = "E300"
    remedy = "change the grant or ask the owner"


class DeniedError(RefusedError):
    """No live grant covers this call."""

    code = "E301"
    remedy = "the owner can add a grant to AGENT.md; nothing is allowed that is not granted"


class BudgetError(RefusedError):
    """The budget does not cover this call's worst case."""

    code = "E302"
    remedy = "raise the cap in AGENT.md or settings.toml, or wait until the next day begins (UTC)"


class UnknownPriceError(RefusedError):
    """The price of this call is unknown, so it was not made."""

    code = "E303"
    remedy = "declare the price; an unknown price is never guessed"


class BoundError(RefusedError):
    """A bound of limits.py was reached."""

    code = "E304"
    remedy = "the bounds and their reasons are in docs/reference/limits.md"


class MailboxFullError(RefusedError):
    """The receiver's mailbox is full."""

    code = "E305"
    remedy = "wait until the receiver has read, then send again"


class ApprovalDeniedError(RefusedError):
    """The owner denied this call, or the approval expired."""

    code = "E306"
    remedy = "ask again with a reason the owner can judge"


class NoModelError(RefusedError):
    """No model endpoint can take this call."""

    code = "E307"
    remedy = "`ergos models` lists what was found; name one of these, set its price, or add one in settings.toml"


class OverloadedError(RefusedError):
    """Too much is waiting for the models, so this call was not taken."""

    code = "E308"
    remedy = "try again after the time named, lower the load, or add an endpoint"


class ForeignTokenError(RefusedError):
    """This token is not that of a running process."""

    code = "E309"
    remedy = "start the program with `ergos exec`, or make a token with `ergos serve --token NAME`"


class ToolChangedError(RefusedError):
    """A tool's definition is not the one its owner has seen, so it is disabled."""

    code = "E310"
    remedy = "`ergos tools` shows what changed; `ergos tools approve NAME` accepts it"


class EgressRefusedError(RefusedError):
    """This address may not be reached from inside."""

    code = "E311"
    remedy = "name the host, the path and the method in settings.toml, if it is meant to be reached"


class ForbiddenError(RefusedError):
    """A rule of the organisation forbids this call."""

    code = "E312"
    remedy = "ask whoever keeps the rules; an owner cannot allow what they forbid"


class SignInError(RefusedError):
    """Nobody has signed in, or not lately enough for this."""

    code = "E313"
    remedy = "`ergos open` signs you in on this machine; `ergos access` makes tokens for programs"


class ProgramError(ErgosError):
    """An agent's program misbehaved."""

    code = "E400"
    remedy = "fix the program"


class DivergedError(ProgramError):
    """The program asked for something else than the journal says it asked before."""

    code = "E401"
    remedy = "make the program deterministic, or start it as a new version"


class LoopingError(ProgramError):
    """The program makes the same call over and over."""

    code = "E402"
    remedy = "let the program stop when an answer does not change, or raise `loop_calls` of its supervision"


class CrashedError(ProgramError):
    """The program raised an exception."""

    code = "E403"
    remedy = "fix the program; `ergos journal PID` shows its last calls"


class StalledError(ProgramError):
    """The program made no call within its watchdog time."""

    code = "E404"
    remedy = "await system calls instead of blocking, or raise `watchdog_s` of its supervision"


class UnacceptedError(ProgramError):
    """No solver's answer passed the acceptance checks."""

    code = "E405"
    remedy = "read the faults; give the task a better solver or correct its input"


class WorldError(ErgosError):
    """The outside world failed."""

    code = "E500"
    remedy = "try again; `ergos doctor` checks the surroundings"


class ToolFailedError(WorldError):
    """A tool failed."""

    code = "E501"
    remedy = "read the tool's message; a failed call can be made again"


class DeadlineError(WorldError):
    """The deadline passed."""

    code = "E502"
    remedy = "try again later or allow more time"


class SourceError(WorldError):
    """A source could not be read."""

    code = "E503"
    remedy = "open the source yourself; the other sources were not affected"


class DiskFullError(WorldError):
    """The disk is full, so nothing more was accepted; everything acknowledged is safe."""

    code = "E504"
    remedy = "free some space, then start again with `ergos up`; work resumes where it stopped"


class PortMissingError(WorldError):
    """A part this call needs is not installed."""

    code = "E505"
    remedy = "install the extra named in the message"


class StoreError(ErgosError):
    """The store cannot be used."""

    code = "E600"
    remedy = "keep a copy of the files before you change anything"


class StoreLockedError(StoreError):
    """Another kernel is running on this store."""

    code = "E601"
    remedy = "use that one (`ergos status`), stop it (`ergos down`), or name another home with --home"


class ForeignStoreError(StoreError):
    """This file is not an ErgOS store, or a newer ErgOS wrote it."""

    code = "E602"
    remedy = "check the path; to open a newer store, upgrade ErgOS"


class CorruptStoreError(StoreError):
    """The store is damaged."""

    code = "E603"
    remedy = "do not write to it; restore a backup, or keep a copy and run `ergos verify`"


class VerificationError(StoreError):
    """The journal does not prove what it claims."""

    code = "E604"
    remedy = "something changed the records after they were written; compare with a kept checkpoint"


class FencedError(StoreError):
    """This kernel lost its lease; another one took over its work."""

    code = "E605"
    remedy = "stop this kernel; its work goes on elsewhere"
