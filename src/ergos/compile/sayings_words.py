"""Diagnostics about words:  what was not understood, is missing, or contradicts itself (C2xx)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ergos.compile.sayings import Saying

WORDS: Final[MappingProxyType[str, Saying]] = MappingProxyType({})
