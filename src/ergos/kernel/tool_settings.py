"""What an owner says about the built-in tools: folders, mail, hooks, notices. Plain values; a parser reads them in.

Rules: a secret stands here by its name, never as itself. What is not set is absent, and its tool says what to set.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of the owner's that agents may use by a name."""

    path: str
    """Absolute, on this machine."""
    write: bool = False
    trusted: bool = False
    """What its files say is as good as what the owner trusts."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that takes JSON, and counts a repetition under the same key once."""

    url: str
    header: str = "Idempotency-Key"
    """The header in which it looks for the key."""
    secret: str = ""
    """Name of the secret it is sent as a bearer token; '': none."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """How mail is sent: SMTP, always over TLS except to this machine itself."""

    host: str
    port: int = 465
    security: str = "tls"
    """tls: from the first byte; starttls: after a greeting; none: to a loopback address only."""
    ca_file: str = ""
    """Certificates that are trusted instead of the machine's; '': the machine's."""
    sender: str
    """Address the mail comes from."""
    user: str = ""
    secret: str = ""
    """Name of the secret that holds the password."""
    sent_host: str = ""
    """IMAP server on which sent mail is looked for after a crash; '': none, and sending is irreversible."""
    sent_port: int = 993
    sent_folder: str = "Sent"


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """How the owner is told something: names of secrets, each an `apprise` address."""

    secrets: tuple[str, ...] = ()


class ToolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about the built-in tools."""

    folders: Mapping[str, Folder] = {}
    hooks: Mapping[str, Hook] = {}
    mail: Mail | None = None
    notices: Notices = Notices()
