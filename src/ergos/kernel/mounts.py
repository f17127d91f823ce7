"""Servers of tools on a bus: what an owner says of them, what they offer, what of it was approved, and how it differs.

A server's definitions of its tools are a stranger's claims. An owner approves them as they are (a pin); a tool that is
defined in another way now is disabled until the difference was seen.

Rules: plain frozen records and pure functions; a secret is never part of them, only its name. What a stranger wrote is
kept as it is, because a digest is over it; `harmless` is how it is shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol, cast

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import ValueShapeError
from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import EffectClass
from ergos.kernel.permission.policy import ArgumentRole, Reach

DIFFERENCES_MAX: Final = 200  # differing fields shown of one tool; who changed more rewrote it
IDLE_S: Final = 300.0  # seconds without a call after which a server is ended; it starts again with the next call
DEADLINE_S: Final = 60.0  # seconds of one call
MEMORY_MIB: Final = 65_536  # MiB of address space of a server; runtimes such as V8 reserve far more than they use

_UNSEEN: Final = frozenset("Cc Cf Co Cs Cn Zl Zp".split())


class ToolSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an owner says of one tool, instead of what its server claims."""

    effect: EffectClass | None = None
    reach: Reach | None = None
    roles: dict[str, ArgumentRole] = {}
    trusted: bool | None = None
    deadline_s: float | None = None
    off: bool = False  # it is not mounted at all


class OAuthSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one signs in at a server. Tokens are kept in the vault and sent to this server only."""

    grant: Literal["code", "client", "enterprise"] = "code"
    """code: a person signs in with a browser; client: the program has credentials of its own; enterprise: who signed in
    at an identity provider is let in on its word."""
    client_id: str = ""
    """Of a client that is registered there; '': by `client_url`, or registered on the way."""
    client_secret: str = ""
    client_key: str = ""
    """Names, in the vault, of its secret and of a private key in PEM that signs instead; '' for a public client."""
    client_url: str = ""
    """Where a document describes this client; its address is then the client's id."""
    scope: str = ""
    issuer: str = ""
    """The authorization server the credentials are for; they are sent to no other."""
    redirect_url: str = "http://127.0.0.1:8765/callback"
    idp_url: str = ""
    idp_client_id: str = ""
    idp_token: str = ""
    """Of an enterprise: where its identity provider exchanges tokens, as whom, and the name of the one to exchange."""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One server as its owner describes it: a command or a URL."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    """All it gets; a value may be 'secret:NAME' (`egress.REFERENCE`)."""
    folder: str = ""  # its current folder; '': its empty work folder
    reads: tuple[str, ...] = ()
    """Absolute paths it may read, under the same path inside."""
    writes: tuple[str, ...] = ()
    """Absolute paths it may read and write."""
    hosts: tuple[str, ...] = ()
    """Hosts it may reach, by the egress proxy."""
    url: str = ""
    headers: dict[str, str] = {}
    oauth: OAuthSettings | None = None
    trusted: bool = False
    """Its results come from a source the owner trusts."""
    sandbox: bool = True
    """False: it runs with all its owner's rights."""
    sampling: bool = False
    """It may ask for model calls; each is a question to the owner's door."""
    memory_mib: int = MEMORY_MIB
    idle_s: float = IDLE_S
    deadline_s: float = DEADLINE_S
    tools: dict[str, ToolSettings] = {}
    """By the server's own name of the tool."""

    @property
    def enclosed(self) -> bool:
        """Whether nothing can leave it: it runs in a sandbox without a way out. No claim of the server is in this."""
        return not self.url and self.sandbox and not self.hosts

    @property
    def identity(self) -> Digest:
        """Who answers: its command line, or its address."""
        return digest_of(["url", self.url] if self.url else ["command", self.command, *self.args])


class ToolDefinition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tool as its server describes it: every word of it from a stranger."""

    name: str
    title: str = ""
    description: str = ""
    input: dict[str, object] = {}
    output: dict[str, object] | None = None
    annotations: dict[str, object] = {}

    @property
    def digest(self) -> Digest:
        """Over all of it."""
        return digest_of(msgspec.to_builtins(self))


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """The definitions of a server that its owner approved."""

    server: str
    identity: Digest
    tools: tuple[ToolDefinition, ...]

    @property
    def digest(self) -> Digest:
        """Over the server's identity and its tools, in any order."""
        return digest_of([self.identity, sorted([tool.name, tool.digest] for tool in self.tools)])

    @property
    def plain(self) -> Plain:
        """As it is journaled."""
        return cast("Plain", msgspec.to_builtins(self))


class Difference(msgspec.Struct, frozen=True):
    """One field of a definition that is another one than before."""

    path: str
    """Such as 'input.properties.to.description'."""
    before: Any
    """Plain data (a decoder knows no recursive types); None: it was not there."""
    after: Any


