"""Diagnostics about programs:  grants, budgets, checks and order of steps (C3xx)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ergos.compile.sayings import Saying

PROGRAM: Final[MappingProxyType[str, Saying]] = MappingProxyType({})
