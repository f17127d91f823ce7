"""Where and when an owner's words are compiled: what the compiler may know besides the words.

Rules: plain frozen data, handed in; the compiler reads no clock, no file and no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from ergos.kernel.egress import EgressRules
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Calendar
from ergos.kernel.usage import ModelPrice


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    now_ns: int
    timezone: str
    """IANA name of the home's zone; it is assumed where the words name none."""
    calendar: Calendar
    language: Language | None = None
    """Of the owner; None: that of the words."""
    folder: str = ""
    """Absolute path that relative paths in the words are below; '': they stay as they are."""
    user_folder: str = ""
    """Absolute path that '~' stands for; '': a path that begins with it is not understood."""
    tools: Mapping[str, ToolSpec] = {}
    """Every mounted tool."""
    roots: Mapping[str, str] = {}
    """The owner's named folders: name to absolute path."""
    writable: frozenset[str] = frozenset()
    """Names of those that may be written to."""
    secrets: frozenset[str] = frozenset()
    """Names of secrets there are."""
    accounts: frozenset[str] = frozenset()
    """Names of mail accounts that can be read."""
    brokers: frozenset[str] = frozenset()
    hooks: frozenset[str] = frozenset()
    """Names of addresses that `webhook.send` can send to."""
    egress: EgressRules | None = None
    """What may reach other machines; None: not known."""
    agents: frozenset[str] = frozenset()
    """Names of agents that were started in this home."""
    model: bool = False
    """Whether there is a model, so that steps that need one can be done."""
    model_price: ModelPrice | None = None
    """Of the model that would be asked first; None: not known."""
    dollars: Mapping[str, Decimal] = {}
    """US dollars for one unit of another currency, as the owner set them."""