class ToolChange(msgspec.Struct, frozen=True):
    """What became of a tool since it was approved."""

    tool: str
    kind: Literal["added", "removed", "changed"]
    differences: tuple[Difference, ...] = ()
    cut: bool = False  # there are more differences than are listed


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server offers now, and how it differs from what was approved. Text in it is a stranger's."""

    pin: Pin
    """What is approved if the owner says yes."""
    names: dict[str, str]  # full name of each tool, by the server's own
    unusable: dict[str, str] = {}
    """Tools that cannot be mounted, and why; they are not in the pin."""
    warnings: tuple[str, ...] = ()
    changes: tuple[ToolChange, ...] = ()
    moved: bool = False
    """Another command or address answers than the one approved; everything has to be approved anew."""
    first: bool = False  # nothing of this server was approved before
    protocol: str = ""
    title: str = ""  # what it calls itself
    instructions: str = ""

    @property
    def digest(self) -> Digest:
        """What `Pinned` records."""
        return self.pin.digest

    @property
    def same(self) -> bool:
        """Whether there is nothing to approve."""
        return not (self.changes or self.moved or self.first)


def pin_of(plain: Plain) -> Pin:
    """A pin as it was journaled. Raises: ValueShapeError."""
    try:
        return msgspec.convert(plain, Pin)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"this is no pin of a server's tools: {error}") from error


def changes(before: Pin | None, after: Pin) -> tuple[ToolChange, ...]:
    """How what is offered differs from what was approved, in order of names."""
    old = {tool.name: tool for tool in before.tools} if before is not None else {}
    new = {tool.name: tool for tool in after.tools}
    found: list[ToolChange] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            found.append(ToolChange(name, "added"))
        elif name not in new:
            found.append(ToolChange(name, "removed"))
        elif old[name].digest != new[name].digest:
            listed: list[Difference] = []
            _differ("", msgspec.to_builtins(old[name]), msgspec.to_builtins(new[name]), listed)
            found.append(ToolChange(name, "changed", tuple(listed[:DIFFERENCES_MAX]), len(listed) > DIFFERENCES_MAX))
    return tuple(found)


def _differ(path: str, before: Plain, after: Plain, into: list[Difference]) -> None:
    """Where two plain values differ, down to their leaves; stops at one more than is shown."""
    if len(into) > DIFFERENCES_MAX or (type(before) is type(after) and before == after and not _nested(before)):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{path}.{key}" if path else key
            if key in before and key in after:
                _differ(inner, before[key], after[key], into)
            else:
                into.append(Difference(inner, before.get(key), after.get(key)))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            _differ(f"{path}[{number}]", one, other, into)
    else:
        into.append(Difference(path, before, after))


def _nested(value: Plain) -> bool:
    return isinstance(value, dict | list)  # True == 1 inside of it, so equality says too little


def harmless(text: str, chars_max: int) -> str:
    """A stranger's text as it may be shown: no control, formatting, private or unassigned characters but line ends
    (they colour terminals, turn text around and hide instructions from people), at most `chars_max` characters.
    """
    shown = (one for one in text[: 4 * chars_max] if one == "\n" or unicodedata.category(one) not in _UNSEEN)
    kept = "".join(shown)
    return kept if len(kept) <= chars_max else kept[: chars_max - 1] + "…"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a server asks in the middle of a call of `tool`; every word of it from a stranger."""

    server: str
    tool: str
    pid: Pid
    owner: str
    kind: Literal["form", "url", "sampling"]
    message: str
    schema: dict[str, object] = {}
    """Of the answer to a form."""
    url: str = ""
    messages: tuple[Plain, ...] = ()
    """Of a model call that is asked for: plain {'role', 'text'}."""
    tokens_max: int = 0


class Declined(msgspec.Struct, frozen=True):
    """No answer is given."""

    why: str = ""


class Given(msgspec.Struct, frozen=True):
    """The answer: the fields of a form; nothing for a URL; {'text', 'model'} for a model call."""

    content: Mapping[str, Plain] = {}


class Questions(Protocol):
    """Takes what servers ask to whoever may answer."""

    async def ask(self, question: Question) -> Given | Declined:
        """The answer. May take as long as the call may."""
        ...


class Consent(Protocol):
    """Takes an owner to a place where they sign in."""

    async def visit(self, server: str, url: str) -> str:
        """The URL the browser was sent back to, with its query. Raises: WorldError if nobody went there."""
        ...


class Ways(Protocol):
    """Ways out of a sandbox."""

    async def open(self, server: str, hosts: tuple[str, ...]) -> str:
        """Path of a Unix socket of a proxy that lets this server reach these hosts. Raises: ErgosErrors."""
        ...

    async def close(self, door: str) -> None:
        """The way at this path is shut, and no other: a server that is started again has one of its own already."""
