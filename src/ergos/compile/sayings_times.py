"""Diagnostics about times:  schedules that cannot be, are ambiguous, or fire in a storm (C1xx)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ergos.compile.sayings import Saying

TIMES: Final[MappingProxyType[str, Saying]] = MappingProxyType({})
