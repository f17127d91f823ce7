"""What an owner says about where triggers look: mailboxes and brokers. Plain values; a parser reads them in.

Rules: a secret stands here by its name, never as itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Security = Literal["tls", "starttls", "none"]
"""From the first byte; after a greeting; not at all, which goes to a loopback address only."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox that is read over IMAP."""

    host: str
    port: int = 993
    security: Security = "tls"
    ca_file: str = ""
    """Certificates that are trusted instead of the machine's; '': the machine's."""
    user: str
    secret: str
    """Name of the secret that holds the password."""


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """An MQTT broker."""

    host: str
    port: int = 8_883
    tls: bool = True
    """False: to a loopback address only."""
    ca_file: str = ""
    user: str = ""
    secret: str = ""
    """Name of the secret that holds the password; '': none."""
    client: str = ""
    """By which the broker knows this home and keeps for it what arrives while it is away; '': one of its own."""


class TriggerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about where triggers look."""

    mailboxes: Mapping[str, Account] = {}
    brokers: Mapping[str, Broker] = {}
